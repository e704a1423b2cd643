"""The catalogue of reasons over HTTP: what a decision may give, and how admins of the platform keep it."""

import re
from pathlib import Path
from typing import Any

import httpx

from amends.cases.queries_reasons import find_reason
from amends.cases.reason_words import DECISION_TEXTS
from amends.cases.words import decision_reason_word
from amends.db.pool import Pool
from amends.web.readers import absent_reader, plain_reader, reading_as
from tests.cases.scene import Answer, Scene
from tests.credentials import bearer

PATH = "/api/v1/reason_codes"
TAXES: dict[str, Any] = {
    "title": "Taxes",
    "when_to_use": "When taxes decide it.",
    "fits": ["merchant_won", "customer_won"],
    "to_customer": "Dear {customer_name}, taxes on {product} are due.",
    "to_merchant": "Taxes on {product}.",
}


async def ask(scene: Scene, method: str, path: str = "", body: Any = None, *, token: str | None = None) -> Answer:
    """Call the catalogue, as the platform unless a token says otherwise."""
    who = bearer(token or scene.platform.token)
    sent: httpx.Response = await scene.http.request(method, PATH + path, json=body, headers=who)
    return Answer(sent.status_code, sent.json(), dict(sent.headers))


async def test_the_catalogue_has_a_reason_for_every_way_to_decide(scene: Scene) -> None:
    reasons = (await ask(scene, "GET")).body["data"]
    assert len(reasons) >= 12
    assert {way for reason in reasons for way in reason["fits"]} == {
        "customer_won",
        "merchant_won",
        "upheld",
        "reversed",
    }
    assert all(reason["when_to_use"] and not reason["retired"] for reason in reasons)


async def test_the_sides_read_titles_and_not_how_the_platform_decides(scene: Scene) -> None:
    answer = await ask(scene, "GET", "/not_delivered", token=scene.merchant.token)
    assert (answer.body["title"], answer.body["when_to_use"], answer.body["to_customer"]) == (
        "Not delivered",
        None,
        None,
    )
    assert (await ask(scene, "GET", "/never_heard_of")).status == 404


async def test_a_decision_gives_a_reason_of_the_catalogue(scene: Scene) -> None:
    case = await scene.under_review()
    verdict = await scene.verdict(case)
    unknown = await scene.platform.refused(case, "decide", **{**verdict, "reason_code": "made_up"})
    unfit = await scene.platform.refused(case, "decide", **{**verdict, "reason_code": "canceled_too_late"})
    assert [(unknown.status, unknown.code), (unfit.status, unfit.code)] == [
        (422, "unknown_reason_code"),
        (422, "unfitting_reason_code"),
    ]
    offered = unfit.body["error"]["details"]["reason_codes"]
    assert "not_as_described" in offered
    assert "canceled_too_late" not in offered
    decided = await scene.platform.act(case, "decide", **verdict)
    assert decided["decisions"][0]["reason_code"] == "not_as_described"


async def test_a_retired_reason_stays_on_its_decisions_and_takes_no_new_one(scene: Scene) -> None:
    added = await ask(scene, "PUT", "/taxes", TAXES)
    assert (added.status, added.body["version"]) == (200, 1)
    first, second = await scene.under_review(), await scene.under_review()
    await scene.platform.act(first, "decide", **await scene.verdict(first, reason_code="taxes"))
    retired = await ask(scene, "PUT", "/taxes", {**TAXES, "retired": True, "version": 1})
    assert (retired.body["retired"], retired.body["version"]) == (True, 2)
    refused = await scene.platform.refused(second, "decide", **await scene.verdict(second, reason_code="taxes"))
    assert (refused.status, refused.code) == (422, "unknown_reason_code")
    assert "taxes" not in refused.body["error"]["details"]["reason_codes"]
    assert (await scene.customer.read(first))["decisions"][0]["reason_code"] == "taxes"
    assert (await ask(scene, "GET", "/taxes")).body["title"] == "Taxes"


