"""The SQL that builds the JSON of a case. Fragments only: the statements are in the other queries.

`CASE_BODY` is the case's object without its closing brace, so that what depends on the viewer's right to act
(`available_actions`) is appended without parsing. It expects the aliases of `CASE_JOINS` and the parameters
$1 now, $2 whether e-mail shows, $3 the viewer's side, $4 the viewer's user id (who is the customer of their own
cases, whatever the side) and $5 the decimals to show by currency where they differ from those charged.
"""

from typing import Final

TIME_FORMAT: Final = """'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'"""


def time_json(column: str) -> str:
    """Return SQL that writes a timestamptz as the API does; sessions are in UTC."""
    return f"to_char({column}, {TIME_FORMAT})"


def major(minor: str, exponent: str) -> str:
    """Return SQL of an amount in whole units, exact and with the currency's decimals."""
    return f"{minor} * case {exponent} when 2 then 0.01 when 0 then 1 when 3 then 0.001 when 4 then 0.0001 else 0.1 end"


def money(minor: str, currency: str, exponent: str) -> str:
    """Return SQL of the public `Money` object; null without an amount."""
    return f"""case when {minor} is not null then json_build_object(
                'amount', ({major(minor, exponent)})::text,
                'currency', {currency},
                'decimals', {exponent},
                'display_decimals', coalesce(($5::jsonb ->> {currency})::int, {exponent})
            ) end"""


VIEWER: Final = "case when c.user_id = $4::uuid then 'customer' else $3::text end"

LINE_ITEMS: Final = f"""
    coalesce((
        select json_agg(json_build_object(
            'id', i.item -> 'id',
            'label', i.item -> 'label',
            'plan_id', i.item -> 'plan_id',
            'plan_title', (
                select ip.title from plans ip where ip.account_id = c.account_id and ip.pid = i.item ->> 'plan_id'
            ),
            'product_id', i.item -> 'product_id',
            'product_title', (
                select ir.title from products ir where ir.account_id = c.account_id and ir.pid = i.item ->> 'product_id'
            ),
            'quantity', coalesce(i.item -> 'quantity', '1'),
            'sku', i.item -> 'sku',
            'subtotal', {money("(i.item ->> 'subtotal_minor')::bigint", "p.currency", "p.currency_exponent")}
        ) order by i.n)
        from jsonb_array_elements(p.line_items) with ordinality i (item, n)
    ), '[]')"""  # noqa: S608 (constant fragments)

OFFERS: Final = f"""
    case when c.merchant_offers + c.customer_offers > 0 then coalesce((
        select json_agg(json_build_object(
            'id', o.pid,
            'maker', o.maker,
            'amount', {major("o.amount_minor", "c.currency_exponent")},
            'remedy', o.remedy,
            'status', o.status,
            'expires_at', {time_json("o.expires_at")},
            'created_at', {time_json("o.created_at")},
            'ended_at', {time_json("o.ended_at")}
        ) order by o.created_at desc, o.id desc)
        from case_offers o
        where o.account_id = c.account_id
          and o.case_id = c.id
    ), '[]') else '[]'::json end"""  # noqa: S608 (constant fragments)

DECISIONS: Final = f"""
    case when c.first_reviewer_id is not null then coalesce((
        select json_agg(json_build_object(
            'id', d.pid,
            'outcome', d.outcome,
            'payer', d.payer,
            'amount', {major("d.amount_minor", "c.currency_exponent")},
            'reason_code', d.reason_code,
            'on_appeal', d.on_appeal,
            'to_customer', case when {VIEWER} <> 'merchant' then d.to_customer end,
            'to_merchant', case when {VIEWER} <> 'customer' then d.to_merchant end,
            'evidence', d.evidence,
            'reviewer', case when {VIEWER} = 'platform' then
                json_build_object('id', d.reviewer_id, 'name', d.reviewer_name) end,
            'override_note', case when {VIEWER} = 'platform' then d.override_note end,
            'created_at', {time_json("d.created_at")}
        ) order by d.created_at, d.id)
        from case_decisions d
        where d.account_id = c.account_id
          and d.case_id = c.id
    ), '[]') else '[]'::json end"""  # noqa: S608 (constant fragments)

ASSIGNEE: Final = f"""
    case {VIEWER}
        when 'merchant' then
            case when c.assignee_id is not null then
                json_build_object('id', c.assignee_id, 'name', c.assignee_name) end
        when 'platform' then
            case when c.reviewer_id is not null then
                json_build_object('id', c.reviewer_id, 'name', c.reviewer_name) end
    end"""

