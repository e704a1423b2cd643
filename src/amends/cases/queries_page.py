"""Everything that a case page shows of the case itself, read by one statement: the case, what it is about, its people,
offers, decisions, money and the newest part of its timeline. What the member did besides is in `queries_page_member`.

Only what the viewer may see leaves the database: internal events of the other side, the other side's text of a
decision, the e-mail without its permission, and the names of the platform's staff do not.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from asyncpg import Record

from amends.cases.page_rows import (
    CaseOutline,
    CaseRow,
    CreditRow,
    DecisionRow,
    DisputeRow,
    EventRow,
    OfferRow,
    RefundRow,
)
from amends.cases.queries_events import EVENT_DATA, VIEWABLE
from amends.cases.queries_shapes import ACTION_KEY, CASE_JOINS
from amends.cases.rows import CaseRef, read_policy
from amends.cases.states import Actor
from amends.db.pool import Connection, Pool

EVENTS_SHOWN: Final = 200

OFFERS: Final = """
    (
        select json_agg(json_build_object(
            'pid', o.pid, 'maker', o.maker, 'amount_minor', o.amount_minor, 'remedy', o.remedy, 'status', o.status,
            'expires_at', o.expires_at, 'created_at', o.created_at, 'ended_at', o.ended_at
        ) order by o.created_at desc, o.id desc)
        from case_offers o
        where o.account_id = c.account_id
          and o.case_id = c.id
    )::text"""

REASON_TITLES: Final = """'reason_title', (select k.title from reason_codes k where k.code = d.reason_code),
            'reason_titles', (
                select jsonb_object_agg(l.key, l.value->>'title')
                from reason_codes k, jsonb_each(k.translations) l
                where k.code = d.reason_code
            )"""
"""What the catalogue calls the reason of the decision `d`, in the source language and in others."""

_DECISIONS: Final = f"""
    (
        select json_agg(json_build_object(
            'pid', d.pid, 'event_id', d.event_id, 'outcome', d.outcome, 'payer', d.payer,
            'amount_minor', d.amount_minor, 'reason_code', d.reason_code,
            {REASON_TITLES},
            'on_appeal', d.on_appeal,
            'to_customer', case when $3::text <> 'merchant' then d.to_customer end,
            'to_merchant', case when $3::text <> 'customer' then d.to_merchant end,
            'reviewer_name', case when $3::text = 'platform' then d.reviewer_name end,
            'override_note', case when $3::text = 'platform' then d.override_note end,
            'evidence', d.evidence, 'created_at', d.created_at
        ) order by d.created_at, d.id)
        from case_decisions d
        where d.account_id = c.account_id
          and d.case_id = c.id
    )::text"""  # noqa: S608 (constant fragments)

_REFUNDS: Final = """
    (
        select json_agg(json_build_object(
            'pid', r.pid, 'amount_minor', r.amount_minor, 'currency', r.currency, 'places', r.currency_exponent,
            'payer', r.payer, 'reason', r.reason, 'method', r.method, 'state', r.state, 'attempt', r.attempt,
            'tries', r.tries, 'failure_code', r.failure_code, 'failure_message', r.failure_message,
            'next_try_at', r.next_try_at, 'resolution_note', r.resolution_note, 'created_at', r.created_at,
            'updated_at', r.updated_at, 'succeeded_at', r.succeeded_at
        ) order by r.created_at, r.id)
        from refunds r
        where r.account_id = c.account_id
          and r.case_id = c.id
    )::text"""

_CREDITS: Final = """
    (
        select json_agg(json_build_object(
            'pid', r.pid, 'amount_minor', r.amount_minor, 'currency', r.currency, 'places', r.currency_exponent,
            'state', r.state, 'created_at', r.created_at, 'succeeded_at', r.succeeded_at
        ) order by r.created_at, r.id)
        from merchant_credits r
        where r.account_id = c.account_id
          and r.case_id = c.id
    )::text"""

_DISPUTES: Final = """
    (
        select json_agg(json_build_object(
            'pid', b.pid, 'state', b.state, 'amount_minor', b.amount_minor, 'currency', b.currency,
            'places', b.currency_exponent, 'reason', b.reason, 'opened_at', b.opened_at, 'closed_at', b.closed_at
        ) order by b.opened_at, b.id)
        from disputes b
        where b.account_id = c.account_id
          and b.payment_id = c.payment_id
    )::text"""

_FILES: Final = """
            (
                select json_agg(json_build_object(
                    'pid', f.pid, 'file_id', f.file_id, 'filename', f.filename, 'content_type', f.content_type,
                    'size_bytes', f.size_bytes
                ) order by f.id)
                from case_attachments f
                where f.account_id = e.account_id
                  and f.case_id = e.case_id
                  and f.event_id = e.id
            )"""

EVENTS: Final = f"""
    (
        select json_agg(json_build_object(
            'id', e.id, 'pid', e.pid, 'kind', e.kind, 'actor', e.actor, 'actor_id', e.actor_id,
            'actor_name', case when e.actor in ('customer', $3::text) or $3::text = 'platform' then e.actor_name end,
            'viewable_by_customer', e.viewable_by_customer, 'viewable_by_merchant', e.viewable_by_merchant,
            'data', {EVENT_DATA}, 'created_at', e.created_at,
            'texts', coalesce(case $3::text
                when 'customer' then t.texts - 'to_merchant'
                when 'merchant' then t.texts - 'to_customer'
                else t.texts end, '{{}}'),
            'files', {_FILES}
        ) order by e.position)
        from (
            select
                e.account_id, e.case_id, e.id, e.pid, e.position, e.kind, e.actor, e.actor_id, e.actor_name,
                e.viewable_by_customer, e.viewable_by_merchant, e.data, e.created_at
            from case_events e
            where e.account_id = c.account_id
              and e.case_id = c.id
              and {VIEWABLE}
              and ($7::uuid is null or e.position < (
                  select x.position
                  from case_events x
                  where x.account_id = $5
                    and x.case_id = $6
                    and x.id = $7::uuid
              ))
            order by e.position desc
            limit $8
        ) e
        left join case_event_texts t
          on t.account_id = e.account_id
         and t.case_id = e.case_id
         and t.event_id = e.id
    )::text"""  # noqa: S608 (constant fragments)

CASE_PAGE_SQL: Final = f"""
select
    c.pid, c.user_id, c.member_id, c.payment_id, c.reason, c.amount_minor, c.currency, c.currency_exponent as places,
    c.answers, c.requested_remedy, c.status, c.outcome, c.refund, c.settlement, c.escalated, c.customer_appealed,
    c.merchant_appealed, c.response_due_at, c.appeal_due_at, c.auto_accept_at, c.requests_used, c.merchant_offers,
    c.merchant_comments, c.offer_maker, c.offer_amount_minor, c.dispute, c.version, c.created_at, c.updated_at,
    c.closed_at,
    case $3::text when 'merchant' then c.assignee_id when 'platform' then c.reviewer_id end as assignee_id,
    case $3::text when 'merchant' then c.assignee_name when 'platform' then c.reviewer_name end as assignee_name,
    case $3::text when 'platform' then c.first_reviewer_id end as first_reviewer_id,
    case $3::text when 'platform' then c.review_due_at end as review_due_at,
    a.pid as account_pid, a.title as account_title,
    p.pid as payment_pid, p.currency as payment_currency, p.currency_exponent as payment_places,
    p.amount_minor as payment_amount_minor, p.refunded_minor, p.refund_reserved_minor, p.disputed_minor,
    p.open_disputes, p.lost_disputes, p.paid_at, p.payment_method_type, p.card_brand, p.card_last4, p.is_renewal,
    p.period_start, p.period_end, p.line_items,
    m.pid as member_pid, m.user_pid, m.name, m.username, case when $2::boolean then m.email end as email,
    m.time_zone, m.joined_at, m.ended_at,
    pr.pid as product_pid, pr.title as product_title, pl.title as plan_title, pl.billing_period_days,
    pl.cancel_before_hours,
    v.policy::text as policy,
    {ACTION_KEY} as action_key,
    {OFFERS} as offers,
    {_DECISIONS} as decisions,
    {_REFUNDS} as refunds,
    {_CREDITS} as credits,
    {_DISPUTES} as disputes,
    {EVENTS} as events
