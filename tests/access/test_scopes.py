"""Scopes cannot be made, changed or copied with changes outside `amends.access`."""

import ast
import dataclasses
from pathlib import Path
from uuid import UUID

import pytest

from amends.access._proof import ForgedScope, Seal
from amends.access.permissions import (
    ACCOUNT_PERMISSIONS,
    ALL_PERMISSIONS,
    PLATFORM_ONLY,
    ROLE_PERMISSIONS,
    STAFF_PERMISSIONS,
    Permission,
    Role,
    StaffRole,
)
from amends.access.scopes import CustomerScope, PlatformScope, Principal, system_scope

SOURCE = Path(__file__).parents[2] / "src" / "amends"
SOMEBODY = Principal(kind="user", id="user_1", name=None)


def test_a_scope_wants_the_seal() -> None:
    with pytest.raises(ForgedScope):
        PlatformScope(seal=Seal(), principal=SOMEBODY, permissions=ALL_PERMISSIONS, role=None)
    with pytest.raises(ForgedScope):
        CustomerScope(seal=Seal(), user_id=UUID(int=1), user_pid="user_1", principal=SOMEBODY, account_ids=())


def test_a_scope_cannot_be_changed_or_copied_with_changes() -> None:
    scope = system_scope()
    with pytest.raises(ForgedScope):
        dataclasses.replace(scope, principal=SOMEBODY)
    with pytest.raises(dataclasses.FrozenInstanceError):
        scope.principal = SOMEBODY  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(ForgedScope):
        type(scope)(seal=scope.seal, principal=SOMEBODY)


def test_only_access_knows_the_seal() -> None:
    knowing = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if path.parent != SOURCE / "access"
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.ImportFrom | ast.Import) and "_proof" in ast.dump(node))
        or (isinstance(node, ast.keyword) and node.arg == "seal")
        or (isinstance(node, ast.Attribute) and node.attr in {"seal", "__setattr__"})
    }
    assert knowing == set()


def test_roles_bring_what_the_table_says() -> None:
    viewer, support, admin, owner = (ROLE_PERMISSIONS[role] for role in Role)
    assert viewer < support < admin < owner < ACCOUNT_PERMISSIONS
    assert support - viewer == {Permission.CASE_WRITE, Permission.FILE_WRITE}
    assert owner - admin == {Permission.ACCOUNT_WRITE, Permission.TEAM_MANAGE, Permission.KEY_MANAGE}
    assert not any("write" in word or "manage" in word for word in viewer)
    reviewer, platform_admin = (STAFF_PERMISSIONS[role] for role in StaffRole)
    assert reviewer < platform_admin == ALL_PERMISSIONS
    assert PLATFORM_ONLY & reviewer == {Permission.CASE_DECIDE}
    assert not any(PLATFORM_ONLY & held for held in ROLE_PERMISSIONS.values())


def test_the_words_are_the_contract_s() -> None:
    contract = (
        "case:read case:write member:email:read member:write payment:read payment:write refund:write dispute:read"
        " dispute:write account:write product:write user:write activity:write file:write export:read webhook:manage"
        " rule:manage team:manage key:manage insight:read sign_in_link:create case:decide policy:manage audit:read"
    )
    assert {permission.value for permission in Permission} == set(contract.split())
