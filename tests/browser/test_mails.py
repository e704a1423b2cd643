"""E-mails as they are read, and the pages around them: axe-core in both themes, nothing wider than the window."""

import httpx
import msgspec
import pytest

from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.kit.signing import Signer
from amends.notifications.composing import compose, read_stored
from amends.notifications.kinds import NoticeKind
from amends.notifications.mails import About, CaseLink
from amends.notifications.queries import find_mail
from amends.notifications.unsubscribing import unsubscribe_token
from amends.settings import Settings
from tests.browser.conftest import Visiting
from tests.browser.house import findings_in_both_themes
from tests.browser.test_every_page import overflow
from tests.builders import make_user
from tests.notifications.writing import ADA, LINKED, queue
from tests.running import SECRET_KEY, Server
from tests.staff import make_staff_person

ABOUT_CASE = "reso_2VfUXAbCdEfGhIjKlMnOpQrStUvWx"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Give a server with an outbox and help."""
    return msgspec.structs.replace(settings, outbox=True, support_url="https://help.example", support_text="Help")


@pytest.fixture
async def mail(pool: Pool) -> str:
    """Queue a mail with everything in it; give how it is read."""
    user = await make_user(pool)
    mail_id = await queue(
        pool,
        letter=LINKED,
        about=About(user_id=user.id, case_pid=ABOUT_CASE),
        opens=CaseLink(path=f"/cases/{ABOUT_CASE}", case_pid=ABOUT_CASE),
        unsubscribe=NoticeKind.YOUR_TURN,
    )
    row = await find_mail(pool, mail_id)
    assert row is not None
    return compose(read_stored(row), Settings(support_url="https://help.example"), Signer(SECRET_KEY.encode())).html


@pytest.mark.parametrize("width", [600, 375, 320])
async def test_a_mail_reads_well(visiting: Visiting, mail: str, width: int) -> None:
    visit = await visiting(size=(width, 900))
    await visit.page.set_content(mail)
    assert await overflow(visit.page) == 0
    # A mail's document has no landmarks: mail programs show it within their own.
    wrong = [one for one in await findings_in_both_themes(visit.page) if not _is_of_pages(one)]
    assert wrong == []


def _is_of_pages(finding: str) -> bool:
    return finding.partition(": ")[2].startswith(("region:", "landmark-one-main:"))


async def test_pages_about_mails(
    visiting: Visiting, pool: Pool, server: Server, http: httpx.AsyncClient, mail: str, clock: ManualClock
) -> None:
    assert mail
    admin, user = await make_staff_person(pool, "admin"), await make_user(pool, email=ADA.email)
    one = (await http.get("/_outbox")).text.partition('href="/_outbox/mail_')[2].partition('"')[0]
    token = unsubscribe_token(Signer(SECRET_KEY.encode()), user.id, NoticeKind.PROGRESS)
    paths = {
        admin: ["/platform/mail", f"/platform/mail/mail_{one}", "/platform/mail?state=refused", "/me/notifications"],
        user: ["/me/notifications"],
        None: [f"/unsubscribe/{token}", "/_outbox", "/_outbox?to=nobody", f"/_outbox/mail_{one}"],
    }
    wrong: list[str] = []
    for who, looked_at in paths.items():
        for size in ((1440, 900), (390, 844)):
            visit = await visiting(who, size=size)
            for path in looked_at:
                await visit.page.goto(path)
                wrong += [f"{path}: {finding}" for finding in await findings_in_both_themes(visit.page)]
                wrong += [f"{path} is {by} px too wide" for by in [await overflow(visit.page)] if by]
    assert wrong == []
