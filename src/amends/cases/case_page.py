"""A case's page: everything that is read on it, found in few statements and put into words for one viewer.

Owns the struct that `cases/case.html` shows and how it is loaded; forms are `case_forms`'s. A page costs one statement
for the case with its timeline, two for the facts, and one for the log and the payments.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from amends.access.permissions import Permission
from amends.access.resolve import refuse_own_payment
from amends.access.scopes import Caller, PlatformScope
from amends.cases.acting import actor_of
from amends.cases.actions import actions_of
from amends.cases.case_acting_view import Acting, Sent, acting_for
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
from amends.cases.page_rows import CaseOutline, CaseRow
from amends.cases.page_timeline import Item, Timeline, TimelineMaker
from amends.cases.queries_page import EVENTS_SHOWN, get_case_outline, get_case_row
from amends.cases.queries_page_member import LogWanted, MemberRef, get_history, get_log, get_payments
from amends.cases.review_fields import ReviewView
from amends.cases.review_panels import Bench
from amends.cases.review_view import bench_for, review_view
from amends.cases.rows import CaseRef
from amends.cases.states import Action, Actor
from amends.files.links import Links
from amends.kit.errors import NotFound
from amends.kit.ids import MalformedId, Prefix, parse_public_id
from amends.people.facts import case_facts
from amends.services import Services
from amends.web import urls
from amends.web.pages import Page
from amends.web.places import Place

NOTES_SHOWN: Final = 20
_FROM_MAX: Final = 2000


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """Which parts of the page are asked for, as its address says; what it says wrongly is left out."""

    table: str = ""
    """The query string of the table that one comes from."""
    queue: str = ""
    """The query string of the review queue that one comes from."""
    kind: str = ""
    log_from: str = ""
    payments_from: str = ""
    before: str = ""
    panel: str = ""
    """Which form is open."""

    def query(self, **changes: str) -> str:
        """Return the query string of the page with some parameters changed."""
        fields = {
            "from": self.table,
            "queue": self.queue,
            "kind": self.kind,
            "log_from": self.log_from,
            "payments_from": self.payments_from,
        }
        return urlencode({name: value for name, value in {**fields, **changes}.items() if value})


def shown_of(params: Mapping[str, str]) -> Shown:
    """Read which parts of the page an address asks for."""
    return Shown(
        table=params.get("from", "")[:_FROM_MAX],
        queue=params.get("queue", "")[:_FROM_MAX],
        kind=params.get("kind", "")[:64],
        log_from=params.get("log_from", "")[:100],
        payments_from=params.get("payments_from", "")[:100],
        before=params.get("before", "")[:100],
        panel=params.get("panel", "")[:20],
    )


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


async def load_case_page(
    services: Services, caller: Caller, place: Place, case_pid: str, shown: Shown, *, sent: Sent | None = None
) -> CasePage:
    """Load a case's page for whoever works at `place`; `sent` is a form that was not carried out.

    Raises:
        NotFound: no such case at this account. Forbidden: `own_payment`, the reader is its customer.
    """
    now, pool = services.clock.now(), services.pool
    case = await find_case_row(services, caller, place, case_pid, before=shown.before)
    member = MemberRef(place.account_id, case.member_id)
    facts = await case_facts(pool, place.account_id, case.member_id, case.payment_id, now)
    wanted = LogWanted(shown.kind or None, row_of(Prefix.ACTIVITY, shown.log_from, place))
    payments_start = row_of(Prefix.PAYMENT, shown.payments_from, place)
    log, payments = await get_history(pool, member, wanted, payments_start)
    viewer, home = actor_of(place.scope), place.account.currency
    path, address = _address(place, case_pid, shown)

    def other_case(pid: str) -> str:
        return urls.case_url(place.account.pid, pid)

    timeline = timeline_of(services, case, viewer, home)
    here = frozenset({record.pid for record in log.records} | {row.pid for row in payments})
    sources = frozenset(fact.source for fact in facts.facts)
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
        facts=tuple(fact_lines(facts.facts, here, other_case, address)),
        log=log_view(log, case, kind=wanted.kind, start=shown.log_from or None, sources=sources, address=address),
        payments=payments_view(
            payments, case, summary_sentences(facts, home=home), start=shown.payments_from or None, address=address
        ),
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


async def find_case_row(
    services: Services, caller: Caller, place: Place, case_pid: str, *, before: str = ""
) -> CaseRow:
    """Return a case of the account that the reader works for.

    Raises:
        NotFound: malformed, unknown or of another account. Forbidden: `own_payment`.
    """
    case_id = row_of(Prefix.CASE, case_pid, place)
    if case_id is None:
        raise NotFound
    row = await get_case_row(
        services.pool,
        CaseRef(place.account_id, case_id),
        viewer=actor_of(place.scope),
        with_email=Permission.MEMBER_EMAIL_READ in place.scope.permissions,
        now=services.clock.now(),
        before=row_of(Prefix.EVENT, before, place),
    )
    if row is None:
        raise NotFound
    _refuse_customer(caller, row.user_id)
    return row


def row_of(prefix: Prefix, pid: str, place: Place) -> UUID | None:
    """Return the row that a public id of the account names; None: it names none."""
    try:
        parsed = parse_public_id(prefix, pid)
    except MalformedId:
        return None
    return parsed.row_id if parsed.account == place.account_id else None


def timeline_of(services: Services, case: CaseRow, viewer: Actor, home: str) -> Timeline:
    """Return a case's timeline; files are fetched from where the page came from."""
    links = Links(services.signer, "")
    names = {case.assignee_id: case.assignee_name} if case.assignee_id else {}
    maker = TimelineMaker(case, viewer, links=links, now=services.clock.now(), home=home, names=names)
    return maker.timeline(EVENTS_SHOWN)


