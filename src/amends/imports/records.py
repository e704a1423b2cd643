"""From a line to a record: JSON lines say their kind, the rows of a CSV file are all of one.

What is wrong with a line is told by field and reason, in words for the person who made the file.
"""

import re
from typing import Any, Final, NamedTuple

import msgspec

from amends.people.records import (
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
_decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)
_AT = re.compile(r"(?P<reason>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?$", re.DOTALL)
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
        return Bad(None, NOT_UTF8) if not _is_utf8(content) else Bad(None, f"The line is not JSON: {error}.")


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def explain(error: msgspec.ValidationError) -> Bad:
    """Part msgspec's message into field and reason."""
    match = _AT.match(str(error))
    reason, path = (match["reason"], match["path"] or "") if match else (str(error), "")
    named = _NAMED.search(reason)
    parts = [path.removeprefix("."), named["field"] if named else ""]
    return Bad(".".join(part for part in parts if part) or None, f"{reason}.")


def convert_row(kind: Kind, cells: dict[str, Any]) -> Line | Bad:
    """Return the record in the cells of a CSV row, which are text, or JSON where the field is no single value."""
    try:
        return msgspec.convert(cells, LINE_TYPES[kind], strict=False)
    except msgspec.ValidationError as error:
        return explain(error)
