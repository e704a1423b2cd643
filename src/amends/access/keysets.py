"""The public keys of a token issuer: a fixed document, or one fetched from its address and kept.

Fetched again when a token names an unknown key, at most once in `FLOOR`, and when the copy is older than `MAX_AGE`, so
that a key which the issuer withdrew stops working. A failed fetch keeps the old copy for another `MAX_AGE`.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from amends.kit.clock import Clock
from amends.settings import TokenIssuer

FLOOR: Final = timedelta(seconds=30)
MAX_AGE: Final = timedelta(hours=1)
TIMEOUT_S: Final = 5.0
MAX_DOCUMENT_BYTES: Final = 256 * 1024
MAX_KEYS: Final = 100

SigningKey = EllipticCurvePublicKey | RSAPublicKey


class KeySetUnavailable(Exception):
    """The issuer's keys were never fetched, and cannot be now."""


class _PublicKey(msgspec.Struct, frozen=True):
    kid: str | None
    algorithm: str
    key: SigningKey


class KeySet:
    """The keys of one issuer."""

    def __init__(self, issuer: TokenIssuer, clock: Clock) -> None:
        self._url = issuer.jwks_url if issuer.jwks is None else None
        self._clock = clock
        self._keys: tuple[_PublicKey, ...] | None = read_key_set(issuer.jwks) if issuer.jwks is not None else None
        self._fetched_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._lock = asyncio.Lock()

    async def find(self, kid: str | None, algorithm: str) -> SigningKey | None:
        """Return the key that a token names; without a name, the only key for the algorithm. None: no such key.

        Raises:
            KeySetUnavailable: see there.
        """
        key = self._known(kid, algorithm)
        if self._url is not None and (key is None or self._is_old()):
            await self._refresh(self._url)
            key = self._known(kid, algorithm)
        if self._keys is None:
            raise KeySetUnavailable
        return key

    def _known(self, kid: str | None, algorithm: str) -> SigningKey | None:
        fitting = [key for key in self._keys or () if key.algorithm == algorithm]
        if kid is None:
            return fitting[0].key if len(fitting) == 1 else None
        return next((key.key for key in fitting if key.kid == kid), None)

    def _is_old(self) -> bool:
        return self._fetched_at is None or self._clock.now() - self._fetched_at >= MAX_AGE

    async def _refresh(self, url: str) -> None:
        async with self._lock:
            now = self._clock.now()
            if self._tried_at is not None and timedelta(0) <= now - self._tried_at < FLOOR:
                return
            self._tried_at = now
            document = await _fetch(url)
            if document is not None:
                self._keys, self._fetched_at = read_key_set(document), now
            elif self._fetched_at is not None and now - self._fetched_at >= 2 * MAX_AGE:
                self._keys = None


async def _fetch(url: str) -> dict[str, Any] | None:
    """Return the key set at an address; None: it did not answer with one."""
    body = bytearray()
    try:
        async with (
            asyncio.timeout(TIMEOUT_S),
            httpx.AsyncClient(timeout=TIMEOUT_S) as client,
            client.stream("GET", url, headers={"Accept": "application/json"}) as answer,
        ):
            answer.raise_for_status()
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > MAX_DOCUMENT_BYTES:
                    return None
        return msgspec.json.decode(bytes(body), type=dict[str, Any])
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError, RecursionError):
        return None


def read_key_set(document: dict[str, Any]) -> tuple[_PublicKey, ...]:
    """Return the usable public keys of a JWK set (RFC 7517); others in it are passed over."""
    listed = document.get("keys")
    if not isinstance(listed, list):
        return ()
    keys = (_read_key(jwk) for jwk in listed[:MAX_KEYS])
    return tuple(key for key in keys if key is not None)


def _read_key(jwk: Any) -> _PublicKey | None:
    if not isinstance(jwk, dict) or jwk.get("use", "sig") != "sig":
        return None
    algorithm = {"EC": "ES256", "RSA": "RS256"}.get(str(jwk.get("kty")))
    if algorithm is None or jwk.get("alg", algorithm) != algorithm:
        return None
    try:
        key = jwt.PyJWK(jwk, algorithm=algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    kid = jwk.get("kid")
    public = key if isinstance(key, EllipticCurvePublicKey | RSAPublicKey) else key.public_key()
    return _PublicKey(kid=kid if isinstance(kid, str) else None, algorithm=algorithm, key=public)
