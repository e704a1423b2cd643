"""Signing in with the company's account, against a real OpenID provider; and one that does everything wrong."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from typing import Any

import anyio
import httpx
import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from amends.access.keysets import FLOOR
from amends.access.oidc import REST, OidcClient, ProviderTrouble, Trouble, begin_attempt, is_safe_address
from amends.access.sessions import COOKIE
from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.people.rows import AccountRow, UserRow
from amends.settings import InvalidSetting, Settings, load_settings, oidc_settings
from amends.staff.pages_oidc import CODES_FROM_IP
from tests.builders import make_user
from tests.notifications.outbox import newest, path_in
from tests.running import Server
from tests.running import settings as usual_settings
from tests.staff import browser, make_staff_person
from tests.staff.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, query_of, run, unsigned, with_query

__all__ = ["usual_settings"]

START = "/sign-in/oidc"


@pytest.fixture
def provider_listener() -> Any:
    """Give the socket of the provider."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def issuer(provider_listener: socket.socket) -> str:
    """Give the address of the provider."""
    return f"http://127.0.0.1:{provider_listener.getsockname()[1]}"


@pytest.fixture
def settings(usual_settings: Settings, issuer: str) -> Settings:
    """Give the settings of a server whose staff comes in by the provider."""
    return msgspec.structs.replace(
        usual_settings,
        oidc_issuer=issuer,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
        oidc_name="Example Works",
    )


@pytest.fixture
async def provider(
    settings: Settings, issuer: str, provider_listener: socket.socket, clock: ManualClock, person: UserRow
) -> AsyncGenerator[Provider]:
    """Give the provider; the account's owner is signed in there."""
    made = Provider(issuer, settings.base_url + START + "/callback", clock)
    made.user = {"sub": "ada-1", "email": person.email, "email_verified": True, "name": "Ada at work"}
    async with run(made, provider_listener):
        yield made


async def leave(http: httpx.AsyncClient, then: str = "/me") -> str:
    """Begin, and return where the browser is sent."""
    answer = await http.get(START, params={"next": then})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def at_provider(address: str) -> str:
    """Follow the way through the provider, and return the path where it sends the browser back to."""
    async with httpx.AsyncClient(timeout=60) as elsewhere:
        answer = await elsewhere.get(address)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


async def come_in(http: httpx.AsyncClient, then: str = "/me") -> httpx.Response:
    """Sign in with the company's account, all the way."""
    return await http.get(await at_provider(await leave(http, then)))


async def test_the_button_leads_to_the_provider_and_back(
    nobody: httpx.AsyncClient, provider: Provider, person: UserRow, pool: Pool
) -> None:
    page = await nobody.get("/sign-in", params={"next": "/me/security"})
    assert "Sign in with Example Works" in page.text
    assert 'href="/sign-in/oidc?next=%2Fme%2Fsecurity"' in page.text
    done = await come_in(nobody, "/me/security")
    assert (done.status_code, done.headers["location"]) == (303, "/me/security")
    assert (person.email or "") in (await nobody.get("/me")).text
    actions = [row["action"] for row in await pool.fetch("select action from audit_log order by created_at, id")]
    assert actions == ["oidc.linked", "session.started"]
    assert await pool.fetchval("select signed_in_by from sessions") == "oidc"


