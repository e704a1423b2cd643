"""Every event that can happen to a case, and case pages made of states: so that each letter can be written and read."""

from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec

from amends.cases import lifecycle as lc
from amends.cases.lifecycle import Actor, CaseState, Status
from amends.cases.page_rows import CaseRow, EventRow, OfferRow, RefundRow
from amends.notifications.audience import Key
from amends.payments.states import Payer, RefundState
from tests.cases.lifecycle_walk import NOW, Taken, Walk

OFFER = "offr_1"


class _Collecting(Walk):
    """Keeps one example of everything that a letter depends on."""

    def __init__(self, policy: lc.Policy) -> None:
        super().__init__(policy, paid=2)
        self.examples: dict[Any, Taken] = {}

    def take(self, taken: Taken) -> None:
        self.examples.setdefault(_look(taken), taken)


def _look(taken: Taken) -> Any:
    case, event = taken.decided.state, taken.decided.event
    data = {name: value for name, value in event.data.items() if name not in {"amount_minor", "left_minor"}}
    return (
        key_of(taken), case.status, case.outcome, case.settlement, case.dispute, case.escalated, case.merchant_appealed,
        case.offer_maker, case.appeal_due_at is None, case.auto_accept_at is None, case.settled_with_remedy,
        event.data.get("amount_minor") is None, *sorted(data.items()),
    )  # fmt: skip


@lru_cache(maxsize=1)
def examples() -> tuple[Taken, ...]:
    """Return an example of each event in each standing of a case, from every state that can be reached."""
    walk = _Collecting(lc.Policy(info_requests_max=1, offers_max=1, comments_max=1))
    walk.run()
    return tuple(walk.examples.values())


def opening() -> tuple[Key, lc.Decided]:
    """Return the opening, which is no move of the walk."""
    move = lc.Move(action=lc.Action.OPEN, actor=Actor.CUSTOMER, message="words", amount_minor=4900)
    decided = lc.decide(None, move, now=NOW, policy=lc.DEFAULT_POLICY, refundable_minor=4900)
    return Key(1, Actor.CUSTOMER, lc.EventKind.CREATED), decided


def key_of(taken: Taken) -> Key:
    """Return which event a move has written."""
    event = taken.decided.event
    return Key(taken.decided.row, event.actor, event.kind)


def case_row(decided: lc.Decided, party: Actor, *, message: str = "Here is\nwhat I think.") -> CaseRow:
    """Return a page of the case after a move, as a party would see it."""
    state = decided.state
    fields: dict[str, Any] = dict.fromkeys(CaseRow.__struct_fields__)
    fields |= {name: getattr(state, name) for name in fields if hasattr(state, name)}
    fields |= _known(state)
    fields |= {"amount_minor": 4900, "events": [_event(decided, party, message)], "action_key": _key(state, party)}
    return CaseRow(**fields)


def _known(state: CaseState) -> dict[str, Any]:
    offer = OfferRow(
        pid=OFFER, maker=state.offer_maker or Actor.MERCHANT, amount_minor=2000, remedy="A free month.", status="open",
        expires_at=None, created_at=NOW, ended_at=None,
    )  # fmt: skip
    return {
        "pid": "reso_1",
        "user_id": UUID(int=1),
        "member_id": UUID(int=2),
        "payment_id": UUID(int=3),
        "reason": lc.Reason.NOT_AS_DESCRIBED,
        "currency": "usd",
        "places": 2,
        "answers": None,
        "requested_remedy": {"kind": "partial_refund", "amount_minor": 2000, "text": None},
        "version": 2,
        "created_at": NOW,
        "updated_at": NOW,
        "closed_at": NOW if state.status is Status.CLOSED else None,
        "assignee_id": None,
        "assignee_name": None,
        "account_pid": "biz_1",
        "account_title": "Acme",
        "payment_pid": "pay_1",
        "payment_currency": "usd",
        "payment_places": 2,
        "payment_amount_minor": 4900,
        "refunded_minor": 0,
        "refund_reserved_minor": 0,
        "disputed_minor": 0,
        "open_disputes": 0,
        "lost_disputes": 0,
        "paid_at": NOW - timedelta(days=1),
        "payment_method_type": "card",
        "card_brand": "visa",
        "card_last4": "4242",
        "is_renewal": False,
        "period_start": None,
        "period_end": None,
        "line_items": [],
        "member_pid": "mem_1",
        "user_pid": "user_1",
        "name": "Ada Lovelace",
        "username": "ada",
        "email": None,
        "time_zone": None,
        "joined_at": NOW,
        "ended_at": None,
        "product_pid": "prod_1",
        "product_title": "Trading course",
        "plan_title": None,
        "billing_period_days": None,
        "cancel_before_hours": None,
        "policy": lc.DEFAULT_POLICY,
        "offers": [offer],
        "decisions": [],
        "refunds": [_refund()],
        "credits": [],
        "disputes": [],
    }


def _refund() -> RefundRow:
    return RefundRow(
        pid="rf_1", amount_minor=4900, currency="usd", places=2, payer=Payer.MERCHANT, reason="accepted",
        method="provider", state=RefundState.SUCCEEDED, attempt=1, tries=1, failure_code=None, failure_message=None,
        next_try_at=None, resolution_note=None, created_at=NOW, updated_at=NOW, succeeded_at=NOW,
    )  # fmt: skip


def _event(decided: lc.Decided, party: Actor, message: str) -> EventRow:
    event = decided.event
    is_own = event.actor is party
    return EventRow(
        id=UUID(int=decided.row), pid="revt_1", kind=event.kind, actor=event.actor, actor_id="user_9",
        actor_name="Grace Hopper" if is_own or party is Actor.PLATFORM else None,
        viewable_by_customer=event.viewable_by_customer, viewable_by_merchant=event.viewable_by_merchant,
        data={**({"amount_minor": 2000} if decided.row == 25 else {}), **event.data, "offer": OFFER},
        created_at=NOW,
        texts={"message": message, f"to_{party}": "Because of the photos."}, files=[],
    )  # fmt: skip


def _key(state: CaseState, party: Actor) -> str:
    window = state.appeal_due_at is not None and state.appeal_due_at > NOW
    words = (
        party, "", "", "", state.status, state.outcome or "", state.refund or "", state.settlement, state.escalated,
        state.customer_appealed, state.merchant_appealed, state.requests_used, state.merchant_offers,
        state.customer_offers, state.merchant_comments, state.customer_comments, state.merchant_answered,
        state.offer_maker or "", state.settled_with_remedy, state.platform_decided, state.decided_payer or "",
        state.dispute, window, True, True,
    )  # fmt: skip
    return "|".join(str(int(word)) if isinstance(word, bool) else str(word) for word in words)


def plain(letter: msgspec.Struct) -> str:
    """Return everything that a letter says."""
    return msgspec.json.encode(letter).decode()
