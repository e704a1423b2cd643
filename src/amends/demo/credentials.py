"""What the demo's scripts authenticate with: API keys made at each start, and tokens of a platform of its own.

Keys are stored as hashes, so that a start cannot show those of the last one again: it revokes them and makes new ones.
The platform that signs the users' tokens has its private key under the data folder.
"""

import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import ECAlgorithm

from amends.access.commands import issue_api_key, revoke_api_key
from amends.access.permissions import ACCOUNT_PERMISSIONS, ALL_PERMISSIONS
from amends.access.scopes import Principal
from amends.db.pool import Connection
from amends.demo.queries import living_keys
from amends.settings import TokenIssuer

ISSUER: Final = "https://platform.demo.example"
AUDIENCE: Final = "amends-demo"
KEY_ID: Final = "demo"
TOKEN_LIFE: Final = timedelta(days=90)
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz"
OPERATOR: Final = Principal(kind="system", id="demo", name="demo")
"""Who makes the demo's keys, as the audit log names them."""


class Platform:
    """The demo's host platform: it signs the tokens that tell Amends who a user is."""

    def __init__(self, key: EllipticCurvePrivateKey) -> None:
        self._key = key

    @classmethod
    def in_folder(cls, folder: Path) -> "Platform":
        """Return the platform whose key is in the folder, made at the first time."""
        path = folder / "platform.pem"
        if not path.exists():
            made = generate_private_key(SECP256R1())
            folder.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        key = load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, EllipticCurvePrivateKey):
            raise TypeError(f"{path} is not a key of ours")
        return cls(key)

    @property
    def issuer(self) -> TokenIssuer:
        """Return what Amends is told about the platform: its public key."""
        public: dict[str, Any] = ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        jwks = {"keys": [{**public, "kid": KEY_ID, "alg": "ES256", "use": "sig"}]}
        return TokenIssuer(issuer=ISSUER, audience=AUDIENCE, jwks=jwks, algorithms=("ES256",))

    def token(self, user: str, now: datetime) -> str:
        """Sign a token for a user, by the platform's own id."""
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": user, "iat": now, "exp": now + TOKEN_LIFE}
        return jwt.encode(claims, self._key, algorithm="ES256", headers={"kid": KEY_ID})


def password_in(folder: Path) -> str:
    """Return the password of the demo's staff, made at the first time: a demo may be reachable by others."""
    path = folder / "password"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text("demo-" + "".join(secrets.choice(_LETTERS) for _ in range(10)))
    return path.read_text()


class Keys(msgspec.Struct, frozen=True):
    """The tokens of one start's API keys."""

    platform: str
    accounts: dict[int, str]
    """By account number."""


async def replace_keys(connection: Connection, accounts: dict[int, str], *, now: datetime) -> Keys:
    """Revoke the keys of earlier starts, and make one for each account (number → title) and one for the platform."""
    for key_id in await living_keys(connection, OPERATOR.id):
        await revoke_api_key(connection, key_id=key_id, principal=OPERATOR, now=now)
    made: dict[int, str] = {}
    for number, title in accounts.items():
        made[number] = await _issue(connection, f"Demo: {title}", number, now)
    return Keys(await _issue(connection, "Demo: platform", None, now), made)


async def _issue(connection: Connection, name: str, account_id: int | None, now: datetime) -> str:
    scopes = ALL_PERMISSIONS if account_id is None else ACCOUNT_PERMISSIONS
    key = await issue_api_key(
        connection,
        principal=OPERATOR,
        account_id=account_id,
        name=name,
        scopes=sorted(scopes),
        expires_at=None,
        now=now,
    )
    return key.token
