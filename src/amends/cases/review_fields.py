"""What the forms of a review show, as data: the ways to decide, the reasons, what can be relied on, whom to ask.

No SQL and no words; `review_panels` fills them in.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from amends.cases.moves import AppealAnswer
from amends.cases.reasons import DecidedAs
from amends.cases.states import Outcome, RefundBy


class Choice(StrEnum):
    """A way to decide with who pays; the last two answer a merchant's appeal."""

    CUSTOMER_MERCHANT = "customer_merchant"
    CUSTOMER_PLATFORM = "customer_platform"
    MERCHANT = "merchant"
    MERCHANT_PLATFORM = "merchant_platform"
    UPHELD = "upheld"
    REVERSED = "reversed"

    @property
    def outcome(self) -> Outcome | None:
        """Return who wins; None on a merchant's appeal."""
        return _OUTCOMES.get(self)

    @property
    def payer(self) -> RefundBy | None:
        """Return who pays; None on a merchant's appeal."""
        return _PAYERS.get(self)

    @property
    def answer(self) -> AppealAnswer | None:
        """Return the answer to a merchant's appeal."""
        return AppealAnswer(self.value) if self in {Choice.UPHELD, Choice.REVERSED} else None

    @property
    def decided_as(self) -> DecidedAs:
        """Return what a reason has to fit."""
        return DecidedAs((self.answer or self.outcome or self).value)

    @property
    def moves_money(self) -> bool:
        """Tell whether the customer gets money by it."""
        return self.payer in {RefundBy.MERCHANT, RefundBy.PLATFORM}


_OUTCOMES = {
    Choice.CUSTOMER_MERCHANT: Outcome.CUSTOMER_WON,
    Choice.CUSTOMER_PLATFORM: Outcome.CUSTOMER_WON,
    Choice.MERCHANT: Outcome.MERCHANT_WON,
    Choice.MERCHANT_PLATFORM: Outcome.MERCHANT_WON,
}
_PAYERS = {
    Choice.CUSTOMER_MERCHANT: RefundBy.MERCHANT,
    Choice.CUSTOMER_PLATFORM: RefundBy.PLATFORM,
    Choice.MERCHANT: RefundBy.NONE,
    Choice.MERCHANT_PLATFORM: RefundBy.PLATFORM,
}


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One way to decide, with what it leads to."""

    choice: Choice
    title: str
    detail: str
    """Who pays."""
    money: str
    """What moves; `{amount}` stands where the amount does. Empty: nothing does."""
    says: tuple[str, ...]
    """What else will happen."""
    button: str
    """With `{amount}` too."""
    blocked: str = ""
    """Why it cannot be chosen now."""


class ReasonChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A reason that a decision may give."""

    code: str
    title: str
    when_to_use: str
    fits: tuple[DecidedAs, ...]


class EvidenceFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file attached to such an event, which a decision can rely on by itself."""

    pid: str
    name: str


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """An event that a decision can rely on: both sides see it."""

    pid: str
    who: str
    sentence: str
    excerpt: str
    files: tuple[EvidenceFile, ...]
    at: datetime


class DecisionFields(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision may be."""

    ways: tuple[Way, ...]
    currency: str
    places: int
    most_minor: int
    whole: str
    """All that is refundable, written out."""
    is_home: bool
    """The amount is in the account's own currency."""
    reasons: tuple[ReasonChoice, ...]
    evidence: tuple[Evidence, ...]
    languages: Mapping[str, str]
    """By text, in which language its reader reads it: `to_customer`, `to_merchant`; a tag."""
    is_final: bool
    override_hint: str
    """What the note is for with which the reader decides although they decided first; empty: they need none."""

    def reasons_for(self, *fits: DecidedAs) -> tuple[ReasonChoice, ...]:
        """Return the reasons that fit exactly these ways to decide out of those that there are here."""
        here = {way.choice.decided_as for way in self.ways}
        return tuple(reason for reason in self.reasons if here.intersection(reason.fits) == set(fits))


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who can be asked."""

    side: str
    name: str
    until: str
    """Until when they would have; empty: clocks are paused."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a side wrote, at a glance."""

    label: str
    excerpt: str
    files: int
    pid: str
    at: datetime


class SideView(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a case at a glance: what it wrote first, and last."""

    name: str
    said: tuple[Said, ...]


class ReviewView(msgspec.Struct, frozen=True, kw_only=True):
    """What a reviewer sees besides: both sides, and whose decision it is."""

    customer: SideView
    merchant: SideView
    not_yours: str
    """Why the reader does not decide this appeal; empty: they may."""
    is_overdue: bool
    """The target that the review began with has passed."""
    queue_url: str
