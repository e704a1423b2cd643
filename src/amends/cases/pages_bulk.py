"""Acting on the selected rows of the table: what would follow, in words and amounts, then what has, row by row.

Both are a dialog, or a page where there is no JavaScript. The confirmation carries a token, so that sending it twice
does nothing twice.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl

import msgspec
from litestar import Response, post

from amends.access.permissions import Permission
from amends.cases.bulk import (
    BulkAction,
    BulkCase,
    BulkRefusal,
    BulkReport,
    Selected,
    bulk_preview,
    parse_selection,
)
from amends.cases.bulk_messages import messages_to
from amends.cases.bulk_words import amounts_words, button_words, done_words, refused_words, title_words
from amends.cases.commands_bulk import MessageFor, Order, bulk_run, new_bulk_token
from amends.cases.pages_table import TABLE
from amends.cases.queries_acting import list_choices
from amends.cases.queries_replies import replies_for
from amends.cases.replies import check_body
from amends.cases.reply_page import in_words
from amends.cases.states import Actor
from amends.cases.table_address import parse_query
from amends.cases.table_lines import Line, lines
from amends.cases.table_live import load_rows
from amends.cases.table_seen import AnyRequest, Seen, seen_by
from amends.kit.errors import Unprocessable
from amends.services import Services
from amends.web.forms import Filled, read_form
from amends.web.layout import session_of
from amends.web.pages import Page, is_htmx, redirect, render
from amends.web.readers import current_reader
from amends.web.text import _

WRITE: Final[dict[str, Any]] = {"permission": Permission.CASE_WRITE}


class BulkForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the table sends, and then the confirmation."""

    action: BulkAction
    case: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    """Those of the selection that it could not be done to."""
    back: str = ""
    token: str | None = None
    message: str | None = None
    assignee: str | None = None
    """Empty: nobody."""
    reply: str | None = None
    """A saved reply, to be put into the message."""
    insert: str | None = None


class BulkLine(msgspec.Struct, frozen=True, kw_only=True):
    """One of the selected cases."""

    pid: str
    line: Line | None
    """None: there is no such case any more."""
    refund: BulkCase | None
    """What goes back to the customer; None: it cannot be done."""
    why: str
    """Why not."""


class BulkPart(Page, frozen=True, kw_only=True):
    """What is to be done, to which cases, before it is."""

    template: ClassVar[str] = "cases/_bulk.html"

    action: BulkAction
    title: str
    doable: tuple[BulkLine, ...]
    refused: tuple[BulkLine, ...]
    amounts: str
    """What goes back to customers, a currency after the other."""
    button: str
    selection: tuple[str, ...]
    """What the confirmation sends: id and version of those that it can be done to."""
    assignees: tuple[tuple[str, str], ...]
    """Values and names of whom the cases can be given to; first nobody."""
    left: tuple[str, ...]
    """The same of the others."""
    replies: tuple[tuple[str, str], ...]
    """Values and titles of the saved replies."""
    filled: Filled[BulkForm] | None
    token: str
    bulk_url: str
    run_url: str
    back: str
    back_url: str
    is_page: bool = False


class BulkPage(BulkPart, frozen=True, kw_only=True):
    """The same as a page."""

    template: ClassVar[str] = "cases/bulk.html"

    is_page: bool = True


class ReportPart(Page, frozen=True, kw_only=True):
    """What has been done, and what has not, and why."""

    template: ClassVar[str] = "cases/_bulk_report.html"

    title: str
    amounts: str
    done: tuple[BulkLine, ...]
    failed: tuple[BulkLine, ...]
    action: BulkAction
    back_url: str
    is_page: bool = False


class ReportPage(ReportPart, frozen=True, kw_only=True):
    """The same as a page."""

    template: ClassVar[str] = "cases/bulk_report.html"

    is_page: bool = True


@post(f"{TABLE}/bulk", opt=WRITE, include_in_schema=False, status_code=200)
async def bulk_page(request: AnyRequest, services: Services, biz_pid: str) -> Response[Any]:
    """Say what would be done to the selected cases."""
    seen = await seen_by(request, biz_pid, Permission.CASE_WRITE)
    filled = await read_form(request, BulkForm)
    if filled.value is None:
        return redirect(request, seen.path)
    form = filled.value
    if form.insert and form.reply:
        said = {**filled.typed, "message": await _with_reply(services, seen, form), "reply": ""}
        filled = Filled(value=None, errors={}, typed=said)
    return await _confirm(request, services, seen, form, filled)


async def _with_reply(services: Services, seen: Seen, form: BulkForm) -> str:
    """Return the message with a saved reply below it, its placeholders still to be filled in."""
    replies = await replies_for(services.pool, seen.place.account_id)
    body = next((row["body"] for row in replies if row["pid"] == form.reply), "")
    return "\n\n".join(part for part in (form.message, body) if part)


@post(f"{TABLE}/bulk/run", opt=WRITE, include_in_schema=False, status_code=200)
async def bulk_run_page(request: AnyRequest, services: Services, biz_pid: str) -> Response[Any]:
    """Do it, and report."""
    seen = await seen_by(request, biz_pid, Permission.CASE_WRITE)
    filled = await read_form(request, BulkForm)
    form = filled.value
    if form is None or not form.token:
        return redirect(request, seen.path)
    if (wrong := _wrong_with_message(form)) is not None:
        refused = Filled(value=None, errors={"message": wrong}, typed=filled.typed)
        return await _confirm(request, services, seen, form, refused)
    selected = parse_selection(form.case)
    order = Order(
        action=form.action,
        token=form.token,
        message=form.message,
        message_for=await _message_for(request, services, seen, form, selected),
        assignee_pid=form.assignee,
    )
    report = await bulk_run(services.pool, seen.table, order, selected, clock=services.clock)
    return await _report(request, services, seen, form, report)


