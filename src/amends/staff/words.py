"""The words for roles and what they may do (PRODUCT.md, section 8), and for what the pages of teams refuse."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from amends.access.permissions import ROLE_PERMISSIONS, Permission, Role, StaffRole
from amends.kit.errors import ApiError
from amends.web.text import _, lazy

ROLES: Final[Mapping[Role, Any]] = {
    Role.VIEWER: lazy("Viewer"),
    Role.SUPPORT: lazy("Support"),
    Role.ADMIN: lazy("Admin"),
    Role.OWNER: lazy("Owner"),
}

STAFF_ROLES: Final[Mapping[StaffRole, Any]] = {
    StaffRole.REVIEWER: lazy("Reviewer"),
    StaffRole.ADMIN: lazy("Platform admin"),
}
STAFF_ROLE_HINTS: Final[Mapping[StaffRole, Any]] = {
    StaffRole.REVIEWER: lazy("Reads everything, asks both sides, decides cases."),
    StaffRole.ADMIN: lazy("Also sees to failed money, and sets policy, locks, keys and who is on the staff."),
}
THE_PLATFORM: Final[Any] = lazy("the platform")

ROLE_HINTS: Final[Mapping[Role, Any]] = {
    Role.VIEWER: lazy("Reads everything, changes nothing."),
    Role.SUPPORT: lazy("Answers customers; accepts and offers within a limit."),
    Role.ADMIN: lazy("Does everything with cases, and sets up how they are answered."),
    Role.OWNER: lazy("Does everything, and decides who is on the team."),
}

_RIGHTS: Final[tuple[tuple[Any, Permission, frozenset[Role]], ...]] = (
    (lazy("Read cases, customers and payments; export them"), Permission.CASE_READ, frozenset()),
    (lazy("Comment, request information, deny, take notes, assign"), Permission.CASE_WRITE, frozenset()),
    (lazy("Accept cases and make offers"), Permission.CASE_WRITE, frozenset({Role.SUPPORT})),
    (lazy("Set up saved replies, rules and webhooks"), Permission.RULE_MANAGE, frozenset()),
    (lazy("Invite and remove people, change roles and limits"), Permission.TEAM_MANAGE, frozenset()),
    (lazy("Make and revoke API keys"), Permission.KEY_MANAGE, frozenset()),
)


class Right(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the table of rights: for each role in its order `yes`, `limited` or `no`."""

    label: Any
    roles: tuple[str, ...]


def rights() -> tuple[Right, ...]:
    """Return what each role may do, as the permissions have it."""
    return tuple(
        Right(label=label, roles=tuple(_answer(role, permission, limited) for role in Role))
        for label, permission, limited in _RIGHTS
    )


def _answer(role: Role, permission: Permission, limited: frozenset[Role]) -> str:
    if permission not in ROLE_PERMISSIONS[role]:
        return "no"
    return "limited" if role in limited else "yes"


_REFUSALS: Final[Mapping[str, Any]] = {
    "last_owner": lazy("An account needs an owner, and this is the only one. Make somebody else an owner first."),
    "last_admin": lazy("The platform needs an admin, and this is the only one. Make somebody else an admin first."),
    "already_on_team": lazy("Somebody with this e-mail address is on the team already."),
    "already_invited": lazy("This address is invited already. You can send the invitation again below."),
    "invitation_over": lazy("This invitation has been accepted or withdrawn in the meantime."),
    "unknown_currency": lazy("Write the three letters of a currency that is in use, such as USD."),
    "inexact_amount": lazy("Write an amount that this currency can hold, such as 49.00."),
    "amount_not_positive": lazy("A limit is zero or more."),
    "invalid_email": lazy("Write a complete e-mail address, such as ada@example.com."),
    "name_missing": lazy("Say what you are called."),
    "totp_is_on": lazy("Two-step sign-in is on already. Turn it off to use another app."),
    "totp_is_off": lazy("Two-step sign-in is off, so there is nothing to recover."),
    "wrong_code": lazy("This is not the code that the app shows now. Wait for the next one and try that."),
    "wrong_password": lazy("This is not your current password."),
    "password_too_short": lazy("Choose at least 12 characters. A few words in a row do well."),
    "password_too_long": lazy("Choose at most 1000 characters."),
    "password_is_known": lazy("This is one of the first that somebody would try. Choose another."),
    "too_many_tries": lazy("That was often enough for now. Please try again in some minutes."),
}


def refusal_words(error: ApiError) -> str:
    """Return what a refusal says, in the reader's language where it is one of ours."""
    words = _REFUSALS.get(error.code)
    return error.message if words is None else str(words)


def in_words(error: ApiError) -> ApiError:
    """Return a refusal that speaks the reader's language, for `forms.refused`."""
    error.message = refusal_words(error)
    return error


def somebody(name: str | None) -> str:
    """Return a name, or words where there is none."""
    return name or _("Somebody")
