"""The arithmetic of a payment: never more than was paid, facts before promises, whatever is told of it."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from amends.payments.ledger import Claim, Intent, balance
from amends.payments.states import DisputeState, RefundState

amounts = st.integers(1, 200)
numbers = st.integers(1, 1000)


@st.composite
def an_intent(draw: st.DrawFn) -> Intent:
    return Intent(
        id=UUID(int=draw(numbers)),
        amount_minor=draw(amounts),
        state=draw(st.sampled_from([RefundState.PENDING, RefundState.ON_HOLD, RefundState.FAILED])),
        sent=draw(st.booleans()),
    )


@st.composite
def a_claim(draw: st.DrawFn) -> Claim:
    return Claim(id=UUID(int=draw(numbers)), amount_minor=draw(amounts), state=draw(st.sampled_from(DisputeState)))


intents = st.lists(an_intent(), max_size=4, unique_by=lambda intent: intent.id)
claims = st.lists(a_claim(), max_size=3, unique_by=lambda claim: claim.id)


@given(st.integers(1, 300), st.integers(0, 600), intents, claims)
def test_never_more_than_was_paid(amount: int, refunded: int, known: list[Intent], banks: list[Claim]) -> None:
    ledger = balance(amount, refunded, known, banks)
    parts = (ledger.refunded_minor, ledger.reserved_minor, ledger.disputed_minor)
    assert all(part >= 0 for part in parts)
    assert sum(parts) <= amount
    assert ledger.refunded_minor == min(refunded, amount)
    assert ledger.disputed_minor == sum(ledger.counted.values())
    assert all(ledger.counted[claim.id] <= claim.amount_minor for claim in banks)
    assert all(ledger.counted[claim.id] == 0 for claim in banks if claim.state is DisputeState.WON)


@given(st.integers(1, 300), st.integers(0, 600), intents, claims)
def test_what_waits_is_kept_whole_or_stranded(
    amount: int, refunded: int, known: list[Intent], banks: list[Claim]
) -> None:
    ledger = balance(amount, refunded, known, banks)
    waiting = [i for i in known if not i.under_way and i.state is not RefundState.ON_HOLD]
    kept = sum(i.amount_minor for i in waiting if i.id not in ledger.stranded)
    under_way = sum(i.amount_minor for i in known if i.under_way)
    assert ledger.reserved_minor == kept + min(under_way, amount - ledger.refunded_minor)
    assert set(ledger.stranded) <= {i.id for i in waiting}
    free = amount - ledger.refunded_minor - ledger.reserved_minor - ledger.disputed_minor
    assert all(i.amount_minor > free for i in waiting if i.id in ledger.stranded)


@given(st.integers(1, 300), st.integers(0, 300), intents, claims)
def test_facts_do_not_depend_on_promises(amount: int, refunded: int, known: list[Intent], banks: list[Claim]) -> None:
    facts = [i for i in known if i.under_way]
    assert balance(amount, refunded, known, banks).counted == balance(amount, refunded, facts, banks).counted
