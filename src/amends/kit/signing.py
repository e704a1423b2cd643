"""Signed, purpose-bound tokens: cursors and file addresses that nobody can make or alter but us.

HMAC-SHA-256 under a key derived for each purpose, so that a token of one purpose never passes for another's.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime
from functools import cache

from amends.kit.clock import epoch_ms

_TAG_BYTES = 16


class BadSignature(ValueError):
    """Not one of our tokens, altered, of another purpose, or expired."""


class Signer:
    """Signs and verifies with one secret."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 16:
            raise ValueError("a signing secret has at least 16 bytes")
        self._secret = secret
        self._key = cache(self._derive)

    def sign(self, purpose: str, payload: bytes, expires_at: datetime | None = None) -> str:
        """Return a URL-safe token that carries `payload` in the clear."""
        body = (epoch_ms(expires_at) if expires_at else 0).to_bytes(7, "big") + payload
        return _text(self._tag(purpose, body) + body)

    def verify(self, purpose: str, token: str, now: datetime | None = None) -> bytes:
        """Return the payload of a token; one that expires needs `now`.

        Raises:
            BadSignature: see there.
        """
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadSignature("not a token") from error
        tag, body = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
        if len(body) < 7 or _text(raw) != token or not hmac.compare_digest(tag, self._tag(purpose, body)):
            raise BadSignature("not a token of ours")
        expires_ms = int.from_bytes(body[:7], "big")
        if expires_ms and (now is None or epoch_ms(now) > expires_ms):
            raise BadSignature("expired")
        return body[7:]

    def key(self, purpose: str) -> bytes:
        """Return a key of 32 bytes for a purpose, for what is not signed here."""
        return self._key(f"key:{purpose}")

    def _tag(self, purpose: str, body: bytes) -> bytes:
        return hmac.digest(self._key(purpose), body, "sha256")[:_TAG_BYTES]

    def _derive(self, purpose: str) -> bytes:
        return hmac.digest(self._secret, b"amends:" + purpose.encode(), hashlib.sha256)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
