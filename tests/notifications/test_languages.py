"""In which language and time zone people are written to who have chosen none: as they last read."""

from datetime import timedelta

import anyio
import pytest

from amends.access.permissions import Role
from amends.people.rows import UserRow
from tests.cases.scene import Scene
from tests.credentials import bearer
from tests.notifications.post import Post, to
from tests.running import Server
from tests.staff import browser

SEEN = "select preferences ->> 'seen_locale' from user_preferences where user_id = $1"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def read_a_page(server: Server, scene: Scene, user: UserRow, language: str) -> None:
    """Read pages of one's own in a browser in Mexico, until one of them has noticed in which language."""
    async with browser(server.url, scene.pool, user, scene.clock) as http:
        http.cookies.set("amends_tz", "America%2FMexico_City", domain=http.base_url.host, path="/")
        with anyio.fail_after(60):
            while await scene.pool.fetchval(SEEN, user.id) != language:
                page = await http.get("/me", headers={"Accept-Language": language})
                assert f'<html lang="{language}"' in page.text


async def test_who_only_ever_read_spanish_pages_gets_spanish_mails(server: Server, scene: Scene, post: Post) -> None:
    await read_a_page(server, scene, scene.ada, "es-MX")
    case = await scene.case()
    told = to(await post.wait(), "ada")
    assert (told["locale"], told["subject"].partition(" · ")[0]) == ("es-MX", "Recibimos tu caso")
    await scene.merchant.act(case, "request_info", message="Which one?")
    asked = to(await post.wait(), "ada")
    assert "Responde, por favor, a" in asked["text"]
    assert "03:01 CST" in asked["text"]
    reminded = to(await post.wait(4 * DAY), "ada")
    assert (reminded["kind"], reminded["locale"]) == ("customer_reminder", "es-MX")
    await read_a_page(server, scene, scene.ada, "en-GB")
    await scene.merchant.act(case, "comment", message="Any news?")
    assert to(await post.wait(), "ada")["locale"] == "en-GB"


async def test_a_digest_comes_as_its_reader_last_read(server: Server, scene: Scene, post: Post) -> None:
    olga, _party = await post.colleague(Role.OWNER, "Olga Owner")
    await read_a_page(server, scene, olga, "es-MX")
    await post.everything(6 * HOUR)  # the first morning in Mexico
    await scene.case()
    [digest] = [mail for mail in await post.everything(DAY) if mail["kind"] == "digest"]
    assert digest["locale"] == "es-MX"
    assert "CST" in digest["text"]


@pytest.mark.parametrize(("told", "locale"), [("es", "es"), ("es_MX", "es_MX"), ("de", "en")])
async def test_what_the_platform_says_with_a_sign_in_link(scene: Scene, post: Post, told: str, locale: str) -> None:
    asked = {"user_id": scene.ada.external_id, "locale": told}
    answer = await scene.http.post("/api/v1/sign_in_links", json=asked, headers=bearer(scene.platform.token))
    assert answer.status_code == 201
    await scene.case()
    assert to(await post.wait(), "ada")["locale"] == locale
