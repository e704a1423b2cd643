"""Merchant credits as the platform sees them: newest first, narrowed by state and account. SQL and nothing else."""

from collections.abc import Sequence
from typing import Final

from asyncpg import Record

from amends.db.keyset import Listing, by_time, statements
from amends.db.pool import Connection, Pool

_SHOWN: Final = """id, pid, account_id, amount_minor, currency, currency_exponent, state, attempt, tries,
    provider_credit_ref as provider_ref, failure_code, failure_message, next_try_at, resolution_note, created_at,
    succeeded_at,
    (
        select a.pid
        from accounts a
        where a.id = account_id
    ) as account_pid,
    (
        select a.title
        from accounts a
        where a.id = account_id
    ) as account_title,
    (
        select c.pid
        from cases c
        where c.account_id = merchant_credits.account_id
            and c.id = case_id
    ) as case_pid,
    (
        select c.user_id
        from cases c
        where c.account_id = merchant_credits.account_id
            and c.id = case_id
    ) as user_id"""
_NEWEST_FIRST: Final = by_time("created_at")
_STATE: Final = "($1::text is null or state = $1)"

CREDITS_EVERYWHERE_SQLS: Final = statements(_SHOWN, "merchant_credits", _STATE, _NEWEST_FIRST, 2)
CREDITS_EVERYWHERE: Final = Listing("credits:everywhere", _NEWEST_FIRST, CREDITS_EVERYWHERE_SQLS)
"""Of all accounts. Parameter: the state; null: any."""
_OF_ACCOUNT: Final = f"{_STATE}\n    and account_id = $2"
CREDITS_OF_ACCOUNT_SQLS: Final = statements(_SHOWN, "merchant_credits", _OF_ACCOUNT, _NEWEST_FIRST, 3)
CREDITS_OF_ACCOUNT: Final = Listing("credits:account", _NEWEST_FIRST, CREDITS_OF_ACCOUNT_SQLS)
"""Of one account. Parameters: the state; null: any; the account's number."""

NEWEST_CREDITS_SQL: Final = """
select
    t.account_id,
    t.pid,
    t.amount_minor,
    t.currency,
    t.currency_exponent,
    t.state,
    t.created_at,
    a.pid as account_pid,
    c.pid as case_pid,
    c.user_id
from merchant_credits t
join accounts a
    on a.id = t.account_id
join cases c
    on c.account_id = t.account_id
    and c.id = t.case_id
where t.account_id = $1
order by t.created_at desc, t.id desc
limit $2
"""


async def credits_of_account(where: Pool | Connection, account_id: int, *, limit: int) -> Sequence[Record]:
    """Return an account's newest merchant credits."""
    return await where.fetch(NEWEST_CREDITS_SQL, account_id, limit)
