"""Lists and single rows of refunds, merchant credits and disputes. SQL and nothing else.

Each list is newest first and keyset paged; its statements, one for each way to select and each end to cut from, are
built here once. Across accounts read: the platform's lists without an account, by indexes in the order of the list.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec
from asyncpg import Record

from amends.db.pool import Connection, Pool
from amends.kit.pages import PageRequest

FIRST: Final = (datetime(1, 1, 2, tzinfo=UTC), UUID(int=0))
LAST: Final = (datetime(9999, 12, 30, tzinfo=UTC), UUID(int=2**128 - 1))


class Selection(StrEnum):
    """Which rows a list is of."""

    ACCOUNT = "account"
    ACCOUNTS = "accounts"
    BUYER = "buyer"
    CASE = "case"
    PAYMENT = "payment"
    EVERYWHERE = "everywhere"


class Stage(StrEnum):
    """Whether a list is of one state, and of which sort: the few unsettled rows have an index of their own."""

    ANY = "any"
    SETTLED = "settled"
    UNSETTLED = "unsettled"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What to list. `one` is the case or payment of that selection; `user_id`: of this buyer alone; None: all."""

    selection: Selection
    accounts: Sequence[int] | None = None
    one: UUID | None = None
    state: str | None = None
    user_id: UUID | None = None

    @property
    def stage(self) -> Stage:
        """Return the sort of state that is wanted."""
        if self.state is None:
            return Stage.ANY
        return Stage.UNSETTLED if self.state in UNSETTLED else Stage.SETTLED

    @property
    def values(self) -> tuple[Any, ...]:
        """Return the first four parameters of the statements."""
        return (None if self.accounts is None else list(self.accounts), self.one, self.state, self.user_id)


_BY: Final = {
    Selection.ACCOUNT: "t.account_id = ($1::bigint[])[1] and $2::uuid is null and $4::uuid is null",
    Selection.ACCOUNTS: "t.account_id = any($1::bigint[]) and $2::uuid is null and $4::uuid is null",
    Selection.BUYER: "p.account_id = any($1::bigint[]) and $2::uuid is null and p.user_id = $4::uuid",
    Selection.CASE: "t.account_id = ($1::bigint[])[1] and c.id = $2::uuid and ($4::uuid is null or p.user_id = $4)",
    Selection.PAYMENT: "t.account_id = ($1::bigint[])[1] and p.id = $2::uuid and ($4::uuid is null or p.user_id = $4)",
    Selection.EVERYWHERE: "$1::bigint[] is null and $2::uuid is null and $4::uuid is null",
}
_IN: Final = {
    Stage.ANY: "$3::text is null",
    Stage.SETTLED: "t.state = $3::text",
    Stage.UNSETTLED: "t.state = $3::text and t.state in ({unsettled})",
}
_ROWS: Final = """
    select {columns}
    {tables}
    where {by}
        and {stage}
        and (t.created_at, t.id) < ($5::timestamptz, $6::uuid)
        and (t.created_at, t.id) > ($7::timestamptz, $8::uuid)
    order by t.created_at {way}, t.id {way}
    limit $9
"""
# The sorts make the planner take the index of the list's order, which an `exists` would be free not to.
_BEYOND: Final = """
    select
        (
            select true
            {tables}
            where {by}
                and {stage}
                and (t.created_at, t.id) >= ($5::timestamptz, $6::uuid)
                and ($9 or (t.created_at, t.id) <> ($5, $6))
            order by t.created_at, t.id
            limit 1
        ) as before_start,
        (
            select true
            {tables}
            where {by}
                and {stage}
                and (t.created_at, t.id) <= ($7::timestamptz, $8::uuid)
                and ($9 or (t.created_at, t.id) <> ($7, $8))
            order by t.created_at desc, t.id desc
            limit 1
        ) as after_end
"""
_MONEY_UNSETTLED: Final = "'pending', 'on_hold', 'failed'"
UNSETTLED: Final = frozenset({"pending", "on_hold", "failed", "open"})

_REFUND_COLUMNS: Final = """t.account_id, t.id, t.pid, a.pid as account_pid, c.pid as case_pid, p.pid as payment_pid,
        p.user_id, t.amount_minor, t.currency, t.currency_exponent, t.payer, t.reason, t.method, t.state, t.attempt,
        t.provider, t.provider_refund_ref, t.failure_code, t.failure_message, t.resolution_note, t.created_at,
        t.updated_at, t.succeeded_at"""
_REFUND_TABLES: Final = """from refunds t
    join accounts a on a.id = t.account_id
    join payments p on p.account_id = t.account_id and p.id = t.payment_id
    left join cases c on c.account_id = t.account_id and c.id = t.case_id"""
_CREDIT_COLUMNS: Final = """t.account_id, t.id, t.pid, a.pid as account_pid, c.pid as case_pid, p.pid as payment_pid,
        p.user_id, t.amount_minor, t.currency, t.currency_exponent, t.state, t.attempt, t.provider,
        t.provider_credit_ref, t.failure_code, t.failure_message, t.resolution_note, t.created_at, t.updated_at,
        t.succeeded_at"""
