"""Whose eyes a stream is for: which notices its caller may hear of. No SQL, no waiting.

The same order as `access.resolve`: the buyer as the customer, then the account's merchant, then the platform. A note
or an assignment is heard by its own side alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from amends.access.permissions import Permission
from amends.access.scopes import Caller
from amends.db.notices import CaseNotice, ExportNotice, Notice

EVERYWHERE: Final = "everywhere"
Place = int | UUID | str
"""Where a notice is told: at its account, to its buyer, or EVERYWHERE."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a caller sees, narrowed to one account or case where the stream asked for that."""

    user_id: UUID | None
    bought_at: tuple[int, ...]
    """The accounts where the user is a customer: where to look for what was missed."""
    sells_at: frozenset[int]
    exports_of: frozenset[int]
    is_platform: bool
    exports_everywhere: bool
    account_id: int | None = None
    case_id: str | None = None

    @property
    def is_boundless(self) -> bool:
        """Tell whether it is the platform's on every account, across which nothing is read."""
        return self.is_platform and self.account_id is None

    def places(self) -> Iterator[Place]:
        """Yield where to listen; some of what is told there this sight does not see."""
        if self.is_platform or self.exports_everywhere:
            yield EVERYWHERE
            return
        yield from self.sells_at | self.exports_of
        if self.user_id is not None:
            yield self.user_id

    def sees(self, notice: Notice) -> bool:
        """Tell whether the caller may hear of it, and asked to."""
        if self.account_id is not None and notice.account_id != self.account_id:
            return False
        if isinstance(notice, ExportNotice):
            return self.case_id is None and (self.exports_everywhere or notice.account_id in self.exports_of)
        return self.case_id in (None, notice.id) and self._sees_event(notice)

    def _sees_event(self, notice: CaseNotice) -> bool:
        if notice.user_id == self.user_id:
            return notice.viewable_by_customer
        if notice.account_id in self.sells_at:
            return notice.viewable_by_merchant
        return self.is_platform and (not notice.internal or notice.actor == "platform")


def places_of(notice: Notice) -> tuple[Place, ...]:
    """Return where a notice is told."""
    if isinstance(notice, ExportNotice):
        return notice.account_id, EVERYWHERE
    return notice.account_id, notice.user_id, EVERYWHERE


def sight_of(caller: Caller, *, account_id: int | None = None, case_id: str | None = None) -> Sight:
    """Return what a caller sees."""
    platform = frozenset[Permission]() if caller.platform is None else caller.platform.permissions
    customer = caller.customer
    return Sight(
        user_id=customer.user_id if customer else None,
        bought_at=customer.account_ids if customer else (),
        sells_at=_accounts_with(caller, Permission.CASE_READ),
        exports_of=_accounts_with(caller, Permission.EXPORT_READ),
        is_platform=Permission.CASE_READ in platform,
        exports_everywhere=Permission.EXPORT_READ in platform,
        account_id=account_id,
        case_id=case_id,
    )


def _accounts_with(caller: Caller, permission: Permission) -> frozenset[int]:
    return frozenset(merchant.account_id for merchant in caller.merchants if permission in merchant.permissions)
