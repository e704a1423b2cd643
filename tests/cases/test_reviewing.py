"""What the platform's reviewers do on a case's page, over HTTP: said before, done once, refused in words."""

from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest

from amends.access.commands_preferences import set_preferences
from amends.people.rows import UserRow
from tests.builders import make_user
from tests.cases.desk import Worker, hire
from tests.cases.scene import Party, Scene
from tests.cases.test_events import uploaded
from tests.cases.test_platform import key_of
from tests.credentials import bearer, make_staff, make_team_member, make_user_token
from tests.running import Server
from tests.staff import sign_in

VERDICT: dict[str, str] = {
    "choice": "customer_merchant",
    "reason_code": "not_as_described",
    "to_customer": "You are right.",
    "to_merchant": "The photos show it.",
}


async def sit_down(scene: Scene, url: str, role: str = "reviewer", name: str = "Rosa Review") -> Worker:
    """Put a person on the platform's staff, and sign them in."""
    user = await make_user(scene.pool, name=name, username=None, email=f"{name[:4].strip().lower()}@platform.example")
    await make_staff(scene.pool, user, role)
    return await at_desk(scene, url, user)


async def at_desk(scene: Scene, url: str, user: UserRow) -> Worker:
    """Sign somebody in."""
    cookies = await sign_in(scene.pool, user, scene.clock)
    http = httpx.AsyncClient(base_url=url, timeout=60, verify=False, cookies=cookies, headers={"Accept": "text/html"})
    return Worker(http, scene.account, user)


@pytest.fixture
async def rosa(scene: Scene, server: Server) -> AsyncGenerator[Worker]:
    """Give a reviewer at work."""
    worker = await sit_down(scene, server.url)
    async with worker.http:
        yield worker


async def claim(scene: Scene, case: dict[str, Any]) -> str:
    """Return the event with which a case was opened."""
    return (await scene.platform.read(case))["events"][-1]["id"]


async def test_what_each_decision_leads_to_is_said_before(scene: Scene, rosa: Worker) -> None:
    page = await rosa.look(await scene.under_review())
    assert page.forms == {"decide", "ask", "note", "assign"}
    for words in (
        "from the balance of Acme. Closes the case. Acme can appeal until Mon 7 Dec, 09:00.",
        "at the platform’s cost; Acme pays nothing. Closes the case. This is final: nobody can appeal.",
        "Closes the case without a refund. The customer can appeal until Mon 7 Dec, 09:00.",
    ):
        assert words in page.text
    sides = page.html.partition('id="sides"')[2].partition("</section>")[0]
    assert "It is not what I bought." in sides
    assert "We do not see what is wrong." in sides
    assert "Both sides read the question and the answer." in page.text


async def test_decide(scene: Scene, rosa: Worker) -> None:
    case = await scene.under_review()
    done = await rosa.send(
        await rosa.look(case), "decide", **VERDICT, amount="20.50", evidence=[await claim(scene, case)]
    )
    assert "Decided. The refund of $20.50 is on its way, and the case is closed." in done.text
    read = await scene.customer.read(case)
    assert (read["outcome"], read["refunds"][0]["amount"]["amount"]) == ("customer_won", "20.50")
    (decision,) = read["decisions"]
    assert (decision["to_customer"], decision["to_merchant"]) == ("You are right.", None)
    assert "Decided for the customer: the merchant refunds $20.50" in done.text


async def test_a_decision_that_was_sent_signed_out_is_looked_at_first(scene: Scene, rosa: Worker) -> None:
    case = await scene.under_review()
    typed = {**VERDICT, "amount": "20.50", "evidence": [await claim(scene, case)]}
    again = await rosa.send(await rosa.look(case), "decide", _look="1", **typed)
    assert (again.status, "You were signed out, so this was not sent." in again.text) == (200, True)
    assert ('value="20.50"' in again.html, "The photos show it." in again.html) == (True, True)
    assert (await scene.merchant.read(case))["status"] == "under_review"


