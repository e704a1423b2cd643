"""Signing in with the staff's own identity provider: OpenID Connect, authorization code flow with PKCE. No database.

The provider's addresses come from its discovery document, over https (http on loopback alone), without following
redirects, and never for longer than `TIMEOUT_S`. An ID token counts when a key of the provider signed it with ES256 or
RS256 and it was made for us, for this attempt, by this issuer, and just now. What it says of an e-mail address is told
as it is; who may come in is decided elsewhere.
"""

import asyncio
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx
import jwt
import msgspec
from authlib.oauth2.auth import ClientAuth, encode_client_secret_basic, encode_client_secret_post
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError
from jwt.api_jws import PyJWS

from amends.access.keysets import KeySet, KeySetUnavailable
from amends.access.tokens import LEEWAY_S, MAX_SUBJECT, MAX_TOKEN_BYTES, fits
from amends.kit.clock import Clock, epoch_ms
from amends.settings import OidcSettings, TokenIssuer

TIMEOUT_S: Final = 8.0
MAX_ANSWER_BYTES: Final = 256 * 1024
REST: Final = timedelta(seconds=5)
"""How long a provider that could not be discovered is left alone: who waits behind others must not wait again."""
KEEP_DISCOVERY: Final = timedelta(hours=1)
SCOPE: Final = "openid email profile"
ALGORITHMS: Final = ("ES256", "RS256")
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_jws: Final = PyJWS(algorithms=list(ALGORITHMS))


class Trouble(StrEnum):
    """Why a provider's answer lets nobody in."""

    UNREACHABLE = "unreachable"
    """It did not answer, or not as a provider does."""
    REFUSED = "refused"
    """It took neither the code nor us."""
    UNTRUSTED = "untrusted"
    """What it said cannot be relied on."""


class ProviderTrouble(Exception):
    """Something went wrong at the provider; the message is for the log."""

    def __init__(self, trouble: Trouble, message: str) -> None:
        super().__init__(message)
        self.trouble: Final = trouble


