"""A person at work on a case's page: the forms as the page has them, filled in and sent as a browser does."""

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import httpx

from amends.people.rows import AccountRow, UserRow
from tests.cases.scene import Scene
from tests.staff import make_team_person, sign_in

_FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_ACTION = re.compile(r'action="([^"]+)"')


@dataclass(frozen=True)
class Seen:
    """A page as somebody sees it."""

    status: int
    html: str
    url: str
    fields: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    addresses: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def text(self) -> str:
        """Return the words of the page, without its markup."""
        plain = re.sub(r"<(script|style|template)\b.*?</\1>|<[^>]+>", " ", self.html, flags=re.DOTALL)
        return re.sub(r"\s+", " ", unescape(plain))

    @property
    def forms(self) -> set[str]:
        """Return the forms that are there."""
        return set(self.fields)


def seen(answer: httpx.Response) -> Seen:
    """Read a page."""
    fields: dict[str, dict[str, str]] = {}
    addresses: dict[str, str] = {}
    for attributes, content in _FORM.findall(answer.text):
        name = re.search(r'data-act="([^"]+)"', attributes)
        action = _ACTION.search(attributes)
        if name and action:
            fields[name[1]] = {key: unescape(value) for key, value in _HIDDEN.findall(content)}
            addresses[name[1]] = unescape(action[1])
    return Seen(answer.status_code, answer.text, str(answer.url), fields, addresses)


class Worker:
    """Somebody signed in, with a browser of their own."""

    def __init__(self, http: httpx.AsyncClient, account: AccountRow, user: UserRow) -> None:
        self.http = http
        self.account = account
        self.user = user

    def page(self, case: dict[str, Any]) -> str:
        """Return the address of a case's page."""
        return f"/accounts/{self.account.pid}/cases/{case['id']}"

    async def look(self, case: dict[str, Any], **query: str) -> Seen:
        """Open a case's page."""
        return seen(await self.http.get(self.page(case), params=query))

    async def send(self, at: Seen, form: str, *, files: Any = None, **typed: Any) -> Seen:
        """Fill in a form of a page and send it; follows to where it leads."""
        fields = {**at.fields[form], **{name: value for name, value in typed.items() if value is not None}}
        if files is None:
            return seen(await self.http.post(at.addresses[form], data=fields, follow_redirects=True))
        return seen(await self.http.post(at.addresses[form], data=fields, files=files, follow_redirects=True))

    async def post(self, case: dict[str, Any], action: str, *, at: Seen | None = None, **typed: Any) -> httpx.Response:
        """Send a form that the page does not have."""
        token = next(iter((at or await self.look(case)).fields.values()), {}).get("_csrf_token", "")
        return await self.http.post(f"{self.page(case)}/{action}", data={"_csrf_token": token, **typed})


async def hire(scene: Scene, url: str, role: str, *, limits: dict[str, int] | None = None) -> Worker:
    """Put a person on the account's team, and sign them in."""
    user = await make_team_person(scene.pool, scene.account, role)
    cookies = await sign_in(scene.pool, user, scene.clock)
    http = httpx.AsyncClient(base_url=url, timeout=60, verify=False, cookies=cookies, headers={"Accept": "text/html"})
    if limits is not None:
        await scene.pool.execute("update accounts set support_limits = $2 where id = $1", scene.account.id, limits)
    return Worker(http, scene.account, user)
