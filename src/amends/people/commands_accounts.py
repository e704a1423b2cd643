"""Accounts as they are upserted: a number from the sequence, the public id, what the integrator says of it."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from msgspec.structs import replace

from amends.db.pool import Connection, Pool
from amends.kit.errors import Unprocessable
from amends.kit.ids import Prefix, public_id, uuid7
from amends.people.records import AccountRecord, Kind
from amends.people.rows import AccountRow
from amends.people.upserts import Entry, Group, Shelf, write_group
from amends.people.values import currency_exponent, minor, time_zone

FETCH_ACCOUNTS_SQL: Final = """
select external_id, id, uid, pid, title, currency, time_zone, support_limits, created_at, updated_at
from accounts
where external_id = any($1::text[])
    or id = any($2::bigint[])
"""
ACCOUNT_NUMBERS_SQL: Final = """
select nextval('account_numbers')
from generate_series(1, $1::integer)
"""
UPSERT_ACCOUNTS_SQL: Final = """
insert into accounts (
    external_id, id, uid, pid, title, currency, time_zone, support_limits, created_at, updated_at
)
select external_id, id, uid, pid, title, currency, time_zone, support_limits, created_at, updated_at
from unnest(
    $1::text[], $2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[],
    $9::timestamptz[], $10::timestamptz[]
) as given (external_id, id, uid, pid, title, currency, time_zone, support_limits, created_at, updated_at)
on conflict (external_id) do update
set title = excluded.title,
    currency = excluded.currency,
    time_zone = excluded.time_zone,
    support_limits = excluded.support_limits,
    updated_at = excluded.updated_at
returning id
"""


def _references(_record: AccountRecord) -> Iterable[tuple[Kind, str]]:
    return ()


async def fetch_accounts(
    connection: Connection | Pool, _account_id: int, external_ids: Sequence[str], numbers: Sequence[int]
) -> list[AccountRow]:
    """Return accounts by the integrator's ids and by number."""
    return [AccountRow(*row) for row in await connection.fetch(FETCH_ACCOUNTS_SQL, external_ids, numbers)]


async def _prepare(connection: Connection, group: Group) -> None:
    """Draw a number for each new account: a statement of its own, never part of a write."""
    new = {entry.external_id for entry in group.entries} - group.stored.keys()
    numbers = await connection.fetch(ACCOUNT_NUMBERS_SQL, len(new)) if new else []
    group.context = {external_id: number for external_id, (number,) in zip(sorted(new), numbers, strict=True)}


def _compose(group: Group, entry: Entry, stored: AccountRow | None) -> AccountRow:
    record: Any = entry.record
    currency_exponent(record.currency)
    row = _new(group, entry) if stored is None else stored
    changed = replace(
        row,
        title=record.title,
        currency=record.currency.lower(),
        time_zone=time_zone(record.time_zone),
        support_limits=_limits(record),
    )
    return row if changed == stored else replace(changed, updated_at=group.now)


def _new(group: Group, entry: Entry) -> AccountRow:
    number, uid = group.context[entry.external_id], uuid7(group.now)
    pid = public_id(Prefix.ACCOUNT, uid, number)
    return AccountRow(entry.external_id, number, uid, pid, "", "", "", {}, group.now, group.now)


def _limits(record: AccountRecord) -> dict[str, int]:
    limits: dict[str, int] = {}
    for currency, amount in sorted(record.support_limits.items()):
        currency_exponent(currency)
        limits[currency.lower()] = minor(amount, currency, "support_limits")
        if limits[currency.lower()] < 0:
            raise Unprocessable("amount_not_positive", "A limit is zero or more.", param="support_limits")
    return limits


async def _write(connection: Connection, group: Group) -> None:
    await write_group(connection, group, "accounts", UPSERT_ACCOUNTS_SQL)


ACCOUNTS: Final = Shelf(
    kind=Kind.ACCOUNT,
    references=_references,
    fetch=fetch_accounts,
    prepare=_prepare,
    compose=_compose,
    write=_write,
)
