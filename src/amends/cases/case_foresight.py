"""What a move on the case that a page shows would lead to, asked of the lifecycle before it is made. Pure.

The row of the page becomes the state that `lifecycle.decide` takes, so that a panel promises what the command will do.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from amends.cases import lifecycle
from amends.cases.actions import read_key
from amends.cases.errors import CaseError
from amends.cases.moves import Decided, Move, RefundIntended
from amends.cases.page_rows import CaseRow, OfferRow
from amends.cases.policy import Policy
from amends.cases.states import Actor, CaseState
from amends.cases.words import OFFER_OPEN
from amends.payments.states import Payer, RefundState


class Standpoint(NamedTuple):
    """For whom the words are: the side, what the role may still spend on this case, the account's own currency."""

    side: Actor
    limit_minor: int | None
    """What the role may spend on one case; None: any amount."""
    home: str
    now: datetime


class CaseToForesee(Protocol):
    """What of a case decides where a move leads; a struct with these fields will do."""

    @property
    def action_key(self) -> str: ...
    @property
    def amount_minor(self) -> int: ...
    @property
    def refundable_minor(self) -> int: ...
    @property
    def response_due_at(self) -> datetime | None: ...
    @property
    def appeal_due_at(self) -> datetime | None: ...
    @property
    def offer_amount_minor(self) -> int | None: ...
    @property
    def offers(self) -> Sequence[OfferRow]: ...
    @property
    def policy(self) -> Policy: ...


def state_of(case: CaseToForesee) -> CaseState:
    """Return the state of a case that is shown, as far as what its viewer can do depends on it."""
    offer = open_offer(case)
    return replace(
        read_key(case.action_key).state,
        amount_minor=case.amount_minor,
        response_due_at=case.response_due_at,
        appeal_due_at=case.appeal_due_at,
        offer_amount_minor=case.offer_amount_minor,
        offer_has_remedy=None if offer is None else offer.remedy is not None,
    )


def foresee(case: CaseToForesee, move: Move, now: datetime) -> Decided | None:
    """Return what a move would lead to; None: the case does not allow it now."""
    try:
        return lifecycle.decide(
            state_of(case), move, now=now, policy=case.policy, refundable_minor=case.refundable_minor
        )
    except CaseError:
        return None


def open_offer(case: CaseToForesee) -> OfferRow | None:
    """Return the offer that waits for an answer."""
    return next((offer for offer in case.offers if offer.status == OFFER_OPEN), None)


def spent_minor(case: CaseRow) -> int:
    """Return what a case has cost the merchant, as the limit of a role counts it."""
    lost = (RefundState.FAILED, RefundState.CANCELED)
    return sum(r.amount_minor for r in case.refunds if r.payer is Payer.MERCHANT and r.state not in lost)


def refunded_minor(decided: Decided) -> int:
    """Return what a move refunds."""
    return sum(effect.amount_minor for effect in decided.effects if isinstance(effect, RefundIntended))
