"""The log of mails on the platform's pages: what was sent to whom, what the server said, and no token in it."""

import re
from collections.abc import AsyncGenerator
from datetime import timedelta

import httpx
import pytest

from amends.access.commands_links import Purpose, find_link
from amends.db.pool import Pool
from amends.db.worker import Worker
from amends.kit.clock import ManualClock
from amends.kit.ids import Prefix, public_id
from amends.notifications.case_letters import WORDS
from amends.notifications.links import carry, token_of
from amends.notifications.log_kinds import kind_words
from amends.notifications.mails import About, CaseLink, Receiver
from amends.notifications.pages_log import SIZE
from amends.services import Services
from amends.web.readers import plain_reader, reading_as
from amends.web.urls import reset_password_url
from tests.builders import NOW, make_account, make_user
from tests.cases.scene import Scene
from tests.credentials import bearer, make_api_key, make_staff, make_user_token
from tests.notifications.mail_server import OK, Inbox
from tests.notifications.writing import ADA, LINKED, go, queue, standing
from tests.running import Server
from tests.staff import browser, csrf, make_staff_person, make_team_person


@pytest.fixture
async def admin(server: Server, pool: Pool, clock: ManualClock) -> AsyncGenerator[httpx.AsyncClient]:
    """Give a platform admin's browser."""
    async with browser(server.url, pool, await make_staff_person(pool, "admin"), clock) as http:
        yield http


async def found(http: httpx.AsyncClient, query: str = "") -> list[str]:
    """Return who got the mails that the log lists."""
    shown = await http.get(f"/platform/mail?{query}")
    assert shown.status_code == 200
    return re.findall(r'href="/platform/mail\?to=[^"]+">([^<]+@[^<]+)</a>', shown.text)


async def path_of(http: httpx.AsyncClient) -> str:
    """Return the page of the only mail."""
    [path] = set(re.findall(r'href="(/platform/mail/mail_\w+)"', (await http.get("/platform/mail")).text))
    return path


async def test_what_the_server_said(pool: Pool, inbox: Inbox, mailing: Services, admin: httpx.AsyncClient) -> None:
    inbox.rcpt = lambda _address: "550 5.1.1 No such user here"
    await queue(pool)
    await go(mailing)
    listed = (await admin.get("/platform/mail")).text
    for words in ("Fish &amp; &lt;chips&gt;", "Ada Lovelace", "ada@example.com", "Refused", "550", "No such user here"):
        assert words in listed
    one = (await admin.get(await path_of(admin))).text
    assert one.count("5.1.1 No such user here") == 1
    assert "It is &lt;b&gt;yours&lt;/b&gt;." in one


async def test_it_is_narrowed(pool: Pool, inbox: Inbox, mailing: Services, admin: httpx.AsyncClient) -> None:
    account = await make_account(pool)
    inbox.rcpt = lambda address: OK if address.startswith("ada") else "550 No"
    await queue(pool, about=About(account_id=account.id, case_pid="reso_1"))
    await queue(pool, Receiver(email="Grace_h@example.com"), about=About(account_id=account.id, case_pid="reso_2"))
    await queue(pool, Receiver(email="late@example.com"), send_after=NOW + timedelta(hours=1))
    await go(mailing)
    assert await found(admin) == ["late@example.com", "Grace_h@example.com", "ada@example.com"]
    assert await found(admin, "case=reso_2") == ["Grace_h@example.com"]
    assert await found(admin, "to=grace_") == ["Grace_h@example.com"]
    assert await found(admin, "to=grace%25") == []
    assert await found(admin, "state=handed_over") == ["ada@example.com"]
    assert await found(admin, "state=refused&to=g") == ["Grace_h@example.com"]
    assert await found(admin, "state=waiting") == ["late@example.com"]
    assert await found(admin, "state=nonsense&case=x") == []
    assert await found(admin, "about=decided") == []
    assert len(await found(admin, "about=nonsense")) == 3
    assert len(await found(admin, "after=nonsense")) == 3, "an old bookmark leads somewhere"
    assert f"/accounts/{account.pid}/cases/reso_2" in (await admin.get("/platform/mail?case=reso_2")).text


def test_every_kind_has_its_words() -> None:
    with reading_as(plain_reader(NOW)):
        kinds = {f"{side}_{key.kind}" for side in WORDS for key in WORDS[side]}
        assert not [kind for kind in kinds if ", to the " not in kind_words(kind)]
        assert kind_words("customer_reminder") == "Reminder, to the customer"
        assert kind_words("invitation") == "Invitation"
        assert kind_words("some_thing") == "Some thing"


