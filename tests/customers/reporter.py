"""A customer who reports a problem in a browser without JavaScript: forms filled in, buttons pressed."""

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from html import unescape
from typing import Any

import httpx

from amends.people.rows import PaymentRow, UserRow
from tests.cases.scene import Scene
from tests.customers.reading import words_of
from tests.staff import browser

DONE: dict[str, dict[str, str]] = {
    "reason": {"reason": "not_as_described"},
    "details": {"difference": "Half of the lessons are missing.", "used": "no"},
    "story": {"message": "I was promised twelve lessons.\n\nThere are six."},
    "files": {},
    "wish": {"wish": "full_refund"},
}
"""A whole report, step by step."""

File = tuple[str, bytes]


class Reporter:
    """One browser on the report of one payment."""

    def __init__(self, http: httpx.AsyncClient, payment: PaymentRow) -> None:
        self.http = http
        self.payment = payment

    def path(self, step: str = "") -> str:
        """Return the address of a step."""
        return f"/purchases/{self.payment.pid}/report{'/' + step if step else ''}"

    async def get(self, step: str = "") -> httpx.Response:
        """Open a step, wherever that leads."""
        return await self.http.get(self.path(step), follow_redirects=True)

    async def send(
        self, step: str, fields: Mapping[str, Any] | None = None, *, files: list[File] | None = None, query: str = ""
    ) -> httpx.Response:
        """Send a step's form as it stands in `DONE`, or with other fields; redirects are not followed."""
        upload = [("files", (name, data)) for name, data in files] if files else None
        sent = DONE[step] if fields is None else fields
        return await self.http.post(self.path(step) + query, data=dict(sent), files=upload)

    async def fill_in(self, *, but: Mapping[str, Mapping[str, str]] | None = None) -> None:
        """Go through all steps up to the review."""
        for step, fields in {**DONE, **(but or {})}.items():
            answer = await self.send(step, fields)
            assert answer.status_code == 303, words_of(answer.text)

    async def revision(self) -> str:
        """Return which draft the review shows."""
        found = re.search(r'name="revision" value="(\d+)"', (await self.get("review")).text)
        assert found is not None
        return found[1]

    async def finish(self) -> httpx.Response:
        """Send the report."""
        return await self.send("review", {"revision": await self.revision()})


@asynccontextmanager
async def reporting(
    url: str, scene: Scene, payment: PaymentRow, *, user: UserRow | None = None
) -> AsyncGenerator[Reporter]:
    """Give a signed-in browser on the report of a payment."""
    async with browser(url, scene.pool, user or scene.ada, scene.clock) as http:
        yield Reporter(http, payment)


def at(answer: httpx.Response) -> str:
    """Return where an answer leads, or the page that it is."""
    return answer.headers.get("location", answer.url.path)


def said(answer: httpx.Response) -> str:
    """Return the words of a page."""
    return unescape(words_of(answer.text))
