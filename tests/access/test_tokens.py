"""User tokens: who may sign, with what, for whom, until when; and what a key set's address may do to us."""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from amends.access.guesses import TOKENS_PER_WINDOW
from amends.access.tokens import TokenVerifier
from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.kit.errors import Unauthorized
from amends.settings import TokenIssuer
from tests.builders import NOW, make_account, make_member, make_user
from tests.credentials import bearer, make_staff, make_team_member, make_user_token

WHO = "/api/v1/probe/who"
EC_KEY = ec.generate_private_key(ec.SECP256R1())
WIDE_EC_KEY = ec.generate_private_key(ec.SECP384R1())
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SHORT_RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=1024)
CLAIMS: dict[str, Any] = {"iss": "https://a.test", "aud": "amends", "sub": "u1", "exp": int(NOW.timestamp()) + 60}


def jwk(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, **more: Any) -> dict[str, Any]:
    """Return a public key as a JWK."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), **more}
    return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), **more}


KEYS = [jwk(EC_KEY, kid="ec"), jwk(RSA_KEY, kid="rsa", use="sig", alg="RS256"), jwk(SHORT_RSA_KEY, kid="short")]


def sign(key: Any = EC_KEY, algorithm: str = "ES256", kid: str | None = "ec", **claims: Any) -> str:
    """Sign the claims; None takes one away."""
    every = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    return jwt.encode(every, key, algorithm=algorithm, headers={"kid": kid} if kid else None)


def raw(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    """Write a token by hand."""
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def verifier(clock: ManualClock, **more: Any) -> TokenVerifier:
    """Return a verifier of one issuer with a fixed key set."""
    fields: dict[str, Any] = {"issuer": "https://a.test", "audience": "amends", "jwks": {"keys": KEYS}, **more}
    return TokenVerifier([TokenIssuer(**fields)], clock)


async def verdict(clock: ManualClock, token: str, **more: Any) -> str:
    """Return the subject of a token, or the code of its refusal."""
    try:
        return (await verifier(clock, **more).verify(token)).subject
    except Unauthorized as refusal:
        return refusal.code


@pytest.mark.parametrize(
    "token",
    [
        sign(),
        sign(RSA_KEY, "RS256", "rsa"),
        sign(aud=["other", "amends"]),
        sign(exp=CLAIMS["exp"] - 119),
        sign(iat=CLAIMS["exp"], nbf=CLAIMS["exp"]),
        sign(exp=CLAIMS["exp"] + 0.5),
        sign(exp=253_402_300_799, iat=-(10**400)),
    ],
)
async def test_good_tokens(clock: ManualClock, token: str) -> None:
    assert await verdict(clock, token) == "u1"


PUBLIC_PEM = EC_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (sign(exp=CLAIMS["exp"] - 120), "token_expired"),
        (sign(exp=None), "invalid_token"),
        (sign(exp="soon"), "invalid_token"),
        (sign(exp=10**400), "invalid_token"),
        (sign(exp=-(10**400)), "token_expired"),
        (sign(exp=1e308), "invalid_token"),
        (sign(exp=float("inf")), "invalid_token"),
        (sign(exp=253_402_300_800), "invalid_token"),
        (sign(nbf=10**400), "invalid_token"),
        (sign(exp=True), "invalid_token"),
        (sign(iat=CLAIMS["exp"] + 1), "invalid_token"),
        (sign(nbf=CLAIMS["exp"] + 1), "invalid_token"),
        (sign(aud="other"), "invalid_token"),
        (sign(aud=None), "invalid_token"),
        (sign(aud=[]), "invalid_token"),
        (sign(iss="https://b.test"), "invalid_token"),
        (sign(iss=None), "invalid_token"),
        (sign(sub=None), "invalid_token"),
        (sign(sub=""), "invalid_token"),
        (sign(sub=7), "invalid_token"),
        (sign(sub="u\x00"), "invalid_token"),
        (sign(sub="u" * 256), "invalid_token"),
        (sign(kid="unknown"), "invalid_token"),
        (sign(kid="rsa"), "invalid_token"),
        (sign(RSA_KEY, "RS256", "ec"), "invalid_token"),
        (sign(RSA_KEY, "PS256", "rsa"), "invalid_token"),
        (sign(RSA_KEY, "RS512", "rsa"), "invalid_token"),
        (sign(SHORT_RSA_KEY, "RS256", "short"), "invalid_token"),
        (sign(WIDE_EC_KEY, "ES384", "ec"), "invalid_token"),
        (sign(ec.generate_private_key(ec.SECP256R1())), "invalid_token"),
        (sign("x" * 64, "HS256"), "invalid_token"),
        (raw({"alg": "none", "kid": "ec"}, CLAIMS), "invalid_token"),
        (raw({"alg": "None", "kid": "ec"}, CLAIMS), "invalid_token"),
        (raw({"alg": "ES256", "kid": "ec"}, CLAIMS), "invalid_token"),
        (raw({"alg": "ES256", "kid": "ec"}, CLAIMS, b"\x00" * 64), "invalid_token"),
        (raw({"alg": "ES256", "kid": 7}, CLAIMS), "invalid_token"),
        (raw({"kid": "ec"}, CLAIMS), "invalid_token"),
        (sign() + "x", "invalid_token"),
        (sign()[:-4], "invalid_token"),
        ("..", "invalid_token"),
        ("a.b.c", "invalid_token"),
        ("é.é.é", "invalid_token"),
        (sign(more="x" * 9000), "invalid_token"),
    ],
)  # fmt: skip
async def test_bad_tokens(clock: ManualClock, token: str, code: str) -> None:
    assert await verdict(clock, token) == code


async def test_a_public_key_is_not_a_shared_secret(clock: ManualClock) -> None:
    head, body = (raw({"alg": "HS256", "kid": "ec"}, CLAIMS).split("."))[:2]
    forged = jwt.api_jws.PyJWS().encode(base64.urlsafe_b64decode(body + "=="), "k" * 32, algorithm="HS256")
    assert await verdict(clock, forged) == "invalid_token"
    digest = jwt.get_algorithm_by_name("HS256").sign(f"{head}.{body}".encode(), PUBLIC_PEM)
    signature = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert await verdict(clock, f"{head}.{body}.{signature}") == "invalid_token"


async def test_critical_extensions_are_refused(clock: ManualClock) -> None:
    token = jwt.encode(CLAIMS, EC_KEY, algorithm="ES256", headers={"kid": "ec", "crit": ["exp"], "exp": 1})
    assert await verdict(clock, token) == "invalid_token"


async def test_an_issuer_can_allow_one_algorithm_only(clock: ManualClock) -> None:
    assert await verdict(clock, sign(), algorithms=("RS256",)) == "invalid_token"
    assert await verdict(clock, sign(RSA_KEY, "RS256", "rsa"), algorithms=("RS256",)) == "u1"


async def test_without_a_name_the_only_key_is_meant(clock: ManualClock) -> None:
    assert await verdict(clock, sign(kid=None)) == "u1"
    two = {"keys": [jwk(EC_KEY, kid="a"), jwk(ec.generate_private_key(ec.SECP256R1()), kid="b")]}
    assert await verdict(clock, sign(kid=None), jwks=two) == "invalid_token"


@pytest.mark.parametrize(
    "keys",
    [None, {}, [], [7], [{"kty": "oct", "k": "eA", "kid": "ec"}], [jwk(EC_KEY, kid="ec", use="enc")],
     [jwk(EC_KEY, kid="ec", alg="ES384")], [{**jwk(EC_KEY, kid="ec"), "x": "!"}], [jwk(WIDE_EC_KEY, kid="ec")]],
)  # fmt: skip
async def test_key_sets_that_are_of_no_use(clock: ManualClock, keys: Any) -> None:
    assert await verdict(clock, sign(), jwks={"keys": keys}) == "invalid_token"


class KeyServer:
    """An issuer's address: answers what it is told to, and counts."""

    def __init__(self) -> None:
        self.asked = 0
        self.answer: bytes | None = None
        self.status = 200
        self.url = ""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        body = self.answer if self.answer is not None else b""
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (self.status, len(body)))
        writer.write(body)
        await writer.drain()
        writer.close()

    def offer(self, *keys: dict[str, Any]) -> None:
        """Answer with these keys from now on."""
        self.answer = json.dumps({"keys": keys}).encode()