async def test_the_request_carries_what_protects_it(nobody: httpx.AsyncClient, provider: Provider) -> None:
    sent = query_of(await leave(nobody))
    assert sent["response_type"] == "code"
    assert sent["scope"] == "openid email profile"
    assert sent["code_challenge_method"] == "S256"
    assert min(len(sent[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    again = query_of(await leave(nobody))
    assert all(sent[name] != again[name] for name in ("state", "nonce", "code_challenge"))


async def test_the_second_time_the_subject_counts_and_not_the_address(
    server: Server, provider: Provider, person: UserRow, pool: Pool
) -> None:
    async with browser(server.url) as first:
        assert (await come_in(first)).status_code == 303
    assert provider.user is not None
    provider.user |= {"email": "married@example.com", "email_verified": False}
    async with browser(server.url) as second:
        assert (await come_in(second)).status_code == 303
        assert (person.email or "") in (await second.get("/me")).text
    assert await pool.fetchval("select count(*) from oidc_identities") == 1


async def refused(http: httpx.AsyncClient, answer: httpx.Response, status: int, words: str) -> None:
    """See that nobody came in, and that it is said why."""
    assert (answer.status_code, words in answer.text) == (status, True), answer.text[-3000:]
    assert COOKIE not in http.cookies
    assert 'name="password"' in answer.text


async def test_who_is_given_a_colleagues_old_address_is_not_them(
    server: Server, provider: Provider, nobody: httpx.AsyncClient
) -> None:
    async with browser(server.url) as first:
        await come_in(first)
    assert provider.user is not None
    provider.user["sub"] = "somebody-else"
    await refused(nobody, await come_in(nobody), 403, "belongs here to another identity of Example Works")


@pytest.mark.parametrize("verified", [False, None, "false", 1, "yes"])
async def test_an_address_that_is_not_verified_opens_nothing(
    nobody: httpx.AsyncClient, provider: Provider, verified: Any
) -> None:
    assert provider.user is not None
    provider.user["email_verified"] = verified
    await refused(nobody, await come_in(nobody), 403, "Example Works has not verified your e-mail address")


async def test_nobody_comes_in_who_is_not_here(nobody: httpx.AsyncClient, provider: Provider, pool: Pool) -> None:
    await make_user(pool, email="customer@example.com")
    for email in ("customer@example.com", "unknown@example.com"):
        provider.user = {"sub": email, "email": email, "email_verified": True}
        await refused(nobody, await come_in(nobody), 403, f"{email} is on no team here")
    assert await pool.fetchval("select count(*) from oidc_identities") == 0


async def test_who_left_the_team_does_not_come_in(
    server: Server, provider: Provider, nobody: httpx.AsyncClient, pool: Pool
) -> None:
    async with browser(server.url) as first:
        await come_in(first)
    await pool.execute("delete from team_members")
    await refused(nobody, await come_in(nobody), 403, "is on no team here")


async def test_two_people_of_one_address_are_not_guessed_between(
    nobody: httpx.AsyncClient, provider: Provider, pool: Pool, person: UserRow, account: AccountRow, clock: ManualClock
) -> None:
    other = await make_user(pool, email=(person.email or "").upper())
    await pool.execute(
        "insert into team_members (account_id, user_id, role, created_at) values ($1, $2, 'viewer', $3)",
        account.id,
        other.id,
        clock.now(),
    )
    await refused(nobody, await come_in(nobody), 403, "Several people here have the address")


async def test_an_invitation_is_accepted_from_its_page(
    nobody: httpx.AsyncClient,
    server: Server,
    provider: Provider,
    pool: Pool,
    person: UserRow,
    account: AccountRow,
    clock: ManualClock,
) -> None:
    guest = "grace@example.com"
    async with browser(server.url, pool, person, clock) as owner:
        await owner.post(f"/accounts/{account.pid}/team/invitations", data={"email": guest, "role": "support"})
    path = path_in(await newest(pool, guest))
    provider.user = {"sub": "grace-1", "email": guest.upper(), "email_verified": True, "name": "Grace Hopper"}
    await refused(nobody, await come_in(nobody), 403, "is invited. Open the link")
    assert "Join with Example Works" in (await nobody.get(path)).text
    done = await come_in(nobody, path)
    assert (done.status_code, done.headers["location"]) == (303, path)
    assert (await nobody.get(f"/accounts/{account.pid}/cases")).status_code == 200
    row = await pool.fetchrow(
        "select u.name, t.role from team_members t join users u on u.id = t.user_id where lower(u.email) = $1", guest
    )
    assert row is not None
    assert tuple(row) == ("Grace Hopper", "support")
    provider.user = {"sub": "mallory-1", "email": "mallory@example.com", "email_verified": True}
    async with browser(server.url) as mallory:
        await refused(mallory, await come_in(mallory, path), 403, "is on no team here")


async def test_nobody_becomes_an_admin_by_what_the_provider_says(
    nobody: httpx.AsyncClient, provider: Provider, pool: Pool
) -> None:
    provider.faults.claims = {"groups": ["admin"], "role": "admin", "roles": ["admin"]}
    assert (await come_in(nobody)).status_code == 303
    assert await pool.fetchval("select count(*) from platform_staff") == 0


async def test_a_second_step_is_still_asked_for(
    nobody: httpx.AsyncClient, provider: Provider, pool: Pool, clock: ManualClock
) -> None:
    admin = await make_staff_person(pool, "admin")
    await pool.execute(
        "insert into totp_secrets (user_id, sealed, confirmed_at, created_at) values ($1, '', $2, $2)",
        admin.id,
        clock.now(),
    )
    provider.user = {"sub": "admin-1", "email": admin.email, "email_verified": True}
    assert (await come_in(nobody)).headers["location"] == "/sign-in/code"
    assert COOKIE not in nobody.cookies


FORGED = RSAKey.generate_key(2048, {"kid": "first"})
UNTRUSTED = "could not be verified, so nobody was signed in"


def forged(claims: dict[str, Any]) -> str:
    """Sign with a key that only says to be the provider's."""
    return jwt.encode({"alg": "RS256", "kid": "first"}, claims, FORGED, ["RS256"])


def shared(claims: dict[str, Any]) -> str:
    """Sign with the client's secret, as if that were a key."""
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(CLIENT_SECRET.ljust(32)), ["HS256"])


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": None},
        {"aud": [CLIENT_ID, "another"], "azp": "another"},
        {"aud": [CLIENT_ID, "another"]},
        {"iss": "https://another.example"},
        {"iss": None},
        {"exp": 1},
        {"exp": None},
        {"iat": 32_503_680_000},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"at_hash": "wrong"},
    ],
    ids=str,
)
async def test_an_id_token_that_does_not_hold_opens_nothing(
    nobody: httpx.AsyncClient, provider: Provider, claims: dict[str, Any]
) -> None:
    provider.faults.claims = claims
    await refused(nobody, await come_in(nobody), 502, UNTRUSTED)


