"""What is read about withdrawals: contracts that a customer could withdraw from, and those withdrawn from."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from asyncpg import Record

from amends.access.scopes import CustomerScope
from amends.cases.rows import read_policy
from amends.db.keyset import Listing, by_time, statements
from amends.db.pool import Connection, Pool
from amends.withdrawals.rules import Contract, Standing, standing

CONTRACTS_SQL: Final = """
select
    p.account_id, p.id, p.pid, p.member_id, p.user_id, p.product_id, p.status, p.paid_at, p.is_renewal, p.currency,
    p.currency_exponent, p.amount_minor,
    p.amount_minor - p.refunded_minor - p.refund_reserved_minor - p.disputed_minor as refundable_minor,
    p.open_disputes, p.lost_disputes, p.withdrawn_at, p.payment_method_type, p.card_brand, p.card_last4,
    r.title as product_title,
    coalesce(r.withdrawal_right, false) as has_right,
    m.name as customer_name,
    m.email as customer_email,
    m.time_zone,
    a.pid as account_pid,
    a.title as account_title,
    a.currency as home_currency,
    c.pid as case_pid,
    coalesce(c.status <> 'closed', false) as has_open_case,
    (
        select v.policy::text
        from policy_versions v
        order by v.version desc
        limit 1
    ) as policy
from payments p
join members m
    on m.account_id = p.account_id
    and m.id = p.member_id
join accounts a
    on a.id = p.account_id
left join products r
    on r.account_id = p.account_id
    and r.id = p.product_id
left join cases c
    on c.account_id = p.account_id
    and c.payment_id = p.id
where p.account_id = any($1::bigint[])
    and p.user_id = $2
    and p.id = any($3::uuid[])
"""
WITHDRAWAL_SQL: Final = """
select w.pid, w.amount_minor, w.currency, w.currency_exponent, w.customer_name, w.email, w.created_at,
    f.pid as refund_pid, f.state as refund_state, f.succeeded_at as refunded_at
from withdrawals w
join refunds f
    on f.account_id = w.account_id
    and f.id = w.refund_id
where w.account_id = $1
    and w.payment_id = $2
"""
HOW_TO_WRITE_SQL: Final = """
select u.email, u.locale, u.time_zone, coalesce(f.preferences, '{}') as preferences
from users u
left join user_preferences f
    on f.user_id = u.id
where u.id = $1
"""
TEAM_TO_TELL_SQL: Final = """
select u.id, u.email, u.name, u.locale, u.time_zone, coalesce(f.preferences, '{}') as preferences
from team_members t
join users u
    on u.id = t.user_id
left join user_preferences f
    on f.user_id = u.id
where t.account_id = $1
    and t.role in ('owner', 'admin')
    and u.email is not null
order by u.id
"""
OTHER_PURCHASES_SQL: Final = """
select exists (
    select
    from payments p
    where p.account_id = $1
        and p.member_id = $2
        and p.id <> $3
        and p.status = 'paid'
        and p.withdrawn_at is null
        and p.refunded_minor < p.amount_minor
)
"""
_COLUMNS: Final = """id, pid, payment_id, member_id, user_id, refund_id, amount_minor, currency, currency_exponent,
    customer_name, email, period_ends_at, created_at"""
_BY_CREATION: Final = by_time("created_at")
WITHDRAWALS_SQLS: Final = statements(_COLUMNS, "withdrawals", "account_id = $1", _BY_CREATION, 2)
WITHDRAWALS: Final = Listing("withdrawals", _BY_CREATION, WITHDRAWALS_SQLS)


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's purchase, with what decides whether they may withdraw. Amounts in minor units of `currency`."""

    account_id: int
    id: UUID
    pid: str
    member_id: UUID
    user_id: UUID
    product_id: UUID | None
    status: str
    paid_at: datetime | None
    is_renewal: bool
    currency: str
    currency_exponent: int
    amount_minor: int
    refundable_minor: int
    open_disputes: int
    lost_disputes: int
    withdrawn_at: datetime | None
    payment_method_type: str | None
    card_brand: str | None
    card_last4: str | None
    product_title: str | None
    has_right: bool
    customer_name: str | None
    customer_email: str | None
    time_zone: str | None
    account_pid: str
    account_title: str
    home_currency: str
    case_pid: str | None
    has_open_case: bool
    policy: str

    def standing(self, now: datetime) -> Standing:
        """Say whether the customer may withdraw, in their own time zone and the platform's."""
        policy = read_policy(self.policy)
        contract = Contract(**{name: getattr(self, name) for name in Contract.__struct_fields__})
        zones = {ZoneInfo(name) for name in (self.time_zone, policy.time_zone) if name}
        return standing(contract, zones=zones, holidays=frozenset(policy.holidays), now=now)


async def purchases_of(
    where: Pool | Connection, scope: CustomerScope, payment_ids: Iterable[UUID]
) -> dict[UUID, Purchase]:
    """Return those of some payments that are the customer's, by row id."""
    rows = await where.fetch(CONTRACTS_SQL, list(scope.account_ids), scope.user_id, list(payment_ids))
    return {row["id"]: Purchase(**dict(row)) for row in rows}


async def withdrawable(
    where: Pool | Connection, scope: CustomerScope, payment_ids: Iterable[UUID], *, now: datetime
) -> dict[UUID, datetime]:
    """Return the last minute to withdraw, of those of some payments where the customer can do so now, by row id."""
    found: dict[UUID, datetime] = {}
    for purchase in (await purchases_of(where, scope, payment_ids)).values():
        stands = purchase.standing(now)
        if stands.refusal is None and stands.last_at is not None:
            found[purchase.id] = stands.last_at
    return found


async def withdrawal_of(where: Pool | Connection, account_id: int, payment_id: UUID) -> Record | None:
    """Return the withdrawal from a payment's contract, with where its refund stands."""
    return await where.fetchrow(WITHDRAWAL_SQL, account_id, payment_id)


async def how_to_write(where: Pool | Connection, user_id: UUID) -> Sequence[Record]:
    """Return a user's address and how they read: one row."""
    return await where.fetch(HOW_TO_WRITE_SQL, user_id)


async def team_to_tell(where: Pool | Connection, account_id: int) -> Sequence[Record]:
    """Return the owners and admins of an account, and how they read."""
    return await where.fetch(TEAM_TO_TELL_SQL, account_id)


async def has_other_purchases(where: Pool | Connection, account_id: int, member_id: UUID, payment_id: UUID) -> bool:
    """Tell whether a member has paid for something else that still stands."""
    return await where.fetchval(OTHER_PURCHASES_SQL, account_id, member_id, payment_id)
