"""The pages of saved replies: the list, one to read or to edit, and what it will look like on a case.

Everybody on the team reads and uses them; those who set up the rules change them.
"""

from typing import Any, Final
from uuid import UUID

from asyncpg import Record
from litestar import Request, Response, get, post

from amends.access.permissions import Permission
from amends.access.scopes import Caller
from amends.cases.commands_replies import MOST_REPLIES, NEEDS, change_reply, delete_reply, save_reply
from amends.cases.queries_replies import find_reply, replies_for
from amends.cases.replies import LONGEST_BODY, LONGEST_TITLE, MEANINGS, Placeholder
from amends.cases.reply_page import (
    BodyForm,
    Meaning,
    PreviewPart,
    RepliesPage,
    ReplyForm,
    ReplyPage,
    in_words,
    line_of,
    preview_of,
)
from amends.db.transactions import transaction
from amends.kit.errors import NotFound, Unprocessable
from amends.kit.ids import MalformedId, Prefix, parse_public_id
from amends.services import Services
from amends.web import urls
from amends.web.forms import Filled, read_form, refused
from amends.web.layout import session_of
from amends.web.pages import is_htmx, redirect, render
from amends.web.places import Place, place_of
from amends.web.text import _

AnyPage = Request[Any, Caller, Any]

_READ: Final[dict[str, Any]] = {"permission": Permission.CASE_READ}
_MANAGE: Final[dict[str, Any]] = {"permission": NEEDS}
_REPLIES: Final = urls.account_url("{biz_pid:str}", "replies")
_REPLY: Final = urls.reply_url("{biz_pid:str}", "{reply_pid:str}")


@get(_REPLIES, opt=_READ, include_in_schema=False)
async def replies_page(request: AnyPage, services: Services, biz_pid: str) -> Response[str]:
    """List the saved replies."""
    place = await place_of(request, biz_pid, Permission.CASE_READ)
    rows = await replies_for(services.pool, place.account_id)
    page = RepliesPage(
        replies=[line_of(row, place) for row in rows],
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
        return _form(request, services, place, None, refused(filled, in_words(refusal)))
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
        text, problem = preview_of(body, place, _name(request), services.clock.now())
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
        return _form(request, services, place, found, refused(filled, in_words(refusal)))
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
    text, problem = preview_of(body, place, _name(request), services.clock.now())
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


def _name(request: AnyPage) -> str | None:
    session = session_of(request)
    return session.name if session else None


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
