"""What a reviewer of the platform sees and can do on a case's page: both sides at a glance, and the forms of a review.

Costs one statement: the catalogue of reasons, how both sides read, and who else may decide.
"""

from collections.abc import Sequence
from datetime import datetime

from amends.access.permissions import Permission
from amends.access.scopes import PlatformScope
from amends.cases.case_foresight import Standpoint
from amends.cases.case_forms import Panel
from amends.cases.page_rows import CaseRow
from amends.cases.page_timeline import Item
from amends.cases.queries_bench import read_bench
from amends.cases.queries_team import Colleague
from amends.cases.review_fields import ReviewView, Said, SideView
from amends.cases.review_panels import Bench, ReviewWords, evidence_of, excerpt_of
from amends.cases.states import Action, Actor
from amends.db.pool import Pool
from amends.web.readers import language_of
from amends.web.text import _

_GLANCE_CHARS = 280


async def bench_for(
    pool: Pool, scope: PlatformScope, account_id: int, case: CaseRow, items: Sequence[Item], actions: Sequence[Action]
) -> Bench:
    """Return what a reviewer decides with; nothing where nothing is to be decided."""
    if Action.DECIDE not in actions:
        return Bench(reasons=(), evidence=())
    read = await read_bench(pool, account_id=account_id, buyer=case.user_id, but=scope.principal.id)
    not_yours, needs_override = _whose(scope, case, read.others)
    return Bench(
        reasons=read.reasons,
        evidence=evidence_of(items),
        not_yours=not_yours,
        needs_override=needs_override,
        languages={
            "to_customer": language_of(read.reading.customer.locale),
            "to_merchant": language_of(read.reading.merchant.locale),
        },
    )


def _whose(scope: PlatformScope, case: CaseRow, others: Sequence[Colleague]) -> tuple[str, bool]:
    """Return why the reader does not decide an appeal, and whether they may only with a recorded override."""
    appealed = case.customer_appealed or case.merchant_appealed
    if not appealed or case.first_reviewer_id != scope.principal.id:
        return "", False
    if others:
        names = ", ".join(one.name or one.pid for one in others)
        return _("You made the first decision, so somebody else decides the appeal: %(names)s.", names=names), False
    if Permission.POLICY_MANAGE in scope.permissions:
        return "", True
    return _("You made the first decision, so somebody else decides the appeal. Ask an admin to add a reviewer."), False


def review_panels(case: CaseRow, bench: Bench, actions: Sequence[Action], at: Standpoint) -> tuple[Panel, ...]:
    """Return the forms of a review that are possible now."""
    words = ReviewWords(case, at, bench)
    return (
        *((words.decide(),) if Action.DECIDE in actions else ()),
        *((words.ask(),) if Action.ASK in actions else ()),
    )


def review_view(case: CaseRow, items: Sequence[Item], bench: Bench, *, now: datetime, queue_url: str) -> ReviewView:
    """Return both sides at a glance."""
    return ReviewView(
        customer=_side(items, Actor.CUSTOMER, case.name or case.username or _("The customer")),
        merchant=_side(items, Actor.MERCHANT, case.account_title),
        not_yours=bench.not_yours,
        is_overdue=case.review_due_at is not None and case.review_due_at <= now,
        queue_url=queue_url,
    )


def _side(items: Sequence[Item], side: Actor, name: str) -> SideView:
    written = [item for item in items if item.side is side and item.is_message and not item.is_internal]
    shown = written[:1] + written[1:][-1:]
    return SideView(
        name=name,
        said=tuple(
            Said(
                label=item.sentence,
                excerpt=excerpt_of(item, _GLANCE_CHARS),
                files=len(item.files),
                pid=item.pid,
                at=item.at,
            )
            for item in shown
        ),
    )
