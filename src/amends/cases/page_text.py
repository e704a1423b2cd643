"""What people wrote, made ready to be shown: lines, addresses that can be followed at one's own risk, plain names.

Nothing here is markup; templates escape every piece. An address is shown whole and as it is, never behind other words.
Marks that turn the direction of writing are taken out of names and addresses, where they serve only to deceive.
"""

import re
from typing import Final

import msgspec

_ADDRESS: Final = re.compile(r"https?://[^\s<>\"'`|\\^{}\u0000-\u001f\u007f-\u00a0]{4,2000}", re.IGNORECASE)
_TRAILING: Final = ".,;:!?)]}»”’"
_TURNING: Final = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_HIDDEN: Final = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


class Piece(msgspec.Struct, frozen=True):
    """A run of text; with `href` it is an address that somebody typed."""

    text: str
    href: str | None = None


Line = tuple[Piece, ...]


def plain_name(name: str) -> str:
    """Return a name or a file's name without marks that change the direction of writing."""
    return name.translate(_TURNING)


def lines_of(text: str) -> tuple[Line, ...]:
    """Return a text line by line, its addresses apart; at most one empty line in a row."""
    lines: list[Line] = []
    for raw in text.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n"):
        line = raw.rstrip()
        if line or (lines and lines[-1]):
            lines.append(_pieces(line))
    return tuple(lines)


def _pieces(line: str) -> Line:
    pieces: list[Piece] = []
    done = 0
    for match in _ADDRESS.finditer(line):
        address = _address(match.group())
        if address is None:
            continue
        if match.start() > done:
            pieces.append(Piece(line[done : match.start()]))
        pieces.append(Piece(address, address))
        done = match.start() + len(address)
    if done < len(line):
        pieces.append(Piece(line[done:]))
    return tuple(pieces)


def _address(found: str) -> str | None:
    """Return the address in what looks like one, without the sentence's own signs; None: it hides something."""
    if _HIDDEN.search(found):
        return None
    balanced = found.count("(") == found.count(")")
    address = found.rstrip(_TRAILING.replace(")", "") if balanced else _TRAILING)
    return address if len(address) > len("https://") else None
