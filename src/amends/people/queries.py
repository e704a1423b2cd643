"""One payment as the API shows it: with what became of its money, its case and its possible double.

The other kinds are shown as they are stored: `commands_…` read them. Lists are in `queries_lists`.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID

from asyncpg import Record

from amends.db.pool import Connection, Pool
from amends.kit.clock import EPOCH, iso
from amends.kit.ids import Prefix, public_id
from amends.kit.money import money
from amends.people.schemas import Payment, iso_or_none, line_item_shape

PAYMENT_VIEWS_SQL: Final = """
select p.id, p.pid, p.external_id, p.member_id, p.user_id, p.product_id, p.plan_id, p.status, p.currency,
    p.currency_exponent, p.amount_minor, p.refunded_minor, p.refund_reserved_minor, p.disputed_minor, p.paid_at,
    p.payment_method_type, p.card_brand, p.card_last4, p.is_renewal, p.period_start, p.period_end, p.line_items,
    p.provider, p.provider_ref, p.withdrawn_at, p.created_at, p.updated_at, c.pid as case_pid, double.pid as double_pid
from payments p
left join cases c on c.account_id = p.account_id
    and c.payment_id = p.id
left join lateral (
    select d.pid
    from payments d
    where d.account_id = p.account_id
        and d.member_id = p.member_id
        and d.id <> p.id
        and d.status = 'paid'
        and p.status = 'paid'
        and d.product_id is not distinct from p.product_id
        and d.amount_minor = p.amount_minor
        and d.currency = p.currency
        and d.paid_at between p.paid_at - interval '24 hours' and p.paid_at + interval '24 hours'
    order by greatest(d.paid_at, p.paid_at) - least(d.paid_at, p.paid_at), d.id
    limit 1
) double on true
where p.account_id = $1
    and p.id = any($2::uuid[])
"""
PAYMENT_ID_SQL: Final = """
select id
from payments
where account_id = $1
    and external_id = $2
"""
MEMBER_ID_SQL: Final = """
select id
from members
where account_id = $1
    and external_id = $2
"""
ACCOUNT_SQL: Final = """
select id, pid
from accounts
where pid = $1
    or external_id = $1
order by pid = $1 desc
limit 1
"""
ACCOUNTS_OF_USER_SQL: Final = """
select account_id
from user_accounts
where user_id = $1
order by account_id
"""
ACCOUNT_PIDS_SQL: Final = """
select id, pid
from accounts
where id = any($1::bigint[])
"""
CASE_PURCHASE_SQL: Final = """
select user_id, member_id, payment_id
from cases
where account_id = $1
    and id = $2
"""
ACTIVITY_BY_ID_SQL: Final = """
select external_id, id, pid, member_id, kind, occurred_at, product_id, payment_id, details, created_at
from activity
where account_id = $1
    and created_at = $3
    and id = $2
"""
ACTIVITY_BY_EXTERNAL_ID_SQL: Final = """
select external_id, id, pid, member_id, kind, occurred_at, product_id, payment_id, details, created_at
from activity
where account_id = $1
    and external_id = $2
"""


async def activity_by_id(connection: Connection | Pool, account_id: int, row_id: UUID) -> Record | None:
    """Return a record of the log. Its uuid begins with the millisecond of `created_at`, which the key needs."""
    try:
        created_at = EPOCH + timedelta(milliseconds=row_id.int >> 80)
    except OverflowError:
        return None
    return await connection.fetchrow(ACTIVITY_BY_ID_SQL, account_id, row_id, created_at)


async def payment_views(
    connection: Connection | Pool, account_id: int, account_pid: str, payment_ids: Iterable[UUID]
) -> dict[UUID, Payment]:
    """Return payments of an account as the API shows them, by row id."""
    rows = await connection.fetch(PAYMENT_VIEWS_SQL, account_id, list(payment_ids))
    return {row["id"]: _payment(row, account_id, account_pid) for row in rows}


def _payment(row: Record, account_id: int, account_pid: str) -> Payment:
    currency, places = row["currency"], row["currency_exponent"]
    taken = row["refunded_minor"] + row["refund_reserved_minor"] + row["disputed_minor"]
    refundable = row["amount_minor"] - taken if row["status"] == "paid" else 0
    return Payment(
        id=row["pid"],
        external_id=row["external_id"],
        account_id=account_pid,
        member_id=public_id(Prefix.MEMBER, row["member_id"], account_id),
        user_id=public_id(Prefix.USER, row["user_id"]),
        product_id=row["product_id"] and public_id(Prefix.PRODUCT, row["product_id"], account_id),
        plan_id=row["plan_id"] and public_id(Prefix.PLAN, row["plan_id"], account_id),
        status=row["status"],
        currency=currency,
        amount=money(row["amount_minor"], currency, places),
        refunded=money(row["refunded_minor"], currency, places),
        reserved=money(row["refund_reserved_minor"], currency, places),
        disputed=money(row["disputed_minor"], currency, places),
        refundable=money(refundable, currency, places),
        paid_at=iso_or_none(row["paid_at"]),
        payment_method_type=row["payment_method_type"],
        card_brand=row["card_brand"],
        card_last4=row["card_last4"],
        is_renewal=row["is_renewal"],
        period_start=iso_or_none(row["period_start"]),
        period_end=iso_or_none(row["period_end"]),
        line_items=[line_item_shape(item, currency, places) for item in row["line_items"]],
        provider=row["provider"],
        provider_ref=row["provider_ref"],
        case_id=row["case_pid"],
        possible_double_of=row["double_pid"],
        withdrawn_at=iso_or_none(row["withdrawn_at"]),
        created_at=iso(row["created_at"]),
        updated_at=iso(row["updated_at"]),
    )