async def test_it_is_narrowed_by_what_it_is_about(
    scene: Scene, pool: Pool, worker: Worker[Services], admin: httpx.AsyncClient, clock: ManualClock
) -> None:
    await scene.merchant.act(await scene.case(), "deny", message="It is as described.")
    await queue(pool)
    clock.advance(timedelta(minutes=10))
    await worker.sweep()
    await worker.run_until_idle()
    shown = await admin.get("/platform/mail?about=denied")
    assert "Case denied, to the customer" in shown.text
    assert await found(admin, "about=denied") == ["ada@example.com"]
    assert '<option value="denied" selected>Case denied</option>' in shown.text
    assert await found(admin, "about=invitation") == []


async def test_it_has_pages(pool: Pool, admin: httpx.AsyncClient) -> None:
    for number in range(SIZE + 2):
        await queue(pool, Receiver(email=f"n{number}@example.com"))
    first = await admin.get("/platform/mail")
    assert len(await found(admin)) == SIZE
    [older] = re.findall(r'href="(/platform/mail\?after=[^"]+)"', first.text)
    assert await found(admin, older.partition("?")[2]) == ["n1@example.com", "n0@example.com"]
    assert "No mail server is set" in first.text


async def test_no_token_is_shown_or_stored(
    pool: Pool, inbox: Inbox, mailing: Services, admin: httpx.AsyncClient
) -> None:
    user = await make_user(pool)
    about = About(user_id=user.id, case_pid="reso_1")
    mail_id = await queue(pool, letter=LINKED, about=about, opens=CaseLink(path="/cases/reso_1", case_pid="reso_1"))
    await go(mailing)
    token = token_of(mailing.signer, mail_id)
    text, html = (part.get_content() for part in inbox.mail().iter_parts())
    assert f"{mailing.settings.base_url}/open/{token}\r\n" in text
    assert f"/open/{token}" in html
    path = await path_of(admin)
    for shown in (await admin.get(path), await admin.get(f"{path}/html")):
        assert token not in shown.text
        assert "/open/…" in shown.text
    tables = await pool.fetch("select table_name from information_schema.tables where table_schema = 'public'")
    for row in tables:
        stored = await pool.fetch(f'select t::text as row from "{row["table_name"]}" t')
        assert not [one for one in stored if token in one["row"]]


async def test_a_link_works_once_the_mail_has_gone(pool: Pool, inbox: Inbox, mailing: Services) -> None:
    user = await make_user(pool)
    about = About(user_id=user.id, case_pid="reso_1")
    mail_id = await queue(pool, letter=LINKED, about=about, opens=CaseLink(path="/cases/reso_1", case_pid="reso_1"))
    token = token_of(mailing.signer, mail_id)
    assert await find_link(pool, token, Purpose.NOTICE, NOW) is None
    await go(mailing)
    link = await find_link(pool, token, Purpose.NOTICE, NOW)
    assert link is not None
    assert (link.person.id, link.path, link.case_pid) == (user.id, "/cases/reso_1", "reso_1")
    assert await find_link(pool, token, Purpose.NOTICE, NOW + timedelta(days=7, seconds=1)) is None


async def test_a_carried_link_leads_where_its_owner_says(pool: Pool, inbox: Inbox, mailing: Services) -> None:
    link = carry(mailing.signer, reset_password_url, now=NOW)
    assert await queue(pool, letter=LINKED, opens=link) == link.mail_id
    await go(mailing)
    text, _ = (part.get_content() for part in inbox.mail().iter_parts())
    assert f"{mailing.settings.base_url}/reset-password/{link.token}" in text


async def test_an_admin_sends_again(
    pool: Pool, inbox: Inbox, mailing: Services, admin: httpx.AsyncClient, clock: ManualClock
) -> None:
    inbox.rcpt = lambda _address: "550 Mailbox full"
    await queue(pool)
    await go(mailing)
    path = await path_of(admin)
    assert "Send again to ada@example.com" in (await admin.get(path)).text
    inbox.rcpt = lambda _address: OK
    clock.advance(timedelta(days=10))
    assert (await admin.post(f"{path}/again", data=await csrf(admin))).status_code == 303
    await go(mailing)
    assert await standing(pool) == ("handed_over", 2, 250, "OK")
    late = await admin.post(f"{path}/again", data=await csrf(admin))
    assert (late.status_code, "Nothing was sent" in late.text) == (409, True)
    lines = await pool.fetch("select action, subject from audit_log where action = 'mail.sent_again'")
    assert [tuple(line) for line in lines] == [("mail.sent_again", path.rpartition("/")[2])]


