"""How the log speaks of what a mail is about, and by what it can be narrowed: `Decision, to the customer`.

A letter about a case has a kind of two parts, its receiver's side and the event that leads it; the others have one.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from amends.cases.states import Actor, EventKind
from amends.cases.words import plain_word
from amends.web.text import _, lazy

_SIDES: Final[Mapping[str, Any]] = {
    Actor.CUSTOMER: lazy("%(what)s, to the customer"),
    Actor.MERCHANT: lazy("%(what)s, to the merchant"),
    Actor.PLATFORM: lazy("%(what)s, to the platform"),
}
TOPICS: Final[Mapping[str, Any]] = {
    EventKind.CREATED: lazy("New case"),
    EventKind.ACCEPTED: lazy("Case accepted"),
    EventKind.DENIED: lazy("Case denied"),
    EventKind.REQUESTED_MORE_INFO: lazy("Question"),
    EventKind.OFFER_MADE: lazy("Offer"),
    EventKind.OFFER_ACCEPTED: lazy("Offer accepted"),
    EventKind.OFFER_DECLINED: lazy("Offer declined"),
    EventKind.OFFER_WITHDRAWN: lazy("Offer withdrawn"),
    EventKind.OFFER_EXPIRED: lazy("Offer expired"),
    EventKind.RESPONDED: lazy("Answer"),
    EventKind.COMMENTED: lazy("Message"),
    EventKind.ESCALATED: lazy("Review begins"),
    EventKind.CLOSED_NO_REPLY: lazy("Closed without an answer"),
    EventKind.DECIDED: lazy("Decision"),
    EventKind.APPEALED: lazy("Appeal"),
    EventKind.WITHDREW: lazy("Case withdrawn"),
    EventKind.REVIEW_OVERDUE: lazy("Review overdue"),
    EventKind.DISPUTE_OPENED: lazy("Bank dispute opened"),
    EventKind.DISPUTE_CUSTOMER_WON: lazy("Bank dispute: the customer won"),
    EventKind.DISPUTE_MERCHANT_WON: lazy("Bank dispute: the merchant won"),
    EventKind.REFUNDED_ELSEWHERE: lazy("Refunded outside of the case"),
    EventKind.REFUND_SUCCEEDED: lazy("Refund sent"),
    EventKind.REFUND_FAILED: lazy("Refund failed"),
    EventKind.ASSIGNED: lazy("Case assigned"),
    "reminder": lazy("Reminder"),
}
"""What letters about a case are led by."""
OTHERS: Final[Mapping[str, Any]] = {
    "digest": lazy("Daily digest"),
    "invitation": lazy("Invitation"),
    "password_changed": lazy("Password changed"),
    "reset_password": lazy("Reset of a password"),
    "sign_in_link": lazy("Link that signs in"),
    "withdrawal_confirmation": lazy("Confirmation of a withdrawal"),
    "withdrawal_notice": lazy("Withdrawal, to the merchant"),
}


def kind_words(kind: str) -> str:
    """Say what a mail is about; what nobody has words for is shown as it is kept."""
    side, _sep, topic = kind.partition("_")
    if kind in OTHERS:
        return str(OTHERS[kind])
    if side in _SIDES and topic in TOPICS:
        return str(_SIDES[side]) % {"what": TOPICS[topic]}
    return plain_word(kind)


def topic_words(topic: str) -> str:
    """Say what an event is, as the log names it."""
    return str(TOPICS[topic]) if topic in TOPICS else plain_word(topic)


def kinds_about(topic: str) -> Sequence[str] | None:
    """Return the kinds of mails about a topic that the log can be narrowed to; None: it is none."""
    if topic in OTHERS:
        return [topic]
    return [f"{side}_{topic}" for side in _SIDES] if topic in TOPICS else None


def topics() -> Sequence[tuple[str, Sequence[tuple[str, str]]]]:
    """Return the topics in their groups: the group's name, then value and words of each, by words."""
    return [(_("About cases"), _sorted(TOPICS)), (_("Other e-mails"), _sorted(OTHERS))]


def _sorted(table: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    return sorted(((str(value), str(words)) for value, words in table.items()), key=lambda pair: pair[1].casefold())
