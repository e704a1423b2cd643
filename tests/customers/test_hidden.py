"""What a side may not see reaches it by no way: not by its pages, the API, the stream, nor by e-mail.

One case goes from its opening to the end of an appeal. Whatever is said on it carries a mark of its own, and a table
says who may read it. Each way to each side is then searched for every mark: those that it may read are there, so that
the search can fail, and the others are nowhere.
"""

import json
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any, Final

import pytest

from amends.db.worker import Worker
from amends.notifications.composing import compose, read_stored
from amends.notifications.queries import find_mail
from amends.people.rows import UserRow
from amends.services import Services
from tests.cases.scene import Party, Scene
from tests.running import Server
from tests.staff import browser, make_staff_person, make_team_person
from tests.stream.ear import Ear, listening

CUSTOMER, MERCHANT, PLATFORM = "customer", "merchant", "platform"
EVERYBODY: Final = frozenset({CUSTOMER, MERCHANT, PLATFORM})

MARKS: Final[Mapping[str, frozenset[str]]] = {
    "marked-opening": EVERYBODY,
    "marked-merchant-note": frozenset({MERCHANT}),
    "marked-platform-note": frozenset({PLATFORM}),
    "Marked-Assignee": frozenset({MERCHANT}),
    "marked-comment": EVERYBODY,
    "marked-reply": EVERYBODY,
    "marked-denial": EVERYBODY,
    "marked-appeal": EVERYBODY,
    "marked-question": EVERYBODY,
    "marked-answer": EVERYBODY,
    "marked-to-customer": frozenset({CUSTOMER, PLATFORM}),
    "marked-to-merchant": frozenset({MERCHANT, PLATFORM}),
}
HIDDEN: Final = ("noted", "assigned")
SENT_TO: Final = """
select id
from mail
where recipient = $1
"""


class Told:
    """A case with something marked at every step, and the people who were there."""

    def __init__(self, scene: Scene, worker: Worker[Services] | None = None) -> None:
        self.scene = scene
        self.worker = worker
        self.case: dict[str, Any]
        self.people: dict[str, UserRow] = {}

    async def happen(self) -> None:
        """Go through the case."""
        scene = self.scene
        self.people = {
            CUSTOMER: scene.ada,
            MERCHANT: await make_team_person(scene.pool, scene.account, "owner"),
            PLATFORM: await make_staff_person(scene.pool, "admin"),
        }
        colleague, _ = await scene.colleague("support", name="Marked-Assignee")
        owner, admin = scene.user(self.people[MERCHANT]), scene.user(self.people[PLATFORM])
        case = self.case = await scene.case(message="marked-opening")
        await self._act(owner, "notes", message="marked-merchant-note")
        await self._act(owner, "assign", assignee_id=colleague.pid)
        await self._act(owner, "request_info", message="marked-comment")
        await self._act(scene.customer, "reply", message="marked-reply")
        await self._act(owner, "deny", message="marked-denial")
        await self._act(scene.customer, "appeal", message="marked-appeal")
        await self._act(admin, "notes", message="marked-platform-note")
        await self._act(admin, "ask", of="merchant", message="marked-question")
        await self._act(owner, "reply", message="marked-answer")
        verdict = await scene.verdict(case, to_customer="marked-to-customer", to_merchant="marked-to-merchant")
        await self._act(admin, "decide", **verdict)

    async def _act(self, party: Party, action: str, **body: Any) -> None:
        """Have one thing happen; with a worker, everybody is told before the next."""
        await self.tell()
        await party.act(self.case, action, **body)

    async def tell(self) -> None:
        """Let some time pass, in which the worker tells what happened."""
        if self.worker is not None:
            self.scene.clock.advance(timedelta(minutes=10))
            await self.worker.sweep()
            await self.worker.run_until_idle()

    async def mails(self, side: str, services: Services) -> list[str]:
        """Return the mails to a side's person, as they are handed over."""
        rows = await self.scene.pool.fetch(SENT_TO, self.people[side].email)
        stored = [await find_mail(self.scene.pool, row["id"]) for row in rows]
        composed = [compose(read_stored(row), services.settings, services.signer) for row in stored if row]
        return [f"{mail.subject} {mail.text} {mail.html}" for mail in composed]

    def party(self, side: str) -> Party:
        """Return a side's person, talking to the API."""
        return self.scene.user(self.people[side])


