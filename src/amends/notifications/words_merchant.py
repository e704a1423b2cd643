"""What a merchant's team is told of each event; what is theirs to do comes after it (`words_next`)."""

from collections.abc import Callable, Mapping
from typing import Final

from amends.cases.states import Actor, EventKind, Status
from amends.cases.words import reason_word
from amends.cases.words_claim import remedy_words
from amends.cases.words_events import Told, event_sentence
from amends.notifications import words_merchant_review
from amends.notifications.audience import Key
from amends.notifications.story import Said, Story, money_of
from amends.web.text import _

C, M, P, S = Actor.CUSTOMER, Actor.MERCHANT, Actor.PLATFORM, Actor.SYSTEM
E = EventKind


def _opened(s: Story) -> Said:
    wanted = remedy_words(s.case.requested_remedy, s.case.currency, s.case.places, home=s.case.currency)
    return Said(
        _("New case from %(customer)s", customer=s.customer),
        (
            _("%(customer)s opened a case: %(reason)s.", customer=s.customer, reason=reason_word(s.case.reason)),
            s.quote(),
            _("What they would like: %(remedy)s.", remedy=wanted.rstrip(".")) if wanted else None,
        ),
    )


def _colleague(s: Story) -> Said:
    """Tell whoever looks after a case what somebody else of the team did."""
    event = s.event
    told = Told(
        kind=event.kind,
        actor=event.actor,
        viewer=s.party,
        data=event.data,
        amount=lambda minor: money_of(s.case, minor),
    )
    promised = s.remedy() if event.kind is E.OFFER_MADE else None
    return Said(
        _("%(name)s: %(act)s", name=s.who, act=event_sentence(told)),
        (_("%(name)s acted on a case that you look after.", name=s.who), promised, s.quote()),
    )


def _by_rule(s: Story) -> Said:
    return Said(
        _("Refunded by your rule"),
        (
            _("One of your rules accepted the claim of %(customer)s: %(amount)s goes back to them.",
              customer=s.customer, amount=s.amount),
        ),
    )  # fmt: skip


def _took_offer(s: Story) -> Said:
    if s.amount is None:
        words = _("%(customer)s accepted your offer, so the case is closed. Please keep to what you promised:",
                  customer=s.customer)  # fmt: skip
    else:
        words = _("%(customer)s accepted your offer: %(amount)s goes back to them, and the case is closed.",
                  customer=s.customer, amount=s.amount)  # fmt: skip
    remedy = s.remedy()
    keep = _("Please keep to what you promised besides:") if remedy and s.amount else None
    return Said(_("%(customer)s accepted your offer", customer=s.customer), (words, keep, remedy, s.quote()))


def _declined_offer(s: Story) -> Said:
    return Said(
        _("%(customer)s declined your offer", customer=s.customer),
        (_("%(customer)s does not take your offer. The case waits for you again.", customer=s.customer), s.quote()),
    )


def _countered(s: Story) -> Said:
    if s.amount is None:
        subject = _("%(customer)s proposes something else", customer=s.customer)
    else:
        subject = _("%(customer)s proposes %(amount)s", customer=s.customer, amount=s.amount)
    remedy = s.remedy()
    if remedy is None:
        words = _("%(customer)s declined your offer and would settle for %(amount)s.",
                  customer=s.customer, amount=s.amount)  # fmt: skip
    elif s.amount is None:
        words = _("%(customer)s declined your offer and would settle for this instead:", customer=s.customer)
    else:
        words = _("%(customer)s declined your offer and would settle for %(amount)s and this:",
                  customer=s.customer, amount=s.amount)  # fmt: skip
    return Said(subject, (words, remedy, s.quote()))


def _withdrew_offer(s: Story) -> Said:
    return Said(
        _("%(customer)s withdrew their proposal", customer=s.customer),
        (_("%(customer)s withdrew their proposal. The case still waits for you.", customer=s.customer), s.quote()),
    )


def _replied(s: Story) -> Said:
    if s.event.data.get("status") == Status.UNDER_REVIEW:
        words = _("%(customer)s answered the platform, which goes on with the case.", customer=s.customer)
    else:
        words = _("%(customer)s answered your question.", customer=s.customer)
    return Said(_("%(customer)s replied", customer=s.customer), (words, s.quote()))


def _wrote(s: Story) -> Said:
    return Said(
        _("%(customer)s wrote to you", customer=s.customer),
        (_("There is a new message from %(customer)s.", customer=s.customer), s.quote()),
    )


WORDS: Final[Mapping[Key, Callable[[Story], Said]]] = {
    Key(1, C, E.CREATED): _opened,
    Key(2, M, E.ACCEPTED): _colleague,
    Key(2, S, E.ACCEPTED): _by_rule,
    Key(3, M, E.DENIED): _colleague,
    Key(4, M, E.REQUESTED_MORE_INFO): _colleague,
    Key(5, M, E.OFFER_MADE): _colleague,
    Key(6, C, E.OFFER_ACCEPTED): _took_offer,
    Key(7, C, E.OFFER_DECLINED): _declined_offer,
    Key(7, C, E.OFFER_MADE): _countered,
    Key(8, M, E.OFFER_ACCEPTED): _colleague,
    Key(8, M, E.OFFER_DECLINED): _colleague,
    Key(9, M, E.OFFER_WITHDRAWN): _colleague,
    Key(9, C, E.OFFER_WITHDRAWN): _withdrew_offer,
    Key(10, C, E.RESPONDED): _replied,
    Key(11, M, E.RESPONDED): _colleague,
    Key(12, C, E.COMMENTED): _wrote,
    Key(12, M, E.COMMENTED): _colleague,
    Key(20, M, E.APPEALED): _colleague,
    **words_merchant_review.WORDS,
}
