"""Every page, and what each kind of person gets there. A page without a row fails tests/access/test_matrix.py.

To add one: a line in the list of its domain. `needs` is the permission at the account in the path: the roles that have
it may, the others get 403, and people of other accounts 404. None: everybody who is signed in may, it is their own.
`prepare` makes what the path names, fresh for everybody who may; `form` is what a POST sends. `others` says what is
otherwise for a role. Who is not signed in is sent to the sign-in page, always.

Kinds of people: those of `tests.staff.people_of` (viewer, support, admin, owner; reviewer, platform admin), `foreign`
(an owner of another account) and `stranger` (on no team).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from amends.access.permissions import ROLE_PERMISSIONS, STAFF_PERMISSIONS, Permission, Role, StaffRole
from tests.access.world import World

Prepare = Callable[[World], Awaitable[Mapping[str, str]]]

HELD: Final = {
    **{role.value: ROLE_PERMISSIONS[role] for role in Role},
    "reviewer": STAFF_PERMISSIONS[StaffRole.REVIEWER],
    "platform admin": STAFF_PERMISSIONS[StaffRole.ADMIN],
}
OUTSIDERS: Final = ("foreign", "stranger")


async def of_account(world: World) -> Mapping[str, str]:
    """Name the account."""
    return {"biz_pid": world.account.pid}


async def nothing(_world: World) -> Mapping[str, str]:
    """Name nothing."""
    return {}


def of_case(state: Callable[[World], Awaitable[str]]) -> Prepare:
    """Name the account and a case of it in a state."""

    async def prepare(world: World) -> Mapping[str, str]:
        return {"biz_pid": world.account.pid, "case_pid": await state(world)}

    return prepare


@dataclass(frozen=True)
class PageRow:
    """One page."""

    method: str
    path: str
    needs: Permission | None
    prepare: Prepare = of_account
    form: Mapping[str, str] = field(default_factory=dict[str, str])
    status: int = 200
    """What who may gets."""
    others: Mapping[str, int] = field(default_factory=dict[str, int])

    def expected(self, who: str) -> int:
        """Return the status for a kind of person."""
        if who in self.others:
            return self.others[who]
        if self.needs is None:
            return self.status
        if who in OUTSIDERS:
            return 404
        return self.status if self.needs in HELD[who] else 403


STAFF_PAGES: Final = [
    PageRow("GET", "/me", None, nothing),
    PageRow("POST", "/me", None, nothing, {"name": "Renamed"}, 303),
    PageRow("GET", "/me/security", None, nothing),
    PageRow("POST", "/me/security/password", None, nothing, {"password": "a horse of the matrix"}, 303),
    PageRow("POST", "/me/security/sessions", None, nothing, {}, 303),
    PageRow("POST", "/me/security/two-step", None, nothing, {}, 303),
    PageRow("GET", "/me/security/two-step", None, nothing, {}, 200),
    PageRow("POST", "/me/security/two-step/confirm", None, nothing, {"code": "12345"}, 422),
    PageRow("POST", "/me/security/two-step/codes", None, nothing, {}, 303),
    PageRow("POST", "/me/security/two-step/codes/file", None, nothing, {"codes": "abcd-efgh-jkmn-pqrs"}),
    PageRow("POST", "/me/security/two-step/off", None, nothing, {}, 303),
    PageRow("GET", "/accounts", None, nothing),
    PageRow("GET", "/accounts/{biz_pid}", Permission.CASE_READ, status=303),
]

_CASE: Final = "/accounts/{biz_pid}/cases/{case_pid}"

CASE_PAGES: Final = [
    PageRow("GET", _CASE, Permission.CASE_READ, of_case(World.case)),
    PageRow("GET", f"{_CASE}/log", Permission.CASE_READ, of_case(World.case)),
    PageRow("GET", f"{_CASE}/payments", Permission.CASE_READ, of_case(World.case)),
]

PAGES: Final = {
    "case": CASE_PAGES,
    "staff": STAFF_PAGES,
}

PUBLIC_PAGES: Final = {
    ("GET", "/"): 200,
    ("GET", "/sign-in"): 200,
    ("POST", "/sign-in"): 422,
    ("GET", "/sign-in/code"): 303,
    ("POST", "/sign-in/code"): 303,
    ("GET", "/sign-in/{token}"): 404,
    ("POST", "/sign-in/{token}"): 404,
    ("POST", "/sign-out"): 303,
}
"""Pages for everybody, and what they answer to who is not signed in and knows no token."""
