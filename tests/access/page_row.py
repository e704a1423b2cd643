"""A row of the table of pages: one page, and what each kind of person gets there; what to add one: `page_matrix`.

Also what rows of several areas are made of: the things that a path names, made fresh, and words to send.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from amends.access.permissions import ROLE_PERMISSIONS, STAFF_PERMISSIONS, Permission, Role, StaffRole
from tests.access.world import World

Prepare = Callable[[World], Awaitable[Mapping[str, str]]]

HELD: Final = {
    **{role.value: ROLE_PERMISSIONS[role] for role in Role},
    "reviewer": STAFF_PERMISSIONS[StaffRole.REVIEWER],
    "platform admin": STAFF_PERMISSIONS[StaffRole.ADMIN],
}
STAFF: Final = ("reviewer", "platform admin")
OUTSIDERS: Final = ("foreign", "stranger", "customer")

SAID: Final = {"message": "Something to say."}


async def of_account(world: World) -> Mapping[str, str]:
    """Name the account."""
    return {"biz_pid": world.account.pid}


async def nothing(_world: World) -> Mapping[str, str]:
    """Name nothing."""
    return {}


class Whose(StrEnum):
    """What a page is about, if not an account or the reader."""

    CUSTOMER = "customer"
    PLATFORM = "platform"


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
    whose: Whose | None = None

    def expected(self, who: str) -> int:
        """Return the status for a kind of person."""
        if who in self.others:
            return self.others[who]
        if self.whose is Whose.CUSTOMER:
            return self.status if who == "customer" else 404
        if self.whose is Whose.PLATFORM and who not in STAFF:
            return 404
        if self.needs is None:
            return self.status
        if who in OUTSIDERS:
            return 404
        return self.status if self.needs in HELD[who] else 403
