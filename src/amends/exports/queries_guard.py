"""SQL that makes a text harmless in a spreadsheet, whatever program opens the CSV file and whatever it splits it by.

A spreadsheet takes a cell that begins with one of `= + - @`, also in full width and after blanks, for a formula. Such a
text gets an apostrophe in front. Programs that expect semicolons or tabs would find cells inside of ours, so the
apostrophe is set after every `;`, tab and line break too. Numbers and times are never guarded: they stay what they are.
"""

from typing import Final

BLANKS: Final = r"\x01-\x20\x7f\u0085\u00a0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff"
SIGNS: Final = r"=+\-@\u2212\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20"
_SIGN_AHEAD: Final = rf"(?=[{BLANKS}]*[{SIGNS}])"
_START: Final = rf"^(?:(?=[\t\r\n])|{_SIGN_AHEAD})"
_INSIDE: Final = rf"([;\t\n\v\f\r\u0085\u2028\u2029]){_SIGN_AHEAD}"


def guarded(text: str) -> str:
    """Return SQL of a text that no spreadsheet takes for a formula; what need not change stays as it is."""
    return rf"regexp_replace(regexp_replace({text}, '{_START}', ''''), '{_INSIDE}', '\1''', 'g')"
