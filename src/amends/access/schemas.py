"""The public shapes of API keys."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from asyncpg import Record

from amends.access.permissions import Permission
from amends.kit.clock import iso

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Scopes = Annotated[list[Permission], msgspec.Meta(min_length=1, max_length=len(Permission))]


class CreateApiKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What to make: `account_id` names the account; a platform credential without it makes a platform-wide key."""

    name: Name
    scopes: Scopes
    account_id: str | None = None
    expires_at: str | None = None


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key, without its token."""

    id: str
    account_id: str | None
    name: str
    scopes: list[str]
    token_hint: str
    created_by: str
    created_at: str
    expires_at: str | None
    last_used_at: str | None
    revoked_at: str | None


class CreatedApiKey(ApiKey, frozen=True, kw_only=True):
    """A key just made: `token` is shown this once, and null when the answer is replayed."""

    token: str | None


def api_key_fields(row: Record) -> dict[str, Any]:
    """Return the fields of `ApiKey` from a row of the key list."""
    return {
        "id": row["pid"],
        "account_id": row["account_pid"],
        "name": row["name"],
        "scopes": row["scopes"],
        "token_hint": row["token_hint"],
        "created_by": row["created_by"],
        **{name: iso_or_none(row[name]) for name in ("created_at", "expires_at", "last_used_at", "revoked_at")},
    }


def iso_or_none(moment: datetime | None) -> str | None:
    """Write a time as the API does; None stays null."""
    return None if moment is None else iso(moment)
