"""What a merchant does on a case's page, over HTTP: said before, done once, refused in words, with nothing lost."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from amends.kit.ids import Prefix, public_id, uuid7
from tests.builders import make_account, make_member
from tests.cases.desk import Worker, hire
from tests.cases.scene import Scene, ref_of
from tests.files.samples import png
from tests.running import Server

BAR = {"accept", "deny", "request-info", "offer"}
WRITTEN = {"comment", "note"}


@pytest.fixture
async def grace(scene: Scene, server: Server) -> AsyncGenerator[Worker]:
    """Give an admin of the account at work."""
    worker = await hire(scene, server.url, "admin")
    async with worker.http:
        yield worker


async def test_what_will_happen_is_said_before(scene: Scene, grace: Worker) -> None:
    page = await grace.look(await scene.case())
    assert page.status == 200
    assert page.forms - {"assign"} == BAR | WRITTEN
    assert "and closes the case." in page.text
    assert "Refund $49.00" in page.text
    assert "The customer can appeal until Mon 7 Dec, 09:00." in page.text
    assert "The customer has until Mon 30 Nov, 09:00 to answer." in page.text
    assert "3 of 3 requests are left." in page.text
    assert "10 of 10 comments are left." in page.text


@pytest.mark.parametrize("form", sorted(BAR))
async def test_a_panel_opens_without_javascript(scene: Scene, grace: Worker, form: str) -> None:
    page = await grace.look(await scene.case(), panel=form)
    (opened,) = [part for part in page.html.split("<dialog")[1:] if " open>" in part.partition(">")[0] + ">"]
    assert f'id="panel-{form}"' in opened


async def test_accept(scene: Scene, grace: Worker) -> None:
    case = await scene.case()
    done = await grace.send(await grace.look(case), "accept", message="You are right.")
    assert done.url.endswith(grace.page(case))
    assert "The refund of $49.00 is on its way, and the case is closed." in done.text
    assert done.forms == {"note", "assign"}
    read = await scene.merchant.read(case)
    assert (read["status"], read["outcome"], read["refunds"][0]["amount"]["amount"]) == (
        "closed",
        "customer_won",
        "49.00",
    )


async def test_accept_and_end_the_membership(scene: Scene, grace: Worker) -> None:
    case = await scene.case()
    await grace.send(await grace.look(case), "accept", end_membership="1")
    member = await scene.pool.fetchrow("select ended_at from members where id = $1", scene.member.id)
    assert member is not None
    assert member["ended_at"] == scene.clock.now()


async def test_deny(scene: Scene, grace: Worker) -> None:
    case = await scene.case()
    done = await grace.send(await grace.look(case), "deny", message="It is as described.")
    assert "Denied. The case is closed without a refund." in done.text
    assert (await scene.customer.read(case))["available_actions"] == ["appeal"]


@pytest.mark.parametrize("form", ["accept", "deny", "offer"])
async def test_a_form_that_was_sent_signed_out_is_looked_at_first(scene: Scene, grace: Worker, form: str) -> None:
    case = await scene.case()
    typed = {"message": "My words.", "amount": "20.50", "end_membership": "1"}
    again = await grace.send(await grace.look(case), form, _look="1", **typed)
    assert (again.status, "You were signed out, so this was not sent." in again.text) == (200, True)
    assert "My words.</textarea>" in again.html
    assert ('value="20.50"' in again.html) is (form == "offer")
    read = await scene.merchant.read(case)
    assert (read["status"], read["offers"], read["refunds"]) == ("awaiting_merchant", [], [])
    assert "_look" not in again.fields[form]
    await grace.send(again, form, **typed)
    assert (await scene.merchant.read(case))["version"] > read["version"]


async def test_request_info(scene: Scene, grace: Worker) -> None:
    case = await scene.case()
    done = await grace.send(await grace.look(case), "request-info", message="Which one?")
    assert "Sent. The case waits for the customer now." in done.text
    assert (await scene.merchant.read(case))["status"] == "awaiting_customer"


async def test_offer_and_withdraw(scene: Scene, grace: Worker) -> None:
    case = await scene.case()
    done = await grace.send(await grace.look(case), "offer", amount="20", remedy="", days="3", message="A part?")
    assert "The offer is with the customer now." in done.text
    offer = (await scene.merchant.read(case))["offers"][0]
    assert (offer["amount"], offer["status"]) == (20, "open")
    assert offer["expires_at"].startswith("2026-11-26T09:00")
    assert "Your offer of $20.00 ends." in done.text
    again = await grace.send(done, "withdraw-offer")
    assert "The offer is withdrawn. It is your turn." in again.text


async def test_answering_the_customers_proposal(scene: Scene, grace: Worker) -> None:
    for form, words, status in (
        ("accept-offer", "Settled. The refund of $30.00 is on its way.", "closed"),
        ("decline-offer", "Declined. It is still your turn.", "awaiting_merchant"),
    ):
        case = await scene.case()
        offered = await scene.merchant.act(case, "offers", amount=20)
        offer = offered["offers"][0]["id"]
        await scene.customer.act(case, f"offers/{offer}/decline", counter={"amount": 30})
        page = await grace.look(case)
        assert "Refund $30.00" in page.text
        done = await grace.send(page, form)
        assert words in done.text
        assert (await scene.merchant.read(case))["status"] == status


async def test_comment_and_note(scene: Scene, grace: Worker) -> None:
    case = await scene.case()
    page = await grace.look(case)
    assert "The comment is sent." in (await grace.send(page, "comment", message="Hello.")).text
    assert "The note is saved." in (await grace.send(page, "note", message="Careful.")).text
    assert await scene.customer.kinds(case) == ["created", "commented"]
    assert "9 of 10 comments are left." in (await grace.look(case)).text


async def test_reply_to_the_platform_and_appeal(scene: Scene, grace: Worker) -> None:
    case = await scene.under_review()
    await scene.platform.act(case, "ask", of="merchant", message="What did you sell?")
    done = await grace.send(await grace.look(case), "reply", message="A course.")
    assert "Sent. The platform goes on with its review." in done.text
    await scene.platform.act(case, "decide", **await scene.verdict(case))
    done = await grace.send(await grace.look(case), "appeal", message="The photos show another thing.")
    assert "The appeal is with the platform now." in done.text
    assert (await scene.merchant.read(case))["status"] == "under_review"


async def test_assign(scene: Scene, grace: Worker) -> None:
    case = await scene.case()
    done = await grace.send(await grace.look(case), "assign", assignee=grace.user.pid)
    assert "The case is assigned anew." in done.text
    assert (await scene.merchant.read(case))["assignee"]["id"] == grace.user.pid
    await grace.send(done, "assign", assignee="")
    assert (await scene.merchant.read(case))["assignee"] is None


async def test_pressed_twice_acts_once(scene: Scene, grace: Worker) -> None:
    case = await scene.case()
    page = await grace.look(case)
    first = await grace.send(page, "accept", message="Sorry.")
    second = await grace.send(page, "accept", message="Sorry.")
    assert [one.status for one in (first, second)] == [200, 200]
    assert "The refund of $49.00 is on its way" in second.text
    assert await scene.merchant.kinds(case) == ["created", "accepted"]
    note = {"message": "Once."}
    both = await asyncio.gather(*(grace.send(page, "note", **note) for _ in range(3)))
    assert [one.status for one in both] == [200, 200, 200]
    assert (await scene.merchant.kinds(case)).count("noted") == 1


async def test_a_case_that_changed_shows_what_is_new(scene: Scene, grace: Worker) -> None:
    case = await scene.case()
    page = await grace.look(case)
    await scene.customer.act(case, "comment", message="I found a receipt.")
    stale = await grace.send(page, "deny", message="Long and careful words.")
    assert stale.status == 409
    assert "The case changed while you were writing. Nothing was sent." in stale.text
    assert stale.html.count("I found a receipt.") == 2, "on the timeline, and above the form"
    assert "Long and careful words." in stale.html
    assert "Deny without a refund, with what is new read" in stale.text
    assert "409" not in stale.text
    done = await grace.send(stale, "deny", message="Long and careful words.")
    assert "Denied." in done.text


async def test_what_is_not_possible_any_more_explains_itself(scene: Scene, grace: Worker) -> None:
    case = await scene.case()
    page = await grace.look(case)
    await scene.customer.act(case, "withdraw")
    refused = await grace.send(page, "deny", message="Long and careful words.")
    assert refused.status == 409
    assert "This was not sent" in refused.text
    assert "Long and careful words." in refused.html
    assert refused.forms == {"note", "assign"}


async def test_less_is_left_than_was_shown(scene: Scene, grace: Worker) -> None:
    case = await scene.case()
    page = await grace.look(case)
    page.fields["accept"]["amount_minor"] = "5000"
    refused = await grace.send(page, "accept", message="Sorry.")
    assert refused.status == 409
    assert "Check the new amount before you send." in refused.text
    assert 'value="4900"' in refused.html
    assert "Sorry." in refused.html


@pytest.mark.parametrize(
    ("form", "typed", "words"),
    [
        ("deny", {"message": "  "}, "Write a message."),
        ("deny", {"message": "x" * 10_001}, "This is too long. Shorten it."),
        ("comment", {"message": "a\x00b"}, "This holds a character that cannot be stored."),
        ("offer", {"amount": "", "remedy": ""}, "Offer an amount, something else in words, or both."),
        ("offer", {"amount": "49"}, "Offer more than nothing and less than everything."),
        ("offer", {"amount": "0"}, "Offer more than nothing and less than everything."),
        ("offer", {"amount": "20.001"}, "This currency does not have that many decimals."),
        ("offer", {"amount": "9" * 30}, "This is far more than was paid. Write an amount below it."),
        ("offer", {"amount": "NaN"}, "Write an amount such as 20."),
        ("offer", {"amount": "1e1"}, "Write an amount such as 20."),
        ("offer", {"amount": "20", "days": "99"}, "Choose one of the dates."),
        ("offer", {"amount": "20", "days": "soon"}, "Write a number."),
        (
            "comment",
            {"message": "See.", "attachment": "file_zzz"},
            "One of the files is no longer there. Add it again.",
        ),
        ("assign", {"assignee": "user_x"}, "Choose a person of your own team."),
    ],
)
async def test_what_is_typed_wrongly_is_said_at_its_field(
    scene: Scene, grace: Worker, form: str, typed: dict[str, str], words: str
) -> None:
    case = await scene.case()
    again = await grace.send(await grace.look(case), form, **typed)
    assert again.status == 422
    assert words in again.text
    assert await scene.merchant.kinds(case) == ["created"]


async def test_a_limit_is_said_before_and_held(scene: Scene, server: Server) -> None:
    case = await scene.case()
    sam = await hire(scene, server.url, "support", limits={"usd": 2000})
    async with sam.http:
        page = await sam.look(case)
        assert "Above your limit of $20.00: ask an admin." in page.text
        assert (
            "Refund $49.00"
            not in page.html.partition('id="panel-accept"')[2].partition("</dialog>")[0].partition("act-foot")[2]
        )
        over = await sam.send(page, "accept")
        assert over.status == 422
        assert "Above your limit of $20.00: ask an admin." in over.text
        over = await sam.send(await sam.look(case), "offer", amount="20.01")
        assert (over.status, over.html.count("offer-amount-error")) == (422, 2)
        done = await sam.send(over, "offer", amount="20.00")
        assert "The offer is with the customer now." in done.text


async def test_a_viewer_is_shown_no_form(scene: Scene, server: Server) -> None:
    case = await scene.case()
    vera = await hire(scene, server.url, "viewer")
    async with vera.http:
        page = await vera.look(case)
        assert (page.status, page.forms) == (200, set())
        assert "You can read this case, but not act on it." in page.text
        assert (await vera.post(case, "deny", at=page, message="No.")).status_code == 403


async def test_nobody_acts_on_a_purchase_of_their_own(scene: Scene, grace: Worker) -> None:
    member = await make_member(scene.pool, scene.account, user=grace.user, now=scene.clock.now())
    payment = await scene.payment(member=member)
    case = await scene.user(grace.user).done(
        "", {"receipt_id": payment.pid, "reason": "duplicate", "message": "Twice."}
    )
    assert (await grace.look(case)).status == 403
    other = await grace.look(await scene.case())
    assert (await grace.post(case, "accept", at=other)).status_code == 403


async def test_a_form_without_its_token_changes_nothing(scene: Scene, grace: Worker) -> None:
    case = await scene.case()
    page = await grace.look(case)
    del page.fields["accept"]["_csrf_token"]
    assert (await grace.send(page, "accept")).status == 403
    assert await scene.merchant.kinds(case) == ["created"]


async def test_a_case_of_another_account_is_not_there(scene: Scene, grace: Worker) -> None:
    other = await make_account(scene.pool, now=scene.clock.now())
    case = await scene.case()
    page = await grace.look(case)
    foreign = await grace.http.post(
        f"/accounts/{other.pid}/cases/{case['id']}/accept", data={"_csrf_token": page.fields["accept"]["_csrf_token"]}
    )
    assert foreign.status_code == 404
    assert (await grace.post({"id": "reso_zzz"}, "accept", at=page)).status_code == 404


async def test_amounts_in_every_currency(scene: Scene, grace: Worker) -> None:
    for currency, amount, shown, offered, minor in (
        ("jpy", "4900", "¥4,900", "1,200", 1200),
        ("kwd", "4.900", "KWD\u00a04.900", "1.205", 1205),
    ):
        case = await scene.case(await scene.payment(currency=currency, amount=amount))
        page = await grace.look(case)
        assert f"Refund {shown}".replace("\u00a0", " ") in page.text.replace("\u00a0", " ")
        done = await grace.send(page, "offer", amount=offered)
        assert done.status == 200, done.text
        row = await scene.pool.fetchrow("select amount_minor from case_offers where case_id = $1", ref_of(case).case_id)
        assert row is not None
        assert row["amount_minor"] == minor


async def test_amounts_as_people_write_them_in_spanish(scene: Scene, grace: Worker) -> None:
    grace.http.headers["Accept-Language"] = "es"
    case = await scene.case(await scene.payment(amount="4900.00"))
    await grace.send(await grace.look(case), "offer", amount="1.200,50")
    assert (await scene.merchant.read(case))["offers"][0]["amount"] == 1200.5


async def test_files_come_with_a_plain_form(scene: Scene, grace: Worker) -> None:
    case = await scene.case()
    page = await grace.look(case)
    two = [("files", ("photo.png", png())), ("files", ("note.txt", b"Sent on Monday."))]
    done = await grace.send(page, "deny", message="See the photo.", files=two)
    assert "Denied." in done.text
    event = (await scene.merchant.read(case))["events"][0]
    assert sorted(file["filename"] for file in event["attachments"]) == ["note.txt", "photo.png"]
    again = await grace.send(page, "deny", message="See the photo.", files=two)
    assert (again.status, await scene.merchant.kinds(case)) == (200, ["created", "denied"])


async def test_files_stay_when_a_form_comes_back(scene: Scene, grace: Worker) -> None:
    case = await scene.case()
    back = await grace.send(
        await grace.look(case), "deny", message=" ",
        files=[("files", ("photo.png", png())), ("files", ("run.exe", b"MZ\x00\x01"))],
    )  # fmt: skip
    assert back.status == 422
    assert "run.exe: Files can be images, PDF, text, Word documents, MP4 or MOV videos." in back.text
    assert "photo.png" in back.text
    kept = back.html.partition('name="attachment" value="')[2].partition('"')[0]
    assert kept.startswith("file_")
    await grace.send(back, "deny", message="See the photo.", attachment=kept)
    event = (await scene.merchant.read(case))["events"][0]
    assert [file["filename"] for file in event["attachments"]] == ["photo.png"]


async def test_more_files_than_the_policy_allows(scene: Scene, grace: Worker) -> None:
    case = await scene.case()
    four = [("files", (f"{n}.txt", b"Words.")) for n in range(4)]
    back = await grace.send(await grace.look(case), "deny", message="See.", files=four)
    assert back.status == 422
    assert "Too many files. Remove some." in back.text
    assert back.html.count('name="attachment" value="file_') == 4


async def test_a_message_is_shown_as_it_was_typed_and_harms_nobody(scene: Scene, grace: Worker) -> None:
    case = await scene.case()
    typed = '</textarea><script>alert("x")</script> {{ 7 * 7 }} \u202e'
    done = await grace.send(await grace.look(case), "comment", message=typed)
    assert "<script>alert" not in done.html
    back = await grace.send(await grace.look(case), "offer", amount="0", message=typed)
    assert back.status == 422
    assert "<script>alert" not in back.html
    assert "{{ 7 * 7 }}" in back.html


async def test_a_session_that_ended_leads_to_sign_in_and_back(scene: Scene, grace: Worker) -> None:
    case = await scene.case()
    page = await grace.look(case, panel="deny")
    await scene.pool.execute("delete from sessions")
    answer = await grace.http.post(
        page.addresses["deny"], data=page.fields["deny"], headers={"Referer": str(grace.http.base_url.join(page.url))}
    )
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=%2Faccounts")
    assert "panel%3Ddeny" in answer.headers["location"]


async def test_files_go_up_ahead_of_their_form(scene: Scene, grace: Worker) -> None:
    case = await scene.case()
    page = await grace.look(case)
    path = f"/accounts/{scene.account.pid}/uploads"
    token = {"x-csrf-token": page.fields["deny"]["_csrf_token"]}
    up = await grace.http.post(path, params={"filename": "photo.png"}, content=png(), headers=token)
    assert (up.status_code, up.json()["name"]) == (201, "photo.png")
    assert (await grace.http.get(up.json()["thumbnail_url"])).headers["content-type"] == "image/webp"
    await grace.send(page, "deny", message="See the photo.", attachment=up.json()["id"])
    event = (await scene.merchant.read(case))["events"][0]
    assert [file["filename"] for file in event["attachments"]] == ["photo.png"]
    for name, content, words in (
        ("run.exe", b"MZ\x00\x01", "Files can be images, PDF, text, Word documents, MP4 or MOV videos."),
        ("empty.txt", b"", "This file has no content. Choose another one."),
        ("", b"Words.", "This file’s name cannot be used. Rename it."),
    ):
        refused = await grace.http.post(path, params={"filename": name}, content=content, headers=token)
        assert (refused.status_code, refused.json()["error"]) == (422, words)
    large = await grace.http.post(
        path, params={"filename": "large.txt"}, content=b"x" * (10 * 2**20 + 1), headers=token
    )
    assert (large.status_code, large.json()["error"]) == (413, "This file is too large.")
    assert (await grace.http.post(path, params={"filename": "a.txt"}, content=b"Words.")).status_code == 403


async def test_a_colleagues_file_is_not_ones_own(scene: Scene, server: Server, grace: Worker) -> None:
    case = await scene.case()
    page = await grace.look(case)
    token = {"x-csrf-token": page.fields["deny"]["_csrf_token"]}
    path = f"/accounts/{scene.account.pid}/uploads"
    up = await grace.http.post(path, params={"filename": "a.txt"}, content=b"Words.", headers=token)
    sam = await hire(scene, server.url, "support")
    async with sam.http:
        refused = await sam.send(await sam.look(case), "comment", message="Mine.", attachment=up.json()["id"])
    assert refused.status == 422
    assert "a.txt" not in refused.text


@pytest.fixture
async def saved_reply(scene: Scene) -> str:
    """Save a reply; returns its public id."""
    row_id = uuid7(scene.clock.now())
    pid = public_id(Prefix.SAVED_REPLY, row_id, scene.account.id)
    await scene.pool.execute(
        """
        insert into saved_replies (account_id, id, pid, title, title_key, body, updated_by, created_at, updated_at)
        values ($1, $2, $3, 'Thanks', 'thanks', 'Dear {customer_name}, {amount} for {product}.', 'user_x', $4, $4)
        """,
        scene.account.id,
        row_id,
        pid,
        scene.clock.now(),
    )
    return pid


async def test_a_saved_reply_is_inserted(scene: Scene, grace: Worker, saved_reply: str) -> None:
    case = await scene.case()
    page = await grace.look(case)
    assert f'<option value="{saved_reply}">Thanks</option>' in page.html
    again = await grace.send(page, "comment", message="Hello.", reply=saved_reply, insert="1")
    assert again.status == 200
    assert f"Hello.\n\nDear Ada Lovelace, $49.00 for {scene.product.title}." in again.html
    assert await scene.merchant.kinds(case) == ["created"]
    done = await grace.send(again, "comment", message="Dear Ada.")
    assert "The comment is sent." in done.text


async def test_a_saved_reply_comes_as_text(scene: Scene, grace: Worker, saved_reply: str) -> None:
    case = await scene.case(await scene.payment(product=None, plan=None))
    text = await grace.http.get(f"{grace.page(case)}/replies/{saved_reply}")
    assert text.json()["text"] == "Dear Ada Lovelace, $49.00 for your purchase."
    assert "{product}" in text.json()["remark"]
    assert (await grace.http.get(f"{grace.page(case)}/replies/rply_zzz")).status_code == 404


@pytest.mark.parametrize("with_header", [True, False])
async def test_a_form_of_bytes_that_are_no_text_is_refused(scene: Scene, grace: Worker, with_header: bool) -> None:
    case = await scene.case()
    token = (await grace.look(case)).fields["deny"]["_csrf_token"]
    answer = await grace.http.post(
        f"{grace.page(case)}/deny",
        content=b'--x\r\nContent-Disposition: form-data; name="message"\r\n\r\n\xff\xfe\r\n--x--\r\n',
        headers={
            "content-type": "multipart/form-data; boundary=x",
            **({"x-csrf-token": token} if with_header else {}),
        },
    )
    assert answer.status_code == 400


async def test_a_form_without_files_is_small_though_one_with_files_may_be_large(scene: Scene, grace: Worker) -> None:
    page = await grace.look(await scene.case())
    large = {**page.fields["comment"], "message": "a" * 1024 * 1024}
    assert (await grace.http.post(page.addresses["comment"], data=large)).status_code == 413
    chunks = [b"message=", *[b"a" * 64 * 1024] * 20]

    async def unannounced() -> AsyncGenerator[bytes]:
        for chunk in chunks:
            yield chunk

    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    sent = await grace.http.post(page.addresses["comment"], content=unannounced(), headers=kind)
    assert sent.status_code == 413


async def test_what_is_typed_into_a_form_with_files_is_bounded(scene: Scene, grace: Worker) -> None:
    page = await grace.look(await scene.case())
    file = {"files": ("a.txt", b"a" * 2 * 1024 * 1024, "text/plain")}
    fields = page.fields["comment"]
    fits = await grace.http.post(page.addresses["comment"], data={**fields, "message": "Here it is."}, files=file)
    assert fits.status_code == 303, fits.text
    typed = {**fields, **{f"more-{n}": "a" * 300 * 1024 for n in range(4)}}
    for sent in (typed, {**fields, "message": "a" * 1024 * 1024}):
        refused = await grace.http.post(page.addresses["comment"], data=sent, files=file)
        assert refused.status_code == 413
    many = [("files", (f"{n}.txt", b"a", "text/plain")) for n in range(1001)]
    assert (await grace.http.post(page.addresses["comment"], data=fields, files=many)).status_code == 413
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    for broken in (b"", b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nno end", b"no form"):
        assert (await grace.http.post(page.addresses["comment"], content=broken, headers=kind)).status_code == 400
