"""What the platform's moves do: rows 17 and 18 of the transition table, and the answer to row 20.

Checks a decision (who wins, who pays, how much); money moves only without an open bank dispute.
"""

from msgspec.structs import replace

from amends.cases.errors import MoveInvalid
from amends.cases.guards import NO_DISPUTE_OPEN, REFUNDABLE
from amends.cases.moves import (
    AppealAnswer,
    CreditIntended,
    Decided,
    DecisionRecorded,
    Effect,
    RefundIntended,
    RefundsCanceled,
)
from amends.cases.situation import (
    UNSETTLED,
    Situation,
    check_message,
    closed,
    decided,
    earlier_refund,
    refusal,
    settlement_with,
    settlement_without_unsent,
    to_customer,
    to_merchant,
)
from amends.cases.states import Actor, Dispute, EventKind, Outcome, RefundBy


def ask(s: Situation) -> Decided:
    """Row 17: hand the case to one side with a question; it stays escalated."""
    check_message(s, required=True)
    asked = s.move.ask_of
    if asked is Actor.MERCHANT:
        state = to_merchant(s)
    elif asked is Actor.CUSTOMER:
        state = to_customer(s, s.policy.customer_days)
    else:
        raise MoveInvalid("ask_target_invalid", "Ask either the customer or the merchant.", param="ask_of")
    return decided(s, state, EventKind.REQUESTED_MORE_INFO, asked=asked.value)


def decide_case(s: Situation) -> Decided:
    """Rows 18 and 20: close with a decision, and pay what it says."""
    if s.state.merchant_appealed:
        return _decide_merchants_appeal(s)
    outcome, payer, amount = _ruling(s)
    refund = earlier_refund(s.state, s.state.settlement) if payer is RefundBy.NONE else payer
    # A decision for the customer at the platform's cost leaves nobody who lost: no appeal window.
    appealable = outcome is Outcome.MERCHANT_WON or payer is RefundBy.MERCHANT
    state = closed(s, outcome, refund, appealable=appealable, payer=payer)
    effects: tuple[Effect, ...] = (
        DecisionRecorded(outcome=outcome, payer=payer, amount_minor=amount, on_appeal=s.state.appealed, answer=None),
    )
    if amount is not None:
        state = replace(state, settlement=settlement_with(s, amount))
        effects = (*effects, RefundIntended(amount, payer, EventKind.DECIDED))
    return decided(s, state, EventKind.DECIDED, *effects, amount_minor=amount, payer=payer.value)


def _ruling(s: Situation) -> tuple[Outcome, RefundBy, int | None]:
    """Check a decision: who wins, who pays, how much; money moves only without an open bank dispute."""
    move, outcome = s.move, s.move.outcome
    if move.answer is not None:
        raise MoveInvalid("answer_not_expected", "Only a merchant's appeal is upheld or reversed.", param="answer")
    if outcome is not Outcome.CUSTOMER_WON and outcome is not Outcome.MERCHANT_WON:
        raise MoveInvalid("outcome_invalid", "Decide for the customer or for the merchant.", param="outcome")
    customer_won = outcome is Outcome.CUSTOMER_WON
    payer = move.payer or (RefundBy.MERCHANT if customer_won else RefundBy.NONE)
    if payer is (RefundBy.NONE if customer_won else RefundBy.MERCHANT):
        message = (
            "If the customer wins, the merchant or the platform pays; if the merchant wins, the platform or nobody."
        )
        raise MoveInvalid("payer_invalid", message, param="payer")
    if payer is RefundBy.NONE:
        if move.amount_minor is not None:
            raise MoveInvalid("amount_not_expected", "Leave the amount out: nobody pays.", param="amount")
        return outcome, payer, None
    _need_no_dispute(s)
    if s.refundable_minor <= 0:
        raise refusal(REFUNDABLE)
    amount = s.refundable_minor if move.amount_minor is None else move.amount_minor
    if not 0 < amount <= s.refundable_minor:
        raise MoveInvalid("amount_invalid", "Refund more than nothing and at most what is refundable.", param="amount")
    return outcome, payer, amount


def _need_no_dispute(s: Situation) -> None:
    if s.state.dispute is Dispute.OPEN:
        raise refusal(NO_DISPUTE_OPEN)


def _decide_merchants_appeal(s: Situation) -> Decided:
    """Uphold: as before, no new money. Reverse: the customer keeps what has gone, the platform bears it."""
    if s.move.answer is None:
        raise MoveInvalid("answer_required", "Say whether the first decision is upheld or reversed.", param="answer")
    if s.move.answer is AppealAnswer.UPHELD:
        payer = earlier_refund(s.state, s.state.settlement)
        state = closed(s, Outcome.CUSTOMER_WON, payer, payer=RefundBy.MERCHANT)
        record = DecisionRecorded(
            outcome=Outcome.CUSTOMER_WON,
            payer=RefundBy.MERCHANT,
            amount_minor=None,
            on_appeal=True,
            answer=AppealAnswer.UPHELD,
        )
        return decided(s, state, EventKind.DECIDED, record, answer=AppealAnswer.UPHELD.value)
    gone = s.refunds.gone_minor
    if gone:
        _need_no_dispute(s)
    payer = RefundBy.PLATFORM if gone else RefundBy.NONE
    state = replace(closed(s, Outcome.MERCHANT_WON, payer, payer=payer), settlement=settlement_without_unsent(s))
    effects: tuple[Effect, ...] = (
        DecisionRecorded(
            outcome=Outcome.MERCHANT_WON, payer=payer, amount_minor=None, on_appeal=True, answer=AppealAnswer.REVERSED
        ),
    )
    if s.state.settlement in UNSETTLED:
        effects = (*effects, RefundsCanceled())
    if gone:
        effects = (*effects, CreditIntended(gone))
    return decided(s, state, EventKind.DECIDED, *effects, answer=AppealAnswer.REVERSED.value, credit_minor=gone)
