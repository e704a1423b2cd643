"""How somebody was last seen to read: written where it is news, read where they do not look, never in the way."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

import anyio
import httpx
import pytest

from amends.access.commands_preferences import set_preferences
from amends.access.sessions import COOKIE, Preferences, Session
from amends.access.signed_in import find_session
from amends.db.pool import Pool, create_pool
from amends.kit.clock import ManualClock
from amends.people.rows import UserRow
from amends.web.noticing import news_of, notice_reading
from amends.web.readers import Seen, locale_of, seen_in, time_zone_of
from tests.builders import make_account
from tests.conftest import Database
from tests.running import Server
from tests.staff import browser, make_team_person


@pytest.fixture
async def user(pool: Pool) -> UserRow:
    """Give somebody who may sign in."""
    return await make_team_person(pool, await make_account(pool), "owner")


@pytest.fixture
async def http(server: Server, pool: Pool, user: UserRow, clock: ManualClock) -> AsyncGenerator[httpx.AsyncClient]:
    """Give a browser in which they are signed in."""
    async with browser(server.url, pool, user, clock) as client:
        yield client


async def stored(pool: Pool, user: UserRow) -> Mapping[str, Any]:
    """Return what is known of how somebody reads."""
    found = await pool.fetchval("select preferences from user_preferences where user_id = $1", user.id)
    return found or {}


async def writes(pool: Pool, user: UserRow) -> str | None:
    """Return which version of the row there is: another one after each write."""
    return await pool.fetchval("select xmin::text from user_preferences where user_id = $1", user.id)


async def look(http: httpx.AsyncClient, accept_language: str) -> None:
    """Read a page in a browser that asks for a language."""
    assert (await http.get("/me", headers={"Accept-Language": accept_language})).status_code == 200


async def noticed(http: httpx.AsyncClient, accept_language: str, pool: Pool, user: UserRow, **known: str) -> None:
    """Read pages until it is known how somebody reads: the next page tries again where a busy machine took too long."""
    with anyio.fail_after(60):
        while await stored(pool, user) != known:
            await look(http, accept_language)


@pytest.mark.parametrize(
    ("known", "seen", "news"),
    [
        (Preferences(), Seen("es", None), {"seen_locale": "es"}),
        (Preferences(seen_locale="en"), Seen("es-MX", None), {"seen_locale": "es-MX"}),
        (Preferences(), Seen("es", "Asia/Tokyo"), {"seen_locale": "es", "seen_time_zone": "Asia/Tokyo"}),
        (Preferences(seen_locale="es", seen_time_zone="Asia/Tokyo"), Seen("es", "Asia/Tokyo"), {}),
        (Preferences(seen_locale="es", seen_time_zone="Asia/Tokyo"), Seen(None, None), {}),
        (Preferences(locale="en", time_zone="UTC"), Seen("es", "Asia/Tokyo"), {}),
        (Preferences(locale="en"), Seen("es", "Asia/Tokyo"), {"seen_time_zone": "Asia/Tokyo"}),
    ],
)
def test_what_is_news(known: Preferences, seen: Seen, news: dict[str, str]) -> None:
    assert news_of(known, seen) == news


@pytest.mark.parametrize(
    ("cookies", "header", "seen"),
    [
        ({}, "", Seen(None, None)),
        ({}, "es-MX,en;q=0.8", Seen("es-MX", None)),
        ({}, "fr,es;q=0.5", Seen("es", None)),
        ({}, "fr", Seen(None, None)),
        ({"amends_locale": "es", "amends_tz": "America/Mexico_City"}, "en", Seen("es", "America/Mexico_City")),
        ({"amends_locale": "ar-XB", "amends_tz": "Nowhere/At_All"}, "", Seen(None, None)),
    ],
)
def test_what_a_browser_says(cookies: dict[str, str], header: str, seen: Seen) -> None:
    assert seen_in(cookies, header) == seen


@pytest.mark.parametrize(
    ("known", "platforms", "locale"),
    [
        (Preferences(), "en", "en"),
        (Preferences(seen_locale="es"), "en", "es"),
        (Preferences(seen_locale="en", told_locale="es"), "en", "es"),
        (Preferences(seen_locale="es", told_locale="de"), "en", "es"),
        (Preferences(seen_locale="es", told_locale="es", locale="en"), "es", "en"),
    ],
)
def test_in_which_language_somebody_is_written_to(known: Preferences, platforms: str, locale: str) -> None:
    assert locale_of(known, platforms) == locale


def test_in_which_zone_somebody_is_written_to() -> None:
    assert time_zone_of(Preferences(), None, "Europe/Madrid") == "Europe/Madrid"
    assert time_zone_of(Preferences(seen_time_zone="Asia/Tokyo"), "Europe/Madrid") == "Asia/Tokyo"
    assert time_zone_of(Preferences(seen_time_zone="Asia/Tokyo", time_zone="UTC"), "Europe/Madrid") == "UTC"


async def test_it_is_written_when_it_changes_and_not_with_each_page(
    http: httpx.AsyncClient, pool: Pool, user: UserRow
) -> None:
    http.cookies.set("amends_tz", "America%2FMexico_City")
    await noticed(http, "es-MX", pool, user, seen_locale="es-MX", seen_time_zone="America/Mexico_City")
    before = await writes(pool, user)
    await look(http, "es-MX")
    await look(http, "fr")
    assert await writes(pool, user) == before
    await noticed(http, "en-GB", pool, user, seen_locale="en-GB", seen_time_zone="America/Mexico_City")


async def test_what_somebody_chose_stays(
    http: httpx.AsyncClient, pool: Pool, user: UserRow, clock: ManualClock
) -> None:
    await set_preferences(pool, user.id, now=clock.now(), locale="en", time_zone="Asia/Tokyo")
    before = await writes(pool, user)
    await look(http, "es")
    assert await writes(pool, user) == before


async def test_the_same_again_is_no_write(pool: Pool, user: UserRow, clock: ManualClock) -> None:
    await set_preferences(pool, user.id, now=clock.now(), columns=["a", "b"])
    before = await writes(pool, user)
    await set_preferences(pool, user.id, now=clock.now(), columns=["a", "b"])
    assert await writes(pool, user) == before
    await set_preferences(pool, user.id, now=clock.now(), columns=["b"])
    assert await stored(pool, user) == {"columns": ["b"]}


async def test_a_page_does_not_wait_for_a_database_that_is_busy(
    http: httpx.AsyncClient, pool: Pool, user: UserRow, clock: ManualClock
) -> None:
    await noticed(http, "en", pool, user, seen_locale="en")
    async with pool.acquire() as connection, connection.transaction():
        await set_preferences(connection, user.id, now=clock.now(), theme="dark")
        await look(http, "es")
    assert await stored(pool, user) == {"seen_locale": "en", "theme": "dark"}
    await noticed(http, "es", pool, user, seen_locale="es", theme="dark")


async def test_a_page_needs_no_database_that_can_be_written(
    http: httpx.AsyncClient, pool: Pool, user: UserRow, clock: ManualClock, database: Database
) -> None:
    session = await session_of(http, pool, clock)
    async with create_pool(f"{database.url}&default_transaction_read_only=on", max_size=1) as reading:
        await notice_reading(reading, session, Seen("es", None), clock.now())
    assert await stored(pool, user) == {}
    with anyio.fail_after(60):
        while await stored(pool, user) != {"seen_locale": "es"}:
            await notice_reading(pool, session, Seen("es", None), clock.now())


async def session_of(http: httpx.AsyncClient, pool: Pool, clock: ManualClock) -> Session:
    """Return the session of a browser."""
    found = await find_session(pool, http.cookies[COOKIE], clock.now())
    assert found is not None
    return found.session
