"""The words for what may be done (CONTRACT.md, Visibility) and who may do it (PRODUCT.md, section 8).

A permission opens an operation; which rows it opens is the scope's matter, what a case allows now the lifecycle's.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Permission(StrEnum):
    """What an API key can be given and what a role brings."""

    CASE_READ = "case:read"
    CASE_WRITE = "case:write"
    MEMBER_EMAIL_READ = "member:email:read"
    MEMBER_WRITE = "member:write"
    PAYMENT_READ = "payment:read"
    PAYMENT_WRITE = "payment:write"
    REFUND_WRITE = "refund:write"
    DISPUTE_READ = "dispute:read"
    DISPUTE_WRITE = "dispute:write"
    ACCOUNT_WRITE = "account:write"
    PRODUCT_WRITE = "product:write"
    USER_WRITE = "user:write"
    ACTIVITY_WRITE = "activity:write"
    FILE_WRITE = "file:write"
    EXPORT_READ = "export:read"
    WEBHOOK_MANAGE = "webhook:manage"
    RULE_MANAGE = "rule:manage"
    TEAM_MANAGE = "team:manage"
    KEY_MANAGE = "key:manage"
    INSIGHT_READ = "insight:read"
    SIGN_IN_LINK_CREATE = "sign_in_link:create"
    CASE_DECIDE = "case:decide"
    POLICY_MANAGE = "policy:manage"
    AUDIT_READ = "audit:read"


class Role(StrEnum):
    """A person's place in an account's team."""

    VIEWER = "viewer"
    SUPPORT = "support"
    ADMIN = "admin"
    OWNER = "owner"


class StaffRole(StrEnum):
    """A person's place on the platform's staff."""

    REVIEWER = "reviewer"
    ADMIN = "admin"


ALL_PERMISSIONS: Final = frozenset(Permission)

PLATFORM_ONLY: Final = frozenset({Permission.CASE_DECIDE, Permission.POLICY_MANAGE, Permission.AUDIT_READ})

ACCOUNT_PERMISSIONS: Final = ALL_PERMISSIONS - PLATFORM_ONLY

CUSTOMER_PERMISSIONS: Final = frozenset(
    {Permission.CASE_READ, Permission.CASE_WRITE, Permission.PAYMENT_READ, Permission.FILE_WRITE}
)
"""What every signed-in user may do with what is their own."""

_READ: Final = frozenset(
    {
        Permission.CASE_READ,
        Permission.MEMBER_EMAIL_READ,
        Permission.PAYMENT_READ,
        Permission.DISPUTE_READ,
        Permission.EXPORT_READ,
        Permission.INSIGHT_READ,
    }
)
_ANSWER: Final = _READ | {Permission.CASE_WRITE, Permission.FILE_WRITE}
_RUN: Final = _ANSWER | {
    Permission.REFUND_WRITE,
    Permission.DISPUTE_WRITE,
    Permission.MEMBER_WRITE,
    Permission.PAYMENT_WRITE,
    Permission.PRODUCT_WRITE,
    Permission.ACTIVITY_WRITE,
    Permission.RULE_MANAGE,
    Permission.WEBHOOK_MANAGE,
}
_OWN: Final = _RUN | {Permission.ACCOUNT_WRITE, Permission.TEAM_MANAGE, Permission.KEY_MANAGE}

ROLE_PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType(
    {Role.VIEWER: _READ, Role.SUPPORT: _ANSWER, Role.ADMIN: _RUN, Role.OWNER: _OWN}
)

STAFF_PERMISSIONS: Final[Mapping[StaffRole, frozenset[Permission]]] = MappingProxyType(
    {StaffRole.REVIEWER: _ANSWER | {Permission.CASE_DECIDE}, StaffRole.ADMIN: ALL_PERMISSIONS}
)