def _wrong_with_message(form: BulkForm) -> str | None:
    """Say what is wrong with the message to these customers; None: nothing is."""
    if form.action is BulkAction.DENY and not form.message:
        return _("Write a message. Each of these customers gets it.")
    try:
        check_body(form.message or "")
    except Unprocessable as refusal:
        return in_words(refusal).message
    return None


async def _message_for(
    request: AnyRequest, services: Services, seen: Seen, form: BulkForm, selected: Sequence[Selected]
) -> MessageFor | None:
    """Return what gives each case its message; None: there is no message."""
    if not form.message:
        return None
    reader, session, now = current_reader(), session_of(request), services.clock.now()
    pids = [one.pid for one in selected]
    rows = await load_rows(services.pool, seen.table, pids, columns=(), zone=reader.time_zone, now=now)
    agent = session.name if session else None
    account = seen.place.account
    messages = await messages_to(services.pool, seen.table, account, rows, form.message, agent_name=agent, now=now)
    said = form.message

    async def message_for(pid: str) -> str:
        return messages.get(pid, said)

    return message_for


async def _confirm(
    request: AnyRequest, services: Services, seen: Seen, form: BulkForm, filled: Filled[BulkForm] | None
) -> Response[Any]:
    back_url = _back_url(seen, form.back)
    try:
        selected = parse_selection((*form.case, *form.left))
    except Unprocessable as problem:
        return redirect(request, back_url, message=problem.message)
    if not selected:
        return redirect(request, back_url, message=_("Select the cases first that you want to act on."))
    preview = await bulk_preview(services.pool, seen.table, form.action, selected, clock=services.clock)
    shown = await _lines(services, seen, [one.pid for one in selected], form.back)
    choices = await list_choices(services.pool, seen.place.account_id, team=seen.viewer is Actor.MERCHANT)
    kind = BulkPart if is_htmx(request) else BulkPage
    page = kind(
        action=form.action,
        title=title_words(form.action, len(preview.doable) or len(selected)),
        doable=_doable(preview.doable, shown),
        refused=_refused(preview.refused, shown),
        amounts=amounts_words(preview.totals, seen.place.account.currency),
        button=button_words(form.action, len(preview.doable), preview.totals, seen.place.account.currency),
        selection=_values(preview.doable, selected),
        left=_values(preview.refused, selected),
        assignees=(("", _("Nobody")), *((one.pid, one.name) for one in choices.colleagues)),
        replies=tuple((one.pid, one.title) for one in choices.replies),
        filled=filled,
        token=form.token or new_bulk_token(),
        bulk_url=f"{seen.path}/bulk",
        run_url=f"{seen.path}/bulk/run",
        back=form.back,
        back_url=back_url,
    )
    status = 422 if filled and filled.errors else 200
    return render(request, page, account=seen.place.account, section="cases", status=status)


async def _report(
    request: AnyRequest, services: Services, seen: Seen, form: BulkForm, report: BulkReport
) -> Response[Any]:
    pids = [*(one.pid for one in report.done), *(one.pid for one in report.failed)]
    shown = await _lines(services, seen, pids, form.back)
    kind = ReportPart if is_htmx(request) else ReportPage
    page = kind(
        title=done_words(form.action, len(report.done), len(report.failed)),
        amounts=amounts_words(report.totals, seen.place.account.currency),
        done=_doable(report.done, shown),
        failed=_refused(report.failed, shown),
        action=form.action,
        back_url=_back_url(seen, form.back),
    )
    return render(request, page, account=seen.place.account, section="cases")


async def _lines(services: Services, seen: Seen, pids: Sequence[str], back: str) -> Mapping[str, Line]:
    reader = current_reader()
    found = await load_rows(services.pool, seen.table, pids, columns=(), zone=reader.time_zone, now=reader.now)
    query = parse_query(parse_qsl(back)).query_string(cursors=False)
    shown = lines(found, seen.place.scope, account_pid=seen.place.account.pid, query=query, now=reader.now)
    return {line.row.pid: line for line in shown}


def _doable(cases: Sequence[BulkCase], shown: Mapping[str, Line]) -> tuple[BulkLine, ...]:
    return tuple(BulkLine(pid=one.pid, line=shown.get(one.pid), refund=one, why="") for one in cases)


def _refused(cases: Sequence[BulkRefusal], shown: Mapping[str, Line]) -> tuple[BulkLine, ...]:
    return tuple(BulkLine(pid=one.pid, line=shown.get(one.pid), refund=None, why=refused_words(one)) for one in cases)


def _values(cases: Sequence[BulkCase | BulkRefusal], selected: Sequence[Selected]) -> tuple[str, ...]:
    """Return what the form sends of cases: each in the version that was shown."""
    versions = {one.pid: one.version for one in selected}
    return tuple(one.pid if versions[one.pid] is None else f"{one.pid}:{versions[one.pid]}" for one in cases)


def _back_url(seen: Seen, back: str) -> str:
    return parse_query(parse_qsl(back)).url(seen.path)


routes: Final = [bulk_page, bulk_run_page]
