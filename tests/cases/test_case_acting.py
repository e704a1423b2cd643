"""What a panel says, against what the lifecycle does: in every state that can be reached, and word by word in some."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from msgspec.structs import replace

from amends.cases.case_acting import done_words, panels_of
from amends.cases.case_foresight import Standpoint, foresee
from amends.cases.case_forms import ACTIONS, Form, Panel
from amends.cases.lifecycle import DEFAULT_POLICY, Policy, available_actions
from amends.cases.moves import Move, RefundIntended
from amends.cases.page_rows import CaseRow
from amends.cases.states import Action, Actor, CaseState, Dispute, Status
from amends.web.readers import plain_reader, reading_as
from tests.cases.lifecycle_walk import NOW, Walk, World

ADMIN = Standpoint(side=Actor.MERCHANT, limit_minor=None, home="usd", now=NOW)
YOURS = CaseState(
    status=Status.AWAITING_MERCHANT,
    amount_minor=4900,
    response_due_at=NOW + timedelta(days=7),
    negotiation_ends_at=NOW + timedelta(days=30),
)


def key_of(state: CaseState, policy: Policy, refundable_minor: int) -> str:
    """Write the key that the database writes beside a case, for its merchant."""
    window = state.appeal_due_at is not None and state.appeal_due_at > NOW
    parts = (
        "merchant", policy.info_requests_max, policy.offers_max, policy.comments_max, state.status, state.outcome,
        state.refund, state.settlement, state.escalated, state.customer_appealed, state.merchant_appealed,
        state.requests_used, state.merchant_offers, state.customer_offers, state.merchant_comments,
        state.customer_comments, state.merchant_answered, state.offer_maker, state.settled_with_remedy,
        state.platform_decided, state.decided_payer, state.dispute, window, refundable_minor > 0,
        refundable_minor >= (state.offer_amount_minor or 0),
    )  # fmt: skip
    return "|".join("" if part is None else str(int(part)) if isinstance(part, bool) else str(part) for part in parts)


def shown(state: CaseState, *, refundable_minor: int = 4900, policy: Policy = DEFAULT_POLICY, **more: Any) -> CaseRow:
    """Return the row of a case's page in a state."""
    fields: dict[str, Any] = dict.fromkeys(CaseRow.__struct_fields__)
    lists = ("line_items", "offers", "decisions", "refunds", "credits", "disputes", "events")
    fields |= {name: [] for name in lists}
    fields |= dict.fromkeys(("payment_amount_minor", "refund_reserved_minor", "disputed_minor", "open_disputes"), 0)
    fields |= {name: UUID(int=1) for name in ("user_id", "member_id", "payment_id")}
    fields |= {name: getattr(state, name) for name in CaseState.__struct_fields__ if name in fields}
    if state.offer_maker is not None:
        made = {"pid": "offr_1", "maker": state.offer_maker, "amount_minor": state.offer_amount_minor}
        remedy = "One more month." if state.offer_has_remedy else None
        times = {"expires_at": None, "created_at": NOW, "ended_at": None}
        fields["offers"] = [{**made, "remedy": remedy, "status": "open", **times}]
    fields |= {
        "currency": "usd",
        "places": 2,
        "refunded_minor": -refundable_minor,
        "lost_disputes": 0,
        "version": 1,
        "policy": policy,
        "action_key": key_of(state, policy, refundable_minor),
        "payment_method_type": "card",
        "card_brand": "visa",
        "card_last4": "4242",
    }
    read = {**fields, **more}
    offers = msgspec.convert(read["offers"], CaseRow.__annotations__["offers"])
    return CaseRow(**{**read, "offers": offers})


def panel(form: Form, case: CaseRow, at: Standpoint = ADMIN) -> Panel:
    """Return one form of a case."""
    return next(one for one in panels_of(case, tuple(Action), at) if one.form is form)


@pytest.fixture(autouse=True)
def reader() -> Generator[None]:
    """Read in English, at the time of the walks."""
    with reading_as(plain_reader(NOW)):
        yield


class Promises(Walk):
    """Holds the panels to the lifecycle in each state; those that differ in nothing that panels ask count as one."""

    def __init__(self, policy: Policy, *, paid: int, disputes: bool) -> None:
        super().__init__(policy, paid=paid, disputes=disputes, elsewhere=False)
        self.seen: set[tuple[str, int]] = set()

    def visit(self, world: World) -> None:
        """Compare what is offered with what is possible, and each promised amount with what the move would refund."""
        state, money = world
        case = shown(state, refundable_minor=money.refundable, policy=self.policy)
        if (case.action_key, money.refundable) in self.seen:
            return
        self.seen.add((case.action_key, money.refundable))
        possible = available_actions(
            state, Actor.MERCHANT, now=NOW, policy=self.policy, refundable_minor=money.refundable
        )
        panels = panels_of(case, possible, ADMIN)
        assert {ACTIONS[one.form] for one in panels} == {*possible, Action.NOTE}, world
        for one in panels:
            if one.amount_minor is not None:
                move = Move(action=ACTIONS[one.form], actor=Actor.MERCHANT)
                done = foresee(case, move, NOW)
                assert done is not None
                assert [one.amount_minor] == [e.amount_minor for e in done.effects if isinstance(e, RefundIntended)]


