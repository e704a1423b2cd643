"""Secrets that we must be able to read again, sealed in the database: AES-256-GCM under a key of `AMENDS_SECRET_KEY`.

A seal is bound to its owner: moved to another row it does not open.
"""

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from amends.kit.signing import Signer

_NONCE_BYTES: Final = 12


class SealBroken(ValueError):
    """Altered, another's, or sealed under another secret key."""


def seal(signer: Signer, purpose: str, owner: bytes, secret: bytes) -> bytes:
    """Seal a secret for its owner."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(signer.key(purpose)).encrypt(nonce, secret, owner)


def unseal(signer: Signer, purpose: str, owner: bytes, sealed: bytes) -> bytes:
    """Return the secret.

    Raises:
        SealBroken: see there.
    """
    try:
        return AESGCM(signer.key(purpose)).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], owner)
    except (InvalidTag, ValueError) as problem:
        raise SealBroken("the seal does not open") from problem
