"""A case's timeline as a conversation: what each side wrote, offers as cards, decisions with what they mean.

Made of what the customer may see, in the words of `words_events`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from amends.cases.page_rows import EventRow, OfferRow
from amends.cases.page_text import Line, lines_of, plain_name
from amends.cases.page_timeline import CLAMPED_CHARS, Item, Text, TimelineMaker
from amends.cases.queries_page import EVENTS_SHOWN
from amends.cases.states import Actor, EventKind, Outcome, RefundBy
from amends.cases.words import OFFER_OPEN, decision_reason_word, offer_word
from amends.customers.queries_case import OwnCase, OwnDecision
from amends.customers.words_events import Told, own_sentence
from amends.files.links import Links
from amends.web.text import _, money

TEXTS: Final = ("message", "to_customer")
"""What was written for everybody, and to the customer."""


class OfferCard(msgspec.Struct, frozen=True, kw_only=True):
    """An offer, whoever made it."""

    amount: str | None
    remedy: tuple[Line, ...]
    is_open: bool
    status: str
    until: datetime | None


class DecisionCard(msgspec.Struct, frozen=True, kw_only=True):
    """A decision of the platform."""

    reason: str
    is_final: bool
    means: tuple[str, ...]


class Said(Item, frozen=True, kw_only=True):
    """One part of the conversation; a line is only told, without anything to read."""

    offer: OfferCard | None = None
    decision: DecisionCard | None = None

    @property
    def is_line(self) -> bool:
        """Tell whether only a sentence is shown."""
        return not (self.is_message or self.offer or self.decision)


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """The newest part of a conversation, oldest first."""

    parts: tuple[Said, ...]
    earlier: str | None
    """The event before which there are more; None: all are here."""


class ConversationMaker(TimelineMaker):
    """Turns a customer's case into its conversation."""

    def __init__(self, case: OwnCase, *, links: Links, now: datetime) -> None:
        super().__init__(case, Actor.CUSTOMER, links=links, now=now, home=None)
        self._own = case
        self._rulings: Mapping[str, OwnDecision] = {decision.pid: decision for decision in case.decisions}

    def conversation(self) -> Conversation:
        """Return the newest part."""
        timeline = self.timeline(EVENTS_SHOWN)
        events = {event.pid: event for event in self._own.events}
        return Conversation(
            parts=tuple(self._said(item, events[item.pid]) for item in timeline.items), earlier=timeline.earlier
        )

    def _said(self, item: Item, event: EventRow) -> Said:
        fields = msgspec.structs.asdict(item)
        return Said(**fields, offer=self._offer_card(event), decision=self._decision_card(event))

    def _money(self, minor: int) -> str:
        return money(minor, self._own.currency, self._own.places)

    def _who(self, event: EventRow) -> str:
        if event.actor is Actor.CUSTOMER:
            return _("You")
        if event.actor is Actor.MERCHANT:
            return plain_name(self._own.account_title)
        return _("The platform") if event.actor is Actor.PLATFORM else _("Amends")

    def _sentence(self, event: EventRow) -> str:
        merchant = plain_name(self._own.account_title)
        return own_sentence(
            Told(kind=event.kind, actor=event.actor, data=event.data, merchant=merchant, money=self._money)
        )

    def _texts(self, event: EventRow) -> Sequence[Text]:
        written = [event.texts[key] for key in TEXTS if event.texts.get(key, "").strip()]
        return [Text(label=None, lines=lines_of(text), is_long=len(text) > CLAMPED_CHARS) for text in written]

    def _offer(self, event: EventRow) -> OfferRow | None:
        named = event.data.get("offer", "")
        return next((offer for offer in self._own.offers if offer.pid == named), None)

    def _offer_card(self, event: EventRow) -> OfferCard | None:
        offer = self._offer(event) if event.kind is EventKind.OFFER_MADE else None
        if offer is None:
            return None
        is_open = offer.status == OFFER_OPEN
        waits = is_open and offer.maker is Actor.CUSTOMER
        return OfferCard(
            amount=None if offer.amount_minor is None else self._money(offer.amount_minor),
            remedy=lines_of(offer.remedy or ""),
            is_open=is_open,
            status=_("Waits for their answer") if waits else offer_word(offer.status),
            until=offer.expires_at if is_open else None,
        )

    def _decision_card(self, event: EventRow) -> DecisionCard | None:
        ruling = self._rulings.get(event.data.get("decision", "")) if event.kind is EventKind.DECIDED else None
        if ruling is None:
            return None
        reason = decision_reason_word(ruling.reason_code, ruling.reason_title, ruling.reason_titles)
        return DecisionCard(reason=reason or "", is_final=ruling.on_appeal, means=tuple(self._means(ruling)))

    def _means(self, ruling: OwnDecision) -> Sequence[str]:
        merchant = plain_name(self._own.account_title)
        if ruling.amount_minor is not None:
            amount = self._money(ruling.amount_minor)
            by_platform = ruling.payer is RefundBy.PLATFORM
            says = [
                _("The platform pays you %(amount)s itself.", amount=amount)
                if by_platform
                else _("%(merchant)s pays you %(amount)s back.", merchant=merchant, amount=amount)
            ]
            if ruling.outcome is Outcome.CUSTOMER_WON:
                says.append(_("You do not need to do anything: the money goes back the way you paid."))
            return says
        if ruling.outcome is Outcome.CUSTOMER_WON:
            return [_("What was decided for you before stands.")]
        if ruling.payer is RefundBy.PLATFORM:
            return [_("You keep what was paid back to you.")]
        return [_("No money is paid back.")]
