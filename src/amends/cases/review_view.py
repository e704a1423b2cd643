"""What a reviewer of the platform sees and can do on a case's page: both sides at a glance, and the forms of a review.

Costs one statement: the catalogue of reasons, how both sides read, and who else may decide; one more for the appeal of
what a key decided.
"""

from collections.abc import Sequence
from datetime import datetime

from amends.access.permissions import Permission
from amends.access.queries import who_is_behind
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
    first = case.first_reviewer_id if case.customer_appealed or case.merchant_appealed else None
    behind = frozenset[str]() if first is None else (await who_is_behind(pool, [first]))[first]
    read = await read_bench(pool, account_id=account_id, buyer=case.user_id, but=behind)
    is_theirs = scope.principal.id in behind
    by_key = first != scope.principal.id
    return Bench(
        reasons=read.reasons,
        evidence=evidence_of(items),
        not_yours=_not_theirs(scope, read.others, by_key=by_key) if is_theirs else "",
        override_hint=_override_hint(scope, read.others, by_key=by_key) if is_theirs else "",
        languages={
            "to_customer": language_of(read.reading.customer.locale),
            "to_merchant": language_of(read.reading.merchant.locale),
        },
    )


def _not_theirs(scope: PlatformScope, others: Sequence[Colleague], *, by_key: bool) -> str:
    """Say why a reader who decided first does not decide the appeal; empty: they may, with a note."""
    names = ", ".join(one.name or one.pid for one in others)
    if names and by_key:
        return _(
            "An API key of yours made the first decision, so somebody else decides the appeal: %(names)s.", names=names
        )
    if names:
        return _("You made the first decision, so somebody else decides the appeal: %(names)s.", names=names)
    if Permission.POLICY_MANAGE in scope.permissions:
        return ""
    if by_key:
        return _(
            "An API key of yours made the first decision, so somebody else decides the appeal. Ask an admin to add a"
            " reviewer."
        )
    return _("You made the first decision, so somebody else decides the appeal. Ask an admin to add a reviewer.")


def _override_hint(scope: PlatformScope, others: Sequence[Colleague], *, by_key: bool) -> str:
    """Say what the note is for with which an admin decides after all; empty: they need none."""
    if others or Permission.POLICY_MANAGE not in scope.permissions:
        return ""
    first = (
        _("An API key of yours made the first decision, and nobody else may decide this appeal.")
        if by_key
        else _("You made the first decision, and nobody else may decide this appeal.")
    )
    return f"{first} {_('Your note goes into the audit log; the two sides do not read it.')}"


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
