"""User tokens: a JWT (RFC 7519) that a configured issuer signed with ES256 or RS256.

The key comes from the issuer's own key set and its type must fit the algorithm, so that neither `none` nor a public
key used as a shared secret can pass. Claims are checked against our clock. Who the subject is, is not known here.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.api_jws import PyJWS
from jwt.utils import base64url_decode

from amends.access.keysets import KeySet, KeySetUnavailable, SigningKey
from amends.kit.clock import Clock, epoch_ms
from amends.kit.errors import Unauthorized
from amends.settings import TokenIssuer

LEEWAY_S: Final = 60
LATEST_EXPIRY_S: Final = 253_402_300_799
"""The end of the year 9999: what is beyond is no time, or one in milliseconds far from now."""
MAX_TOKEN_BYTES: Final = 8192
MAX_SUBJECT: Final = 255
MIN_RSA_BITS: Final = 2048
_ALGORITHMS: Final = ("ES256", "RS256")
_jws: Final = PyJWS(algorithms=list(_ALGORITHMS))


class _Header(msgspec.Struct, frozen=True):
    alg: str
    kid: str | None = None
    crit: Any = msgspec.UNSET


class _Claims(msgspec.Struct, frozen=True):
    iss: str
    sub: str
    aud: str | list[str]
    exp: int | float
    nbf: int | float | None = None
    iat: int | float | None = None


class _IssuerOnly(msgspec.Struct, frozen=True):
    iss: str


class VerifiedToken(msgspec.Struct, frozen=True):
    """Who a token names, and until when it holds (milliseconds since 1970, leeway included)."""

    subject: str
    expires_ms: int


def looks_like_jwt(token: str) -> bool:
    """Tell whether a bearer token is three parts with dots between."""
    return token.count(".") == 2


class TokenVerifier:
    """Verifies the tokens of all configured issuers."""

    def __init__(self, issuers: Sequence[TokenIssuer], clock: Clock) -> None:
        self._clock = clock
        self._issuers: Mapping[str, tuple[TokenIssuer, KeySet]] = {
            issuer.issuer: (issuer, KeySet(issuer, clock)) for issuer in issuers
        }

    async def verify(self, token: str) -> VerifiedToken:
        """Return who the token names.

        Raises:
            Unauthorized: `invalid_token`, `token_expired` or `issuer_unavailable`.
        """
        if len(token) > MAX_TOKEN_BYTES:
            raise invalid_token("It is longer than any token of yours can be.")
        header, named = _read_unverified(token)
        issuer, keys = self._issuer(named.iss)
        if header.alg not in issuer.algorithms or header.crit is not msgspec.UNSET:
            raise invalid_token(f"Sign it with {' or '.join(issuer.algorithms)}, without critical extensions.")
        key = await self._key(keys, header)
        claims = _verified_claims(token, key, header.alg)
        return _check_claims(claims, issuer, self._clock.now())

    def _issuer(self, name: str) -> tuple[TokenIssuer, KeySet]:
        found = self._issuers.get(name)
        if found is None:
            raise invalid_token("Its issuer is not one that this server accepts.")
        return found

    async def _key(self, keys: KeySet, header: _Header) -> SigningKey:
        try:
            key = await keys.find(header.kid, header.alg)
        except KeySetUnavailable as error:
            raise Unauthorized(
                "issuer_unavailable", "The issuer's keys cannot be fetched now, so the token cannot be checked."
            ) from error
        if key is None or not fits(key, header.alg):
            raise invalid_token("It names no key of its issuer.")
        return key


def _read_unverified(token: str) -> tuple[_Header, _IssuerOnly]:
    """Read which key to ask for; nothing of it is believed."""
    try:
        head, body, _ = token.split(".")
        return (
            msgspec.json.decode(base64url_decode(head), type=_Header),
            msgspec.json.decode(base64url_decode(body), type=_IssuerOnly),
        )
    except (ValueError, RecursionError) as error:
        raise invalid_token("It is not a JSON web token.") from error


def fits(key: SigningKey, algorithm: str) -> bool:
    """Tell whether a key is of the kind, and the size, that an algorithm takes."""
    match algorithm:
        case "ES256":
            return isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)
        case "RS256":
            return isinstance(key, RSAPublicKey) and key.key_size >= MIN_RSA_BITS
        case _:
            return False


def _verified_claims(token: str, key: SigningKey, algorithm: str) -> _Claims:
    try:
        payload = _jws.decode_complete(token, key, algorithms=[algorithm])["payload"]
        return msgspec.json.decode(payload, type=_Claims)
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise invalid_token("Its signature or its claims do not hold.") from error


def _check_claims(claims: _Claims, issuer: TokenIssuer, now: datetime) -> VerifiedToken:
    now_s = epoch_ms(now) / 1000
    audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    if claims.iss != issuer.issuer or issuer.audience not in audiences:
        raise invalid_token("It was made for another audience.")
    if not 0 < len(claims.sub) <= MAX_SUBJECT or "\x00" in claims.sub:
        raise invalid_token("Its subject is not a user's id.")
    if not claims.exp <= LATEST_EXPIRY_S:
        raise invalid_token("Its expiry is not a time in seconds before the year 10000.")
    if claims.exp + LEEWAY_S <= now_s:
        raise Unauthorized("token_expired", "The token has expired. Get a new one from your platform.")
    for not_before in (claims.nbf, claims.iat):
        if not_before is not None and not not_before - LEEWAY_S <= now_s:
            raise invalid_token("It is not valid yet.")
    return VerifiedToken(subject=claims.sub, expires_ms=int((claims.exp + LEEWAY_S) * 1000))


def invalid_token(hint: str = "") -> Unauthorized:
    """Make the refusal of a credential that is none."""
    return Unauthorized("invalid_token", f"The token is not valid. {hint}".strip())
