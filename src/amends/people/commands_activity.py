"""The activity log as it is written: what members did. A record never changes; sending it again changes nothing.

The table is to be partitioned by time, so the integrator's id cannot be unique in it: writers of one id take turns by
an advisory lock, single records by the id under a shared lock of the account, batches by the account's.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import UNSET

from amends.db.pool import Connection
from amends.kit.errors import Conflict, Unprocessable
from amends.kit.ids import Prefix, public_id, uuid7
from amends.people.records import ActivityLine, ActivityRecord, Kind
from amends.people.rows import ActivityRow
from amends.people.upserts import Entry, Group, Shelf, write_group
from amends.people.values import instant

FETCH_ACTIVITY_SQL: Final = """
select external_id, id, pid, member_id, kind, occurred_at, product_id, payment_id, details, created_at
from activity
where account_id = $1
    and external_id = any($2::text[])
"""
SHARE_LOG_SQL: Final = "select pg_advisory_xact_lock_shared($1)"
LOCK_LOG_SQL: Final = "select pg_advisory_xact_lock($1)"
INSERT_ACTIVITY_SQL: Final = """
insert into activity (
    account_id, external_id, id, pid, member_id, kind, occurred_at, product_id, payment_id, details, created_at
)
select $1::bigint, external_id, id, pid, member_id, kind, occurred_at, product_id, payment_id, details, created_at
from unnest(
    $2::text[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::timestamptz[], $8::uuid[], $9::uuid[],
    $10::jsonb[], $11::timestamptz[]
) as given (external_id, id, pid, member_id, kind, occurred_at, product_id, payment_id, details, created_at)
returning id
"""
MAX_DETAILS_BYTES: Final = 16_384
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def _references(record: ActivityRecord | ActivityLine) -> Iterable[tuple[Kind, str]]:
    yield Kind.MEMBER, record.member
    if record.product is not None:
        yield Kind.PRODUCT, record.product
    if record.payment is not None:
        yield Kind.PAYMENT, record.payment


def content_id(account_id: int, record: ActivityRecord | ActivityLine) -> str:
    """Return an id for a record that has none: the same content has the same id."""
    parts = (account_id, record.member, record.activity, record.occurred_at, record.product, record.payment)
    content = msgspec.json.encode(
        (*(None if part is UNSET else part for part in parts), record.details), order="sorted"
    )
    return f"content:{hashlib.sha256(content).hexdigest()[:40]}"


async def fetch_activity(
    connection: Connection, account_id: int, external_ids: Sequence[str], _row_ids: Sequence[UUID]
) -> list[ActivityRow]:
    """Return an account's records by the integrator's ids, while nobody else writes them."""
    if len(external_ids) == 1:
        await connection.execute(SHARE_LOG_SQL, _lock_key(account_id))
        await connection.execute(LOCK_LOG_SQL, _lock_key(account_id, external_ids[0]))
    else:
        await connection.execute(LOCK_LOG_SQL, _lock_key(account_id))
    rows = await connection.fetch(FETCH_ACTIVITY_SQL, account_id, external_ids)
    return [ActivityRow(*row) for row in rows]


def _lock_key(account_id: int, external_id: str = "") -> int:
    name = f"activity:{account_id}:{external_id}".encode()
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big", signed=True)


def _compose(group: Group, entry: Entry, stored: ActivityRow | None) -> ActivityRow:
    record: Any = entry.record
    row_id = uuid7(group.now) if stored is None else stored.id
    details = _details(record)
    row = ActivityRow(
        entry.external_id,
        row_id,
        public_id(Prefix.ACTIVITY, row_id, group.account_id),
        group.find(Kind.MEMBER, record.member, "member").id,
        record.activity,
        _occurred_at(group, record, stored),
        None if record.product is None else group.find(Kind.PRODUCT, record.product, "product").id,
        None if record.payment is None else group.find(Kind.PAYMENT, record.payment, "payment").id,
        stored.details if stored is not None and _same(details, stored.details) else details,
        group.now if stored is None else stored.created_at,
    )
    if stored is not None and (row != stored or row.details is not stored.details):
        raise Conflict(
            "activity_is_recorded", "The log has another record with this id, and a log does not change.", param="id"
        )
    return row


def _occurred_at(group: Group, record: ActivityRecord, stored: ActivityRow | None) -> Any:
    if record.occurred_at is not UNSET:
        return instant(record.occurred_at, "occurred_at")
    return group.now if stored is None else stored.occurred_at


def _details(record: ActivityRecord) -> dict[str, Any]:
    if not record.details:
        return record.details
    content = msgspec.json.encode(record.details)
    if len(content) > MAX_DETAILS_BYTES:
        raise Unprocessable(
            "details_too_long", f"Details are at most {MAX_DETAILS_BYTES} bytes of JSON.", param="details"
        )
    if _NUL.search(content):
        raise Unprocessable("nul_character", "Details contain a NUL character.", param="details")
    return record.details


def _same(one: Any, other: Any) -> bool:
    """Tell whether two JSON values are the same: numbers by value, as a float may come back from storage as an int."""
    pairs = [(one, other)]
    while pairs:
        match pairs.pop():
            case dict() as a, dict() as b:
                if a.keys() != b.keys():
                    return False
                pairs += [(a[key], b[key]) for key in a]
            case list() as a, list() as b:
                if len(a) != len(b):
                    return False
                pairs += zip(a, b, strict=True)
            case a, b:
                if _number(a) != _number(b):
                    return False
    return True


def _number(value: Any) -> Any:
    """Return a number as it was written; whether something is so is no number, and other values stay."""
    match value:
        case bool():
            return (value,)
        case float():
            return Decimal(repr(value))
        case _:
            return value


async def _write(connection: Connection, group: Group) -> None:
    await write_group(connection, group, "activity", INSERT_ACTIVITY_SQL, group.account_id)


ACTIVITY: Final = Shelf(
    kind=Kind.ACTIVITY, references=_references, fetch=fetch_activity, compose=_compose, write=_write
)