async def test_a_decision_without_money_ignores_what_the_amount_says(scene: Scene, rosa: Worker) -> None:
    case = await scene.under_review()
    typed = {**VERDICT, "choice": "merchant", "reason_code": "as_described", "amount": "20"}
    done = await rosa.send(await rosa.look(case), "decide", **typed, evidence=[await claim(scene, case)])
    assert "Decided. The case is closed." in done.text
    assert (await scene.merchant.read(case))["outcome"] == "merchant_won"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"choice": ""}, "Choose how you decide."),
        ({"reason_code": ""}, "Choose a reason."),
        ({"reason_code": "as_described"}, "This reason does not fit how you decide. Choose another one."),
        ({"to_customer": " "}, "Write to the customer why you decide so."),
        ({"amount": "49.01"}, "Refund more than nothing, and at most what is left."),
        ({"amount": "20.505"}, "This currency does not have that many decimals."),
        ({"amount": "all"}, "Write an amount such as 20."),
        ({"evidence": None}, "Choose at least one event or file that your decision relies on."),
    ],
)
async def test_what_is_missing_is_said_and_nothing_is_lost(
    scene: Scene, rosa: Worker, change: dict[str, Any], words: str
) -> None:
    case = await scene.under_review()
    typed = {**VERDICT, "evidence": [await claim(scene, case)], **change}
    again = await rosa.send(await rosa.look(case), "decide", **typed)
    assert again.status == 422
    assert words in again.text
    assert "The photos show it." in again.html
    assert (await scene.merchant.read(case))["status"] == "under_review"


async def test_the_evidence_of_another_case_is_refused(scene: Scene, rosa: Worker) -> None:
    case, other = await scene.under_review(), await scene.under_review()
    note = await scene.platform.act(case, "notes", message="Inside.")
    inside = (await scene.platform.read(note))["events"][0]["id"]
    for foreign in (await claim(scene, other), inside, "revt_nothing"):
        again = await rosa.send(await rosa.look(case), "decide", **VERDICT, evidence=[foreign])
        assert again.status == 422
        assert "not of this case, or not seen by both sides" in again.text


async def test_single_files_are_relied_on(scene: Scene, rosa: Worker) -> None:
    case = await scene.under_review()
    shown = await scene.customer.act(
        case, "comment", message="Look.", attachments=[{"id": await uploaded(scene, scene.customer)}]
    )
    inside = await scene.platform.act(
        shown, "notes", message="Ours.", attachments=[{"id": await uploaded(scene, scene.platform)}]
    )
    ours, theirs = [event["attachments"][0]["id"] for event in (await scene.platform.read(inside))["events"][:2]]
    page = await rosa.look(case)
    assert f'type="checkbox" name="evidence" data-keep value="{theirs}"' in page.html
    assert f'data-keep value="{ours}"' not in page.html
    refused = await rosa.send(page, "decide", **VERDICT, evidence=[theirs, ours])
    assert refused.status == 422
    assert f'value="{theirs}" checked' in refused.html
    done = await rosa.send(refused, "decide", **VERDICT, evidence=[theirs])
    relied = done.html.rpartition("Relies on")[2].partition("</ul>")[0]
    assert "order.txt" in relied
    assert (await scene.merchant.read(case))["decisions"][0]["evidence"] == [theirs]


async def test_a_reasons_texts_are_filled_in_without_javascript(scene: Scene, rosa: Worker) -> None:
    case = await scene.under_review()
    page = await rosa.look(case)
    typed = {**VERDICT, "to_customer": "", "to_merchant": "My own words.", "use_template": "1"}
    again = await rosa.send(page, "decide", **typed)
    assert again.status == 200
    assert "It differs in a way that matters, so we decided in your favor." in again.text
    assert "My own words.\n\nThe offer of" in again.html
    other = await rosa.send(page, "decide", **{**typed, "reason_code": "duplicate", "to_customer": text_in(again.html)})
    assert "It differs in a way that matters" not in other.text.partition("To the customer")[2]
    assert "We decided that the second payment goes back to you." in other.text
    answer = await rosa.http.get(f"{rosa.page(case)}/reasons/not_as_described")
    assert scene.product.title in answer.json()["to_customer"]
    assert (await rosa.http.get(f"{rosa.page(case)}/reasons/made_up")).status_code == 404


async def test_each_text_is_in_the_language_of_its_reader(scene: Scene, rosa: Worker) -> None:
    case = await scene.under_review()
    wording = {"title": "Taxes", "when_to_use": "When taxes decide it.", "fits": ["customer_won"]}
    texts = {"to_customer": "You get {amount} back.", "to_merchant": "The customer gets {amount}."}
    spanish = {"to_customer": "Te devolvemos {amount}.", "to_merchant": "El cliente recibe {amount}."}
    body = {**wording, **texts, "translations": {"es": spanish}}
    headers = bearer(scene.platform.token)
    assert (await scene.http.put("/api/v1/reason_codes/taxes", json=body, headers=headers)).status_code == 200
    first = await rosa.look(case)
    assert "Only the customer reads this. In: English." in first.text
    await set_preferences(scene.pool, scene.ada.id, now=scene.clock.now(), seen_locale="es-MX")
    page = await rosa.look(case)
    assert "Only the customer reads this. In: Spanish." in page.text
    assert "Only the merchant reads this. In: English." in page.text
    answer = (await rosa.http.get(f"{rosa.page(case)}/reasons/taxes")).json()
    assert answer == {"to_customer": "Te devolvemos USD\xa049.00.", "to_merchant": "The customer gets $49.00."}


