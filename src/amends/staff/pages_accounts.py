"""The page of accounts: those on whose team the reader is; for the platform's staff all of them, with a search.

Who is on one team alone goes on to it.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

import msgspec
from asyncpg import Record
from litestar import Request, Response, get

from amends.access.permissions import Permission
from amends.access.scopes import Caller
from amends.access.sessions import TeamPlace
from amends.db.keyset import read_page
from amends.kit.pages import Cursors, PageInfo
from amends.services import Services
from amends.staff.queries_accounts import FOUND_ACCOUNTS, pattern_of
from amends.staff.words import ROLES
from amends.web import urls
from amends.web.layout import session_of
from amends.web.pages import Page, redirect, render
from amends.web.places import account_of

SIZE: Final = 25
_MAX_WORDS: Final = 200

AnyPage = Request[Any, Caller, Any]


class AccountLine(msgspec.Struct, frozen=True, kw_only=True):
    """An account to go to."""

    title: str
    url: str
    currency: str
    role: Any
    """The reader's own in its team; None: not on it."""


class AccountsPage(Page, frozen=True, kw_only=True):
    """The accounts that a person can go to."""

    template: ClassVar[str] = "staff/accounts.html"
    words: str
    """What is looked for."""
    can_search: bool
    lines: Sequence[AccountLine]
    newer_url: str | None
    older_url: str | None


@get(urls.ACCOUNTS, include_in_schema=False)
async def accounts_page(request: AnyPage, services: Services) -> Response[Any]:
    """List the accounts that the reader can go to."""
    session = session_of(request)
    teams = () if session is None else session.teams
    platform = request.auth.platform
    if platform is not None and Permission.CASE_READ in platform.permissions:
        return render(request, await _every(request, services, teams))
    if len(teams) == 1:
        return redirect(request, urls.table_url(teams[0].account_pid))
    lines = [_line(team.account_pid, team.title, team.currency, ROLES[team.role]) for team in teams]
    return render(request, AccountsPage(words="", can_search=False, lines=lines, newer_url=None, older_url=None))


async def _every(request: AnyPage, services: Services, teams: Sequence[TeamPlace]) -> AccountsPage:
    words = request.query_params.get("q", "").strip()[:_MAX_WORDS]
    own = {team.account_pid: ROLES[team.role] for team in teams}
    rows, info = await _found(services, request, words)
    return AccountsPage(
        words=words,
        can_search=True,
        lines=[_line(row["pid"], row["title"], row["currency"], own.get(row["pid"])) for row in rows],
        newer_url=_page_url(words, "before", info.start_cursor) if info.has_previous_page else None,
        older_url=_page_url(words, "after", info.end_cursor) if info.has_next_page else None,
    )


async def _found(services: Services, request: AnyPage, words: str) -> tuple[list[Record], PageInfo]:
    """Read the page that the address asks for; the first one for a cursor that is none."""
    cursors = Cursors(services.signer, FOUND_ACCOUNTS.name, FOUND_ACCOUNTS.order.key_type)
    page = cursors.asked(request.query_params, SIZE)
    return await read_page(services.pool, FOUND_ACCOUNTS, page, cursors, pattern_of(words) if words else None, words)


def _page_url(words: str, way: str, cursor: str | None) -> str:
    return urls.with_query(urls.ACCOUNTS, urlencode({**({"q": words} if words else {}), way: cursor or ""}))


def _line(pid: str, title: str, currency: str, role: Any) -> AccountLine:
    return AccountLine(title=title, url=urls.table_url(pid), currency=currency.upper(), role=role)


@get(urls.ACCOUNTS + "/{biz_pid:str}", include_in_schema=False)
async def account_page(request: AnyPage, biz_pid: str) -> Response[Any]:
    """Go to an account's table."""
    await account_of(request, biz_pid, Permission.CASE_READ)
    return redirect(request, urls.table_url(biz_pid))


routes: Final = [accounts_page, account_page]
