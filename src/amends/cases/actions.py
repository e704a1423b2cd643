"""What a viewer may do, from the short key that the queries write beside each case.

A key holds everything that the guards of the transition table ask, and few values of each, so that almost every case
of a page is answered from memory. The lifecycle alone says what a key means.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from amends.cases.lifecycle import available_actions
from amends.cases.policy import DEFAULT_POLICY, Policy
from amends.cases.states import Action, Actor, CaseState, Dispute, Outcome, RefundBy, Settlement, Status

_NOW: Final = datetime(2000, 1, 1, tzinfo=UTC)
_SOON: Final = _NOW + timedelta(days=1)


class KeyFacts(NamedTuple):
    """What a key says: no amounts, and of times only whether the appeal window is open."""

    viewer: Actor
    state: CaseState
    policy: Policy
    refundable_minor: int
    """1 or 0: whether something is."""


@lru_cache(maxsize=65_536)
def actions_json(key: str) -> str:
    """Return `available_actions` for a key, as JSON."""
    return msgspec.json.encode([action.value for action in actions_of(key)]).decode()


def actions_of(key: str) -> tuple[Action, ...]:
    """Return `available_actions` for a key."""
    viewer, state, policy, refundable_minor = read_key(key)
    return available_actions(state, viewer, now=_NOW, policy=policy, refundable_minor=refundable_minor)


def read_key(key: str) -> KeyFacts:
    """Return what a key says of a case."""
    (
        viewer, requests_max, offers_max, comments_max, status, outcome, refund, settlement, escalated,
        customer_appealed, merchant_appealed, requests, merchant_offers, customer_offers, merchant_comments,
        customer_comments, answered, offer_maker, with_remedy, platform_decided, payer, dispute, window_open,
        refundable, covered,
    ) = key.split("|")  # fmt: skip
    # Only whether something is refundable and whether it covers the offer matters, not how much.
    refundable_minor = int(refundable)
    offer_minor = refundable_minor + (covered == "0") if offer_maker else None
    state = CaseState(
        status=Status(status),
        amount_minor=1,
        outcome=Outcome(outcome) if outcome else None,
        refund=RefundBy(refund) if refund else None,
        settlement=Settlement(settlement),
        escalated=escalated == "1",
        customer_appealed=customer_appealed == "1",
        merchant_appealed=merchant_appealed == "1",
        appeal_due_at=_SOON if window_open == "1" else None,
        requests_used=int(requests),
        merchant_offers=int(merchant_offers),
        customer_offers=int(customer_offers),
        merchant_comments=int(merchant_comments),
        customer_comments=int(customer_comments),
        merchant_answered=answered == "1",
        offer_maker=Actor(offer_maker) if offer_maker else None,
        offer_amount_minor=offer_minor,
        settled_with_remedy=with_remedy == "1",
        platform_decided=platform_decided == "1",
        decided_payer=RefundBy(payer) if payer else None,
        dispute=Dispute(dispute),
    )
    policy = Policy(
        info_requests_max=int(requests_max or DEFAULT_POLICY.info_requests_max),
        offers_max=int(offers_max or DEFAULT_POLICY.offers_max),
        comments_max=int(comments_max or DEFAULT_POLICY.comments_max),
    )
    return KeyFacts(Actor(viewer), state, policy, refundable_minor)
