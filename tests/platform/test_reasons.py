"""The pages of the reason codes: the staff reads the catalogue, admins keep it, nothing is lost by a refusal."""

import re
from typing import Any

import httpx

from amends.db.pool import Pool
from tests.cases.scene import Scene
from tests.platform.visiting import audited, text_of
from tests.running import Server
from tests.staff import browser

PATH = "/platform/reasons"
TAXES: dict[str, Any] = {
    "code": "taxes",
    "title": "Taxes",
    "when_to_use": "When taxes decide it.",
    "fits": ["merchant_won", "reversed"],
    "to_customer": "Taxes on {product} are due.",
    "to_merchant": "",
}


async def test_the_staff_reads_the_catalogue(reviewer: httpx.AsyncClient) -> None:
    page = text_of(await reviewer.get(PATH))
    assert "Not as described not_as_described" in page
    assert "New reason" not in page
    one = await reviewer.get(f"{PATH}/not_as_described")
    assert "{product} with how it was offered" in text_of(one)
    assert "<form" not in one.text.partition('id="main"')[2].partition("</main>")[0]
    assert (await reviewer.post(PATH, data=TAXES)).status_code == 403
    assert (await reviewer.get(f"{PATH}/made_up")).status_code == 404


async def test_an_admin_adds_changes_and_retires(admin: httpx.AsyncClient, pool: Pool) -> None:
    assert (await admin.post(PATH, data=TAXES)).headers["location"] == PATH
    page = await admin.get(f"{PATH}/taxes")
    version = re.search(r'name="version" value="(\d+)"', page.text)
    assert version is not None
    changed = await admin.post(f"{PATH}/taxes", data={**TAXES, "title": "Tax", "version": version[1]})
    assert changed.status_code == 303
    await admin.post(f"{PATH}/taxes/retire", data={"retired": "1"})
    shown = text_of(await admin.get(PATH))
    assert "Tax taxes" in shown.partition("Retired")[2]
    await admin.post(f"{PATH}/taxes/retire", data={"retired": "0"})
    assert "Retired" not in text_of(await admin.get(PATH))
    actions = [action for action, _, subject in await audited(pool, "reason_code.%") if subject == "taxes"]
    assert actions == ["reason_code.added", "reason_code.changed", "reason_code.retired", "reason_code.restored"]


async def test_a_refusal_keeps_what_was_typed(admin: httpx.AsyncClient) -> None:
    await admin.post(PATH, data=TAXES)
    for change, status, words in (
        ({}, 409, "There is a reason with this code already."),
        ({"code": "Bad code"}, 422, "A code has 2 to 64 small letters"),
        ({"code": "duties", "fits": []}, 422, "Choose at least one way to decide."),
        ({"code": "duties", "to_merchant": "By {agent_name}."}, 422, "{agent_name} is not a placeholder here."),
    ):
        again = await admin.post(PATH, data={**TAXES, **change})
        assert (again.status_code, words in text_of(again)) == (status, True)
        assert "Taxes on {product} are due." in again.text
    stale = await admin.post(f"{PATH}/taxes", data={**TAXES, "title": "Late", "version": "9"})
    assert (stale.status_code, "Somebody else has changed this reason" in text_of(stale)) == (409, True)


async def test_nobody_else_finds_the_catalogue(scene: Scene, server: Server) -> None:
    owner, _ = await scene.colleague("owner")
    async with browser(server.url, scene.pool, owner, scene.clock) as http:
        assert [(await http.get(path)).status_code for path in (PATH, f"{PATH}/other")] == [404, 404]


async def test_words_of_a_languages_own(admin: httpx.AsyncClient) -> None:
    await admin.post(PATH, data={**TAXES, "title_es": "Impuestos", "to_customer_es": "Se deben por {product}."})
    page = await admin.get(f"{PATH}/taxes")
    assert 'value="Impuestos"' in page.text
    assert "Se deben por {product}." in page.text
    assert "Impuestos" in text_of(await admin.get(PATH, headers={"Accept-Language": "es"}))
    assert "Taxes taxes" in text_of(await admin.get(PATH, headers={"Accept-Language": "en"}))
    wrong = await admin.post(f"{PATH}/taxes", data={**TAXES, "to_customer_es": "{agent_name}"})
    assert wrong.status_code == 422
    assert 'href="#f-to_customer_es"' in wrong.text