from cases c{CASE_JOINS}
where c.account_id = $5
  and c.id = $6
"""  # noqa: S608 (constant fragments)


CASE_OUTLINE_SQL: Final = """
select
    c.id, c.pid, c.user_id, c.member_id, c.status, c.outcome, c.amount_minor, c.response_due_at, c.created_at,
    c.updated_at, p.pid as payment_pid, p.paid_at, r.title as product_title
from cases c
join payments p
  on p.account_id = c.account_id
 and p.id = c.payment_id
left join products r
  on r.account_id = c.account_id
 and r.id = c.product_id
where c.account_id = $1
  and c.id = $2
"""

_LISTS: Final[Mapping[str, msgspec.json.Decoder[Any]]] = {
    "offers": msgspec.json.Decoder(list[OfferRow]),
    "decisions": msgspec.json.Decoder(list[DecisionRow]),
    "refunds": msgspec.json.Decoder(list[RefundRow]),
    "credits": msgspec.json.Decoder(list[CreditRow]),
    "disputes": msgspec.json.Decoder(list[DisputeRow]),
    "events": msgspec.json.Decoder(list[EventRow]),
}


async def get_case_row(
    connection: Connection | Pool,
    ref: CaseRef,
    *,
    viewer: Actor,
    with_email: bool,
    now: datetime,
    before: UUID | None = None,
) -> CaseRow | None:
    """Return a case as the viewer may see it; `before` cuts the timeline at an event. None: there is no such case."""
    row = await connection.fetchrow(CASE_PAGE_SQL, now, with_email, viewer.value, None, *ref, before, EVENTS_SHOWN + 1)
    if row is None:
        return None
    return msgspec.convert(read_lists(row, _LISTS), CaseRow)


def read_lists(row: Record, lists: Mapping[str, msgspec.json.Decoder[Any]]) -> dict[str, Any]:
    """Return the columns of a case with its policy read, and its lists, of which an empty one comes as null."""
    fields: dict[str, Any] = dict(row)
    for name, decoder in lists.items():
        fields[name] = [] if fields[name] is None else decoder.decode(fields[name])
    fields["policy"] = read_policy(fields["policy"])
    return fields


async def get_case_outline(connection: Connection | Pool, ref: CaseRef) -> CaseOutline | None:
    """Return the outline of a case. None: there is no such case."""
    row = await connection.fetchrow(CASE_OUTLINE_SQL, *ref)
    return None if row is None else CaseOutline(**dict(row))