REMEDY: Final = f"""
    case when c.requested_remedy is not null then json_build_object(
        'kind', c.requested_remedy -> 'kind',
        'amount', {major("(c.requested_remedy ->> 'amount_minor')::bigint", "c.currency_exponent")},
        'text', c.requested_remedy -> 'text'
    ) end"""

CASE_BODY: Final = f"""
    left(json_build_object(
        'id', c.pid,
        'account', json_build_object('id', a.pid, 'title', a.title),
        'status', c.status,
        'outcome', c.outcome,
        'refund', c.refund,
        'settlement', c.settlement,
        'reason', c.reason,
        'amount', {major("c.amount_minor", "c.currency_exponent")},
        'currency', c.currency,
        'escalated', c.escalated,
        'customer_appealed', c.customer_appealed,
        'merchant_appealed', c.merchant_appealed,
        'response_due_at', {time_json("c.response_due_at")},
        'appeal_due_at', {time_json("c.appeal_due_at")},
        'created_at', {time_json("c.created_at")},
        'updated_at', {time_json("c.updated_at")},
        'closed_at', {time_json("c.closed_at")},
        'buyer', json_build_object(
            'email', case when $2::boolean and ({VIEWER}) <> 'customer' then m.email end,
            'member_id', m.pid,
            'name', m.name,
            'user_id', m.user_pid,
            'username', m.username
        ),
        'payment', json_build_object(
            'card_brand', p.card_brand,
            'card_last4', p.card_last4,
            'created_at', {time_json("coalesce(p.paid_at, p.created_at)")},
            'id', p.pid,
            'payment_method_type', p.payment_method_type
        ),
        'product_id', pr.pid,
        'plan_id', pl.pid,
        'line_items', {LINE_ITEMS},
        'answers', c.answers,
        'remedy', {REMEDY},
        'offers', {OFFERS},
        'decisions', {DECISIONS},
        'assignee', {ASSIGNEE},
        'version', c.version
    )::text, -1)"""

REFUNDS: Final = f"""
    coalesce((
        select json_agg(json_build_object(
            'id', r.pid,
            'amount', {money("r.amount_minor", "r.currency", "r.currency_exponent")},
            'payer', r.payer,
            'state', r.state,
            'method', r.method,
            'created_at', {time_json("r.created_at")},
            'succeeded_at', {time_json("r.succeeded_at")}
        ) order by r.created_at, r.id)
        from refunds r
        where r.account_id = c.account_id
          and r.case_id = c.id
    ), '[]')"""  # noqa: S608 (constant fragments)

CREDITS: Final = f"""
    case when {VIEWER} = 'customer' then '[]' else coalesce((
        select json_agg(json_build_object(
            'id', r.pid,
            'amount', {money("r.amount_minor", "r.currency", "r.currency_exponent")},
            'state', r.state,
            'created_at', {time_json("r.created_at")},
            'succeeded_at', {time_json("r.succeeded_at")}
        ) order by r.created_at, r.id)
        from merchant_credits r
        where r.account_id = c.account_id
          and r.case_id = c.id
    ), '[]') end"""  # noqa: S608 (constant fragments)

CASE_JOINS: Final = """
join payments p
  on p.account_id = c.account_id
 and p.id = c.payment_id
join members m
  on m.account_id = c.account_id
 and m.id = c.member_id
join accounts a
  on a.id = c.account_id
join policy_versions v
  on v.version = c.policy_version
left join products pr
  on pr.account_id = c.account_id
 and pr.id = c.product_id
left join plans pl
  on pl.account_id = c.account_id
 and pl.id = c.plan_id"""

ACTION_KEY: Final = f"""
    concat_ws('|',
        {VIEWER},
        coalesce(v.policy ->> 'info_requests_max', ''),
        coalesce(v.policy ->> 'offers_max', ''),
        coalesce(v.policy ->> 'comments_max', ''),
        c.status, coalesce(c.outcome, ''), coalesce(c.refund, ''), c.settlement, c.escalated::int,
        c.customer_appealed::int, c.merchant_appealed::int, c.requests_used, c.merchant_offers, c.customer_offers,
        c.merchant_comments, c.customer_comments, c.merchant_answered::int, coalesce(c.offer_maker, ''),
        c.settled_with_remedy::int, c.platform_decided::int, coalesce(c.decided_payer, ''), c.dispute,
        coalesce((c.appeal_due_at > $1::timestamptz)::int, 0),
        (p.amount_minor - p.refunded_minor - p.refund_reserved_minor - p.disputed_minor > 0)::int,
        (p.amount_minor - p.refunded_minor - p.refund_reserved_minor - p.disputed_minor
            >= coalesce(c.offer_amount_minor, 0))::int
    )"""
