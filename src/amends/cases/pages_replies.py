"""The pages of saved replies: the list, one to read or to edit, and what it will look like on a case.

Everybody on the team reads and uses them; those who set up the rules change them. The preview is filled in with an
example, by the same code as on a case.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

import msgspec
from asyncpg import Record
from litestar import Request, Response, get, post

from amends.access.permissions import Permission
from amends.access.scopes import Caller
from amends.cases.commands_replies import MOST_REPLIES, NEEDS, change_reply, delete_reply, save_reply
from amends.cases.queries_replies import find_reply, replies_for
from amends.cases.replies import (
    LONGEST_BODY,
    LONGEST_TITLE,
    MEANINGS,
    About,
    Placeholder,
    check_body,
    render_reply,
)
from amends.db.transactions import transaction
from amends.kit.errors import NotFound, Unprocessable
from amends.kit.ids import MalformedId, Prefix, parse_public_id
from amends.kit.money import exponent
from amends.services import Services
from amends.web import urls
from amends.web.forms import Filled, read_form, refused
from amends.web.layout import session_of
from amends.web.pages import Page, is_htmx, redirect, render
from amends.web.places import Place, place_of
from amends.web.readers import current_reader
from amends.web.text import _, lazy

AnyPage = Request[Any, Caller, Any]

_READ: Final[dict[str, Any]] = {"permission": Permission.CASE_READ}
_MANAGE: Final[dict[str, Any]] = {"permission": NEEDS}
_REPLIES: Final = urls.account_url("{biz_pid:str}", "replies")
_REPLY: Final = urls.reply_url("{biz_pid:str}", "{reply_pid:str}")
_EXAMPLE_MINOR: Final = 49

_REFUSALS: Final = {
    "reply_title_invalid": lazy("A title has 1 to 80 characters."),
    "reply_title_taken": lazy("There is a reply with this title already."),
    "reply_body_invalid": lazy("A reply has 1 to 10,000 characters."),
    "too_many_replies": lazy("There are 200 saved replies, which is the most. Delete one first."),
}


class ReplyForm(msgspec.Struct, frozen=True):
    """A saved reply as it is typed."""

    title: str
    body: str


class BodyForm(msgspec.Struct, frozen=True):
    """What is to be previewed."""

    body: str = ""
    title: str = ""


class ReplyLine(msgspec.Struct, frozen=True, kw_only=True):
    """A saved reply in the list."""

    title: str
    body: str
    url: str
    updated_at: datetime
    updated_by: str | None


class Meaning(msgspec.Struct, frozen=True):
    """A placeholder, and what will stand in its place."""

    written: str
    meaning: Any


class RepliesPage(Page, frozen=True, kw_only=True):
    """An account's saved replies."""

    template: ClassVar[str] = "cases/replies.html"
    replies: Sequence[ReplyLine]
    can_manage: bool
    new_url: str
    most: int


class ReplyPage(Page, frozen=True, kw_only=True):
    """A saved reply to read or to edit, or a new one."""

    template: ClassVar[str] = "cases/reply.html"
    title: str
    body: str
    is_new: bool
    can_manage: bool
    filled: Filled[ReplyForm] | None
    preview: str
    """The text filled in with an example; empty: nothing to show."""
    problem: str | None
    """Why there is no preview."""
    placeholders: Sequence[Meaning]
    list_url: str
    save_url: str
    preview_url: str
    delete_url: str | None
    longest_title: int
    longest_body: int


class PreviewPart(Page, frozen=True, kw_only=True):
    """What the text that is being typed will look like."""

    template: ClassVar[str] = "cases/_reply_preview.html"
    preview: str
    problem: str | None