async def load_log(
    services: Services, caller: Caller, place: Place, case_pid: str, shown: Shown
) -> tuple[LogView, str]:
    """Return a part of the log of a case's member, and the path of the case's page.

    Raises:
        NotFound, Forbidden: as the page does.
    """
    case, address, path = await _around(services, caller, place, case_pid, shown)
    wanted = LogWanted(shown.kind or None, row_of(Prefix.ACTIVITY, shown.log_from, place))
    log = await get_log(services.pool, MemberRef(place.account_id, case.member_id), wanted)
    view = log_view(log, case, kind=wanted.kind, start=shown.log_from or None, sources=frozenset(), address=address)
    return view, path


async def load_payments(
    services: Services, caller: Caller, place: Place, case_pid: str, shown: Shown
) -> tuple[PaymentsView, str]:
    """Return a part of the payments of a case's member, and the path of the case's page.

    Raises:
        NotFound, Forbidden: as the page does.
    """
    case, address, path = await _around(services, caller, place, case_pid, shown)
    start = row_of(Prefix.PAYMENT, shown.payments_from, place)
    rows = await get_payments(services.pool, MemberRef(place.account_id, case.member_id), start)
    return payments_view(rows, case, (), start=shown.payments_from or None, address=address), path


async def _around(
    services: Services, caller: Caller, place: Place, case_pid: str, shown: Shown
) -> tuple[CaseOutline, Address, str]:
    case = await find_outline(services, caller, place, case_pid)
    path, address = _address(place, case_pid, shown)
    return case, address, path


def _address(place: Place, case_pid: str, shown: Shown) -> tuple[str, Address]:
    """Return the path of a case's page, and what gives its address with some parameters changed."""
    path = urls.case_url(place.account.pid, case_pid)

    def address(**changes: str) -> str:
        return urls.with_query(path, shown.query(**changes))

    return path, address


async def find_outline(services: Services, caller: Caller, place: Place, case_pid: str) -> CaseOutline:
    """Return the outline of a case of the account that the reader works for.

    Raises:
        NotFound, Forbidden: as the page does.
    """
    case_id = row_of(Prefix.CASE, case_pid, place)
    case = None if case_id is None else await get_case_outline(services.pool, CaseRef(place.account_id, case_id))
    if case is None:
        raise NotFound
    _refuse_customer(caller, case.user_id)
    return case


def _refuse_customer(caller: Caller, buyer: UUID) -> None:
    if caller.customer is not None and caller.customer.user_id == buyer:
        refuse_own_payment()
