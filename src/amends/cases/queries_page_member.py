"""What a member did and paid at an account, for a case page: the log with its kinds, and the payments.

Both lists begin at a row that is named, or at the newest, and are bounded; what they cost grows with the one member.
The page reads both in one statement, its parts each by its own.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from amends.cases.page_rows import LogPage, PaymentRow
from amends.db.pool import Connection, Pool

LOG_SHOWN: Final = 50
PAYMENTS_SHOWN: Final = 100

_KINDS: Final = """
    (
        select json_agg(json_build_object('kind', k.kind, 'times', k.times) order by k.times desc, k.kind)
        from (
            select l.kind, count(*) as times
            from activity l
            where l.account_id = $1
              and l.member_id = $2
            group by l.kind
        ) k
    )::text"""

_RECORDS: Final = """
    (
        select json_agg(json_build_object(
            'id', l.id, 'pid', l.pid, 'kind', l.kind, 'occurred_at', l.occurred_at, 'product_title', r.title,
            'payment_id', l.payment_id, 'details', l.details
        ) order by l.occurred_at desc, l.id desc)
        from (
            select l.id, l.pid, l.kind, l.occurred_at, l.product_id, l.payment_id, l.details
            from activity l
            where l.account_id = $1
              and l.member_id = $2
              and ($3::text is null or l.kind = $3::text)
              and ($4::uuid is null or (l.occurred_at, l.id) <= (
                  select x.occurred_at, x.id
                  from activity x
                  where x.account_id = $1
                    and x.member_id = $2
                    and x.id = $4::uuid
              ))
            order by l.occurred_at desc, l.id desc
            limit $5
        ) l
        left join products r
          on r.account_id = $1
         and r.id = l.product_id
    )::text"""


def _payments(start: str, limit: str) -> str:
    """Return SQL of a member's payments as JSON, newest first, from the payment `start` on."""
    return f"""
    (
        select json_agg(json_build_object(
            'id', p.id, 'pid', p.pid, 'status', p.status, 'currency', p.currency, 'places', p.currency_exponent,
            'amount_minor', p.amount_minor, 'refunded_minor', p.refunded_minor,
            'refund_reserved_minor', p.refund_reserved_minor, 'disputed_minor', p.disputed_minor,
            'open_disputes', p.open_disputes, 'lost_disputes', p.lost_disputes, 'at', p.at,
            'payment_method_type', p.payment_method_type, 'card_brand', p.card_brand, 'card_last4', p.card_last4,
            'is_renewal', p.is_renewal, 'withdrawn_at', p.withdrawn_at,
            'product_title', r.title, 'plan_title', l.title, 'case_pid', c.pid,
            'is_possible_double', p.status = 'paid' and exists (
                select
                from payments d
                where d.account_id = $1
                  and d.member_id = $2
                  and d.status = 'paid'
                  and d.id <> p.id
                  and d.product_id is not distinct from p.product_id
                  and d.amount_minor = p.amount_minor
                  and d.currency = p.currency
                  and d.paid_at between p.at - interval '24 hours' and p.at + interval '24 hours'
            )
        ) order by p.at desc, p.id desc)
        from (
            select
                p.id, p.pid, p.status, p.currency, p.currency_exponent, p.amount_minor, p.refunded_minor,
                p.refund_reserved_minor, p.disputed_minor, p.open_disputes, p.lost_disputes,
                coalesce(p.paid_at, p.created_at) as at, p.payment_method_type, p.card_brand, p.card_last4,
                p.is_renewal, p.withdrawn_at, p.product_id, p.plan_id
            from payments p
            where p.account_id = $1
              and p.member_id = $2
              and ({start}::uuid is null or (coalesce(p.paid_at, p.created_at), p.id) <= (
                  select coalesce(x.paid_at, x.created_at), x.id
                  from payments x
                  where x.account_id = $1
                    and x.member_id = $2
                    and x.id = {start}::uuid
              ))
            order by coalesce(p.paid_at, p.created_at) desc, p.id desc
            limit {limit}
        ) p
        left join products r
          on r.account_id = $1
         and r.id = p.product_id
        left join plans l
          on l.account_id = $1
         and l.id = p.plan_id
        left join cases c
          on c.account_id = $1
         and c.payment_id = p.id
    )::text"""  # noqa: S608 (parameters)


MEMBER_LOG_SQL: Final = f"select {_KINDS} as kinds, {_RECORDS} as records"
MEMBER_PAYMENTS_SQL: Final = f"select {_payments('$3', '$4')} as payments"
MEMBER_HISTORY_SQL: Final = f"select {_KINDS} as kinds, {_RECORDS} as records, {_payments('$6', '$7')} as payments"
"""Both at once."""

_log_page = msgspec.json.Decoder(LogPage)
_payment_rows = msgspec.json.Decoder(list[PaymentRow])


class MemberRef(NamedTuple):
    """Which member."""

    account_id: int
    member_id: UUID


class LogWanted(NamedTuple):
    """Which part of a log: one kind or all, from a record on or from the newest."""

    kind: str | None = None
    start: UUID | None = None


def _log(row: Mapping[str, Any]) -> LogPage:
    return _log_page.decode(f'{{"kinds":{row["kinds"] or "[]"},"records":{row["records"] or "[]"}}}')


def _rows(row: Mapping[str, Any]) -> list[PaymentRow]:
    return [] if row["payments"] is None else _payment_rows.decode(row["payments"])


async def get_log(connection: Connection | Pool, member: MemberRef, wanted: LogWanted) -> LogPage:
    """Return a part of a member's log, newest first: up to `LOG_SHOWN` records, and one more where there are more."""
    row = await connection.fetchrow(MEMBER_LOG_SQL, *member, *wanted, LOG_SHOWN + 1)
    return _log(dict(row or {}))


async def get_payments(connection: Connection | Pool, member: MemberRef, start: UUID | None) -> list[PaymentRow]:
    """Return a member's payments, newest first: up to `PAYMENTS_SHOWN`, and one more where there are more."""
    row = await connection.fetchrow(MEMBER_PAYMENTS_SQL, *member, start, PAYMENTS_SHOWN + 1)
    return _rows(dict(row or {}))


async def get_history(
    connection: Connection | Pool, member: MemberRef, wanted: LogWanted, payments_start: UUID | None
) -> tuple[LogPage, list[PaymentRow]]:
    """Return what `get_log` and `get_payments` do, by one statement."""
    row = await connection.fetchrow(
        MEMBER_HISTORY_SQL, *member, *wanted, LOG_SHOWN + 1, payments_start, PAYMENTS_SHOWN + 1
    )
    return _log(dict(row or {})), _rows(dict(row or {}))