def marks_in(texts: Iterable[str]) -> set[str]:
    """Return the marks that stand in any of the texts."""
    joined = "\n".join(texts)
    return {mark for mark in MARKS if mark in joined}


def may_see(side: str) -> set[str]:
    """Return the marks that a side may read."""
    return {mark for mark, sides in MARKS.items() if side in sides}


@pytest.fixture
async def told(scene: Scene) -> Told:
    told = Told(scene)
    await told.happen()
    return told


@pytest.mark.parametrize("side", sorted(EVERYBODY))
async def test_the_api_says_what_a_side_may_read(told: Told, side: str) -> None:
    party, case = told.party(side), told.case["id"]
    ways = [f"/{case}", f"/{case}/events", "", "/summary"]
    answers = {way: json.dumps((await party.get(way)).body) for way in ways}
    assert marks_in([answers[f"/{case}"]]) == may_see(side)
    assert marks_in(answers.values()) == may_see(side)
    assert any(kind in answers[f"/{case}"] for kind in HIDDEN) == (side != CUSTOMER)


@pytest.mark.parametrize("side", sorted(EVERYBODY))
async def test_the_pages_say_what_a_side_may_read(told: Told, server: Server, side: str) -> None:
    account, case = told.scene.account.pid, told.case["id"]
    own = {
        CUSTOMER: [f"/cases/{case}", "/cases", "/purchases"],
        MERCHANT: [f"/accounts/{account}/cases/{case}", f"/accounts/{account}/cases"],
        PLATFORM: [f"/accounts/{account}/cases/{case}", f"/accounts/{account}/cases", "/platform/queue"],
    }[side]
    async with browser(server.url, told.scene.pool, told.people[side], told.scene.clock) as http:
        pages = {path: await http.get(path) for path in own}
        parts = {path: await http.get(path, headers={"HX-Request": "true"}) for path in own}
    assert {path: page.status_code for path, page in pages.items()} == dict.fromkeys(own, 200)
    assert marks_in([pages[own[0]].text]) == may_see(side)
    assert marks_in(page.text for page in (*pages.values(), *parts.values())) <= may_see(side)


async def test_e_mails_say_what_a_side_may_read(scene: Scene, services: Services, worker: Worker[Services]) -> None:
    told = Told(scene, worker)
    await told.happen()
    await told.tell()
    sent = {side: await told.mails(side, services) for side in sorted(EVERYBODY)}
    found = {side: marks_in(mails) for side, mails in sent.items()}
    for side, marks in found.items():
        assert marks <= may_see(side)
    assert {"marked-comment", "marked-denial", "marked-to-customer"} <= found[CUSTOMER]
    assert {"marked-opening", "marked-reply", "marked-question", "marked-to-merchant"} <= found[MERCHANT]
    assert {"marked-appeal"} <= found[PLATFORM]


async def test_nothing_hidden_is_heard(scene: Scene) -> None:
    told = Told(scene)
    async with AsyncExitStack() as stack:
        ears: dict[str, Ear] = {}
        for side, party in ((CUSTOMER, scene.customer), (MERCHANT, scene.merchant), (PLATFORM, scene.platform)):
            ears[side] = await stack.enter_async_context(listening(scene.http, party.token))
        await told.happen()
        events = {side: (await told.party(side).read(told.case))["events"] for side in ears}
        heard = {side: await _until(events[side][0]["id"], ear) for side, ear in ears.items()}
    seen = {side: {event["id"] for event in events[side]} for side in ears}
    assert heard[CUSTOMER] == seen[CUSTOMER]
    for side in (MERCHANT, PLATFORM):
        assert heard[side] <= seen[side]
        assert heard[side] > seen[CUSTOMER], "its own notes are among them"


async def _until(last: str, ear: Ear) -> set[str]:
    """Return the events that an ear hears of, up to the last one."""
    heard: set[str] = set()
    while last not in heard:
        event = await ear.hear()
        assert not marks_in([json.dumps(event.data)])
        if event.kind == "case":
            heard.add(event.data["event_id"])
    return heard
