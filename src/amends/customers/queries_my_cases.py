"""The list of a customer's own cases, at all accounts where they are a member: open ones first, their turn at the top.

The directory says where to look; every row is the customer's own, and of each only what they may see is read. So is
their order: `updated_at` does not move with internal notes, as `last_activity_at` does.
"""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from amends.access.scopes import CustomerScope
from amends.cases.queries_events import CUSTOMERS_EVENT_DATA
from amends.cases.states import Actor, EventKind
from amends.customers.queries_situation import OF_CASE, ending_of, promised_of
from amends.customers.situation import CaseSituation
from amends.db.keyset import Listing, Order, read_page, statements
from amends.db.pool import Connection, Pool
from amends.kit.pages import Cursors, PageInfo, PageRequest

_CASES: Final = f"""(
    select
        c.account_id, c.id, c.pid, c.product_id, c.amount_minor, c.currency, c.currency_exponent as places, c.status,
        {", ".join(f"c.{name}" for name in OF_CASE)},
        c.auto_accept_at is not null as is_accepted_soon, c.created_at, c.updated_at,
        case when c.status = 'closed' then 0 when c.status = 'awaiting_customer' and c.dispute <> 'open' then 2
            else 1 end as turn
    from cases c
    where c.account_id = any($1::bigint[])
      and c.user_id = $2
) k"""  # noqa: S608 (constant fragments)

_COLUMNS: Final = f"""
    k.id, k.pid, k.amount_minor, k.currency, k.places, k.status,
    {", ".join(f"k.{name}" for name in OF_CASE)},
    k.is_accepted_soon, k.created_at, k.updated_at, k.turn,
    (select a.title from accounts a where a.id = k.account_id) as account_title,
    (
        select p.title
        from products p
        where p.account_id = k.account_id
          and p.id = k.product_id
    ) as product_title,
    {promised_of("k")} as promised_minor,
    {ending_of("k")} as ending,
    (
        select json_build_object(
            'kind', e.kind, 'actor', e.actor, 'at', e.created_at,
            'data', {CUSTOMERS_EVENT_DATA}
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


class MyCaseRow(CaseSituation, frozen=True, kw_only=True):
    """A case of the customer's. Amounts in minor units of `currency`."""

    id: UUID
    pid: str
    amount_minor: int
    updated_at: datetime
    turn: int
    """2: the customer's; 1: somebody else's; 0: it is over."""
    product_title: str | None
    last: LastEvent


_LAST: Final = msgspec.json.Decoder(LastEvent)


async def list_my_cases(
    connection: Connection | Pool, scope: CustomerScope, page: PageRequest, cursors: Cursors
) -> tuple[list[MyCaseRow], PageInfo]:
    """Return a page of the customer's own cases."""
    rows, info = await read_page(connection, MY_CASES, page, cursors, list(scope.account_ids), scope.user_id)
    return [msgspec.convert({**row, "last": _LAST.decode(row["last"])}, MyCaseRow) for row in rows], info
