"""The list of a customer's own cases, at all accounts where they are a member: open ones first, their turn at the top.

The directory says where to look; every row is the customer's own, and of each only what they may see is read. So is
their order: `updated_at` does not move with internal notes, as `last_activity_at` does.
"""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from amends.access.scopes import CustomerScope
from amends.cases.queries_events import EVENT_DATA
from amends.cases.states import Actor, Dispute, EventKind, Outcome, RefundBy, Settlement, Status
from amends.customers.queries_case import ENDINGS
from amends.db.keyset import Listing, Order, read_page, statements
from amends.db.pool import Connection, Pool
from amends.kit.pages import Cursors, PageInfo, PageRequest

_CASES: Final = """(
    select
        c.account_id, c.id, c.pid, c.payment_id, c.product_id, c.amount_minor, c.currency,
        c.currency_exponent as places, c.status, c.outcome, c.refund, c.settlement, c.escalated, c.customer_appealed,
        c.merchant_appealed, c.merchant_answered, c.response_due_at, c.appeal_due_at,
        c.auto_accept_at is not null as is_accepted_soon, c.offer_maker, c.offer_amount_minor, c.dispute,
        c.created_at, c.closed_at, c.updated_at,
        case when c.status = 'closed' then 0 when c.status = 'awaiting_customer' and c.dispute <> 'open' then 2
            else 1 end as turn
    from cases c
    where c.account_id = any($1::bigint[])
      and c.user_id = $2
) k"""
_KINDS: Final = ", ".join(f"'{kind}'" for kind in ENDINGS)

_COLUMNS: Final = f"""
    k.id, k.pid, k.amount_minor, k.currency, k.places, k.status, k.outcome, k.refund, k.settlement, k.escalated,
    k.customer_appealed, k.merchant_appealed, k.merchant_answered, k.response_due_at, k.appeal_due_at,
    k.is_accepted_soon, k.offer_maker, k.offer_amount_minor, k.dispute, k.created_at, k.closed_at, k.updated_at,
    k.turn,
    (select a.title from accounts a where a.id = k.account_id) as account_title,
    (
        select p.title
        from products p
        where p.account_id = k.account_id
          and p.id = k.product_id
    ) as product_title,
    (
        select coalesce(sum(r.amount_minor), 0)::bigint
        from refunds r
        where r.account_id = k.account_id
          and r.case_id = k.id
          and r.state <> 'canceled'
    ) as promised_minor,
    (
        select e.kind
        from case_events e
        where e.account_id = k.account_id
          and e.case_id = k.id
          and e.viewable_by_customer
          and e.kind in ({_KINDS})
        order by e.position desc
        limit 1
    ) as ending,
    (
        select json_build_object(
            'kind', e.kind, 'actor', e.actor, 'at', e.created_at,
            'data', {EVENT_DATA.replace("$3::text", "'customer'")}
        )
        from case_events e
        where e.account_id = k.account_id
          and e.case_id = k.id
          and e.viewable_by_customer
        order by e.position desc
        limit 1
    )::text as last"""  # noqa: S608 (constant fragments)

_ORDER: Final = Order(
    ("turn", "updated_at", "id"),
    ("integer", "timestamptz", "uuid"),
    (-1, datetime(1, 1, 2, tzinfo=UTC), UUID(int=0)),
    (3, datetime(9999, 12, 30, tzinfo=UTC), UUID(int=2**128 - 1)),
    tuple[int, datetime, UUID],
)
MY_CASES_SQLS: Final = statements(_COLUMNS, _CASES, "true", _ORDER, 3)
MY_CASES: Final = Listing("my-cases", _ORDER, MY_CASES_SQLS)


class LastEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What happened last of what the customer may see."""

    kind: EventKind
    actor: Actor
    at: datetime
    data: dict[str, Any]


class MyCaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case of the customer's. Amounts in minor units of `currency`."""

    id: UUID
    pid: str
    amount_minor: int
    currency: str
    places: int
    status: Status
    outcome: Outcome | None
    refund: RefundBy | None
    settlement: Settlement
    escalated: bool
    customer_appealed: bool
    merchant_appealed: bool
    merchant_answered: bool
    response_due_at: datetime | None
    appeal_due_at: datetime | None
    is_accepted_soon: bool
    offer_maker: Actor | None
    offer_amount_minor: int | None
    dispute: Dispute
    created_at: datetime
    closed_at: datetime | None
    updated_at: datetime
    turn: int
    """2: the customer's; 1: somebody else's; 0: it is over."""
    account_title: str
    product_title: str | None
    promised_minor: int
    ending: EventKind | None
    last: LastEvent


_LAST: Final = msgspec.json.Decoder(LastEvent)


async def list_my_cases(
    connection: Connection | Pool, scope: CustomerScope, page: PageRequest, cursors: Cursors
) -> tuple[list[MyCaseRow], PageInfo]:
    """Return a page of the customer's own cases."""
    rows, info = await read_page(connection, MY_CASES, page, cursors, list(scope.account_ids), scope.user_id)
    return [msgspec.convert({**row, "last": _LAST.decode(row["last"])}, MyCaseRow) for row in rows], info