def text_in(html: str) -> str:
    """Return what stands in the text to the customer."""
    return html.partition('id="decide-to_customer"')[2].partition(">")[2].partition("</textarea>")[0]


async def test_ask_either_side(scene: Scene, rosa: Worker) -> None:
    for side, status in (("merchant", "awaiting_merchant"), ("customer", "awaiting_customer")):
        case = await scene.under_review()
        done = await rosa.send(await rosa.look(case), "ask", of=side, message="Which one is it?")
        assert "Sent. The case comes back here with the answer." in done.text
        assert (await scene.merchant.read(case))["status"] == status
    again = await rosa.send(await rosa.look(await scene.under_review()), "ask", message="Which one?")
    assert (again.status, "Choose whom you ask." in again.text) == (422, True)


async def test_of_two_reviewers_one_decides(scene: Scene, rosa: Worker, server: Server) -> None:
    case = await scene.under_review()
    otto = await sit_down(scene, server.url, name="Otto Other")
    async with otto.http:
        mine, theirs = await rosa.look(case), await otto.look(case)
        evidence = [await claim(scene, case)]
        await otto.send(theirs, "decide", **VERDICT, evidence=evidence)
        late = await rosa.send(mine, "decide", **{**VERDICT, "choice": "merchant"}, evidence=evidence)
    assert late.status == 409
    assert "The case changed while you were reviewing it. Nothing was decided or sent." in late.text
    assert "Decided for the customer" in late.text
    assert "The photos show it." in late.html
    assert len((await scene.platform.read(case))["decisions"]) == 1


async def test_a_stale_decision_shows_what_is_new_and_keeps_everything(scene: Scene, rosa: Worker) -> None:
    case = await scene.under_review()
    page = await rosa.look(case)
    await scene.customer.act(case, "comment", message="One more thing.")
    evidence = [await claim(scene, case)]
    late = await rosa.send(page, "decide", **VERDICT, evidence=evidence)
    assert late.status == 409
    assert "One more thing." in late.text
    assert "with what is new read" in late.text
    assert f'value="{evidence[0]}" checked' in late.html
    done = await rosa.send(late, "decide", **VERDICT, evidence=evidence)
    assert "Decided." in done.text


async def appealed(scene: Scene, first: Worker) -> dict[str, Any]:
    """Let somebody decide for the customer, and the merchant appeal."""
    case = await scene.under_review()
    await first.send(await first.look(case), "decide", **VERDICT, evidence=[await claim(scene, case)])
    return await scene.merchant.act(case, "appeal", message="We have the signed receipt.")


async def test_another_reviewer_decides_the_appeal(scene: Scene, rosa: Worker, server: Server) -> None:
    otto = await sit_down(scene, server.url, name="Otto Other")
    async with otto.http:
        case = await appealed(scene, rosa)
        own = await rosa.look(case)
        assert "You made the first decision, so somebody else decides the appeal: Otto Other." in own.text
        refused = await rosa.send(own, "decide", **{**VERDICT, "choice": "upheld"}, evidence=[await claim(scene, case)])
        assert refused.status == 422
        page = await otto.look(case)
        assert "The refund of $49.00 has not gone yet and is canceled. This is final: nobody can appeal." in page.text
        assert "override_note" not in page.html
        typed = {**VERDICT, "choice": "reversed", "reason_code": "new_evidence"}
        done = await otto.send(page, "decide", **typed, evidence=[await claim(scene, case)])
        assert "Reversed the decision on appeal" in done.text
    read = await scene.merchant.read(case)
    assert (read["outcome"], [one["on_appeal"] for one in read["decisions"]]) == ("merchant_won", [False, True])
    assert "Rosa Review" not in (await seen_by_merchant(scene, server, case))


async def test_a_person_decides_the_appeal_of_what_a_key_decided(scene: Scene, rosa: Worker) -> None:
    case = await scene.under_review()
    await scene.platform.act(case, "decide", **await scene.verdict(case))
    await scene.merchant.act(case, "appeal", message="We have the signed receipt.")
    page = await rosa.look(case)
    assert "You made the first decision" not in page.text
    typed = {**VERDICT, "choice": "upheld", "reason_code": "nothing_new"}
    done = await rosa.send(page, "decide", **typed, evidence=[await claim(scene, case)])
    assert "Confirmed the decision on appeal" in done.text


async def decided_by_key(scene: Scene, person: UserRow) -> dict[str, Any]:
    """Let an API key of somebody's decide for the customer, and the merchant appeal."""
    case = await scene.under_review()
    key = await key_of(scene, make_user_token(person, now=scene.clock.now()))
    await Party(scene.http, key).act(case, "decide", **await scene.verdict(case))
    return await scene.merchant.act(case, "appeal", message="We have the signed receipt.")


