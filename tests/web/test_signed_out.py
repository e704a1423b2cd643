"""A form that comes after its session has ended: its words are shown, to be copied or sent again. None is kept."""

import html
import re
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

import amends.web
from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.people.rows import AccountRow
from amends.web.csrf import FIELD, HEADER
from amends.web.typed_words import LABELS, MAX_READ, MAX_TYPED
from tests.builders import make_account
from tests.running import Server, listener, server, settings
from tests.staff import browser, csrf, make_team_person, sign_in

__all__ = ["listener", "server", "settings"]

OURS = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
WORDS = 'Dear Zoë 🙂,\n\nit was <sent> & "read".</textarea><script>alert(1)</script>'
ESCAPED = "it was &lt;sent&gt; &amp; &#34;read&#34;.&lt;/textarea&gt;&lt;script&gt;"
PATHS = (
    "/cases/case_x/comment",
    "/accounts/biz_x/cases/case_x/comment",
    "/platform/reasons",
    "/accounts/biz_x/replies",
)


@pytest.fixture
async def account(pool: Pool) -> AccountRow:
    return await make_account(pool)


async def post(server: Server, path: str, said: dict[str, str] = OURS, **sent: Any) -> httpx.Response:
    """Send a form from a browser in which nobody is signed in."""
    async with browser(server.url) as http:
        del http.headers[HEADER]
        if "data" in sent:
            sent["data"] = {**await csrf(http), **sent["data"]}
        return await http.post(path, headers=said, **sent)


def is_sent_away(answer: httpx.Response) -> bool:
    return answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?") and answer.text == ""


@pytest.mark.parametrize("path", PATHS)
async def test_words_are_shown_to_whoever_is_signed_out(server: Server, path: str) -> None:
    data = {"message": WORDS, "body": WORDS, "version": "417", "token": "tok_1", "title": "A title"}
    said = {**OURS, "Referer": f"{server.url}/cases/case_x?tab=1"}
    answer = await post(server, path, said, data=data)
    assert (answer.status_code, answer.headers["cache-control"]) == (401, "no-store")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    shown = re.findall(r"<textarea[^>]* readonly>\n(.*?)</textarea>", answer.text, re.DOTALL)
    assert len(shown) == 3
    assert all(ESCAPED in text for text in shown[:2])
    assert "<script>alert" not in answer.text
    assert 'href="/sign-in?next=%2Fcases%2Fcase_x%3Ftab%3D1" target="_blank" rel="noopener"' in answer.text
    assert not any("417" in text or "tok_1" in text for text in shown)
    assert "Dear" not in str(answer.headers)


async def test_what_is_sent_again_is_what_was_sent(
    server: Server, pool: Pool, clock: ManualClock, account: AccountRow, owner: psycopg.Connection
) -> None:
    person = await make_team_person(pool, account, "owner")
    path = f"/accounts/{account.pid}/replies"
    async with browser(server.url, pool, person, clock) as http:
        form = {**await csrf(http), "title": "Hello", "body": WORDS}
        del http.headers[HEADER]
        owner.execute("delete from sessions where user_id = %s", [person.id])
        said = {**OURS, "Referer": f"{server.url}{path}"}
        lost = await http.post(path, data=form, headers=said)
        assert "amends_session=" in lost.headers["set-cookie"]
        lost = await http.post(path, data=fields_of(lost), headers={**OURS, "Referer": f"{server.url}/elsewhere"})
        assert lost.status_code == 401
        assert f"/sign-in?next={path.replace('/', '%2F')}" in lost.text  # where it was at first
        for name, value in (await sign_in(pool, person, clock)).items():
            http.cookies.set(name, value, domain=http.base_url.host, path="/")
        assert {**fields_of(lost), "_page": ""} == {**form, "_page": ""}
        assert (await http.post(path, data=fields_of(lost), headers=OURS)).status_code == 303
    assert owner.execute("select body from saved_replies where title = 'Hello'").fetchall() == [(WORDS,)]


def fields_of(page: httpx.Response) -> dict[str, str]:
    """Return the fields of the form that sends again."""
    assert "Send again" in page.text
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text)
    return {name: html.unescape(value) for name, value in found}


CASE = "/accounts/biz_x/cases/case_x"
PROMISED = {"amount_minor": "4900", "version": "3", "token": "tok_1", "message": ""}


@pytest.mark.parametrize(
    ("path", "data"),
    [
        (f"{CASE}/accept", PROMISED),
        (f"{CASE}/accept", {**PROMISED, "message": "Sorry."}),
        (f"{CASE}/offer", {"amount": "20.00", "days": "3"}),
        (f"{CASE}/deny", {"message": "", "version": "3"}),
        (f"{CASE}/decide", {"choice": "merchant", "reason_code": "as_described", "to_customer_es": "No."}),
        ("/cases/case_x/offers/offr_x/counter", {"amount": "20.00"}),
        ("/cases/case_x/escalate", {"version": "3"}),
    ],
)
async def test_choices_and_amounts_go_back_into_their_form(server: Server, path: str, data: dict[str, str]) -> None:
    answer = await post(server, path, data=data)
    assert (answer.status_code, "Back to the form" in answer.text, "Send again" in answer.text) == (401, True, False)
    assert f'method="post" action="{path}"' in answer.text
    assert '<input type="hidden" name="_look" value="1">' in answer.text
    for name, value in data.items():
        assert f'<input type="hidden" name="{name}" value="{value}">' in answer.text
    assert is_sent_away(await post(server, path, data=dict.fromkeys(data, "") | {FIELD: "never"}))


