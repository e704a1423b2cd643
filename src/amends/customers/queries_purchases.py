"""What one customer bought, at all accounts where they are a member: the list, one purchase, and the policy in force.

Every statement names the customer besides the accounts: the directory says where to look, not what may be seen.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from asyncpg import Record

from amends.access.scopes import CustomerScope
from amends.cases.policy import Policy
from amends.cases.rows import read_policy
from amends.customers.queries_situation import OF_CASE, ending_of, promised_of
from amends.customers.situation import CaseSituation
from amends.db.keyset import Listing, by_time, read_page, statements
from amends.db.pool import Connection, Pool
from amends.kit.pages import Cursors, PageInfo, PageRequest

_PLAIN: Final = ("account_id", "id", "pid", "status", "currency", "amount_minor", "refunded_minor",
    "refund_reserved_minor", "disputed_minor", "open_disputes", "lost_disputes", "paid_at", "withdrawn_at",
    "card_brand", "card_last4", "is_renewal", "period_start", "period_end")  # fmt: skip
_NAMED: Final = {
    "merchant": "a.title",
    "product": "coalesce(pr.title, li.label)",
    "plan": "pl.title",
    "places": "p.currency_exponent",
    "method": "p.payment_method_type",
    "bought_at": "coalesce(p.paid_at, p.created_at)",
    "case_pid": "c.pid",
    "case_status": "c.status",
    "opened_at": "c.created_at",
    "is_accepted_soon": "c.auto_accept_at is not null",
    "promised_minor": promised_of("c"),
    "ending": ending_of("c"),
}
_NAMES: Final = ", ".join((*_PLAIN, *OF_CASE, *_NAMED))
_COLUMNS: Final = ", ".join(
    [f"p.{name}" for name in _PLAIN]
    + [f"c.{name}" for name in OF_CASE]
    + [f"{expression} as {name}" for name, expression in _NAMED.items()]
)
_JOINS: Final = """payments p
    join accounts a on a.id = p.account_id
    left join products pr on pr.account_id = p.account_id
        and pr.id = p.product_id
    left join plans pl on pl.account_id = p.account_id
        and pl.id = p.plan_id
    left join cases c on c.account_id = p.account_id
        and c.payment_id = p.id
        and c.user_id = p.user_id
    left join lateral (
        select string_agg(item ->> 'label', ', ') as label
        from jsonb_array_elements(p.line_items) item
        where item ->> 'label' is not null
    ) li on true"""
_OWN: Final = f"""(
    select {_COLUMNS}
    from {_JOINS}
    where p.account_id = any($1::bigint[])
        and p.user_id = $2
        and ($3::bigint is null or p.account_id = $3)
        and ($4::text is null or strpos(lower(concat_ws(' ', a.title, pr.title, pl.title, li.label, p.pid)), $4) > 0)
) purchases"""  # noqa: S608 (constant fragments)
_NEWEST_FIRST: Final = by_time("bought_at")

PURCHASES_SQLS: Final = statements(_NAMES, _OWN, "true", _NEWEST_FIRST, 5)
PURCHASES: Final = Listing("purchases", _NEWEST_FIRST, PURCHASES_SQLS)

ONE_PURCHASE_SQL: Final = f"""
select {_COLUMNS}
from {_JOINS}
where p.account_id = $1
    and p.id = $2
    and p.user_id = $3
"""  # noqa: S608 (constant fragments)

MERCHANTS_SQL: Final = """
select a.id, a.pid, a.title
from accounts a
where a.id = any($1::bigint[])
    and exists (
        select 1
        from payments p
        where p.account_id = a.id
            and p.user_id = $2
    )
order by a.title, a.id
"""

POLICY_SQL: Final = """
select v.policy::text as policy
from policy_versions v
order by v.version desc
limit 1
"""


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """A payment of a customer's with its case, if there is one. Amounts in minor units of `currency`."""

    account_id: int
    id: UUID
    pid: str
    merchant: str
    product: str | None
    """What was bought: the product's title, else what the receipt lists."""
    plan: str | None
    status: str
    currency: str
    places: int
    amount_minor: int
    refunded_minor: int
    refund_reserved_minor: int
    disputed_minor: int
    open_disputes: int
    lost_disputes: int
    paid_at: datetime | None
    withdrawn_at: datetime | None
    method: str | None
    card_brand: str | None
    card_last4: str | None
    is_renewal: bool
    period_start: datetime | None
    period_end: datetime | None
    bought_at: datetime
    case: "PurchaseCase | None"

    @property
    def refundable_minor(self) -> int:
        """Return what can still go back to the customer."""
        return self.amount_minor - self.refunded_minor - self.refund_reserved_minor - self.disputed_minor

    @property
    def case_pid(self) -> str | None:
        """Return the public id of the case on this payment."""
        return None if self.case is None else self.case.pid


class PurchaseCase(CaseSituation, frozen=True, kw_only=True):
    """Where the case on a purchase is."""

    pid: str


class Merchant(msgspec.Struct, frozen=True):
    """An account at which the customer bought something."""

    account_id: int
    pid: str
    title: str


async def list_purchases(
    pool: Pool,
    scope: CustomerScope,
    page: PageRequest,
    cursors: Cursors,
    *,
    account_id: int | None = None,
    words: str | None = None,
) -> tuple[list[Purchase], PageInfo]:
    """Return a page of what the customer bought, newest first: at one account, or with these words in it."""
    sought = words.lower() if words else None
    rows, info = await read_page(
        pool, PURCHASES, page, cursors, list(scope.account_ids), scope.user_id, account_id, sought
    )
    return [_purchase(row) for row in rows], info


async def find_purchase(
    where: Connection | Pool, scope: CustomerScope, account_id: int, payment_id: UUID
) -> Purchase | None:
    """Return one purchase; None: no such payment, or not the customer's."""
    row = await where.fetchrow(ONE_PURCHASE_SQL, account_id, payment_id, scope.user_id)
    return None if row is None else _purchase(row)


async def list_merchants(pool: Pool, scope: CustomerScope) -> list[Merchant]:
    """Return the accounts at which the customer bought something, by their names."""
    rows = await pool.fetch(MERCHANTS_SQL, list(scope.account_ids), scope.user_id)
    return [Merchant(row["id"], row["pid"], row["title"]) for row in rows]


async def current_policy(where: Connection | Pool) -> Policy:
    """Return the policy that a case opened now would keep."""
    return read_policy(await where.fetchval(POLICY_SQL) or "{}")


# Fields of a case whose columns have other names beside those of its payment.
_ELSEWHERE: Final = {
    "pid": "case_pid", "status": "case_status", "account_title": "merchant", "created_at": "opened_at",
}  # fmt: skip
_FIELDS: Final = tuple(field for field in Purchase.__struct_fields__ if field != "case")


def _purchase(row: Record) -> Purchase:
    return Purchase(**{field: row[field] for field in _FIELDS}, case=_case(row))


def _case(row: Record) -> PurchaseCase | None:
    if row["case_pid"] is None:
        return None
    fields: dict[str, Any] = {name: row[name] for name in PurchaseCase.__struct_fields__ if name not in _ELSEWHERE}
    fields |= {name: row[column] for name, column in _ELSEWHERE.items()}
    return msgspec.convert(fields, PurchaseCase)