async def test_a_change_is_a_version_in_the_audit_log(scene: Scene, pool: Pool) -> None:
    await ask(scene, "PUT", "/taxes", TAXES)
    await ask(scene, "PUT", "/taxes", TAXES)  # changes nothing
    changed = await ask(scene, "PUT", "/taxes", {**TAXES, "title": "Tax", "version": 1})
    stale = await ask(scene, "PUT", "/taxes", {**TAXES, "title": "Duties", "version": 1})
    assert (changed.body["version"], stale.status, stale.code) == (2, 409, "reason_code_changed")
    lines = await pool.fetch("select action, details from audit_log where subject = 'taxes' order by id")
    assert [line["action"] for line in lines] == ["reason_code.added", "reason_code.changed"]
    assert lines[1]["details"] == {"version": 2, "before": {"title": "Taxes"}, "after": {"title": "Tax"}}


async def test_a_reason_that_cannot_be_kept_says_why(scene: Scene) -> None:
    refused = [
        await ask(scene, "PUT", path, {**TAXES, **change})
        for path, change in (
            ("/Taxes", {}),
            ("/taxes", {"fits": []}),
            ("/taxes", {"title": " "}),
            ("/taxes", {"to_merchant": "Decided by {agent_name}."}),
        )
    ]
    assert [(answer.status, answer.code) for answer in refused] == [
        (422, "reason_code_invalid"),
        (422, "reason_fits_nothing"),
        (422, "reason_title_invalid"),
        (422, "unknown_placeholder"),
    ]
    merchant = await ask(scene, "PUT", "/taxes", TAXES, token=scene.merchant.token)
    assert (merchant.status, merchant.code) == (403, "missing_permission")


async def test_the_reference_lists_what_an_installation_starts_with(scene: Scene) -> None:
    page = (Path(__file__).parents[2] / "docs/reference/reason-codes.md").read_text()
    listed = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE)
    assert [(code, title, re.findall(r"\w+", fits)) for code, title, fits in listed] == [
        (reason["code"], reason["title"], reason["fits"]) for reason in (await ask(scene, "GET")).body["data"]
    ]


async def test_the_texts_of_the_catalogue_are_those_that_are_translated(scene: Scene) -> None:
    began = {one["code"]: (one["to_customer"], one["to_merchant"]) for one in (await ask(scene, "GET")).body["data"]}
    with reading_as(plain_reader(scene.clock.now())):
        ours = {code: (str(customer), str(merchant)) for code, (customer, merchant) in DECISION_TEXTS.items()}
    assert ours == {code: texts for code, texts in began.items() if any(texts)}


async def test_a_title_in_each_language(scene: Scene) -> None:
    spanish = {"title": "Impuestos", "to_customer": "Se deben impuestos.", "to_merchant": ""}
    put = await ask(scene, "PUT", "/taxes", {**TAXES, "translations": {"es": spanish, "en": {"title": " "}}})
    assert put.body["translations"] == {"es": spanish}
    outside = await ask(scene, "GET", "/taxes", token=scene.merchant.token)
    assert outside.body["translations"] == {"es": {"title": "Impuestos", "to_customer": None, "to_merchant": None}}
    reason = await find_reason(scene.pool, "taxes")
    assert reason is not None
    for tag, title in (("es-MX", "Impuestos"), ("en", "Taxes"), ("fr", "Taxes")):
        with reading_as(absent_reader(tag, None, scene.clock.now())):
            assert reason.words == title
            assert decision_reason_word("taxes", "Taxes", {"es": "Impuestos"}) == title
    again = await ask(scene, "PUT", "/taxes", {**TAXES, "translations": {}, "version": 1})
    assert (again.body["version"], again.body["translations"]) == (2, {})


async def test_a_translation_that_cannot_be_kept_says_why(scene: Scene) -> None:
    for translations, code, param in (
        ({"tlh": {"title": "x"}}, "reason_language_unknown", "translations"),
        ({"es": {"to_customer": "{agent_name}"}}, "unknown_placeholder", "to_customer_es"),
    ):
        refused = await ask(scene, "PUT", "/taxes", {**TAXES, "translations": translations})
        assert (refused.status, refused.code, refused.body["error"]["param"]) == (422, code, param)
