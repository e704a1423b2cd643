"""How a case stands, as its customer is told: whose turn it is, until when, what happens then, how it ended. Pure.

The same words stand on the list of cases and at the head of a case's page.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from amends.cases.page_text import plain_name
from amends.cases.states import Actor, Dispute, EventKind, Outcome, RefundBy, Settlement, Status
from amends.customers.situation import CaseSituation, is_customers_turn
from amends.web.text import _, day, day_and_time, money, relative


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a case stands, in words."""

    title: str
    due: str
    """Until when, or since when; may be empty."""
    then: str
    """What happens next; may be empty."""
    tone: str
    icon: str
    is_turn: bool
    """The customer has to do something."""
    is_urgent: bool
    """Less than a day is left for it."""


def standing_of(case: CaseSituation, now: datetime) -> Standing:
    """Return how a case stands."""
    return _Words(case, now).standing()


class _Words:
    def __init__(self, case: CaseSituation, now: datetime) -> None:
        self.case = case
        self.now = now
        self.merchant = plain_name(case.account_title)

    def money(self, minor: int) -> str:
        return money(minor, self.case.currency, self.case.places)

    def standing(self) -> Standing:
        case = self.case
        if case.status is Status.CLOSED:
            return self.closed()
        if case.dispute is Dispute.OPEN:
            title, then = _("Paused while your bank decides"), _("You do not need to do anything here until then.")
            return self.made(title, "", then, "warning", "circle-pause")
        match case.status:
            case Status.AWAITING_MERCHANT:
                title = _("Waiting for %(merchant)s", merchant=self.merchant)
                return self.made(title, self.their_time(), self.if_they_are_silent(), "neutral", "hourglass")
            case Status.AWAITING_CUSTOMER:
                return self.made(self.asked(), self.your_time(), self.if_you_are_silent(), "warning", "clock")
            case _:
                return self.under_review()

    def made(self, title: str, due: str, then: str, tone: str, icon: str) -> Standing:
        is_turn, at = is_customers_turn(self.case), self.case.response_due_at
        is_urgent = is_turn and at is not None and at - self.now < timedelta(days=1)
        return Standing(title=title, due=due, then=then, tone=tone, icon=icon, is_turn=is_turn, is_urgent=is_urgent)

    def their_time(self) -> str:
        due = self.case.response_due_at
        if due is None:
            return ""
        if due <= self.now:
            return _("their time ended %(at)s", at=day_and_time(due))
        return _("they have until %(at)s (%(left)s)", at=day_and_time(due), left=relative(due))

    def if_they_are_silent(self) -> str:
        if self.case.escalated:
            return _("The platform has asked them a question. Then it goes on with its decision.")
        if self.case.is_accepted_soon:
            return _("You are told as soon as there is an answer.")
        if self.case.offer_maker is Actor.CUSTOMER:
            return _(
                "If they accept your suggestion, the case is settled. If they do not answer, the platform steps in."
            )
        return _("If they do not answer, the platform steps in.")

    def asked(self) -> str:
        if self.case.offer_maker is Actor.MERCHANT:
            minor = self.case.offer_amount_minor
            if minor is None:
                return _("%(merchant)s offers you a solution", merchant=self.merchant)
            return _("%(merchant)s offers you %(amount)s", merchant=self.merchant, amount=self.money(minor))
        if self.case.escalated:
            return _("The platform has a question for you")
        return _("%(merchant)s has a question for you", merchant=self.merchant)

    def your_time(self) -> str:
        due = self.case.response_due_at
        if due is None:
            return ""
        if due <= self.now:
            return _("your time ended %(at)s, but you can still answer", at=day_and_time(due))
        return _("you have until %(at)s (%(left)s)", at=day_and_time(due), left=relative(due))

    def if_you_are_silent(self) -> str:
        if self.case.offer_maker is Actor.MERCHANT:
            return _("If you do not answer, the offer ends and it is their turn again.")
        if self.case.merchant_appealed:
            return _("If you do not answer, the platform decides without it.")
        return _("If you do not answer, the case closes without a refund.")

    def under_review(self) -> Standing:
        case, due = self.case, self.case.response_due_at
        appealed = case.customer_appealed or case.merchant_appealed
        title = _("The platform takes a second look") if appealed else _("The platform looks at your case")
        at = ""
        if due is not None and due > self.now:
            at = _("decision expected by %(at)s (%(left)s)", at=day_and_time(due), left=relative(due))
        elif due is not None:
            at = _("this takes longer than planned")
        then = _("It reads what both sides wrote, and then decides. You are told at once.")
        if appealed:
            then = _("It reads everything again. What it decides then is final.")
        return self.made(title, at, then, "info", "gavel")

    def closed(self) -> Standing:
        tone, icon = _MONEY_LOOKS.get(self.case.settlement) or _CLOSED_LOOKS[self.case.outcome or Outcome.WITHDRAWN]
        closed = self.case.closed_at
        since = "" if closed is None else _("closed %(day)s", day=day(closed))
        return self.made(self.ending(), since, self.after_the_end(), tone, icon)

    def ending(self) -> str:
        case = self.case
        amount = self.money(case.promised_minor) if case.promised_minor else None
        match case.outcome:
            case Outcome.SETTLED:
                return _("Settled: you get %(amount)s back", amount=amount) if amount else _("Settled by agreement")
            case Outcome.CUSTOMER_WON:
                return self.won(amount)
            case Outcome.MERCHANT_WON:
                return self.lost(amount)
            case _:
                return _("You closed this case")

    def won(self, amount: str | None) -> str:
        match self.case.ending:
            case EventKind.DISPUTE_CUSTOMER_WON:
                return _("Your bank gave you the money back")
            case EventKind.REFUNDED_ELSEWHERE:
                return _("You have your money back")
            case EventKind.ACCEPTED if amount:
                return _("%(merchant)s gives you %(amount)s back", merchant=self.merchant, amount=amount)
            case _ if amount:
                return _("Decided for you: you get %(amount)s back", amount=amount)
            case _:
                return _("Decided for you")

    def lost(self, amount: str | None) -> str:
        if self.case.refund is RefundBy.PLATFORM and amount:
            return _("Decided: the platform gives you %(amount)s", amount=amount)
        match self.case.ending:
            case EventKind.DENIED:
                return _("%(merchant)s said no to a refund", merchant=self.merchant)
            case EventKind.CLOSED_NO_REPLY:
                return _("Closed, because no answer came from you")
            case _:
                return _("Decided for %(merchant)s: no refund", merchant=self.merchant)

    def after_the_end(self) -> str:
        return " ".join(text for text in (self.money_state(), self.second_look()) if text)

    def money_state(self) -> str:
        amount = self.money(self.case.promised_minor)
        match self.case.settlement:
            case Settlement.PENDING:
                return _("Your refund of %(amount)s is on its way.", amount=amount)
            case Settlement.ON_HOLD:
                return _("Your refund of %(amount)s waits until your bank has decided.", amount=amount)
            case Settlement.FAILED:
                return _(
                    "Your refund of %(amount)s did not go through yet. The platform is working on it; you do not need"
                    " to do anything.", amount=amount,
                )  # fmt: skip
            case Settlement.SUCCEEDED if self.case.promised_minor:
                return _("Your refund of %(amount)s was sent.", amount=amount)
            case _:
                return ""

    def second_look(self) -> str:
        until, outcome = self.case.appeal_due_at, self.case.outcome
        if self.case.customer_appealed or self.case.merchant_appealed:
            return _("This decision is final.")
        if until is None or until <= self.now:
            return ""
        at, left = day_and_time(until), relative(until)
        if outcome is Outcome.CUSTOMER_WON:
            return _("%(merchant)s can ask the platform to look again until %(at)s.", merchant=self.merchant, at=at)
        if outcome is Outcome.SETTLED:
            return _("If they do not keep their word, you can ask the platform to step in until %(at)s (%(left)s).",
                     at=at, left=left)  # fmt: skip
        return _("If you do not agree, you can ask the platform to look again until %(at)s (%(left)s).",
                 at=at, left=left)  # fmt: skip


_MONEY_LOOKS: Final = {
    Settlement.PENDING: ("info", "banknote"),
    Settlement.ON_HOLD: ("warning", "circle-pause"),
    Settlement.FAILED: ("warning", "triangle-alert"),
    Settlement.SUCCEEDED: ("success", "circle-check"),
}
_CLOSED_LOOKS: Final = {
    Outcome.CUSTOMER_WON: ("success", "circle-check"),
    Outcome.SETTLED: ("success", "handshake"),
    Outcome.MERCHANT_WON: ("neutral", "circle-x"),
    Outcome.WITHDRAWN: ("neutral", "undo-2"),
}