@pytest.fixture
async def issuer() -> AsyncGenerator[KeyServer]:
    """Give an issuer's key server on this machine."""
    keys = KeyServer()
    server = await asyncio.start_server(keys.handle, "127.0.0.1", 0)
    keys.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/jwks"
    async with server:
        yield keys


async def code_of(tokens: TokenVerifier, token: str) -> str:
    """Return the subject of a token, or the code of its refusal."""
    try:
        return (await tokens.verify(token)).subject
    except Unauthorized as refusal:
        return refusal.code


async def test_keys_are_fetched_kept_and_fetched_again(clock: ManualClock, issuer: KeyServer) -> None:
    issuer.offer(jwk(EC_KEY, kid="ec"))
    tokens = verifier(clock, jwks=None, jwks_url=issuer.url)
    far = {"exp": CLAIMS["exp"] + 86_400}
    assert [await code_of(tokens, sign(**far)) for _ in range(3)] == ["u1"] * 3
    assert issuer.asked == 1, "a known key is not asked for again"

    new = ec.generate_private_key(ec.SECP256R1())
    issuer.offer(jwk(EC_KEY, kid="ec"), jwk(new, kid="new"))
    assert await code_of(tokens, sign(new, kid="new", **far)) == "invalid_token"
    assert issuer.asked == 1, "an unknown key is not asked for again within half a minute"
    clock.advance(timedelta(seconds=30))
    assert await code_of(tokens, sign(new, kid="new", **far)) == "u1"
    assert issuer.asked == 2

    issuer.offer(jwk(new, kid="new"))
    clock.advance(timedelta(hours=1))
    assert await code_of(tokens, sign(**far)) == "invalid_token", "a withdrawn key stops within the hour"