async def test_a_reviewer_looks_only(
    server: Server, pool: Pool, inbox: Inbox, mailing: Services, clock: ManualClock
) -> None:
    inbox.rcpt = lambda _address: "550 No"
    await queue(pool)
    await go(mailing)
    async with browser(server.url, pool, await make_staff_person(pool, "reviewer"), clock) as http:
        path = await path_of(http)
        assert "Send again" not in (await http.get(path)).text
        assert (await http.post(f"{path}/again", data=await csrf(http))).status_code == 403


async def test_nobody_reads_what_was_written_to_others_about_a_case_of_their_own(
    server: Server, scene: Scene, pool: Pool, clock: ManualClock
) -> None:
    case, grace = (await scene.case())["id"], await make_user(pool)
    mail_id = await queue(pool, about=About(user_id=grace.id, account_id=scene.account.id, case_pid=case))
    path = f"/platform/mail/{public_id(Prefix.MAIL, mail_id)}"
    teammate = await make_team_person(pool, scene.account, "viewer")
    reviewer = await make_staff_person(pool, "reviewer")
    for user in (scene.ada, teammate):
        await make_staff(pool, user, "admin")
    for user, status in ((scene.ada, 403), (teammate, 403), (reviewer, 200)):
        async with browser(server.url, pool, user, clock) as http:
            for page in (path, f"{path}/html"):
                shown = await http.get(page)
                assert (shown.status_code, "First line" in shown.text) == (status, status == 200), (user.name, page)
    await pool.execute("update mail set user_id = $2 where id = $1", mail_id, scene.ada.id)
    async with browser(server.url, pool, scene.ada, clock) as http:
        assert (await http.get(path)).status_code == 200, "their own"


async def test_the_list_says_nothing_of_a_case_of_ones_own(
    server: Server, scene: Scene, pool: Pool, http: httpx.AsyncClient, clock: ManualClock
) -> None:
    case, grace = (await scene.case())["id"], await make_user(pool)
    await pool.execute("delete from mail")
    await queue(pool, about=About(user_id=grace.id, account_id=scene.account.id, case_pid=case))
    await pool.execute("update mail set kind = 'merchant_assigned'")
    teammate = await make_team_person(pool, scene.account, "viewer")
    reviewer = await make_staff_person(pool, "reviewer")
    for user in (scene.ada, teammate):
        await make_staff(pool, user, "admin")
    for user, is_closed in ((scene.ada, True), (teammate, True), (reviewer, False)):
        async with browser(server.url, pool, user, clock) as at:
            shown = await at.get("/platform/mail")
            narrowed = [await at.get(f"/platform/mail?{query}") for query in ("to=ada", "about=assigned")]
        assert ("Closed to you" in shown.text, "Fish &amp;" in shown.text) == (is_closed, not is_closed)
        assert ["No e-mail like this" in page.text for page in narrowed] == [is_closed] * 2
    headers = bearer(make_user_token(teammate, now=clock.now()))
    [line] = (await http.get("/api/v1/mails", headers=headers)).json()["data"]
    assert (line["kind"], line["recipient"], line["subject"], line["case_id"]) == (None, None, None, case)
    assert (await http.get("/api/v1/mails", params={"recipient": "ada"}, headers=headers)).json()["data"] == []


async def test_programs_read_it(
    pool: Pool, inbox: Inbox, mailing: Services, http: httpx.AsyncClient, clock: ManualClock
) -> None:
    key = bearer(await make_api_key(pool))
    inbox.rcpt = lambda address: OK if address.startswith("ada") else "550 No"
    await queue(pool, about=About(case_pid="reso_1"))
    await queue(pool, Receiver(email="grace@example.com"), about=About(case_pid="reso_2"))
    await go(mailing)
    listed = (await http.get("/api/v1/mails", headers=key)).json()["data"]
    assert [(one["recipient"], one["state"], one["answer_code"]) for one in listed] == [
        ("grace@example.com", "refused", 550),
        ("ada@example.com", "handed_over", 250),
    ]
    for query, expected in {"case_id=reso_1": "ada", "recipient=GRA": "grace", "state=refused": "grace"}.items():
        found = (await http.get(f"/api/v1/mails?{query}", headers=key)).json()["data"]
        assert [one["recipient"] for one in found] == [f"{expected}@example.com"]


@pytest.mark.parametrize("mail_pid", ["x", "mail_1", "user_ChKavzsoAcAiHiH33TkCV", "%00"])
async def test_what_is_no_mail(admin: httpx.AsyncClient, mail_pid: str) -> None:
    assert (await admin.get(f"/platform/mail/{mail_pid}")).status_code == 404
    assert (await admin.get(f"/platform/mail/{mail_pid}/html")).status_code == 404


async def test_the_receiver_is_who_it_was_written_to(pool: Pool, admin: httpx.AsyncClient) -> None:
    await queue(pool)
    assert await found(admin, f"to={ADA.email.upper()}") == [ADA.email]