@pytest.mark.parametrize(
    ("path", "data"),
    [
        (f"{CASE}/accept", {**PROMISED, "unknown": "1"}),
        (f"{CASE}/accept", {**PROMISED, "password": "correct horse"}),
        (f"{CASE}/accept", {**PROMISED, "code": "123 456"}),
        (f"{CASE}/accept", {**PROMISED, FIELD: "never"}),
        ("/accounts/biz_x/replies", {"choice": "full", "version": "3"}),
    ],
)
async def test_what_is_not_known_is_not_kept(server: Server, path: str, data: dict[str, str]) -> None:
    assert is_sent_away(await post(server, path, data=data))


async def test_secrets_are_neither_shown_nor_sent_again(server: Server) -> None:
    secrets = {"password": "correct horse", "current_password": "battery staple", "code": "123 456"}
    answer = await post(server, "/accounts/biz_x/replies", data={"body": "Words", **secrets})
    assert answer.status_code == 401
    assert "Words" in answer.text
    assert not [value for value in secrets.values() if value in answer.text]
    assert 'method="post"' not in answer.text
    assert is_sent_away(await post(server, "/me/security/password", data=secrets))


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {**OURS, "Origin": "https://evil.example"},
        {**OURS, "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
        {**OURS, "Sec-Fetch-Dest": "iframe"},
    ],
)
async def test_nobody_elses_words_are_shown(server: Server, said: dict[str, str]) -> None:
    assert is_sent_away(await post(server, PATHS[0], said, data={"message": WORDS}))


async def test_older_browsers_say_it_by_their_origin(server: Server) -> None:
    answer = await post(server, PATHS[0], {"Origin": server.url}, data={"message": WORDS})
    assert (answer.status_code, ESCAPED in answer.text) == (401, True)


async def test_parts_of_pages_are_led_to_sign_in_as_before(server: Server) -> None:
    answer = await post(server, PATHS[0], {**OURS, "HX-Request": "true"}, data={"message": WORDS})
    assert (answer.status_code, answer.text) == (401, "")
    assert answer.headers["hx-redirect"].startswith("/sign-in?")


async def test_without_the_right_token_words_can_be_copied_alone(server: Server) -> None:
    answer = await post(server, PATHS[0], data={"message": WORDS, FIELD: "never"})
    assert (answer.status_code, ESCAPED in answer.text) == (401, True)
    assert 'method="post"' not in answer.text
    assert "copy your words" in answer.text


async def test_files_are_named_and_not_kept(server: Server) -> None:
    files = {"files": ("<receipt>.png", b"the bytes of it", "image/png")}
    answer = await post(server, PATHS[0], data={"message": WORDS}, files=files)
    assert (answer.status_code, ESCAPED in answer.text) == (401, True)
    assert "Choose these again: &lt;receipt&gt;.png" in answer.text
    assert "the bytes of it" not in answer.text
    assert 'method="post"' not in answer.text


async def test_a_large_file_is_not_read_to_its_end(server: Server) -> None:
    files = {"files": ("film.mp4", b"x" * (MAX_READ + 1), "video/mp4")}
    answer = await post(server, PATHS[0], data={"message": WORDS}, files=files)
    assert (answer.status_code, ESCAPED in answer.text) == (401, True)


async def test_what_is_shown_is_bounded(server: Server) -> None:
    answer = await post(server, PATHS[0], data={"message": "ä" * MAX_TYPED, "note": "More"})
    assert answer.status_code == 401
    assert len(answer.content) < 3 * MAX_TYPED
    assert "The end is missing" in answer.text
    assert 'method="post"' not in answer.text
    assert is_sent_away(await post(server, PATHS[0], data={"message": "x" * 1024 * 1024}))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="message"\r\n\r\nHalf'),
        ("multipart/form-data", b"Nothing"),
        ("multipart/form-data; boundary=x", b"--x\r\nNo head\r\n"),
        ("application/json", b'{"message": "Words"}'),
        ("application/x-www-form-urlencoded", b"message=+&choice=full"),
        ("application/x-www-form-urlencoded", b"message=Words&" * 2000),
        ("application/x-www-form-urlencoded", b"reason=not_received"),
        ("application/x-www-form-urlencoded", b""),
    ],
)
async def test_what_holds_no_words_is_sent_away(server: Server, kind: str, body: bytes) -> None:
    assert is_sent_away(await post(server, PATHS[0], {**OURS, "Content-Type": kind}, content=body))


def test_every_text_area_has_a_name_that_is_known() -> None:
    templates = Path(amends.web.__file__).parent / "templates"
    text = "\n".join(path.read_text() for path in templates.rglob("*.html"))
    names = set(re.findall(r'<textarea[^>]* name="(\w+)"', text))
    names |= set(re.findall(r'(?:textarea|text_area)\("(\w+)"', text))
    names |= set(re.findall(r'textarea\("(\w+)_" ~', text))
    assert {"message", "to_customer", "override_note"} < names
    assert {name.rstrip("_") for name in names} <= LABELS.keys()