async def test_an_issuer_that_does_not_answer(clock: ManualClock, issuer: KeyServer) -> None:
    tokens = verifier(clock, jwks=None, jwks_url=issuer.url)
    issuer.status = 500
    assert await code_of(tokens, sign()) == "issuer_unavailable"
    issuer.status, issuer.answer = 200, b"not json"
    clock.advance(timedelta(seconds=30))
    assert await code_of(tokens, sign()) == "issuer_unavailable"
    issuer.answer = b" " * 300_000
    clock.advance(timedelta(seconds=30))
    assert await code_of(tokens, sign()) == "issuer_unavailable"
    issuer.offer(jwk(EC_KEY, kid="ec"))
    clock.advance(timedelta(seconds=30))
    assert await code_of(tokens, sign(exp=CLAIMS["exp"] + 900)) == "u1"
    issuer.status = 500
    clock.advance(timedelta(minutes=61))
    later = {"exp": CLAIMS["exp"] + 86_400}
    assert await code_of(tokens, sign(**later)) == "u1", "what was fetched still holds for a while"
    clock.advance(timedelta(minutes=60))
    assert await code_of(tokens, sign(**later)) == "issuer_unavailable"


async def test_many_at_once_ask_once(clock: ManualClock, issuer: KeyServer) -> None:
    issuer.offer(jwk(EC_KEY, kid="ec"))
    tokens = verifier(clock, jwks=None, jwks_url=issuer.url)
    assert set(await asyncio.gather(*(code_of(tokens, sign()) for _ in range(10)))) == {"u1"}
    assert issuer.asked == 1


async def test_nobody_listens(clock: ManualClock) -> None:
    assert await verdict(clock, sign(), jwks=None, jwks_url="http://127.0.0.1:1/") == "issuer_unavailable"
    assert await verdict(clock, sign(), jwks=None, jwks_url="no address") == "issuer_unavailable"


async def test_a_person_has_every_scope_that_is_theirs(probe: httpx.AsyncClient, pool: Pool) -> None:
    user, account = await make_user(pool), await make_account(pool)
    await make_member(pool, account, user=user)
    await make_team_member(pool, account, user, "support")
    await make_staff(pool, user, "reviewer")
    who = {"id": user.pid, "owner": user.pid, "customer": True, "merchants": [account.pid], "platform": True}
    assert (await probe.get(WHO, headers=bearer(make_user_token(user)))).json() == who
    assert (await probe.get(WHO, headers=bearer(make_user_token(user.pid)))).json() == who


async def test_a_token_is_remembered_no_longer_than_it_holds(
    probe: httpx.AsyncClient, pool: Pool, clock: ManualClock
) -> None:
    token = bearer(make_user_token(await make_user(pool), lifetime=timedelta(seconds=-58)))
    assert (await probe.get(WHO, headers=token)).status_code == 200
    clock.advance(timedelta(seconds=2))
    refused = await probe.get(WHO, headers=token)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "token_expired")


async def test_refusals_say_how_to_authenticate(probe: httpx.AsyncClient, pool: Pool) -> None:
    del pool
    cases = {
        None: "authentication_required",
        "": "authentication_required",
        "Basic eDp5": "authentication_required",
        "Bearer": "authentication_required",
        "Bearer nonsense": "invalid_token",
        "Bearer amends_nothing": "invalid_token",
        "Bearer " + "x" * 9000: "invalid_token",
        f"Bearer {make_user_token('nobody')}": "unknown_user",
    }
    for header, code in cases.items():
        refused = await probe.get(WHO, headers={} if header is None else {"Authorization": header})
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, code)
        assert refused.headers["www-authenticate"].startswith('Bearer realm="amends"')


async def test_guesses_are_counted_exactly(probe: httpx.AsyncClient, pool: Pool, clock: ManualClock) -> None:
    async def guess(number: int) -> int:
        return (await probe.get(WHO, headers=bearer(f"amends_{number}"))).status_code

    statuses = await asyncio.gather(*(guess(number) for number in range(TOKENS_PER_WINDOW + 5)))
    assert sorted(statuses) == [401] * TOKENS_PER_WINDOW + [429] * 5
    refused = await probe.get(WHO, headers=bearer("amends_more"))
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    good = make_user_token(await make_user(pool))
    assert (await probe.get(WHO, headers=bearer(good))).status_code == 200, "what is right still passes"
    clock.advance(timedelta(minutes=1))
    assert await guess(1) == 401
