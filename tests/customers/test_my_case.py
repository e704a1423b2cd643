"""What a customer does on a case of theirs, over HTTP: said before, done once, refused in words, with nothing lost."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from amends.cases.claim_questions import BY_REASON
from amends.kit.ids import Prefix, public_id, uuid7
from tests.builders import make_account
from tests.cases.scene import Scene
from tests.credentials import make_team_member
from tests.customers import states
from tests.customers.buyer import Buyer, seat
from tests.files.samples import png
from tests.running import Server


@pytest.fixture
async def ada(scene: Scene, server: Server) -> AsyncGenerator[Buyer]:
    """Give the customer, signed in."""
    buyer = await seat(scene, server.url, scene.ada)
    async with buyer.http:
        yield buyer


OFFER = {"accept-offer", "counter-offer", "decline-offer"}
FORMS = {
    "waiting": {"comment", "withdraw"},
    "asked": {"reply", "escalate", "comment", "withdraw"},
    "offered": {*OFFER, "escalate", "comment", "withdraw"},
    "countered": {"withdraw-offer", "escalate", "comment", "withdraw"},
    "settled": set[str](),
    "promised": {"appeal"},
    "accepted": set[str](),
    "refund_failed": set[str](),
    "refunded": set[str](),
    "denied": {"appeal"},
    "withdrawn": set[str](),
    "reviewed": {"comment", "withdraw"},
    "questioned": {"reply", "comment", "withdraw"},
    "won": set[str](),
    "lost": {"appeal"},
    "appealed": {"comment", "withdraw"},
    "lost_for_good": set[str](),
    "disputed": {"comment", "withdraw"},
    "on_hold": set[str](),
}


async def test_each_state_offers_what_can_be_done_and_no_more(scene: Scene, ada: Buyer) -> None:
    assert FORMS.keys() == states.STATES.keys()
    for name, state in states.STATES.items():
        case = await state(scene)
        page = await ada.look(case)
        assert (page.status, page.forms) == (200, FORMS[name]), name
        actions = (await scene.customer.read(case))["available_actions"]
        assert bool(page.forms) == bool(actions), name


async def test_accept_an_offer(scene: Scene, ada: Buyer) -> None:
    case = await states.offered(scene)
    page = await ada.look(case)
    assert "Your turn Acme offers you $20.00" in page.text
    assert "You get $20.00 back to Visa ••4242." in page.text
    assert "Acme promises: “One more month for free”." in page.text
    assert "Accept $20.00 and close the case" in page.text
    done = await ada.send(page, "accept-offer", message="Thank you.")
    assert "Accepted. Your refund of $20.00 is on its way." in done.text
    read = await scene.customer.read(case)
    assert (read["outcome"], read["refunds"][0]["amount"]["amount"]) == ("settled", "20.00")


async def test_decline_an_offer(scene: Scene, ada: Buyer) -> None:
    case = await states.offered(scene)
    page = await ada.look(case)
    assert "Then it is their turn, until Mon 30 Nov, 09:00." in page.text
    done = await ada.send(page, "decline-offer", message="It is not enough.")
    assert "Declined. It is their turn now." in done.text
    assert (await scene.customer.read(case))["status"] == "awaiting_merchant"


async def test_suggest_something_else_and_take_it_back(scene: Scene, ada: Buyer) -> None:
    case = await states.offered(scene)
    page = await ada.look(case)
    assert "You have 3 suggestions left." in page.text
    done = await ada.send(page, "counter-offer", amount="30", remedy="And a new link.", message="Please.")
    assert "Your suggestion is with them now." in done.text
    assert "If they accept your suggestion, the case is settled." in done.text
    (own, theirs) = (await scene.customer.read(case))["offers"]
    assert (own["maker"], own["amount"], own["remedy"], theirs["status"]) == (
        "customer", 30, "And a new link.", "declined",
    )  # fmt: skip
    again = await ada.send(done, "withdraw-offer")
    assert "You took your suggestion back." in again.text
    assert (await scene.customer.read(case))["offers"][0]["status"] == "withdrawn"


async def test_answer_a_question_with_files(scene: Scene, ada: Buyer) -> None:
    case = await states.asked(scene)
    page = await ada.look(case)
    assert "Your turn Acme has a question for you" in page.text
    assert f"What went wrong {BY_REASON[case['reason']].label}" in page.text
    two = [("files", ("photo.png", png())), ("files", ("note.txt", b"Sent on Monday."))]
    done = await ada.send(page, "reply", message="Lessons 4 to 6.", files=two)
    assert "Your answer is sent." in done.text
    assert "photo.png" in done.text
    event = (await scene.customer.read(case))["events"][0]
    assert (event["action"], len(event["attachments"])) == ("responded", 2)
    again = await ada.send(page, "reply", message="Lessons 4 to 6.", files=two)
    assert (again.status, (await scene.customer.kinds(case)).count("responded")) == (200, 1)


async def test_a_file_that_went_up_ahead(scene: Scene, ada: Buyer) -> None:
    case = await states.asked(scene)
    page = await ada.look(case)
    sent = await ada.http.post("/cases/uploads", params={"filename": "photo.png"}, content=png(), headers={
        "Content-Type": "application/octet-stream", "X-CSRF-Token": page.fields["reply"]["_csrf_token"],
    })  # fmt: skip
    assert (sent.status_code, sent.json()["name"]) == (201, "photo.png")
    await ada.send(page, "reply", message="Here.", attachment=sent.json()["id"])
    event = (await scene.customer.read(case))["events"][0]
    assert [file["filename"] for file in event["attachments"]] == ["photo.png"]
    refused = await ada.http.post("/cases/uploads", params={"filename": "run.exe"}, content=b"MZ\x00\x01", headers={
        "Content-Type": "application/octet-stream", "X-CSRF-Token": page.fields["reply"]["_csrf_token"],
    })  # fmt: skip
    assert refused.status_code == 422
    assert refused.json()["error"] == "Files can be images, PDF, text, Word documents, MP4 or MOV videos."


async def test_add_something(scene: Scene, ada: Buyer) -> None:
    case = await states.waiting(scene)
    page = await ada.look(case)
    assert "You can add 10 more messages." in page.text
    done = await ada.send(page, "comment", message="I found the order number.")
    assert "Your message is sent." in done.text
    assert "I found the order number." in done.text
    assert "You can add 9 more messages." in done.text


async def test_ask_the_platform_to_step_in(scene: Scene, ada: Buyer) -> None:
    case = await states.asked(scene)
    page = await ada.look(case)
    assert "Expect its decision by Wed 25 Nov, 09:00." in page.text
    done = await ada.send(page, "escalate", message="They ask the same again and again.")
    assert "The platform steps in now." in done.text
    assert "The platform looks at your case" in done.text
    assert "decision expected by Wed 25 Nov, 09:00 (in 2 days)" in done.text


async def test_ask_for_a_second_look(scene: Scene, ada: Buyer) -> None:
    case = await states.denied(scene)
    page = await ada.look(case)
    assert "Acme said no to a refund" in page.text
    assert "you can ask the platform to look again until Mon 7 Dec, 09:00 (in 14 days)." in page.text
    assert "What it decides then is final." in page.text
    done = await ada.send(page, "appeal", message="I sent it back on Monday.")
    assert "The platform takes a second look now." in done.text
    read = await scene.customer.read(case)
    assert (read["status"], read["customer_appealed"]) == ("under_review", True)


async def test_a_promise_that_was_not_kept(scene: Scene, ada: Buyer) -> None:
    page = await ada.look(await states.promised(scene))
    assert "If they do not keep their word, you can ask the platform to step in until Mon 7 Dec, 09:00" in page.text
    done = await ada.send(page, "appeal", message="Nothing came.")
    assert "The platform takes a second look" in done.text


async def test_close_the_case(scene: Scene, ada: Buyer) -> None:
    case = await states.waiting(scene)
    page = await ada.look(case)
    assert "It cannot be opened again, and there can be no other case on this purchase." in page.text
    assert "Close it without a refund" in page.text
    done = await ada.send(page, "withdraw", message="Found it.")
    assert "You closed this case" in done.text
    assert (await scene.customer.read(case))["outcome"] == "withdrawn"


@pytest.mark.parametrize("form", ["comment", "withdraw"])
async def test_a_panel_opens_without_javascript(scene: Scene, ada: Buyer, form: str) -> None:
    page = await ada.look(await states.waiting(scene), panel=form)
    (opened,) = [part for part in page.html.split("<dialog")[1:] if " open>" in part.partition(">")[0] + ">"]
    assert f'id="panel-{form}"' in opened


async def test_pressed_twice_acts_once(scene: Scene, ada: Buyer) -> None:
    case = await states.offered(scene)
    page = await ada.look(case)
    both = await asyncio.gather(*(ada.send(page, "accept-offer") for _ in range(3)))
    assert [one.status for one in both] == [200, 200, 200]
    assert all("Accepted. Your refund of $20.00 is on its way." in one.text for one in both)
    assert len((await scene.customer.read(case))["refunds"]) == 1


async def test_a_case_that_changed_shows_what_is_new(scene: Scene, ada: Buyer) -> None:
    case = await states.asked(scene)
    page = await ada.look(case)
    await scene.merchant.act(case, "notes", message="Only for us.")
    await scene.merchant.act(case, "comment", message="We found lesson 4.")
    stale = await ada.send(page, "reply", message="Long and careful words.")
    assert stale.status == 409
    assert "Something happened on the case while you were writing. Nothing was sent yet." in stale.text
    assert stale.html.count("We found lesson 4.") == 2, "in the conversation, and above the form"
    assert "Only for us." not in stale.html
    assert "Long and careful words." in stale.html
    assert "409" not in stale.text
    done = await ada.send(stale, "reply", message="Long and careful words.")
    assert "Your answer is sent." in done.text


async def test_what_is_not_possible_any_more_explains_itself(scene: Scene, ada: Buyer) -> None:
    case = await states.offered(scene)
    page = await ada.look(case)
    await scene.merchant.act(case, f"offers/{states.open_offer(case)}/withdraw")
    refused = await ada.send(page, "decline-offer", message="Long and careful words.")
    assert refused.status == 409
    assert "This was not sent" in refused.text
    assert "Waiting for Acme" in refused.text
    assert "Long and careful words." in refused.html
    assert "decline-offer" not in refused.forms


REFUSALS = [
    ("asked", "reply", {"message": "  "}, "Write a message."),
    ("asked", "reply", {"message": "x" * 10_001}, "This is too long. Shorten it."),
    ("waiting", "comment", {"message": "a\x00b"}, "This holds a character that cannot be stored."),
    ("waiting", "comment", {"message": "See.", "attachment": "file_zzz"}, "One of the files is no longer there."),
    ("denied", "appeal", {"message": ""}, "Write a message."),
    ("offered", "counter-offer", {"amount": "", "remedy": ""}, "Write an amount, something else that would settle it"),
    ("offered", "counter-offer", {"amount": "49"}, "Ask for more than nothing and for less than everything."),
    ("offered", "counter-offer", {"amount": "0"}, "Ask for more than nothing and for less than everything."),
    ("offered", "counter-offer", {"amount": "20.001"}, "This currency does not have that many decimals."),
    ("offered", "counter-offer", {"amount": "much"}, "Write an amount such as 20."),
]


@pytest.mark.parametrize(("state", "form", "typed", "words"), REFUSALS)
async def test_what_is_typed_wrongly_is_said(
    scene: Scene, ada: Buyer, state: str, form: str, typed: dict[str, str], words: str
) -> None:
    case = await states.STATES[state](scene)
    before = await scene.customer.kinds(case)
    again = await ada.send(await ada.look(case), form, **typed)
    assert again.status == 422
    assert words in again.text
    assert await scene.customer.kinds(case) == before
    right = {"message": "In words.", "amount": "30"} if form == "counter-offer" else {"message": "In words."}
    done = await ada.send(again, form, **{**dict.fromkeys(typed), **right})
    assert done.status == 200, "the same form, filled in rightly, is carried out"
    assert await scene.customer.kinds(case) != before


async def test_files_stay_when_a_form_comes_back(scene: Scene, ada: Buyer) -> None:
    case = await states.asked(scene)
    back = await ada.send(
        await ada.look(case), "reply", message=" ",
        files=[("files", ("photo.png", png())), ("files", ("run.exe", b"MZ\x00\x01"))],
    )  # fmt: skip
    assert back.status == 422
    assert "run.exe: Files can be images, PDF, text, Word documents, MP4 or MOV videos." in back.text
    kept = back.html.partition('name="attachment" value="')[2].partition('"')[0]
    await ada.send(back, "reply", message="See the photo.", attachment=kept)
    event = (await scene.customer.read(case))["events"][0]
    assert [file["filename"] for file in event["attachments"]] == ["photo.png"]


async def test_an_offer_of_another_case(scene: Scene, ada: Buyer) -> None:
    case, other = await states.offered(scene), await states.offered(scene)
    page = await ada.look(case)
    for offer, status in ((states.open_offer(other), 404), ("offr_zzz", 404), (states.open_offer(case), 303)):
        answer = await ada.post(case, f"offers/{offer}/accept", at=page)
        assert answer.status_code == status


async def test_a_form_without_its_token_changes_nothing(scene: Scene, ada: Buyer) -> None:
    case = await states.waiting(scene)
    page = await ada.look(case)
    del page.fields["withdraw"]["_csrf_token"]
    assert (await ada.send(page, "withdraw")).status == 403
    assert await scene.customer.kinds(case) == ["created"]


async def test_what_is_not_ones_own_is_not_there(scene: Scene, ada: Buyer) -> None:
    case = await states.offered(scene)
    other = await make_account(scene.pool, now=scene.clock.now())
    now, row = scene.clock.now(), uuid7(scene.clock.now())
    unknown = [public_id(Prefix.CASE, row, account.id) for account in (scene.account, other)]
    found = {await _nothing(ada, pid) for pid in (*unknown, "reso_zzz", "pay_zzz", case["id"][:-1])}
    assert len(found) == 1, "there is no telling them apart"
    assert now
    assert (await ada.look(case)).status == 200


async def _nothing(buyer: Buyer, pid: str) -> str:
    answer = await buyer.http.get(f"/cases/{pid}")
    assert answer.status_code == 404
    return answer.text.replace(pid, "")


@pytest.mark.parametrize("who", ["owner", "reviewer", "other customer"])
async def test_nobody_else_has_the_customers_page(scene: Scene, server: Server, ada: Buyer, who: str) -> None:
    case = await states.offered(scene)
    theirs = await ada.look(case)
    people = {
        "owner": lambda: scene.colleague("owner"),
        "reviewer": lambda: scene.reviewer("admin"),
        "other customer": lambda: scene.reviewer(name="Nobody"),
    }
    user, _ = await people[who]()
    if who == "other customer":
        await scene.pool.execute("delete from platform_staff where user_id = $1", user.id)
    nosy = await seat(scene, server.url, user)
    async with nosy.http:
        assert (await nosy.look(case)).status == 404
        assert (await nosy.send(theirs, "comment", message="Hello.")).status in {403, 404}
        assert (await nosy.post(case, "withdraw", at=theirs)).status_code in {403, 404}
    assert (await scene.customer.read(case))["status"] == "awaiting_customer"
    assert (await ada.look(case)).status == 200


async def test_who_is_on_the_team_and_bought_it_reads_as_its_customer(scene: Scene, ada: Buyer) -> None:
    case = await states.asked(scene)
    await scene.merchant.act(case, "notes", message="Only for us.")
    before = await ada.look(case)
    await make_team_member(scene.pool, scene.account, scene.ada, "owner")
    page = await ada.look(case)
    assert (page.status, page.forms) == (200, before.forms)
    assert "Only for us." not in page.html


@pytest.mark.parametrize(
    ("currency", "amount", "shown", "typed", "minor"),
    [("jpy", "4900", "¥4,900", "1,200", 1200), ("kwd", "4.900", "KWD 4.900", "1.205", 1205)],
)
async def test_amounts_in_every_currency(
    scene: Scene, ada: Buyer, currency: str, amount: str, shown: str, typed: str, minor: int
) -> None:
    case = await scene.case(await scene.payment(currency=currency, amount=amount))
    case = await scene.merchant.act(case, "offers", remedy="Another one")
    page = await ada.look(case)
    assert shown in page.text.replace("\u00a0", " ")
    assert (await ada.send(page, "counter-offer", amount=typed)).status == 200
    made = await scene.pool.fetchval("select amount_minor from case_offers where maker = 'customer'")
    assert made == minor


async def test_a_session_for_one_case_leads_nowhere_else(scene: Scene, ada: Buyer) -> None:
    case, other = await states.asked(scene), await states.asked(scene)
    everywhere = await ada.look(case)
    assert 'href="/cases"' in everywhere.html
    await scene.pool.execute("update sessions set only_case = $1", case["id"])
    page = await ada.look(case)
    assert (page.status, page.forms) == (200, everywhere.forms)
    assert [there for there in ('href="/cases"', 'href="/purchases"') if there in page.html] == []
    done = await ada.send(page, "reply", message="Here.", files=[("files", ("photo.png", png()))])
    assert "Your answer is sent." in done.text
    assert (await ada.look(other)).status == 403
