"""A case's page: everything that is read on it, found in few statements and put into words for one viewer.

Owns the struct that `cases/case.html` shows and how it is loaded. Which case, and which parts of the page, is
`case_address`'s; forms are `case_forms`'s. A page costs one statement for the case with its timeline, two for the
facts, and one for the log and the payments.
"""

from collections.abc import Sequence
from typing import ClassVar, Final, NamedTuple

from amends.access.permissions import Permission
from amends.access.scopes import Caller, PlatformScope
from amends.cases.acting import actor_of
from amends.cases.actions import actions_of
from amends.cases.case_acting_view import Acting, Sent, acting_for
from amends.cases.case_address import Shown, address_of, find_case_row, row_of
from amends.cases.page_cards import Claim, Customer, Purchase, Standing, claim_of, customer_of, purchase_of, standing_of
from amends.cases.page_member import (
    Address,
    FactLine,
    LogView,
    PaymentsView,
    fact_lines,
    log_view,
    payments_view,
    summary_sentences,
)
from amends.cases.page_money import MoneyLine, money_lines, money_problem
from amends.cases.page_rows import CaseRow
from amends.cases.page_timeline import Item, Timeline, TimelineMaker
from amends.cases.queries_page import EVENTS_SHOWN
from amends.cases.queries_page_member import LogWanted, MemberRef, get_history
from amends.cases.review_fields import ReviewView
from amends.cases.review_panels import Bench
from amends.cases.review_view import bench_for, review_view
from amends.cases.states import Action, Actor
from amends.files.links import Links
from amends.kit.ids import Prefix
from amends.people.facts import case_facts
from amends.services import Services
from amends.web import urls
from amends.web.pages import Page
from amends.web.places import Place

NOTES_SHOWN: Final = 20


class CasePage(Page, frozen=True, kw_only=True):
    """A case as the merchant or the platform reads it."""

    template: ClassVar[str] = "cases/case.html"

    case: CaseRow
    """The case itself, for amounts and times."""
    account_pid: str
    viewer: Actor
    actions: tuple[Action, ...]
    """What the viewer may do now."""
    may_write: bool
    """The viewer's role may do something at all."""
    acting: Acting
    """The forms."""
    standing: Standing
    customer: Customer
    purchase: Purchase
    claim: Claim
    timeline: Timeline
    review: ReviewView | None
    """What the platform's reviewers see besides; None: the reader is of the merchant's team."""
    notes: tuple[Item, ...]
    """The newest notes of the viewer's own side."""
    facts: tuple[FactLine, ...]
    log: LogView
    payments: PaymentsView
    money: tuple[MoneyLine, ...]
    problem: MoneyLine | None
    """A refund that failed or is on hold."""
    url: str
    """The page's own address, with where one comes from."""
    path: str
    """The page's address without parameters, to which actions and parts are added."""
    query: str
    """The parameters of `url`, which forms and parts carry on."""
    earlier_url: str | None
    """Shows what comes before the timeline's part that is here."""
    latest_url: str | None
    """None: the newest events are here."""
    back_url: str
    section: str
    """The entry of the navigation that it belongs to."""
    previous_url: str
    """Leads to the case before this one in the table that one comes from."""
    next_url: str


class _Member(NamedTuple):
    """What the case's member did and paid at the account."""

    facts: tuple[FactLine, ...]
    log: LogView
    payments: PaymentsView