_CREDIT_TABLES: Final = """from merchant_credits t
    join accounts a on a.id = t.account_id
    join cases c on c.account_id = t.account_id and c.id = t.case_id
    join payments p on p.account_id = c.account_id and p.id = c.payment_id"""
_DISPUTE_COLUMNS: Final = """t.account_id, t.id, t.pid, a.pid as account_pid, c.pid as case_pid, p.pid as payment_pid,
        t.payment_id, p.user_id, t.provider, t.provider_dispute_ref, t.state, t.amount_minor, t.counted_minor,
        t.currency, t.currency_exponent, t.reason, t.opened_at, t.closed_at, t.created_at, t.updated_at"""
_DISPUTE_TABLES: Final = """from disputes t
    join accounts a on a.id = t.account_id
    join payments p on p.account_id = t.account_id and p.id = t.payment_id
    left join cases c on c.account_id = t.account_id and c.payment_id = t.payment_id"""


def _rows_sqls(columns: str, tables: str, unsettled: str) -> dict[tuple[Selection, Stage, bool], str]:
    return {
        (selection, stage, from_end): _ROWS.format(
            columns=columns,
            tables=tables,
            by=by,
            stage=condition.format(unsettled=unsettled),
            way="asc" if from_end else "desc",
        )
        for selection, by in _BY.items()
        for stage, condition in _IN.items()
        for from_end in (False, True)
    }


def _beyond_sqls(tables: str, unsettled: str) -> dict[tuple[Selection, Stage], str]:
    return {
        (selection, stage): _BEYOND.format(tables=tables, by=by, stage=condition.format(unsettled=unsettled))
        for selection, by in _BY.items()
        for stage, condition in _IN.items()
    }


REFUND_LIST_SQLS: Final = _rows_sqls(_REFUND_COLUMNS, _REFUND_TABLES, _MONEY_UNSETTLED)
REFUNDS_BEYOND_SQLS: Final = _beyond_sqls(_REFUND_TABLES, _MONEY_UNSETTLED)
CREDIT_LIST_SQLS: Final = _rows_sqls(_CREDIT_COLUMNS, _CREDIT_TABLES, _MONEY_UNSETTLED)
CREDITS_BEYOND_SQLS: Final = _beyond_sqls(_CREDIT_TABLES, _MONEY_UNSETTLED)
DISPUTE_LIST_SQLS: Final = _rows_sqls(_DISPUTE_COLUMNS, _DISPUTE_TABLES, "'open'")
DISPUTES_BEYOND_SQLS: Final = _beyond_sqls(_DISPUTE_TABLES, "'open'")
REFUND_SQL: Final = f"""
    select {_REFUND_COLUMNS}
    {_REFUND_TABLES}
    where t.account_id = $1 and t.id = $2
"""
CREDIT_SQL: Final = f"""
    select {_CREDIT_COLUMNS}
    {_CREDIT_TABLES}
    where t.account_id = $1 and t.id = $2
"""
DISPUTE_SQL: Final = f"""
    select {_DISPUTE_COLUMNS}
    {_DISPUTE_TABLES}
    where t.account_id = $1 and t.id = $2
"""
ACCOUNT_BY_PID_SQL: Final = """
    select id
    from accounts
    where pid = $1
"""


class Listing(msgspec.Struct, frozen=True):
    """The statements of one kind of list."""

    rows: dict[tuple[Selection, Stage, bool], str]
    beyond: dict[tuple[Selection, Stage], str]
    one: str


REFUNDS: Final = Listing(REFUND_LIST_SQLS, REFUNDS_BEYOND_SQLS, REFUND_SQL)
CREDITS: Final = Listing(CREDIT_LIST_SQLS, CREDITS_BEYOND_SQLS, CREDIT_SQL)
DISPUTES: Final = Listing(DISPUTE_LIST_SQLS, DISPUTES_BEYOND_SQLS, DISPUTE_SQL)


async def list_rows(pool: Pool, listing: Listing, wanted: Wanted, page: PageRequest) -> list[Record]:
    """Return up to `page.limit` rows from the asked end."""
    statement = listing.rows[wanted.selection, wanted.stage, page.from_end]
    bounds = (*(page.after or LAST), *(page.before or FIRST))
    return await pool.fetch(statement, *wanted.values, *bounds, page.limit)


async def beyond(
    pool: Pool, listing: Listing, wanted: Wanted, page: PageRequest, rows: Sequence[Record]
) -> tuple[bool, bool]:
    """Tell whether the list goes on before the first and after the last of `rows`, or around an empty page's bounds."""
    keys = [(row["created_at"], row["id"]) for row in rows]
    start = keys[0] if keys else page.after or LAST
    end = keys[-1] if keys else page.before or FIRST
    row = await pool.fetchrow(listing.beyond[wanted.selection, wanted.stage], *wanted.values, *start, *end, not keys)
    return (bool(row["before_start"]), bool(row["after_end"])) if row is not None else (False, False)


async def get_row(connection: Pool | Connection, listing: Listing, account_id: int, row_id: UUID) -> Record | None:
    """Return one row."""
    return await connection.fetchrow(listing.one, account_id, row_id)


async def find_account(pool: Pool, pid: str) -> int | None:
    """Return the number of the account with this public id."""
    return await pool.fetchval(ACCOUNT_BY_PID_SQL, pid)
