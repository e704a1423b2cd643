"""The codes of the second step, as text: six digits by the clock (TOTP, RFC 6238), and recovery codes. No database.

A clock may be off by one step of 30 s either way. Recovery codes have 80 bits, so that a plain hash is enough.
"""

import hashlib
import secrets
from datetime import datetime
from hmac import compare_digest
from typing import Final
from uuid import UUID

from pyotp import random_base32
from pyotp.totp import TOTP

STEP_S: Final = 30
DIGITS: Final = 6
ISSUER: Final = "Amends"
RECOVERY_CODES: Final = 10
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_LENGTH: Final = 16
_GROUP: Final = 4


def new_secret() -> str:
    """Make a secret for an authenticator app, in base32."""
    return random_base32()


def address_of(secret: str, who: str) -> str:
    """Return the `otpauth://` address that an app reads from a QR code."""
    return TOTP(secret).provisioning_uri(name=who, issuer_name=ISSUER)


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """Return the step of the clock that a code belongs to; None: it is wrong, or of another time."""
    current, totp = int(now.timestamp()) // STEP_S, TOTP(secret)
    matching = [
        step for step in (current - 1, current, current + 1) if compare_digest(totp.generate_otp(step), code)
    ]  # fmt: skip
    return matching[-1] if matching else None


def plain(code: str) -> str:
    """Return a code without what people put between its groups."""
    return "".join(character for character in code.casefold() if character.isascii() and character.isalnum())


def is_by_clock(code: str) -> bool:
    """Tell whether a plain code is one of an authenticator app."""
    return len(code) == DIGITS and code.isdigit()


def new_recovery_codes() -> list[str]:
    """Make a set of recovery codes, as they are shown."""
    return [_grouped("".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))) for _ in range(RECOVERY_CODES)]


def _grouped(code: str) -> str:
    return "-".join(code[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))


def hash_recovery_code(user_id: UUID, code: str) -> bytes:
    """Return what is stored of a person's recovery code."""
    return hashlib.sha256(user_id.bytes + plain(code).encode()).digest()