async def test_the_maker_of_the_key_that_decided_first_reads_why_not(
    scene: Scene, rosa: Worker, server: Server
) -> None:
    await make_staff(scene.pool, rosa.user, "admin")
    case = await decided_by_key(scene, rosa.user)
    await make_staff(scene.pool, rosa.user, "reviewer")
    own = await rosa.look(case)
    assert "An API key of yours made the first decision" in own.text
    assert "Ask an admin to add a reviewer." in own.text
    otto = await sit_down(scene, server.url, name="Otto Other")
    async with otto.http:
        own = await rosa.look(case)
        words = "An API key of yours made the first decision, so somebody else decides the appeal: Otto Other."
        assert words in own.text
        typed = {**VERDICT, "choice": "upheld", "reason_code": "nothing_new", "evidence": [await claim(scene, case)]}
        refused = await rosa.send(own, "decide", **typed)
        assert (refused.status, words in refused.text) == (422, True)
        page = await otto.look(case)
        assert "made the first decision" not in page.text
        assert "Confirmed the decision on appeal" in (await otto.send(page, "decide", **typed)).text


async def test_an_admin_alone_writes_why_they_decide_after_their_own_key(scene: Scene, server: Server) -> None:
    anna = await sit_down(scene, server.url, "admin", "Anna Admin")
    async with anna.http:
        case = await decided_by_key(scene, anna.user)
        page = await anna.look(case)
        assert "An API key of yours made the first decision, and nobody else may decide this appeal." in page.text
        typed = {**VERDICT, "choice": "upheld", "reason_code": "nothing_new", "evidence": [await claim(scene, case)]}
        assert (await anna.send(page, "decide", **typed)).status == 422
        await anna.send(page, "decide", **typed, override_note="I am alone here.")
    assert (await scene.platform.read(case))["decisions"][1]["override_note"] == "I am alone here."


async def seen_by_merchant(scene: Scene, server: Server, case: dict[str, Any]) -> str:
    """Return the page of a case as an admin of the account reads it."""
    grace = await hire(scene, server.url, "admin")
    async with grace.http:
        page = await grace.look(case)
    assert "The photos show it." in page.text
    assert "You are right." not in page.html
    return page.html


async def test_an_admin_decides_alone_with_a_note_where_nobody_else_may(scene: Scene, server: Server) -> None:
    ada = await sit_down(scene, server.url, "admin", "Anna Admin")
    async with ada.http:
        case = await appealed(scene, ada)
        page = await ada.look(case)
        assert "nobody else may decide this appeal" in page.text
        typed = {**VERDICT, "choice": "upheld", "reason_code": "nothing_new"}
        evidence = [await claim(scene, case)]
        refused = await ada.send(page, "decide", **typed, evidence=evidence)
        assert refused.status == 422
        await ada.send(refused, "decide", **typed, evidence=evidence, override_note="I am alone here.")
    assert (await scene.platform.read(case))["decisions"][1]["override_note"] == "I am alone here."
    assert (await scene.merchant.read(case))["decisions"][1]["override_note"] is None


async def test_only_the_platforms_staff_reviews_and_not_its_own(scene: Scene, rosa: Worker, server: Server) -> None:
    case = await scene.under_review()
    grace = await hire(scene, server.url, "owner")
    async with grace.http:
        page = await grace.look(case)
        assert not page.forms & {"decide", "ask"}
        assert (await grace.post(case, "decide", at=page, **VERDICT)).status_code == 403
        assert (await grace.http.get(f"{grace.page(case)}/reasons/other")).status_code == 403
    assert (await rosa.look(case)).forms >= {"decide", "ask"}
    await make_team_member(scene.pool, scene.account, rosa.user, "owner")
    page = await rosa.look(case)
    assert not page.forms & {"decide", "ask"}
    assert (await rosa.post(case, "decide", at=page, **VERDICT)).status_code == 403


async def test_notes_and_reviewers_stay_with_the_platform(scene: Scene, rosa: Worker, server: Server) -> None:
    case = await scene.under_review()
    page = await rosa.send(await rosa.look(case), "note", message="He always says so.")
    done = await rosa.send(page, "assign", assignee=rosa.user.pid)
    assert "He always says so." in done.text
    grace = await hire(scene, server.url, "owner")
    async with grace.http:
        theirs = (await grace.look(case)).html
    for secret in ("He always says so.", "Rosa Review"):
        assert secret not in theirs
        assert secret not in str(await scene.customer.read(case))
        assert secret not in str(await scene.merchant.read(case))
