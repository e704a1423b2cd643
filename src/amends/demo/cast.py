"""Who does a step: the customer, somebody of the account's team who may, or a reviewer."""

from typing import Final

from amends.demo.catalogue import STAFF
from amends.demo.market import staff_id
from amends.demo.scripts import Actor
from amends.demo.story import CasePlan, Planned

_SPENDING: Final = frozenset({"accept", "make_offer", "accept_offer"})
"""What the support role may do only up to a limit."""


def acting_user(plan: CasePlan, step: Planned) -> str:
    """Return the platform's own id of the person who does a step; the bank and the clock are nobody."""
    match step.actor:
        case Actor.CUSTOMER:
            return plan.sale.customer.id
        case Actor.MERCHANT:
            account = plan.sale.account
            roles = ("owner", "admin") if step.verb in _SPENDING else ("owner", "admin", "support")
            able = [number for number, (role, _) in enumerate(account.team) if role in roles]
            return staff_id(account.key, able[step.person % len(able)])
        case Actor.PLATFORM:
            reviewers = [number for number, (role, _) in enumerate(STAFF) if role == "reviewer"]
            return staff_id("platform", reviewers[step.person % len(reviewers)])
        case _:
            raise ValueError(f"nobody does {step.verb}")