def malformed(_claims: dict[str, Any]) -> str:
    """Write no token."""
    return "x.y.z"


def endless(_claims: dict[str, Any]) -> str:
    """Write more than a token can be."""
    return "x" * 9000


@pytest.mark.parametrize("sign", [unsigned, forged, shared, malformed, endless])
async def test_an_id_token_that_the_provider_did_not_sign_opens_nothing(
    nobody: httpx.AsyncClient, provider: Provider, sign: Callable[[dict[str, Any]], str]
) -> None:
    provider.faults.sign = sign
    await refused(nobody, await come_in(nobody), 502, UNTRUSTED)


async def test_a_new_key_of_the_provider_is_found(
    server: Server, provider: Provider, nobody: httpx.AsyncClient, clock: ManualClock
) -> None:
    async with browser(server.url) as first:
        assert (await come_in(first)).status_code == 303
    clock.advance(FLOOR)
    provider.rotate(served=False)
    await refused(nobody, await come_in(nobody), 502, UNTRUSTED)
    clock.advance(FLOOR)
    provider.rotate()
    assert (await come_in(nobody)).status_code == 303


async def test_an_answer_counts_once(server: Server, provider: Provider, nobody: httpx.AsyncClient) -> None:
    address = await leave(nobody)
    attempt = nobody.cookies["amends_oidc"]
    back = await at_provider(address)
    assert (await nobody.get(back)).status_code == 303
    async with browser(server.url) as thief:
        thief.cookies.set("amends_oidc", attempt, domain="127.0.0.1", path=START)
        await refused(thief, await thief.get(back), 400, "That took too long, or was not begun in this browser")


async def test_an_answer_counts_in_the_browser_that_asked(
    server: Server, provider: Provider, nobody: httpx.AsyncClient
) -> None:
    back = await at_provider(await leave(nobody))
    async with browser(server.url) as victim:
        await refused(victim, await victim.get(back), 400, "was not begun in this browser")
        await leave(victim)
        await refused(victim, await victim.get(back), 400, "was not begun in this browser")


async def test_an_attempt_is_over_after_ten_minutes(
    provider: Provider, nobody: httpx.AsyncClient, clock: ManualClock
) -> None:
    back = await at_provider(await leave(nobody))
    clock.advance(timedelta(minutes=10, seconds=1))
    await refused(nobody, await nobody.get(back), 400, "That took too long")


async def test_whoever_cancels_is_told_so(provider: Provider, nobody: httpx.AsyncClient) -> None:
    provider.user = None
    answer = await come_in(nobody)
    await refused(nobody, answer, 403, "You did not finish signing in at Example Works")


