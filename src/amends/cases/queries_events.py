"""A case's timeline for one viewer, newest first: only the events that the viewer may see.

Internal events (notes, assignment) are read by their own side only: the platform does not read the merchant's. A page
is bounded by the ids of events, never by positions, which would tell how many events one does not see. Attachments
come as their rows, because their addresses are signed by the process.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import asyncpg

from amends.cases.queries_shapes import time_json
from amends.cases.rows import CaseRef
from amends.cases.states import Actor
from amends.db.pool import Connection, Pool

VIEWABLE: Final = """case $3::text
          when 'customer' then e.viewable_by_customer
          when 'merchant' then e.viewable_by_merchant
          else e.actor = 'platform' or e.action not in ('note', 'assign') end"""
"""Whether the viewer, whose side is $3, may see the event `e`."""

_VISIBLE: Final = f"""
    e.account_id = $1
      and e.case_id = $2
      and {VIEWABLE}"""

CUSTOMERS_EVENT_DATA: Final = "e.data - array['credit_id', 'credit_minor', 'evidence', 'refund_id', 'attachments']"
"""What a customer may know of the event `e`."""

EVENT_DATA: Final = f"case when $3::text = 'customer' then {CUSTOMERS_EVENT_DATA} else e.data - 'attachments' end"
"""What the viewer, whose side is $3, may know of the event `e`."""

_EVENT_BODY: Final = f"""
    left(json_build_object(
        'id', e.pid,
        'action', e.kind,
        'created_at', {time_json("e.created_at")},
        'details', coalesce(
            t.texts ->> 'message',
            case $3::text
                when 'customer' then t.texts ->> 'to_customer'
                when 'merchant' then t.texts ->> 'to_merchant'
                else nullif(concat_ws(E'\\n\\n', t.texts ->> 'to_customer', t.texts ->> 'to_merchant'), '') end,
            t.texts ->> 'remedy'
        ),
        'reporter_type', e.actor,
        'reporter_name', case when e.actor in ('customer', $3::text) or $3::text = 'platform' then e.actor_name end,
        'viewable_by_customer', e.viewable_by_customer,
        'viewable_by_merchant', e.viewable_by_merchant,
        'data', {EVENT_DATA}
    )::text, -1)"""

_FILES: Final = """
    (
        select json_agg(json_build_object(
            'id', f.pid, 'file_id', f.file_id, 'filename', f.filename, 'content_type', f.content_type,
            'size_bytes', f.size_bytes
        ) order by f.id)
        from case_attachments f
        where f.account_id = e.account_id
          and f.case_id = e.case_id
          and f.event_id = e.id
    )"""


def _position(event_id: str) -> str:
    """Return SQL of an event's position; null without one."""
    return f"""(
        select x.position
        from case_events x
        where x.account_id = $1
          and x.case_id = $2
          and x.id = {event_id}::uuid
    )"""  # noqa: S608 (a parameter)


_AFTER: Final = _position("$4")
_BEFORE: Final = _position("$5")


def _page(way: str) -> str:
    return f"""
select b.beyond_start, b.beyond_end, r.id, r.body, r.files
from (
    select
        exists (select from case_events e where {_VISIBLE} and e.position >= {_AFTER}) as beyond_start,
        exists (select from case_events e where {_VISIBLE} and e.position <= {_BEFORE}) as beyond_end
) b
left join (
    select e.id, e.position, {_EVENT_BODY} as body, {_FILES} as files
    from case_events e
    left join case_event_texts t
      on t.account_id = e.account_id
     and t.case_id = e.case_id
     and t.event_id = e.id
    where {_VISIBLE}
      and ($4::uuid is null or e.position < {_AFTER})
      and ($5::uuid is null or e.position > {_BEFORE})
    order by e.position {way}
    limit $6
) r on true
order by r.position {way}
"""  # noqa: S608 (one of two words)


EVENTS_SQLS: Final[Mapping[bool, str]] = {False: _page("desc"), True: _page("asc")}
"""By whether the page is cut from the list's end, which is the oldest event."""

EVENTS_SINCE_SQL: Final = f"""
select {_EVENT_BODY} as body, {_FILES} as files
from (
    select
        e.account_id, e.case_id, e.id, e.pid, e.position, e.kind, e.created_at, e.actor, e.actor_name, e.action,
        e.viewable_by_customer, e.viewable_by_merchant, e.data
    from case_events e
    where e.account_id = $1
      and e.case_id = $2
      and e.action not in ('note', 'assign')
    order by e.position desc
    limit $4
) e
left join case_event_texts t
  on t.account_id = e.account_id
 and t.case_id = e.case_id
 and t.event_id = e.id
where {_VISIBLE}
order by e.position desc
"""  # noqa: S608 (constant fragments)
"""Each event but the internal ones raised the case's version by one, so the newest n of them came since n versions."""

OFFER_EXISTS_SQL: Final = """
select exists (
    select from case_offers o
    where o.account_id = $1
      and o.case_id = $2
      and o.pid = $3
)
"""

EVIDENCE_SQL: Final = """
select e.pid
from case_events e
where e.account_id = $1
  and e.case_id = $2
  and e.viewable_by_customer
  and e.viewable_by_merchant
union all
select f.pid
from case_attachments f
join case_events e
  on e.account_id = f.account_id
 and e.case_id = f.case_id
 and e.id = f.event_id
where f.account_id = $1
  and f.case_id = $2
  and f.viewable_by_customer
  and f.viewable_by_merchant
  and e.viewable_by_customer
  and e.viewable_by_merchant
"""


async def events_page(
    connection: Connection | Pool,
    ref: CaseRef,
    *,
    viewer: Actor,
    after: UUID | None,
    before: UUID | None,
    limit: int,
    from_end: bool,
) -> Sequence[asyncpg.Record]:
    """Return up to `limit` events that come after one event and before another in the list, which is newest first.

    Each row also says whether the viewer can see an event outside the bounds, at either end; a page without events is
    one row without an id.
    """
    return await connection.fetch(
        EVENTS_SQLS[from_end],
        ref.account_id,
        ref.case_id,
        viewer.value,
        after,
        before,
        limit,
    )


async def events_since(
    connection: Connection, ref: CaseRef, *, viewer: Actor, versions: int
) -> Sequence[asyncpg.Record]:
    """Return the events of the last `versions` versions that the viewer can see, newest first; at most 100."""
    return await connection.fetch(
        EVENTS_SINCE_SQL, ref.account_id, ref.case_id, viewer.value, max(0, min(versions, 100))
    )


async def offer_exists(connection: Connection, ref: CaseRef, offer_pid: str) -> bool:
    """Tell whether an offer was ever made on a case."""
    return await connection.fetchval(OFFER_EXISTS_SQL, ref.account_id, ref.case_id, offer_pid)


async def known_evidence(connection: Connection, ref: CaseRef) -> set[str]:
    """Return the public ids of a case's events, and of the files attached to them, that both sides can see."""
    return {row["pid"] for row in await connection.fetch(EVIDENCE_SQL, ref.account_id, ref.case_id)}
