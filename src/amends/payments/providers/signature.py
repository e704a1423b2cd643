"""Signed messages between us and the providers that have no scheme of their own: HMAC-SHA-256 over time and body.

Header: `t=<unix seconds>,v1=<hex>`, signed text: `<unix seconds>.<body>`. A message older or newer than five minutes by
our clock is refused, so that a copy kept by somebody is worth nothing later.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from amends.kit.clock import EPOCH
from amends.payments.providers.port import BadEventSignature

HEADER: Final = "amends-provider-signature"
TOLERANCE: Final = timedelta(minutes=5)


def sign(secret: bytes, body: bytes, now: datetime) -> dict[str, str]:
    """Return the header that proves `body`."""
    stamp = int((now - EPOCH).total_seconds())
    return {HEADER: f"t={stamp},v1={_digest(secret, stamp, body)}"}


def check(secret: bytes, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Refuse a message that was not signed with `secret`, or not lately.

    Raises:
        BadEventSignature: see there.
    """
    parts: dict[str, str] = {}
    for part in headers.get(HEADER, "").split(","):
        name, _, value = part.partition("=")
        parts[name] = value
    text = parts.get("t", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise BadEventSignature(f"the header {HEADER} is missing or malformed")
    if abs(now - (EPOCH + timedelta(seconds=int(text)))) > TOLERANCE:
        raise BadEventSignature("the message is not of this moment")
    if not hmac.compare_digest(parts.get("v1", "").encode(), _digest(secret, int(text), body).encode()):
        raise BadEventSignature("the signature does not fit the body")


def _digest(secret: bytes, stamp: int, body: bytes) -> str:
    return hmac.digest(secret, f"{stamp}.".encode() + body, hashlib.sha256).hex()
