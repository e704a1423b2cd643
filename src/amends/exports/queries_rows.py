"""The rows of an export: one `select` a resource and format, newest first, and how many rows there will be.

Its columns are put together from `queries_columns` in the asked order; nothing else of it ever changes. Every filter is
a parameter, null where it narrows nothing: PostgreSQL plans with the values (a COPY has them written in), so that a
filter that is null costs nothing, and a table is joined only when a column or a filter needs it.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from amends.exports.queries_columns import COLUMNS
from amends.exports.resources import Format, Resource

_OF_PAYMENT: Final = """
left join members m
  on m.account_id = p.account_id
 and m.id = p.member_id
left join products pr
  on pr.account_id = p.account_id
 and pr.id = p.product_id
left join plans pl
  on pl.account_id = p.account_id
 and pl.id = p.plan_id
left join cases c
  on c.account_id = p.account_id
 and c.payment_id = p.id"""

_FROM_CASES: Final = """
from cases c
left join payments p
  on p.account_id = c.account_id
 and p.id = c.payment_id
left join members m
  on m.account_id = c.account_id
 and m.id = c.member_id
left join products pr
  on pr.account_id = c.account_id
 and pr.id = c.product_id
left join plans pl
  on pl.account_id = c.account_id
 and pl.id = c.plan_id
left join (
    select k.case_id, sum(k.amount_minor)::bigint as amount_minor, max(k.state) as state
    from merchant_credits k
    where k.account_id = $1
      and k.state <> 'canceled'
    group by k.case_id
) cr on cr.case_id = c.id
left join (
    select k.member_id, count(*) as cases
    from cases k
    where k.account_id = $1
    group by k.member_id
) mc on mc.member_id = c.member_id
left join (
    select k.member_id, k.currency, sum(k.amount_minor - k.refunded_minor)::bigint as spent_minor
    from payments k
    where k.account_id = $1
      and k.status = 'paid'
    group by k.member_id, k.currency
) ms on ms.member_id = c.member_id
    and ms.currency = c.currency
where c.account_id = $1
  and ($3::text[] is null or c.status = any($3))
  and ($4::text[] is null or c.reason = any($4))
  and ($5::text[] is null or c.outcome = any($5))
  and ($6::timestamptz is null or c.created_at > $6)
  and ($7::timestamptz is null or c.created_at < $7)
  and ($8::timestamptz is null or c.response_due_at > $8)
  and ($9::timestamptz is null or c.response_due_at < $9)
  and ($10::timestamptz is null or c.closed_at > $10)
  and ($11::timestamptz is null or c.closed_at < $11)
  and ($12::uuid is null or c.user_id = $12)
  and ($13::uuid[] is null or c.product_id = any($13))
  and ($14::text[] is null or c.payment_method_type = any($14))
  and ($15::text is null or coalesce(case $2::text when 'platform' then c.reviewer_id else c.assignee_id end, '') = $15)
  and ($16::boolean is null or c.escalated = $16)
  and ($17::text is null or c.currency = $17)
  and ($18::bigint is null or c.amount_minor >= $18)
  and ($19::bigint is null or c.amount_minor <= $19)
  and (
    not $20::boolean
    or c.id = $21::uuid
    or c.payment_id = $22::uuid
    or p.external_id = $23::text
    or c.user_id in (
        select k.user_id
        from members k
        where k.account_id = $1
          and array_to_tsvector(string_to_array(
                k.account_id::text || ':' || regexp_replace(
                    lower(left(coalesce(k.name, '') || ' ' || coalesce(k.username, ''), 400)),
                    '[\\s,;()"-]+', ' ' || k.account_id::text || ':', 'g'
                ), ' '
            )) @@ lower($24::text)::tsquery
    )
    or c.user_id in (
        select k.user_id
        from members k
        where k.account_id = $1
          and lower(k.email) ~>=~ lower($25::text)
          and lower(k.email) ~<~ (lower($25::text) || U&'\\+10FFFF')
    )
  )"""

_FROM_RECEIPTS: Final = f"""
from payments p{_OF_PAYMENT}
where p.account_id = $1
  and ($2::text[] is null or p.status = any($2))
  and ($3::timestamptz is null or p.created_at > $3)
  and ($4::timestamptz is null or p.created_at < $4)
  and ($5::timestamptz is null or p.paid_at > $5)
  and ($6::timestamptz is null or p.paid_at < $6)
  and ($7::uuid is null or p.user_id = $7)
  and ($8::uuid[] is null or p.product_id = any($8))
  and ($9::text is null or p.currency = $9)"""

_FROM_DISPUTES: Final = f"""
from disputes d
left join payments p
  on p.account_id = d.account_id
 and p.id = d.payment_id{_OF_PAYMENT}
where d.account_id = $1
  and ($2::text[] is null or d.state = any($2))
  and ($3::timestamptz is null or d.created_at > $3)
  and ($4::timestamptz is null or d.created_at < $4)
  and ($5::uuid is null or p.user_id = $5)"""

_FROM: Final[Mapping[Resource, str]] = {
    Resource.CASES: _FROM_CASES,
    Resource.RECEIPTS: _FROM_RECEIPTS,
    Resource.DISPUTES: _FROM_DISPUTES,
}
_NEWEST_FIRST: Final[Mapping[Resource, str]] = {
    Resource.CASES: "order by c.created_at desc, c.id desc",
    Resource.RECEIPTS: "order by p.created_at desc, p.id desc",
    Resource.DISPUTES: "order by d.created_at desc, d.id desc",
}


def rows_statement(resource: Resource, format_: Format, columns: Sequence[str]) -> str:
    """Return the statement of an export; `columns` are keys of `COLUMNS`, each once."""
    known = COLUMNS[resource]
    cells = ",\n    ".join(f"{known[key].cell(format_)} as {known[key].key}" for key in columns)
    rows = f"select\n    {cells}{_FROM[resource]}\n{_NEWEST_FIRST[resource]}"
    return f"select row_to_json(r)\nfrom (\n{rows}\n) r" if format_ is Format.JSONL else rows


COUNT_SQLS: Final[Mapping[Resource, str]] = {
    resource: f"select count(*) as rows{source}" for resource, source in _FROM.items()
}
EXPORT_SQLS: Final[Mapping[Resource, Mapping[Format, str]]] = {
    resource: {format_: rows_statement(resource, format_, tuple(columns)) for format_ in Format}
    for resource, columns in COLUMNS.items()
}
"""With every column: what tests prepare and the bench measures. An export has some of these columns."""
