"""The words for a customer: every event that they can see has its sentence, every state its own and honest words."""

import pytest

from amends.cases.states import Actor, EventKind
from amends.cases.transitions import TRANSITIONS
from amends.customers.words_events import SENTENCES, Told, own_sentence

SEEN = {kind for row in TRANSITIONS if row.audience and row.audience.includes(Actor.CUSTOMER) for kind in row.kinds}


def told(kind: EventKind, actor: Actor, **data: object) -> str:
    """Return a sentence about something at Acme."""
    return own_sentence(
        Told(kind=kind, actor=actor, data=data, merchant="Acme", money=lambda minor: f"${minor / 100:.2f}")
    )


def test_every_event_that_a_customer_can_see_has_a_sentence_and_no_other() -> None:
    assert set(SENTENCES) == SEEN


@pytest.mark.parametrize("kind", sorted(SEEN))
@pytest.mark.parametrize("actor", list(Actor))
def test_a_sentence_needs_no_data(kind: EventKind, actor: Actor) -> None:
    assert told(kind, actor)


@pytest.mark.parametrize(
    ("kind", "actor", "data", "words"),
    [
        (EventKind.ACCEPTED, Actor.MERCHANT, {"amount_minor": 4900}, "Acme gives you $49.00 back"),
        (EventKind.ACCEPTED, Actor.SYSTEM, {"amount_minor": 4900}, "Acme gives you $49.00 back"),
        (EventKind.OFFER_MADE, Actor.MERCHANT, {"amount_minor": 2000}, "Acme offers you $20.00"),
        (EventKind.OFFER_MADE, Actor.CUSTOMER, {"has_remedy": True}, "You suggested something else"),
        (EventKind.REQUESTED_MORE_INFO, Actor.PLATFORM, {"asked": "customer"}, "The platform asks you a question"),
        (EventKind.REQUESTED_MORE_INFO, Actor.PLATFORM, {"asked": "merchant"}, "The platform asks Acme a question"),
        (EventKind.ESCALATED, Actor.SYSTEM, {}, "Time ran out, so the platform stepped in"),
        (EventKind.DECIDED, Actor.PLATFORM, {"outcome": "merchant_won"}, "The platform decided against a refund"),
        (
            EventKind.DECIDED,
            Actor.PLATFORM,
            {"outcome": "customer_won", "payer": "platform", "amount_minor": 1000},
            "The platform decided to give you $10.00 itself",
        ),
        (EventKind.DECIDED, Actor.PLATFORM, {"answer": "reversed"}, "The platform changed its decision, for Acme"),
        (EventKind.APPEALED, Actor.MERCHANT, {}, "Acme asked the platform for a second look"),
    ],
)
def test_sentences(kind: EventKind, actor: Actor, data: dict[str, object], words: str) -> None:
    assert told(kind, actor, **data) == words