async def load_case_page(
    services: Services, caller: Caller, place: Place, case_pid: str, shown: Shown, *, sent: Sent | None = None
) -> CasePage:
    """Load a case's page for whoever works at `place`; `sent` is a form that was not carried out.

    Raises:
        NotFound: no such case at this account. Forbidden: `own_payment`, the reader is its customer.
    """
    now, viewer, home = services.clock.now(), actor_of(place.scope), place.account.currency
    path, address = address_of(place, case_pid, shown)
    case = await find_case_row(services, caller, place, case_pid, before=shown.before)
    member = await _member(services, place, case, shown, address)
    timeline = _timeline(services, case, viewer, home)
    may_write = Permission.CASE_WRITE in place.scope.permissions
    actions = actions_of(case.action_key) if may_write else ()
    query = shown.query(kind="", log_from="", payments_from="")
    bench, review = await _review(services, place, case, timeline, actions, shown)
    acting = await acting_for(
        services, place, case, timeline.items, actions=actions, asked=shown.panel, path=path, query=query, sent=sent,
        bench=bench,
    )  # fmt: skip
    return CasePage(
        case=case,
        account_pid=place.account.pid,
        viewer=viewer,
        actions=actions,
        may_write=may_write,
        acting=acting,
        standing=standing_of(case, viewer, now),
        customer=customer_of(case),
        purchase=purchase_of(case),
        claim=claim_of(case, home),
        timeline=timeline,
        review=review,
        notes=tuple(item for item in timeline.items if item.is_internal and item.is_message)[-NOTES_SHOWN:],
        facts=member.facts,
        log=member.log,
        payments=member.payments,
        money=money_lines(case, viewer, home=home),
        problem=money_problem(case, viewer, home=home),
        url=address(kind="", log_from="", payments_from=""),
        path=path,
        query=query,
        earlier_url=address(before=timeline.earlier) if timeline.earlier else None,
        latest_url=address(before="") if shown.before else None,
        back_url=_back_url(place, shown, review),
        section="cases" if review is None or shown.table else "queue",
        previous_url=urls.case_url(place.account.pid, case_pid, "previous", query=query),
        next_url=urls.case_url(place.account.pid, case_pid, "next", query=query),
    )


async def _member(services: Services, place: Place, case: CaseRow, shown: Shown, address: Address) -> _Member:
    wanted = LogWanted(shown.kind or None, row_of(Prefix.ACTIVITY, shown.log_from, place))
    start = row_of(Prefix.PAYMENT, shown.payments_from, place)
    found = await case_facts(services.pool, place.account_id, case.member_id, case.payment_id, services.clock.now())
    log, payments = await get_history(services.pool, MemberRef(place.account_id, case.member_id), wanted, start)
    here = frozenset({record.pid for record in log.records} | {row.pid for row in payments})
    sources = frozenset(fact.source for fact in found.facts)
    summary = summary_sentences(found, home=place.account.currency)

    def other_case(pid: str) -> str:
        return urls.case_url(place.account.pid, pid)

    return _Member(
        facts=tuple(fact_lines(found.facts, here, other_case, address)),
        log=log_view(log, case, kind=wanted.kind, start=shown.log_from or None, sources=sources, address=address),
        payments=payments_view(payments, case, summary, start=shown.payments_from or None, address=address),
    )


async def _review(
    services: Services, place: Place, case: CaseRow, timeline: Timeline, actions: Sequence[Action], shown: Shown
) -> tuple[Bench, ReviewView] | tuple[None, None]:
    """Return what the platform's reviewers have besides; nothing for others."""
    if not isinstance(place.scope, PlatformScope):
        return None, None
    bench = await bench_for(services.pool, place.scope, place.account_id, case, timeline.items, actions)
    queue_url = urls.platform_url("queue", query=shown.queue)
    return bench, review_view(case, timeline.items, bench, now=services.clock.now(), queue_url=queue_url)


def _back_url(place: Place, shown: Shown, review: ReviewView | None) -> str:
    """Return where one comes from: the table; for the platform's staff the queue, unless they come from a table."""
    return urls.table_url(place.account.pid, shown.table) if review is None or shown.table else review.queue_url


def _timeline(services: Services, case: CaseRow, viewer: Actor, home: str) -> Timeline:
    """Return a case's timeline; files are fetched from where the page came from."""
    links = Links(services.signer, "")
    names = {case.assignee_id: case.assignee_name} if case.assignee_id else {}
    maker = TimelineMaker(case, viewer, links=links, now=services.clock.now(), home=home, names=names)
    return maker.timeline(EVENTS_SHOWN)