@get(_REPLIES, opt=_READ, include_in_schema=False)
async def replies_page(request: AnyPage, services: Services, biz_pid: str) -> Response[str]:
    """List the saved replies."""
    place = await place_of(request, biz_pid, Permission.CASE_READ)
    rows = await replies_for(services.pool, place.account_id)
    page = RepliesPage(
        replies=[_line(row, place) for row in rows],
        can_manage=NEEDS in place.scope.permissions,
        new_url=urls.reply_url(biz_pid, "new"),
        most=MOST_REPLIES,
    )
    return render(request, page, account=place.account, section="replies")


@post(_REPLIES, opt=_MANAGE, include_in_schema=False, status_code=200)
async def create(request: AnyPage, services: Services, biz_pid: str) -> Response[Any]:
    """Keep a reply."""
    place = await place_of(request, biz_pid, NEEDS)
    filled = await read_form(request, ReplyForm)
    if filled.value is None:
        return _form(request, services, place, None, filled)
    try:
        async with transaction(services.pool) as connection:
            row = await save_reply(
                connection,
                place.scope,
                place.account_id,
                title=filled.value.title,
                body=filled.value.body,
                now=services.clock.now(),
            )
    except Unprocessable as refusal:
        return _form(request, services, place, None, refused(filled, _in_words(refusal)))
    return _back(request, place, _("“%(title)s” is saved.", title=row["title"]))


@get(_REPLIES + "/new", opt=_MANAGE, include_in_schema=False)
async def new_page(request: AnyPage, services: Services, biz_pid: str) -> Response[str]:
    """Ask for a new reply."""
    return _form(request, services, await place_of(request, biz_pid, NEEDS), None, None)


@post(_REPLIES + "/preview", opt=_READ, include_in_schema=False, status_code=200)
async def preview(request: AnyPage, services: Services, biz_pid: str) -> Response[str]:
    """Fill a text in with an example: a part of the page, or a page of its own without JavaScript."""
    place = await place_of(request, biz_pid, Permission.CASE_READ)
    filled = await read_form(request, BodyForm)
    body = str(filled.typed.get("body", ""))
    if is_htmx(request):
        text, problem = _preview(request, services, place, body)
        return render(request, PreviewPart(preview=text, problem=problem), account=place.account)
    typed = Filled[ReplyForm](value=None, errors={}, typed=filled.typed)
    reply_id = _row_id(place, str(filled.typed["reply"])) if filled.typed.get("reply") else None
    row = None if reply_id is None else await find_reply(services.pool, place.account_id, reply_id)
    return _form(request, services, place, row, typed, status=200)


@get(_REPLY, opt=_READ, include_in_schema=False)
async def reply_page(request: AnyPage, services: Services, biz_pid: str, reply_pid: str) -> Response[str]:
    """Show a reply; to edit for those who may."""
    place = await place_of(request, biz_pid, Permission.CASE_READ)
    return _form(request, services, place, await _found(services, place, reply_pid), None)


@post(_REPLY, opt=_MANAGE, include_in_schema=False, status_code=200)
async def change(request: AnyPage, services: Services, biz_pid: str, reply_pid: str) -> Response[Any]:
    """Change a reply."""
    place = await place_of(request, biz_pid, NEEDS)
    found = await _found(services, place, reply_pid)
    filled = await read_form(request, ReplyForm)
    if filled.value is None:
        return _form(request, services, place, found, filled)
    try:
        async with transaction(services.pool) as connection:
            row = await change_reply(
                connection,
                place.scope,
                place.account_id,
                found["id"],
                title=filled.value.title,
                body=filled.value.body,
                now=services.clock.now(),
            )
    except Unprocessable as refusal:
        return _form(request, services, place, found, refused(filled, _in_words(refusal)))
    return _back(request, place, _("“%(title)s” is saved.", title=row["title"]))


@post(_REPLY + "/delete", opt=_MANAGE, include_in_schema=False, status_code=200)
async def delete(request: AnyPage, services: Services, biz_pid: str, reply_pid: str) -> Response[Any]:
    """Delete a reply."""
    place = await place_of(request, biz_pid, NEEDS)
    async with transaction(services.pool) as connection:
        row = await delete_reply(
            connection, place.scope, place.account_id, _row_id(place, reply_pid), now=services.clock.now()
        )
    return _back(request, place, _("“%(title)s” is deleted.", title=row["title"]))


