"""Writes the story of one case with its pictures and e-mails to var/walkthrough/: `make walkthrough`.

The story is `whole_case.walk`, which a test walks too. Everything is real: PostgreSQL, the server, the worker, a mail
server on loopback, three browsers. `index.md` tells it, step by step, and ends with the log of the case's e-mails.
"""

import asyncio
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx
from PIL import Image, ImageDraw
from playwright.async_api import Browser, Page

from amends.app import create_app, create_worker
from amends.db.embedded import APP_ROLE
from amends.kit.clock import ManualClock
from amends.settings import Settings
from tests.browser.house import PHONE, Visit, chromium, open_visit
from tests.browser.stage import listening, serving
from tests.browser.whole_case import CUSTOMER, MERCHANT, REVIEWER, Cast, Sent, walk
from tests.cases.scene import Scene
from tests.conftest import TEMPLATE, TestServer
from tests.notifications import mail_server
from tests.staff import make_staff_person, make_team_person, sign_in

FOLDER: Final = Path(__file__).parents[2] / "var/walkthrough"
NOW: Final = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MAIL_WIDTH: Final = 640
TITLES: Final = {CUSTOMER: "Customer", MERCHANT: "Merchant", REVIEWER: "Reviewer"}
LOG: Final = """
select m.created_at, m.recipient, m.kind, m.subject, m.state, m.attempts, m.answer_code, m.answer, m.ended_at
from mail m
where m.case_pid = $1
order by m.created_at, m.id
"""


class Book:
    """Keeps pictures and letters in a folder, and the words between them."""

    def __init__(self, browser: Browser, clock: ManualClock, names: Mapping[str, str]) -> None:
        self._browser = browser
        self._clock = clock
        self._names = names
        self._number = 0
        self.lines: list[str] = []

    async def picture(self, who: str, page: Page, words: str) -> None:
        """Keep how a page looks."""
        await page.evaluate("document.fonts.ready")
        name = self._name(f"{who}-{_slug(words)}")
        await page.screenshot(path=FOLDER / name, animations="disabled")
        self.lines += [f"### {self._number}. {TITLES[who]}: {words}", "", f"{self._time()} ![{words}]({name})", ""]

    async def letters(self, sent: list[Sent]) -> None:
        """Keep the e-mails that were just sent."""
        for one in sent:
            name = self._name(f"mail-{_slug(one.subject)}")
            context = await self._browser.new_context(viewport={"width": MAIL_WIDTH, "height": 400})
            page = await context.new_page()
            await page.set_content(one.html)
            await page.screenshot(path=FOLDER / name, full_page=True)
            await context.close()
            to = self._names.get(one.recipient, one.recipient)
            self.lines += [f"### {self._number}. E-mail to {to}: “{one.subject}”", ""]
            self.lines += [f"{self._time()} ![{one.subject}]({name})", ""]

    def _name(self, words: str) -> str:
        self._number += 1
        return f"{self._number:02}-{words}.png"

    def _time(self) -> str:
        return f"{self._clock.now():%a %-d %b, %H:%M} UTC"


def _slug(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:48].strip("-")


async def main() -> int:
    """Walk, and write it down."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    postgres = TestServer()
    postgres.start()
    try:
        async with chromium() as browser:
            await _tell(postgres, browser)
    finally:
        postgres.stop()
    sys.stderr.write(f"{FOLDER / 'index.md'}\n")
    return 0


async def _tell(postgres: TestServer, browser: Browser) -> None:
    inbox, clock = mail_server.Inbox(), ManualClock(NOW)
    with tempfile.TemporaryDirectory(prefix="amends-walk-") as folder, listening() as listener, listening() as mail:
        settings = Settings(
            database_url=postgres.server.url(APP_ROLE, TEMPLATE),
            data_dir=Path(folder),
            base_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
            secret_key="a secret of the walk, long enough for anything",
            rate_limit_per_minute=1_000_000,
            smtp_url=f"smtp://127.0.0.1:{mail.getsockname()[1]}",
            mail_from="Amends <no-reply@amends.example>",
            support_url="https://help.example",
        )
        app = create_app(settings, clock=clock)
        async with (
            mail_server.listening(mail, inbox),
            serving(app, listener),
            httpx.AsyncClient(base_url=settings.base_url, timeout=60) as http,
        ):
            scene = await Scene(app.state.services.pool, http, clock).set_up()
            people = {
                CUSTOMER: scene.ada,
                MERCHANT: await make_team_person(scene.pool, scene.account, "owner"),
                REVIEWER: await make_staff_person(scene.pool, "reviewer"),
            }
            visits = {
                CUSTOMER: await open_visit(browser, settings.base_url, size=PHONE),
                MERCHANT: await open_visit(browser, settings.base_url, size=(1366, 768)),
                REVIEWER: await open_visit(browser, settings.base_url, size=(1366, 768)),
            }
            await visits[REVIEWER].sign_in(await sign_in(scene.pool, people[REVIEWER], clock))
            book = Book(browser, clock, {user.email or "": TITLES[who].lower() for who, user in people.items()})
            worker = create_worker(app.state.services)
            photo = _photo(Path(folder))
            payment = await scene.payment()
            case = await walk(Cast(scene, worker, clock, people, visits, book, payment, photo, inbox))
            await _end(book, scene, visits[REVIEWER], case)


def _photo(folder: Path) -> Path:
    picture = Image.new("RGB", (800, 500), "white")
    ImageDraw.Draw(picture).text((40, 40), "Lesson 5: page not found", fill="black", font_size=40)
    picture.save(folder / "lesson-5.png")
    return folder / "lesson-5.png"


async def _end(book: Book, scene: Scene, visit: Visit, case: str) -> None:
    """Close the book with the log of the case's e-mails, as a page and as a table."""
    await visit.page.goto(f"/platform/mail?case={case}")
    await book.picture(REVIEWER, visit.page, "The log: which e-mails this case has sent, and whether they were taken.")
    rows = await scene.pool.fetch(LOG, case)
    table = [
        "| written | to | about | subject | state | tries | the server's answer |",
        "|---|---|---|---|---|---|---|",
    ]
    table += [
        f"| {row['created_at']:%a %-d %b, %H:%M} | {row['recipient']} | {row['kind']} | {row['subject']}"
        f" | {row['state']} | {row['attempts']} | {row['answer_code']} {row['answer']} |"
        for row in rows
    ]
    text = ["# One case, from the report to the refund", "", *book.lines, "## The log", "", *table, ""]
    (FOLDER / "index.md").write_text("\n".join(text))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
