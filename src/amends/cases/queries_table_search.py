"""What the search box of a merchant's table finds, and what its filters can be chosen from. All within one account.

A search finds the case or the payment of an id, and members by the beginnings of words of their names, of their
username and of their e-mail address; of their cases the newest. What is looked at is bounded: `MOST_PEOPLE`,
`MOST_FOUND`. The lists to choose from skip from one value of an index to the next.
"""

from typing import Final, NamedTuple
from uuid import UUID

from amends.cases.table import Assignee, Named
from amends.db.pool import Connection, Pool

MOST_PEOPLE: Final = 200
MOST_FOUND: Final = 1_000

SEARCH_SQL: Final = f"""
with people as (
    (
        select m.user_id
        from members m
        where m.account_id = $1
          and array_to_tsvector(string_to_array(
                m.account_id::text || ':' || regexp_replace(
                    lower(left(coalesce(m.name, '') || ' ' || coalesce(m.username, ''), 400)),
                    '[\\s,;()"-]+', ' ' || m.account_id::text || ':', 'g'
                ), ' '
            )) @@ lower($2::text)::tsquery
        limit {MOST_PEOPLE + 1}
    )
    union
    (
        select m.user_id
        from members m
        where m.account_id = $1
          and m.email is not null
          and lower(m.email) ~>=~ lower($3::text)
          and lower(m.email) ~<~ (lower($3::text) || $4::text)
        limit {MOST_PEOPLE + 1}
    )
),
found as (
    select c.id, c.created_at
    from cases c
    where c.account_id = $1
      and c.id = $5::uuid
    union
    select c.id, c.created_at
    from cases c
    where c.account_id = $1
      and c.payment_id = $6::uuid
    union
    select c.id, c.created_at
    from payments p
    join cases c
      on c.account_id = $1
     and c.payment_id = p.id
    where p.account_id = $1
      and p.external_id = $7::text
    union
    select r.id, r.created_at
    from (
        select c.id, c.created_at
        from (select k.user_id from people k limit {MOST_PEOPLE}) k
        join cases c
          on c.account_id = $1
         and c.user_id = k.user_id
        order by c.created_at desc, c.id desc
        limit {MOST_FOUND + 1}
    ) r
)
select
    array(select f.id from found f order by f.created_at desc, f.id desc limit {MOST_FOUND}) as ids,
    (select count(*) from people) > {MOST_PEOPLE} or (select count(*) from found) > {MOST_FOUND} as is_capped
"""  # noqa: S608 (constant numbers)
OPTIONS_SQL: Final = """
with recursive methods as (
    (
        select c.payment_method_type as value
        from cases c
        where c.account_id = $1
          and c.payment_method_type is not null
        order by c.payment_method_type
        limit 1
    )
    union all
    select (
        select c.payment_method_type
        from cases c
        where c.account_id = $1
          and c.payment_method_type > k.value
        order by c.payment_method_type
        limit 1
    )
    from methods k
    where k.value is not null
),
currencies as (
    (
        select c.currency::text as value
        from cases c
        where c.account_id = $1
        order by c.currency
        limit 1
    )
    union all
    select (
        select c.currency::text
        from cases c
        where c.account_id = $1
          and c.currency > k.value::char(3)
        order by c.currency
        limit 1
    )
    from currencies k
    where k.value is not null
)
select
    array(select k.value from methods k where k.value is not null limit 100) as methods,
    array(select k.value from currencies k where k.value is not null limit 200) as currencies,
    (
        select coalesce(json_agg(json_build_array(r.pid, r.title) order by r.title, r.id), '[]')
        from products r
        where r.account_id = $1
          and r.id = any($2::uuid[])
    ) as chosen,
    (
        select coalesce(json_agg(json_build_array(k.pid, k.title) order by k.title, k.id), '[]')
        from (
            select r.id, r.pid, r.title
            from products r
            where r.account_id = $1
            order by r.title, r.id
            limit $3
        ) k
    ) as products
"""
PRODUCTS_SQL: Final = """
select r.pid, r.title
from products r
where r.account_id = $1
  and lower(r.title) like '%' || lower($2::text) || '%'
order by r.title, r.id
limit $3
"""
TEAM_SQL: Final = """
select u.pid, u.name
from team_members t
join users u
  on u.id = t.user_id
where t.account_id = $1
order by lower(u.name), u.pid
limit 500
"""
STAFF_SQL: Final = """
select u.pid, u.name
from platform_staff s
join users u
  on u.id = s.user_id
order by lower(u.name), u.pid
limit 500
"""


class Sought(NamedTuple):
    """What a text may be: words of names, the beginning of an e-mail address, ids. None: it is not that."""

    words: str | None
    email: str | None
    case_id: UUID | None
    payment_id: UUID | None
    payment_external_id: str | None


class Found(NamedTuple):
    """Cases, newest first, and whether there may be more than were looked at."""

    case_ids: list[UUID]
    is_capped: bool


class Choices(NamedTuple):
    """What the account's cases have, and the products that are chosen already."""

    methods: tuple[str, ...]
    currencies: tuple[str, ...]
    chosen: tuple[Named, ...]
    products: tuple[Named, ...]


async def search_cases(connection: Connection | Pool, account_id: int, sought: Sought) -> Found:
    """Return the cases that a search finds."""
    row = await connection.fetchrow(SEARCH_SQL, account_id, sought.words, sought.email, "\U0010ffff", *sought[2:])
    return Found([], is_capped=False) if row is None else Found(row["ids"], row["is_capped"])


async def choices_of(connection: Connection | Pool, account_id: int, chosen: list[UUID], first: int) -> Choices:
    """Return the kinds of methods and the currencies of an account's cases, the chosen products and the first ones."""
    row = await connection.fetchrow(OPTIONS_SQL, account_id, chosen, first)
    if row is None:
        return Choices((), (), (), ())
    products = (tuple(Named(*one) for one in row[name]) for name in ("chosen", "products"))
    return Choices(tuple(row["methods"]), tuple(row["currencies"]), *products)


async def products_like(connection: Connection | Pool, account_id: int, text: str, limit: int) -> tuple[Named, ...]:
    """Return products whose title holds a text, by title."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = await connection.fetch(PRODUCTS_SQL, account_id, escaped, limit)
    return tuple(Named(row["pid"], row["title"]) for row in rows)


async def colleagues(connection: Connection | Pool, account_id: int | None) -> tuple[Assignee, ...]:
    """Return who a case can be given to: an account's team, or without an account the platform's staff."""
    rows = await (connection.fetch(STAFF_SQL) if account_id is None else connection.fetch(TEAM_SQL, account_id))
    return tuple(Assignee(row["pid"], row["name"]) for row in rows)
