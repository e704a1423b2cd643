"""Whose a file is, and how it is named: a person's own, or an account's or the platform's whichever key made it.

The same words as `Caller.owner`, told from the one scope in which somebody acts.
"""

from typing import Final
from uuid import UUID

from amends.access.scopes import MerchantScope, Scope
from amends.kit.ids import MalformedId, Prefix, parse_public_id

PLATFORM: Final = "platform"


def owner_of(scope: Scope) -> str:
    """Return whose files somebody acting in `scope` may attach."""
    if scope.principal.kind == "user":
        return scope.principal.id
    return scope.account_pid if isinstance(scope, MerchantScope) else PLATFORM


def file_uuid(pid: str) -> UUID:
    """Read a file's public id.

    Raises:
        MalformedId: not the canonical spelling of a file's id.
    """
    parsed = parse_public_id(Prefix.FILE, pid)
    if parsed.account:
        raise MalformedId(pid)
    return parsed.row_id