@pytest.mark.parametrize(("comments", "disputes"), [(1, False), (0, True)])
def test_every_state_offers_what_it_allows(comments: int, disputes: bool) -> None:
    policy = Policy(info_requests_max=1, offers_max=1, comments_max=comments)
    walk = Promises(policy, paid=2, disputes=disputes)
    walk.run()
    assert len(walk.seen) > 500


def test_accept_says_amount_and_receiver() -> None:
    accept = panel(Form.ACCEPT, shown(YOURS))
    assert accept.says[0] == "Refunds $49.00 to Visa ••4242 and closes the case."
    assert (accept.button, accept.amount_minor) == ("Refund $49.00", 4900)


def test_accept_says_what_was_refunded_before() -> None:
    accept = panel(Form.ACCEPT, shown(YOURS, refundable_minor=2900))
    assert accept.says[:2] == (
        "Refunds $29.00 to Visa ••4242 and closes the case.",
        "The rest of $49.00 has been refunded before.",
    )


def test_deny_says_until_when_it_can_be_appealed() -> None:
    deny = panel(Form.DENY, shown(YOURS))
    assert deny.says == ("Closes the case without a refund.", "The customer can appeal until Mon 7 Dec, 09:00.")


def test_a_bank_dispute_stops_the_clocks() -> None:
    paused = shown(replace(YOURS, dispute=Dispute.OPEN, response_due_at=None, paused_left_ms=1000))
    assert panel(Form.DENY, paused).says[1] == "The customer can appeal once the bank dispute has ended."
    asked = panel(Form.REQUEST_INFO, paused).says[0]
    assert asked == "The customer’s time to answer starts when the bank dispute has ended."


@pytest.mark.parametrize(("used", "left"), [(0, "3 of 3 requests are left."), (2, "1 of 3 requests is left.")])
def test_requests_are_counted(used: int, left: str) -> None:
    asked = panel(Form.REQUEST_INFO, shown(replace(YOURS, requests_used=used)))
    assert asked.says == (
        "The customer has until Mon 30 Nov, 09:00 to answer.",
        "Without an answer the case closes in your favor.",
        left,
    )


def test_an_offer_is_bounded_by_what_is_left_and_by_the_role() -> None:
    whole = panel(Form.OFFER, shown(YOURS)).offer
    assert whole is not None
    assert (whole.most_minor, whole.bounds) == (4899, "More than nothing, less than $49.00.")
    assert [one.days for one in whole.expiries] == list(range(1, 15))
    assert [one.until for one in whole.expiries if one.is_usual] == ["Mon 30 Nov, 09:00"]
    support = ADMIN._replace(limit_minor=2000)
    limited = panel(Form.OFFER, shown(YOURS), support).offer
    assert limited is not None
    assert (limited.most_minor, limited.bounds) == (2000, "Above your limit of $20.00: ask an admin.")
    assert panel(Form.ACCEPT, shown(YOURS), support).blocked == "Above your limit of $20.00: ask an admin."
    assert panel(Form.ACCEPT, shown(YOURS), ADMIN._replace(limit_minor=4900)).blocked == ""


def test_a_proposal_with_a_remedy_says_what_is_promised() -> None:
    offered = replace(YOURS, offer_maker=Actor.CUSTOMER, offer_amount_minor=3000, offer_has_remedy=True)
    accept = panel(Form.ACCEPT_OFFER, shown(offered))
    assert accept.says == (
        "Refunds $30.00 to Visa ••4242 and settles the case.",
        "You promise: “One more month.”.",
        "The customer can appeal until Mon 7 Dec, 09:00.",
        "The customer is told at once.",
    )
    assert accept.post_path == "offers/offr_1/accept"
    assert panel(Form.OFFER, shown(offered)).says[1] == "The customer’s proposal of $30.00 ends."
    declined = panel(Form.DECLINE_OFFER, shown(offered))
    assert declined.says == ("The case stays open. You have until Mon 30 Nov, 09:00 to answer the claim.",)


def test_what_was_done_is_said_in_amounts() -> None:
    done = foresee(shown(YOURS), Move(action=Action.ACCEPT, actor=Actor.MERCHANT), NOW)
    assert done is not None
    words = done_words(Form.ACCEPT, done, currency="usd", places=2, home="usd")
    assert words == "The refund of $49.00 is on its way, and the case is closed."
