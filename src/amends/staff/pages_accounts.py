"""The page where a person chooses the account to work at: of their teams, or for the platform's staff of all."""

from typing import Any, ClassVar, Final

import msgspec
from litestar import Response, get

from amends.access.permissions import Permission
from amends.access.sessions import Session
from amends.services import Services
from amends.staff.queries import list_accounts
from amends.staff.words import ROLES
from amends.web import urls
from amends.web.layout import AnyRequest
from amends.web.pages import Page, redirect, render
from amends.web.places import account_of

SHOWN: Final = 100
MAX_WORDS: Final = 200


class AccountLine(msgspec.Struct, frozen=True, kw_only=True):
    """An account to go to."""

    title: str
    url: str
    currency: str
    role: str | None
    """The person's own in its team."""


class AccountsPage(Page, frozen=True, kw_only=True):
    """The accounts that a person can go to."""

    template: ClassVar[str] = "staff/accounts.html"
    words: str
    """What is looked for."""
    can_search: bool
    lines: tuple[AccountLine, ...]
    is_cut: bool
    """Whether there are more than are shown."""


@get(urls.ACCOUNTS, include_in_schema=False)
async def accounts_page(request: AnyRequest, services: Services) -> Response[Any]:
    """Show the accounts."""
    session: Session = request.scope["state"]["session"]
    words = request.query_params.get("q", "").strip()[:MAX_WORDS].replace("\x00", "")
    own = {team.account_pid: str(ROLES[team.role]) for team in session.teams}
    if session.staff_role is not None:
        rows = await list_accounts(services.pool, words, limit=SHOWN + 1)
        found = [(row["pid"], row["title"], row["currency"]) for row in rows]
    else:
        found = [(team.account_pid, team.title, team.currency) for team in session.teams]
    lines = [
        AccountLine(title=title, url=urls.table_url(pid), currency=currency.upper(), role=own.get(pid))
        for pid, title, currency in found
    ]
    page = AccountsPage(
        words=words, can_search=session.staff_role is not None, lines=tuple(lines[:SHOWN]), is_cut=len(lines) > SHOWN
    )
    return render(request, page)


@get(urls.ACCOUNTS + "/{biz_pid:str}", include_in_schema=False)
async def account_page(request: AnyRequest, biz_pid: str) -> Response[Any]:
    """Go to an account's table."""
    await account_of(request, biz_pid, Permission.CASE_READ)
    return redirect(request, urls.table_url(biz_pid))


routes: Final = [accounts_page, account_page]
