"""References: an integrator names a record by its own id or by our public id; here a text becomes one or the other.

A public id carries a uuid v7; any other text that only looks like one (`user_123`) is the integrator's own id.
"""

from collections.abc import Iterable
from uuid import UUID

from amends.kit.ids import MalformedId, ParsedId, Prefix, parse_public_id
from amends.people.records import Kind

PREFIXES = {
    Kind.ACCOUNT: Prefix.ACCOUNT,
    Kind.USER: Prefix.USER,
    Kind.PRODUCT: Prefix.PRODUCT,
    Kind.PLAN: Prefix.PLAN,
    Kind.MEMBER: Prefix.MEMBER,
    Kind.PAYMENT: Prefix.PAYMENT,
    Kind.ACTIVITY: Prefix.ACTIVITY,
}
_STARTS = {kind: f"{prefix.value}_" for kind, prefix in PREFIXES.items()}


def as_public_id(kind: Kind, text: str) -> ParsedId | None:
    """Return what a public id of this kind says; None when the text is something else."""
    if not text.startswith(_STARTS[kind]):
        return None
    try:
        parsed = parse_public_id(PREFIXES[kind], text)
    except MalformedId:
        return None
    return parsed if parsed.row_id.version == 7 else None


def split(kind: Kind, account_id: int, texts: Iterable[str]) -> tuple[list[str], list[UUID]]:
    """Part references within an account into the integrator's ids and row ids; foreign public ids are left out."""
    external_ids: list[str] = []
    row_ids: list[UUID] = []
    for text in texts:
        parsed = as_public_id(kind, text)
        if parsed is None:
            external_ids.append(text)
        elif parsed.account == account_id:
            row_ids.append(parsed.row_id)
    return external_ids, row_ids