@pytest.mark.parametrize("change", [{"code": "wrong"}, {"code": ""}, {"error": "server_error"}])
async def test_a_code_that_the_provider_does_not_take(
    provider: Provider, nobody: httpx.AsyncClient, change: dict[str, str]
) -> None:
    back = with_query(await at_provider(await leave(nobody)), **change)
    await refused(nobody, await nobody.get(back), 502, "Example Works did not accept this")


async def test_an_answer_of_another_issuer_is_not_taken(provider: Provider, nobody: httpx.AsyncClient) -> None:
    back = with_query(await at_provider(await leave(nobody)), iss="https://another.example")
    await refused(nobody, await nobody.get(back), 502, UNTRUSTED)
    assert "/token" not in provider.asked


async def test_the_code_is_worth_nothing_without_its_verifier(provider: Provider, nobody: httpx.AsyncClient) -> None:
    code = query_of(await at_provider(await leave(nobody)))["code"]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": provider.client.redirect_uri,
        "code_verifier": "x" * 43,
    }
    async with httpx.AsyncClient(timeout=60, auth=(CLIENT_ID, CLIENT_SECRET)) as thief:
        answer = await thief.post(f"{provider.issuer}/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


UNREACHABLE = "Example Works does not answer now"


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/.well-known/openid-configuration", (500, b"")),
        ("/.well-known/openid-configuration", (302, b"")),
        ("/.well-known/openid-configuration", (200, b"no json")),
        ("/.well-known/openid-configuration", (200, b'{"issuer": 1}')),
        ("/.well-known/openid-configuration", (200, b"x" * 300_000)),
    ],
)
async def test_a_provider_that_is_down_is_said(
    provider: Provider, nobody: httpx.AsyncClient, path: str, answer: tuple[int, bytes]
) -> None:
    provider.faults.answers[path] = answer
    await refused(nobody, await nobody.get(START), 502, UNREACHABLE)


async def test_a_provider_that_goes_down_on_the_way_is_said(provider: Provider, nobody: httpx.AsyncClient) -> None:
    back = await at_provider(await leave(nobody))
    provider.faults.answers["/token"] = (503, b"")
    await refused(nobody, await nobody.get(back), 502, UNREACHABLE)
    back = await at_provider(await leave(nobody))
    del provider.faults.answers["/token"]
    provider.faults.answers["/keys"] = (500, b"")
    await refused(nobody, await nobody.get(back), 502, UNREACHABLE)


async def test_nobody_listens_at_the_providers_address(
    server: Server, nobody: httpx.AsyncClient, provider_listener: socket.socket
) -> None:
    provider_listener.close()
    await refused(nobody, await nobody.get(START), 502, UNREACHABLE)


async def test_nobody_waits_behind_others_for_a_provider_that_stalls(
    settings: Settings, provider: Provider, clock: ManualClock
) -> None:
    known = oidc_settings(settings)
    assert known is not None
    client = OidcClient(known, clock, redirect_uri=provider.client.redirect_uri, timeout_s=1)
    provider.faults.stalled = True
    with anyio.fail_after(60):  # one behind the other they would wait for longer
        tried = await asyncio.gather(*(client.address(begin_attempt("/")) for _ in range(100)), return_exceptions=True)
    assert [one.trouble for one in tried if isinstance(one, ProviderTrouble)] == [Trouble.UNREACHABLE] * 100
    provider.faults.stalled = False
    with anyio.fail_after(60):
        while not (address := await _address(client, clock)):
            pass
    assert address.startswith(f"{provider.issuer}/authorize?")


async def _address(client: OidcClient, clock: ManualClock) -> str | None:
    """Ask for the provider's address once it may be asked again; None: it took too long on a busy machine."""
    clock.advance(REST)
    try:
        return await client.address(begin_attempt("/"))
    except ProviderTrouble:
        return None


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://another.example"},
        {"token_endpoint": "http://169.254.169.254/latest/meta-data"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
    ids=str,
)
async def test_a_discovery_document_that_leads_elsewhere_is_not_followed(
    provider: Provider, nobody: httpx.AsyncClient, change: dict[str, str]
) -> None:
    provider.faults.discovery = change
    await refused(nobody, await nobody.get(START), 502, UNTRUSTED)


