"""The log of mails among the platform's pages: what was written, when, to whom, and what the mail server said.

For everybody on the platform's staff, who may read every case, and so what was written about it, but what was written
to others about a case of their own or of their team: of that a line says only that it is there. What would sign
somebody in is not shown. A platform admin can have a mail sent again that was refused or given up.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Final

import msgspec
from asyncpg import Record
from litestar import Request, Response, get, post
from litestar.params import Parameter

from amends.access import audit
from amends.access.permissions import Permission
from amends.access.resolve import allow, case_scope, refuse_own_payment
from amends.access.scopes import Caller, CustomerScope, MerchantScope, PlatformScope, missing_permission
from amends.cases.closed_cases import closed_to
from amends.cases.queries_case import buyer_of
from amends.cases.rows import CaseRef
from amends.db.keyset import read_page
from amends.db.transactions import transaction
from amends.kit.errors import NotFound
from amends.kit.ids import MalformedId, Prefix, parse_public_id, public_id
from amends.kit.pages import Cursors
from amends.notifications.commands_hand_over import send_again
from amends.notifications.composing import compose, read_stored
from amends.notifications.log_kinds import kinds_about, topic_words, topics
from amends.notifications.log_lines import LogLine, line_of, log_url, mail_url
from amends.notifications.log_words import FILTERS, StateFilter
from amends.notifications.queries_log import MAIL_LOG, attempts_of, begins_with, count_unsettled, logged_mail, told_by
from amends.notifications.retries import MailState
from amends.notifications.showing import mail_frame, mail_id_of
from amends.services import Services
from amends.web import urls
from amends.web.pages import Page, redirect, render
from amends.web.text import _

SECTION: Final = "mail"
SIZE: Final = 50
_PATH: Final = urls.platform_url(SECTION)
_ONE: Final = urls.platform_url(SECTION, "{mail_pid:str}")
_MAX_TYPED: Final = 320
ENDED_BADLY: Final = frozenset({MailState.REFUSED, MailState.FAILED})

AnyPage = Request[Any, Caller, Any]


class StateTab(msgspec.Struct, frozen=True, kw_only=True):
    """A state to narrow the log to."""

    title: Any
    url: str
    is_current: bool
    count: int | None
    """Of what is not handed over; None: not counted."""


class LogPage(Page, frozen=True, kw_only=True):
    """The log."""

    template: ClassVar[str] = "notifications/log.html"
    lines: Sequence[LogLine]
    tabs: Sequence[StateTab]
    case: str
    to: str
    state: str
    about: str
    """The topic that the log is narrowed to; empty: any."""
    topics: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    """Those to choose from, in groups."""
    is_narrowed: bool
    has_server: bool
    outbox_url: str | None
    """Where a demonstration shows what is written; None: it is none."""
    newer_url: str | None
    older_url: str | None


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try at handing a mail over."""

    attempt: int
    began_at: datetime
    outcome: str | None
    code: int | None
    answer: str | None


class ToldEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a case that a mail tells of."""

    words: str
    at: datetime


class LoggedMailPage(Page, frozen=True, kw_only=True):
    """One mail of the log."""

    template: ClassVar[str] = "notifications/logged.html"
    line: LogLine
    tells_of: Sequence[ToldEvent]
    attempts: Sequence[Attempt]
    text: str
    frame_url: str
    due_at: datetime
    can_send_again: bool
    has_server: bool
    outbox_url: str | None
    problem: str | None = None


@get(_PATH, include_in_schema=False)
async def log_page(
    request: AnyPage,
    services: Services,
    case: str = "",
    to: str = "",
    in_state: Annotated[str, Parameter(query="state")] = "",
    about: str = "",
) -> Response[str]:
    """List mails, the newest first."""
    _staff(request)
    case, to = case.strip()[:_MAX_TYPED], to.strip()[:_MAX_TYPED]
    wanted = next((one for one in StateFilter if one == in_state), None)
    kinds = kinds_about(about)
    cursors = Cursors(services.signer, MAIL_LOG.name, MAIL_LOG.order.key_type)
    rows, info = await read_page(
        services.pool, MAIL_LOG, cursors.asked(request.query_params, SIZE), cursors,
        case or None, begins_with(to), list(FILTERS[wanted][1]) if wanted else None, kinds,
    )  # fmt: skip
    narrowed = {"case": case, "to": to, "state": wanted or "", "about": about if kinds else ""}
    page = LogPage(
        lines=[line for line in await _lines(request, services, rows) if not (line.is_closed and (to or kinds))],
        tabs=await _tabs(services, narrowed, wanted),
        case=case,
        to=to,
        state=wanted or "",
        about=narrowed["about"],
        topics=topics(),
        is_narrowed=any(narrowed.values()),
        has_server=services.mailer is not None,
        outbox_url=_outbox_url(services),
        newer_url=log_url(**narrowed, before=info.start_cursor or "") if info.has_previous_page else None,
        older_url=log_url(**narrowed, after=info.end_cursor or "") if info.has_next_page else None,
    )
    return render(request, page, section=SECTION)


@get(_ONE, include_in_schema=False)
async def logged_page(request: AnyPage, services: Services, mail_pid: str) -> Response[str]:
    """Show a mail, and what became of it."""
    return await _show(request, services, await _mail(request, services, mail_pid))


@get(_ONE + "/html", include_in_schema=False)
async def logged_html(request: AnyPage, services: Services, mail_pid: str) -> Response[str]:
    """Return a mail's HTML for the frame, with no token in it."""
    row = await _mail(request, services, mail_pid)
    return mail_frame(compose(read_stored(row), services.settings, None).html)


