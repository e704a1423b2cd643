"""Counts the money, in our books and in the sandbox's, when the dust has settled."""

from dataclasses import dataclass, field
from typing import Final

from amends.db.pool import Pool
from tests.chaos.load import Noted

UNSETTLED_SQL: Final = """
    select
        (select count(*) from refunds where state in ('pending', 'on_hold')) as refunds,
        (select count(*) from provider_events where applied_at is null) as received,
        (select count(*) from sandbox.events where delivered_at is null) as sent,
        (select count(*) from cases where status = 'closed' and settlement <> 'succeeded') as cases
"""
WRONG_SQLS: Final = {
    "an accepted case without exactly one refund that succeeded over the whole payment": """
        select c.pid
        from cases c
        join payments p on p.account_id = c.account_id and p.id = c.payment_id
        left join refunds r on r.account_id = c.account_id and r.case_id = c.id
        where c.status = 'closed'
        group by c.pid, p.amount_minor
        having count(r.id) <> 1
            or count(*) filter (where r.state = 'succeeded' and r.amount_minor = p.amount_minor) <> 1
    """,
    "a payment that was refunded twice, or over its amount, at the provider": """
        select p.pid
        from payments p
        join sandbox.refunds s on s.payment_ref = p.pid and s.state <> 'failed'
        group by p.pid, p.amount_minor
        having count(*) > 1 or sum(s.amount_minor) > p.amount_minor
    """,
    "a refund of ours that the provider does not have exactly once": """
        select r.pid
        from refunds r
        left join sandbox.refunds s on s.our_id = r.pid and s.state = 'succeeded' and s.amount_minor = r.amount_minor
        where r.state = 'succeeded'
        group by r.pid
        having count(s.ref) <> 1
    """,
    "a refund of the provider that is none of ours": """
        select s.ref
        from sandbox.refunds s
        left join refunds r on r.pid = s.our_id and r.state = 'succeeded' and r.provider_refund_ref = s.ref
        where r.id is null
    """,
    "a payment whose columns do not say what its refunds do": """
        select p.pid
        from payments p
        left join refunds r on r.account_id = p.account_id and r.payment_id = p.id and r.state = 'succeeded'
        group by p.pid, p.refunded_minor, p.refund_reserved_minor
        having p.refunded_minor <> coalesce(sum(r.amount_minor), 0) or p.refund_reserved_minor <> 0
    """,
    "a case accepted more or less than once on its timeline": """
        select c.pid
        from cases c
        join case_events e on e.account_id = c.account_id and e.case_id = c.id
        where c.status = 'closed'
        group by c.pid, c.event_count
        having count(*) filter (where e.kind = 'accepted') <> 1
            or count(*) filter (where e.kind = 'refund_succeeded') <> 1
            or count(*) filter (where e.kind = 'created') <> 1
            or count(*) <> c.event_count
    """,
}
CASES_SQL: Final = """
    select pid, status
    from cases
"""
BOOKS_SQL: Final = """
    select
        (select count(*) from refunds where state = 'succeeded') as refunds,
        (select coalesce(sum(amount_minor), 0)::bigint from refunds where state = 'succeeded') as refunded_minor,
        (select coalesce(sum(amount_minor), 0)::bigint from sandbox.refunds where state = 'succeeded') as moved_minor
"""


@dataclass
class Verdict:
    """What was counted, and what is wrong: nothing, or a list."""

    cases: int = 0
    accepted: int = 0
    refunds: int = 0
    refunded_minor: int = 0
    moved_minor: int = 0
    wrong: list[str] = field(default_factory=list[str])


async def is_settled(pool: Pool) -> bool:
    """Tell whether nothing is on its way any more."""
    row = await pool.fetchrow(UNSETTLED_SQL)
    return row is not None and not any(row)


async def judge(pool: Pool, noted: Noted) -> Verdict:
    """Compare what was acknowledged, what our books say and what the provider has moved."""
    books = await pool.fetchrow(BOOKS_SQL)
    assert books is not None
    cases = {row["pid"]: row["status"] for row in await pool.fetch(CASES_SQL)}
    closed = {pid for pid, status in cases.items() if status == "closed"}
    verdict = Verdict(cases=len(cases), accepted=len(closed), **dict(books))
    for what, statement in WRONG_SQLS.items():
        verdict.wrong += [f"{what}: {row[0]}" for row in await pool.fetch(statement)]
    verdict.wrong += [f"an opening was acknowledged and is lost: {pid}" for pid in noted.opened - cases.keys()]
    verdict.wrong += [f"an acceptance was acknowledged and is lost: {pid}" for pid in noted.accepted - closed]
    if verdict.refunded_minor != verdict.moved_minor:
        verdict.wrong.append(f"our books say {verdict.refunded_minor}, the provider's {verdict.moved_minor}")
    if not await is_settled(pool):
        verdict.wrong.append(f"not settled: {dict(await pool.fetchrow(UNSETTLED_SQL) or {})}")
    verdict.wrong += [f"an answer with {error}" for error in noted.server_errors]
    return verdict