class Attempt(msgspec.Struct, frozen=True):
    """What the browser keeps between leaving for the provider and coming back."""

    state: str
    nonce: str
    verifier: str
    then: str


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody as the provider knows them."""

    issuer: str
    subject: str
    email: str | None
    is_email_verified: bool
    name: str | None


class _Discovery(msgspec.Struct, frozen=True):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str
    access_token: str | None = None


def begin_attempt(then: str) -> Attempt:
    """Make the secrets of one attempt to sign in."""
    return Attempt(
        state=secrets.token_urlsafe(32), nonce=secrets.token_urlsafe(32), verifier=secrets.token_urlsafe(48), then=then
    )


class OidcClient:
    """The one provider of an installation."""

    def __init__(
        self, settings: OidcSettings, clock: Clock, *, redirect_uri: str, timeout_s: float = TIMEOUT_S
    ) -> None:
        self.settings: Final = settings
        self._clock = clock
        self._redirect_uri = redirect_uri
        self._timeout_s = timeout_s
        self._failed: tuple[ProviderTrouble, datetime] | None = None
        self._discovered: tuple[_Discovery, KeySet, datetime] | None = None
        self._lock = asyncio.Lock()

    async def address(self, attempt: Attempt) -> str:
        """Return where the browser goes to sign in at the provider.

        Raises:
            ProviderTrouble: it cannot be reached.
        """
        discovery, _ = await self._discovery()
        return prepare_grant_uri(
            discovery.authorization_endpoint,
            self.settings.client_id,
            "code",
            redirect_uri=self._redirect_uri,
            scope=SCOPE,
            state=attempt.state,
            nonce=attempt.nonce,
            code_challenge=create_s256_code_challenge(attempt.verifier),
            code_challenge_method="S256",
        )

    async def identity(self, attempt: Attempt, code: str, issuer: str | None) -> Identity:
        """Return who came back with a code; `issuer` is what the answer said of who sent it (RFC 9207), if anything.

        Raises:
            ProviderTrouble: see there.
        """
        discovery, keys = await self._discovery()
        if issuer is not None and issuer != discovery.issuer:
            raise ProviderTrouble(Trouble.UNTRUSTED, f"the answer names another issuer: {issuer[:200]!r}")
        tokens = await self._exchange(discovery, attempt, code)
        claims = await self._claims(discovery, keys, attempt, tokens)
        if claims.get("email") is None and discovery.userinfo_endpoint and tokens.access_token:
            claims |= await self._user_info(discovery.userinfo_endpoint, tokens.access_token, claims["sub"])
        return _identity(discovery.issuer, claims)

    async def _discovery(self) -> tuple[_Discovery, KeySet]:
        async with self._lock:
            now = self._clock.now()
            if self._discovered is None or now - self._discovered[2] >= KEEP_DISCOVERY:
                if self._failed is not None and timedelta(0) <= now - self._failed[1] < REST:
                    raise ProviderTrouble(self._failed[0].trouble, f"again: {self._failed[0]}")
                try:
                    found = await self._discover()
                except ProviderTrouble as trouble:
                    self._failed = trouble, now
                    raise
                keys = KeySet(
                    TokenIssuer(issuer=found.issuer, audience=self.settings.client_id, jwks_url=found.jwks_uri),
                    self._clock,
                )
                if self._discovered is not None and self._discovered[0].jwks_uri == found.jwks_uri:
                    keys = self._discovered[1]
                self._discovered = found, keys, now
            return self._discovered[0], self._discovered[1]

    async def _discover(self) -> _Discovery:
        issuer = self.settings.issuer
        body = await self._ask("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            found = msgspec.json.decode(body, type=_Discovery)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
            raise ProviderTrouble(Trouble.UNREACHABLE, f"the discovery document is none: {problem}") from problem
        if found.issuer != issuer:
            raise ProviderTrouble(Trouble.UNTRUSTED, f"the discovery document is of {found.issuer[:200]!r}")
        for address in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri, found.userinfo_endpoint):
            if address is not None and not is_safe_address(address, near=issuer):
                raise ProviderTrouble(Trouble.UNTRUSTED, f"the discovery document names {address[:200]!r}")
        return found

    async def _exchange(self, discovery: _Discovery, attempt: Attempt, code: str) -> _Tokens:
        methods = discovery.token_endpoint_auth_methods_supported
        is_posted = "client_secret_basic" not in methods and "client_secret_post" in methods
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": attempt.verifier,
        }
        client = ClientAuth(self.settings.client_id, self.settings.client_secret)
        authenticated = encode_client_secret_post if is_posted else encode_client_secret_basic
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        address, headers, body = authenticated(client, "POST", discovery.token_endpoint, kind, urlencode(form))
        answer = await self._ask("POST", address, headers=headers, content=body)
        try:
            return msgspec.json.decode(answer, type=_Tokens)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
            raise ProviderTrouble(Trouble.REFUSED, f"the token endpoint gave no ID token: {problem}") from problem

    async def _claims(self, discovery: _Discovery, keys: KeySet, attempt: Attempt, tokens: _Tokens) -> dict[str, Any]:
        """Return the claims of an ID token that holds (OpenID Connect Core 1.0, section 3.1.3.7)."""
        header, signed = await self._signed(keys, tokens.id_token)
        client_id = self.settings.client_id
        claims = CodeIDToken(
            signed,
            header,
            options={
                "iss": {"essential": True, "value": discovery.issuer},
                "aud": {"essential": True, "value": client_id},
            },
            params={"nonce": attempt.nonce, "client_id": client_id, "access_token": tokens.access_token},
        )
        try:
            claims.validate(now=epoch_ms(self._clock.now()) // 1000, leeway=LEEWAY_S)
        except (JoseError, TypeError, ValueError) as problem:
            raise ProviderTrouble(Trouble.UNTRUSTED, f"the ID token does not hold: {problem}") from problem
        return signed

    async def _signed(self, keys: KeySet, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return header and claims of a token that one of the provider's keys has signed."""
        if len(token) > MAX_TOKEN_BYTES:
            raise ProviderTrouble(Trouble.UNTRUSTED, "the ID token is longer than any can be")
        try:
            header = jwt.get_unverified_header(token)
            algorithm, kid = str(header.get("alg")), header.get("kid")
            if algorithm not in ALGORITHMS or "crit" in header:
                raise ProviderTrouble(Trouble.UNTRUSTED, f"the ID token is signed with {algorithm[:20]!r}")
            key = await keys.find(kid if isinstance(kid, str) else None, algorithm)
            if key is None or not fits(key, algorithm):
                raise ProviderTrouble(Trouble.UNTRUSTED, "the ID token names no key of the provider")
            payload = _jws.decode_complete(token, key, algorithms=[algorithm])["payload"]
            return header, msgspec.json.decode(payload, type=dict[str, Any])
        except KeySetUnavailable as problem:
            raise ProviderTrouble(Trouble.UNREACHABLE, "the provider's keys cannot be fetched") from problem
        except (jwt.PyJWTError, msgspec.MsgspecError, ValueError, RecursionError) as problem:
            raise ProviderTrouble(
                Trouble.UNTRUSTED, f"the ID token is not signed by the provider: {problem}"
            ) from problem

    async def _user_info(self, address: str, access_token: str, subject: str) -> dict[str, Any]:
        answer = await self._ask("GET", address, headers={"Authorization": f"Bearer {access_token}"})
        try:
            told = msgspec.json.decode(answer, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
            raise ProviderTrouble(Trouble.REFUSED, "the user info endpoint gave no JSON") from problem
        if told.get("sub") != subject:
            raise ProviderTrouble(Trouble.UNTRUSTED, "the user info is of somebody else")
        return {name: told[name] for name in ("email", "email_verified", "name") if name in told}

    async def _ask(
        self, method: str, address: str, *, headers: Mapping[str, str] | None = None, content: str | None = None
    ) -> bytes:
        """Return what an address of the provider answers.

        Raises:
            ProviderTrouble: nothing in time, too much, a redirect, or a refusal.
        """
        body = bytearray()
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                httpx.AsyncClient(timeout=self._timeout_s, follow_redirects=False) as client,
                client.stream(method, address, headers=headers, content=content) as answer,
            ):
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > MAX_ANSWER_BYTES:
                        raise ProviderTrouble(Trouble.UNREACHABLE, f"{address} answers without end")
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as problem:
            raise ProviderTrouble(Trouble.UNREACHABLE, f"{address}: {type(problem).__name__} {problem}") from problem
        if answer.status_code != 200:
            trouble = Trouble.REFUSED if 400 <= answer.status_code < 500 else Trouble.UNREACHABLE
            raise ProviderTrouble(trouble, f"{address} answered {answer.status_code}: {bytes(body[:500])!r}")
        return bytes(body)


def is_safe_address(address: str, *, near: str) -> bool:
    """Tell whether an address is https, or http on loopback where the issuer is there too."""
    try:
        parts, issuer = urlsplit(address), urlsplit(near)
        host, issuer_host = parts.hostname, issuer.hostname
    except ValueError:
        return False
    if parts.scheme == "https" and host:
        return True
    return parts.scheme == "http" == issuer.scheme and host in _LOOPBACK and issuer_host in _LOOPBACK


def _identity(issuer: str, claims: Mapping[str, Any]) -> Identity:
    subject, email, name = claims["sub"], claims.get("email"), claims.get("name")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT or "\x00" in subject:
        raise ProviderTrouble(Trouble.UNTRUSTED, "the subject is none")
    return Identity(
        issuer=issuer,
        subject=subject,
        email=email if isinstance(email, str) and "\x00" not in email else None,
        is_email_verified=claims.get("email_verified") is True or claims.get("email_verified") == "true",
        name=name if isinstance(name, str) and "\x00" not in name else None,
    )