def _form(
    request: AnyPage,
    services: Services,
    place: Place,
    row: Record | None,
    filled: Filled[ReplyForm] | None,
    *,
    status: int | None = None,
) -> Response[str]:
    pid, at = place.account.pid, urls.account_url(place.account.pid, "replies")
    body = str(filled.typed.get("body", "")) if filled else "" if row is None else row["body"]
    text, problem = _preview(request, services, place, body)
    page = ReplyPage(
        title="" if row is None else row["title"],
        body="" if row is None else row["body"],
        is_new=row is None,
        can_manage=NEEDS in place.scope.permissions,
        filled=filled,
        preview=text,
        problem=problem,
        placeholders=[Meaning(placeholder.written, MEANINGS[placeholder]) for placeholder in Placeholder],
        list_url=at,
        save_url=at if row is None else urls.reply_url(pid, row["pid"]),
        preview_url=f"{at}/preview",
        delete_url=None if row is None else urls.reply_url(pid, row["pid"], "delete"),
        longest_title=LONGEST_TITLE,
        longest_body=LONGEST_BODY,
    )
    status = status or (200 if filled is None else 422)
    return render(request, page, account=place.account, section="replies", status=status)


def _preview(request: AnyPage, services: Services, place: Place, body: str) -> tuple[str, str | None]:
    """Return a text filled in with an example, or why it cannot be."""
    try:
        check_body(body)
    except Unprocessable as refusal:
        return "", _words(refusal)
    return render_reply(body.strip(), _example(request, place, services.clock.now()), services.clock.now()), None


def _example(request: AnyPage, place: Place, now: datetime) -> About:
    """Return a case that could be: for the reader to see, so in their own language."""
    session, reader = session_of(request), current_reader()
    currency = place.account.currency
    return About(
        customer_name="Ada Lovelace",
        product=_("Trading course"),
        amount_minor=_EXAMPLE_MINOR * 10 ** exponent(currency),
        currency=currency,
        places=None,
        case_id="reso_8Zk3…",
        due=now + timedelta(days=7),
        agent_name=session.name if session else None,
        account=place.account.title,
        home=currency,
        locale=str(reader.locale),
        time_zone=reader.time_zone.key,
    )


def _words(refusal: Unprocessable) -> str:
    if refusal.code == "unknown_placeholder":
        details = refusal.details or {}
        return _(
            "%(name)s is not a placeholder. These are: %(known)s.",
            name=details["placeholder"],
            known=", ".join(details["known"]),
        )
    words = _REFUSALS.get(refusal.code)
    return refusal.message if words is None else str(words)


def _in_words(refusal: Unprocessable) -> Unprocessable:
    refusal.message = _words(refusal)
    return refusal


def _line(row: Record, place: Place) -> ReplyLine:
    return ReplyLine(
        title=row["title"],
        body=row["body"],
        url=urls.reply_url(place.account.pid, row["pid"]),
        updated_at=row["updated_at"],
        updated_by=row["updated_by_name"],
    )


async def _found(services: Services, place: Place, reply_pid: str) -> Record:
    row = await find_reply(services.pool, place.account_id, _row_id(place, reply_pid))
    if row is None:
        raise NotFound
    return row


def _row_id(place: Place, reply_pid: str) -> UUID:
    try:
        parsed = parse_public_id(Prefix.SAVED_REPLY, reply_pid)
    except MalformedId as problem:
        raise NotFound from problem
    if parsed.account != place.account_id:
        raise NotFound
    return parsed.row_id


def _back(request: AnyPage, place: Place, message: str) -> Response[Any]:
    return redirect(request, urls.account_url(place.account.pid, "replies"), message=message)


routes: Final = [replies_page, create, new_page, preview, reply_page, change, delete]
