"""What a caller has been proven to be. A query that takes a scope cannot be asked without one.

Only `amends.access` can make these: each constructor wants the seal of `_proof`, and none can be copied with changes.
Caller = the scopes of one credential: a person can be a customer, on several teams and on the platform's staff at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, final
from uuid import UUID

from amends.access._proof import SEAL, Seal, break_seal
from amends.access.permissions import CUSTOMER_PERMISSIONS, Permission, Role, StaffRole
from amends.kit.errors import Forbidden


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who acts, as the timeline and the audit log name them."""

    kind: Literal["api_key", "user", "system"]
    id: str
    """Public id (`key_…`, `user_…`), or `system`."""
    name: str | None


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantScope:
    """Sees one account and acts for it."""

    seal: Seal = field(repr=False, compare=False)
    account_id: int
    account_pid: str
    principal: Principal
    permissions: frozenset[Permission]
    role: Role | None
    """None for an API key."""
    refund_limits: Mapping[str, int] | None
    """Minor units by lower-case currency that one case may cost; a currency not named: 0. None: no limit."""
    user_id: UUID | None = None
    """The person; None for an API key."""

    def __post_init__(self) -> None:
        break_seal(self, self.seal)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerScope:
    """Sees what one user bought and acts for that user."""

    seal: Seal = field(repr=False, compare=False)
    user_id: UUID
    user_pid: str
    principal: Principal
    account_ids: tuple[int, ...]
    """The accounts where the user is a member: where to look, not what may be seen."""

    def __post_init__(self) -> None:
        break_seal(self, self.seal)

    @property
    def permissions(self) -> frozenset[Permission]:
        """Return what every user may do with what is their own."""
        return CUSTOMER_PERMISSIONS


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformScope:
    """Sees every account and acts for the platform."""

    seal: Seal = field(repr=False, compare=False)
    principal: Principal
    permissions: frozenset[Permission]
    role: StaffRole | None
    """None for an API key."""
    user_id: UUID | None = None
    """The person; None for an API key."""

    def __post_init__(self) -> None:
        break_seal(self, self.seal)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class SystemScope:
    """The clock and the rules."""

    seal: Seal = field(repr=False, compare=False)
    principal: Principal

    def __post_init__(self) -> None:
        break_seal(self, self.seal)


Scope = MerchantScope | CustomerScope | PlatformScope

_SYSTEM = SystemScope(seal=SEAL, principal=Principal(kind="system", id="system", name=None))


def system_scope() -> SystemScope:
    """Return the scope in which jobs act."""
    return _SYSTEM


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """One recognised credential and every scope that it proves."""

    seal: Seal = field(repr=False, compare=False)
    principal: Principal
    customer: CustomerScope | None = None
    merchants: tuple[MerchantScope, ...] = ()
    platform: PlatformScope | None = None

    def __post_init__(self) -> None:
        break_seal(self, self.seal)

    def has(self, permission: Permission) -> bool:
        """Tell whether any of the scopes carries `permission`."""
        return (
            (self.customer is not None and permission in CUSTOMER_PERMISSIONS)
            or (self.platform is not None and permission in self.platform.permissions)
            or any(permission in merchant.permissions for merchant in self.merchants)
        )

    def require(self, permission: Permission) -> None:
        """Refuse a caller none of whose scopes carries `permission`.

        Raises:
            Forbidden: `missing_permission`.
        """
        if not self.has(permission):
            raise missing_permission(permission)

    def merchant(self, account_id: int) -> MerchantScope | None:
        """Return the caller's place in an account's team."""
        return next((merchant for merchant in self.merchants if merchant.account_id == account_id), None)

    def account(self, account_id: int) -> MerchantScope | PlatformScope | None:
        """Return the scope in which the caller sees an account: its merchant, else the platform; None: not at all."""
        return self.merchant(account_id) or self.platform

    def only_account(self) -> MerchantScope | None:
        """Return the one account that an account's API key is for; None for people and platform keys."""
        return self.merchants[0] if self.principal.kind == "api_key" and self.merchants else None

    @property
    def owner(self) -> str:
        """Return whose things this credential makes: `biz_…` of an account's key, `user_…`, or `platform`.

        Keys come and go; what one key of an account made, the next one may use.
        """
        account = self.only_account()
        if account is not None:
            return account.account_pid
        return self.principal.id if self.principal.kind == "user" else "platform"


def missing_permission(permission: Permission) -> Forbidden:
    """Make the refusal that names the permission needed."""
    return Forbidden(
        "missing_permission",
        f"This needs the permission `{permission}`, which the credential does not have.",
        details={"permission": permission.value},
    )
