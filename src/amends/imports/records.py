"""From a line to a record: JSON lines say their kind, the rows of a CSV file are all of one.

What is wrong with a line is told by field and reason, in words for the person who made the file.
"""

import json
import re
from typing import Any, Final, NamedTuple

import msgspec

from amends.people.records import (
    ACTIVITY_KIND,
    CURRENCY,
    EMAIL,
    EXTERNAL_ID,
    LAST4,
    LOCALE,
    NO_NUL,
    PROVIDER,
    AccountLine,
    ActivityLine,
    Kind,
    Line,
    MemberLine,
    PaymentLine,
    PlanLine,
    ProductLine,
    UserLine,
)

LINE_TYPES: Final[dict[Kind, type[Line]]] = {
    Kind.ACCOUNT: AccountLine,
    Kind.USER: UserLine,
    Kind.PRODUCT: ProductLine,
    Kind.PLAN: PlanLine,
    Kind.MEMBER: MemberLine,
    Kind.PAYMENT: PaymentLine,
    Kind.ACTIVITY: ActivityLine,
}
KINDS: Final[dict[type[Line], Kind]] = {line_type: kind for kind, line_type in LINE_TYPES.items()}
TOO_LONG: Final = "The line is too long."
NOT_UTF8: Final = "The line is not UTF-8."
HALF_PAIR: Final = r"The line has an escape such as \ud83d without its other half, which is no character."
NUL: Final = "The text has a NUL character (U+0000), which cannot be stored."
_decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)
_AT = re.compile(r"(?P<reason>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?$", re.DOTALL)
_PATTERN = re.compile(r"Expected `str` matching regex (?P<pattern>'.*'|\".*\")", re.DOTALL)
_PATTERNS: Final = {
    repr(NO_NUL): NUL,
    repr(EXTERNAL_ID): "Your own id has no spaces, no slashes and no control characters.",
    repr(EMAIL): "That is not an e-mail address.",
    repr(LOCALE): "That is not a locale, such as en or pt-BR.",
    repr(CURRENCY): "That is not a currency code of ISO 4217, such as usd.",
    repr(ACTIVITY_KIND): "The word is in snake_case: a-z, 0-9 and _, at most 64 characters.",
    repr(PROVIDER): "The provider's name is in snake_case: a-z, 0-9 and _, at most 32 characters.",
    repr(LAST4): "Those are not the last four digits of a card.",
}
_NAMED = re.compile(r"(?:missing required|unknown) field `(?P<field>[^`]*)`")


class Bad(NamedTuple):
    """Why a line is rejected; `field` is None when it is not about one."""

    field: str | None
    reason: str


def parse_json(content: bytes) -> Line | Bad:
    """Return the record on a line of JSON, or what is wrong with it."""
    try:
        return _decoder.decode(content)
    except UnicodeDecodeError:
        return Bad(None, NOT_UTF8)
    except RecursionError:
        return Bad(None, "The line is nested too deeply.")
    except msgspec.ValidationError as error:
        return explain(error)
    except msgspec.DecodeError as error:
        if not _is_utf8(content):
            return Bad(None, NOT_UTF8)
        return Bad(None, HALF_PAIR if _has_half_pair(content) else f"The line is not JSON: {error}.")


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _has_half_pair(content: bytes) -> bool:
    """Tell whether a line is JSON but for an escaped surrogate that stands alone."""
    try:
        json.dumps(json.loads(content), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    except (ValueError, RecursionError):
        return False
    return False


def explain(error: msgspec.ValidationError) -> Bad:
    """Part msgspec's message into field and reason."""
    match = _AT.match(str(error))
    reason, path = (match["reason"], match["path"] or "") if match else (str(error), "")
    named = _NAMED.search(reason)
    parts = [path.removeprefix("."), named["field"] if named else ""]
    pattern = _PATTERN.fullmatch(reason)
    words = _PATTERNS.get(pattern["pattern"]) if pattern else None
    return Bad(".".join(part for part in parts if part) or None, words or f"{reason}.")


def convert_row(kind: Kind, cells: dict[str, Any]) -> Line | Bad:
    """Return the record in the cells of a CSV row, which are text, or JSON where the field is no single value."""
    try:
        return msgspec.convert(cells, LINE_TYPES[kind], strict=False)
    except msgspec.ValidationError as error:
        return explain(error)