def test_addresses_of_a_provider() -> None:
    near = "https://login.example"
    assert is_safe_address("https://other.example/token", near=near)
    assert not is_safe_address("http://127.0.0.1/token", near=near)
    assert not is_safe_address("http://login.example/token", near=near)
    assert not is_safe_address("https:///token", near=near)
    assert not is_safe_address("https://[x/token", near=near)
    assert is_safe_address("http://localhost:1/token", near="http://127.0.0.1:2")


async def test_the_address_may_come_from_the_user_info_endpoint(provider: Provider, nobody: httpx.AsyncClient) -> None:
    provider.faults.email_in_user_info = True
    assert (await come_in(nobody)).status_code == 303
    assert "/userinfo" in provider.asked


async def test_user_info_of_somebody_else_is_not_taken(provider: Provider, nobody: httpx.AsyncClient) -> None:
    provider.faults.email_in_user_info = True
    provider.faults.answers["/userinfo"] = (200, b'{"sub": "x", "email": "a@b.example", "email_verified": true}')
    await refused(nobody, await come_in(nobody), 502, UNTRUSTED)


@pytest.mark.parametrize("then", ["https://evil.example/", "//evil.example", "/\\evil", "/sign-out"])
async def test_it_leads_nowhere_else(provider: Provider, nobody: httpx.AsyncClient, then: str) -> None:
    assert (await come_in(nobody, then)).headers["location"] == "/"


class TestDomains:
    """With the setting, addresses of other domains stay out."""

    @pytest.fixture
    def settings(self, usual_settings: Settings, issuer: str) -> Settings:
        """Give settings that let one domain in."""
        return msgspec.structs.replace(
            usual_settings,
            oidc_issuer=issuer,
            oidc_client_id=CLIENT_ID,
            oidc_client_secret=CLIENT_SECRET,
            oidc_name="Example Works",
            oidc_domains=("Team.Example",),
        )

    async def test_the_domain_comes_in(self, provider: Provider, nobody: httpx.AsyncClient) -> None:
        assert (await come_in(nobody)).status_code == 303

    async def test_others_do_not(self, provider: Provider, nobody: httpx.AsyncClient) -> None:
        for email in ("a@other.example", "a@team.example.evil.example", "a@evil.team.example", "team.example"):
            provider.user = {"sub": email, "email": email, "email_verified": True}
            await refused(nobody, await come_in(nobody), 403, "is not an address of this company")


class TestOff:
    """Without the settings there is no such way in."""

    @pytest.fixture
    def settings(self, usual_settings: Settings) -> Settings:
        """Give settings without a provider."""
        return usual_settings

    async def test_there_is_no_button_and_no_page(self, nobody: httpx.AsyncClient) -> None:
        assert "Sign in with" not in (await nobody.get("/sign-in")).text
        assert (await nobody.get(START)).status_code == 404
        assert (await nobody.get(f"{START}/callback")).status_code == 404


@pytest.mark.parametrize(
    "environ",
    [
        {"AMENDS_OIDC_ISSUER": "http://login.example", "AMENDS_OIDC_CLIENT_ID": "a", "AMENDS_OIDC_CLIENT_SECRET": "b"},
        {"AMENDS_OIDC_ISSUER": "https://login.example", "AMENDS_OIDC_CLIENT_ID": "a"},
        {"AMENDS_OIDC_ISSUER": "http://127.0.0.1.evil.example", "AMENDS_OIDC_CLIENT_ID": "a"},
    ],
)
def test_half_a_provider_is_refused(environ: dict[str, str]) -> None:
    with pytest.raises(InvalidSetting, match="AMENDS_OIDC"):
        oidc_settings(load_settings(environ))


async def test_nobody_makes_us_ask_the_provider_for_ever(
    nobody: httpx.AsyncClient, provider: Provider, server: Server, clock: ManualClock
) -> None:
    answers: list[httpx.Response] = []
    for tries in range(CODES_FROM_IP.tries + 1):
        state = query_of(await leave(nobody))["state"]
        answers.append(await nobody.get(START + "/callback", params={"state": state, "code": f"made-up-{tries}"}))
    assert [one.status_code for one in answers] == [502] * CODES_FROM_IP.tries + [429]
    assert "That was often enough for now" in answers[-1].text
    clock.advance(CODES_FROM_IP.window)
    assert (await come_in(nobody)).status_code == 303