@post(_ONE + "/again", include_in_schema=False, status_code=200)
async def again(request: AnyPage, services: Services, mail_pid: str) -> Response[Any]:
    """Queue a mail again that was refused or given up."""
    scope = _staff(request)
    allow(scope, Permission.POLICY_MANAGE)
    row, now = await _mail(request, services, mail_pid), services.clock.now()
    async with transaction(services.pool) as connection:
        is_queued = await send_again(connection, row["id"], now=now)
        if is_queued:
            await audit.record(
                connection, principal=scope.principal, action="mail.sent_again", account_id=None,
                subject=public_id(Prefix.MAIL, row["id"]), details={"kind": row["kind"]}, now=now,
            )  # fmt: skip
    if not is_queued:
        problem = _("Nothing was sent: this e-mail was handed over already, or is still being tried.")
        return await _show(request, services, row, problem=problem, status=409)
    return redirect(request, mail_url(row["id"]), message=_("The e-mail is on its way again."))


async def _show(
    request: AnyPage, services: Services, row: Record, *, problem: str | None = None, status: int = 200
) -> Response[str]:
    line = line_of(row)
    events = await told_by(services.pool, row["account_id"], row["id"]) if row["account_id"] else []
    page = LoggedMailPage(
        line=line,
        tells_of=[ToldEvent(words=topic_words(one["kind"]), at=one["created_at"]) for one in events],
        attempts=[
            Attempt(
                attempt=one["attempt"],
                began_at=one["began_at"],
                outcome=one["outcome"],
                code=one["code"],
                answer=one["answer"],
            )
            for one in await attempts_of(services.pool, row["id"])
        ],
        text=compose(read_stored(row), services.settings, None).text,
        frame_url=f"{line.url}/html",
        due_at=row["due_at"],
        can_send_again=line.state in ENDED_BADLY and Permission.POLICY_MANAGE in _staff(request).permissions,
        has_server=services.mailer is not None,
        outbox_url=_outbox_url(services),
        problem=problem,
    )
    return render(request, page, section=SECTION, status=status)


def _outbox_url(services: Services) -> str | None:
    return urls.OUTBOX if services.settings.outbox else None


def _staff(request: AnyPage) -> PlatformScope:
    scope = request.auth.platform
    if scope is None:
        raise NotFound
    allow(scope, Permission.CASE_READ)
    return scope


async def _mail(request: AnyPage, services: Services, mail_pid: str) -> Record:
    _staff(request)
    row = await logged_mail(services.pool, mail_id_of(mail_pid))
    if row is None:
        raise NotFound
    await _refuse_party(request, services, row)
    return row


async def _refuse_party(request: AnyPage, services: Services, row: Record) -> None:
    """Refuse what was written to others about a case to whom sees that case as one of its sides.

    Raises:
        Forbidden: `own_payment` or `missing_permission`.
    """
    if row["case_pid"] is None or row["user_id"] == request.scope["state"]["session"].user_id:
        return
    try:
        case = parse_public_id(Prefix.CASE, row["case_pid"])
    except MalformedId:
        return
    buyer = await buyer_of(services.pool, CaseRef(case.account, case.row_id))
    scope = None if buyer is None else case_scope(request.auth, case.account, buyer)
    if isinstance(scope, CustomerScope):
        refuse_own_payment()
    if isinstance(scope, MerchantScope):
        raise missing_permission(Permission.CASE_DECIDE)


async def _lines(request: AnyPage, services: Services, rows: Sequence[Record]) -> list[LogLine]:
    """Return the lines; what was written to others about a case of the reader's own is closed to them."""
    reader = request.scope["state"]["session"].user_id
    cases = await closed_to(services.pool, request.auth, (row["case_pid"] for row in rows))
    return [line_of(row, is_closed=row["case_pid"] in cases and row["user_id"] != reader) for row in rows]


async def _tabs(services: Services, narrowed: dict[str, str], current: StateFilter | None) -> list[StateTab]:
    counts = await count_unsettled(services.pool)
    every = StateTab(title=_("All"), url=log_url(**{**narrowed, "state": ""}), is_current=current is None, count=None)
    return [every] + [
        StateTab(
            title=title,
            url=log_url(**{**narrowed, "state": one}),
            is_current=one is current,
            count=sum(counts.get(state, 0) for state in states) or None,
        )
        for one, (title, states) in FILTERS.items()
    ]


routes: Final = [log_page, logged_page, logged_html, again]
