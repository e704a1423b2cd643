"""One event of a case as a letter tells it: who, what and how much, as one party may see it, in the reader's words.

Everything comes from `cases.queries_page`, which lets nothing out of the database that its viewer may not see.
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from amends.cases.page_rows import CaseRow, EventRow, OfferRow
from amends.cases.page_text import plain_name
from amends.cases.states import Actor, Settlement
from amends.cases.words import payment_method
from amends.notifications.mails import Quote
from amends.payments.states import RefundState
from amends.web.readers import current_reader
from amends.web.text import _, day_and_time, money, relative

QUOTED_CHARS: Final = 700
QUOTED_LINES: Final = 12


class Said(NamedTuple):
    """What is said of one event: the subject, and what happened, with what somebody wrote in between."""

    subject: str
    paragraphs: tuple[str | Quote | None, ...] = ()
    """None: there is nothing to say here after all."""


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a case, told to a party."""

    case: CaseRow
    event: EventRow
    party: Actor

    @property
    def merchant(self) -> str:
        """Return the merchant's name."""
        return plain_title(self.case)

    @property
    def customer(self) -> str:
        """Return the customer's name."""
        return customer_of(self.case)

    @property
    def product(self) -> str:
        """Return what was bought."""
        return product_of(self.case)

    @property
    def method(self) -> str:
        """Return how the customer paid: `Visa ••4242`."""
        case = self.case
        return payment_method(case.payment_method_type, case.card_brand, case.card_last4)

    @property
    def who(self) -> str:
        """Return the name of who acted, of the party's own side; else the side's."""
        match self.event.actor:
            case Actor.CUSTOMER:
                return self.customer
            case Actor.MERCHANT:
                own = self.party is not Actor.CUSTOMER and self.event.actor_name
                return plain_name(own) if own else self.merchant
            case _:
                own = self.party is Actor.PLATFORM and self.event.actor_name
                return plain_name(own) if own else _("The platform")

    @property
    def amount(self) -> str | None:
        """Return the event's amount; None: it has none."""
        return self.money(self.event.data.get("amount_minor"))

    @property
    def offer(self) -> OfferRow | None:
        """Return the offer that the event is about."""
        pid = self.event.data.get("offer")
        return next((offer for offer in self.case.offers if offer.pid == pid), None)

    @property
    def sent(self) -> str | None:
        """Return what this case has refunded so far; None: nothing."""
        return self.money(refunded(self.case, RefundState.SUCCEEDED) or None)

    @property
    def failed(self) -> str | None:
        """Return what this case should have refunded and could not; None: nothing."""
        return self.money(refunded(self.case, RefundState.FAILED) or None)

    @property
    def is_coming(self) -> bool:
        """Tell whether money of this case is still to be sent."""
        return is_coming(self.case)

    def money(self, minor: object) -> str | None:
        """Return an amount of the case's money; None: there is none."""
        return money_of(self.case, minor) if isinstance(minor, int) else None

    def quote(self, name: str = "message", *, author: str | None = None) -> Quote | None:
        """Return what was written, shortened; None: nothing was."""
        return quoted(self.event.texts.get(name), author=author or self.who)

    def remedy(self) -> Quote | None:
        """Return what the offer promises besides money; None: nothing."""
        offer = self.offer
        if offer is None:
            return None
        if offer.maker is Actor.MERCHANT:
            return quoted(offer.remedy, author=_("The offer"))
        return quoted(offer.remedy, author=_("Your suggestion") if self.party is Actor.CUSTOMER else _("The proposal"))


def plain_title(case: CaseRow) -> str:
    """Return the merchant's name."""
    return plain_name(case.account_title)


def customer_of(case: CaseRow) -> str:
    """Return what to call the customer; never their e-mail address."""
    if case.name:
        return plain_name(case.name)
    return f"@{plain_name(case.username)}" if case.username else _("the customer")


def product_of(case: CaseRow) -> str:
    """Return what was bought, or from whom."""
    return plain_name(case.product_title or case.account_title)


def refunded(case: CaseRow, *states: RefundState) -> int:
    """Return the sum of a case's refunds in some states, in minor units."""
    return sum(row.amount_minor for row in case.refunds if row.state in states)


def is_coming(case: CaseRow) -> bool:
    """Tell whether money of a case is still to be sent: a letter is written later than what it tells of happened."""
    if case.settlement not in {Settlement.PENDING, Settlement.ON_HOLD}:
        return False
    return not case.refunds or refunded(case, RefundState.PENDING, RefundState.ON_HOLD) > 0


def money_of(case: CaseRow, minor: int) -> str:
    """Return an amount of a case's money."""
    return money(minor, case.currency, case.places)


def quoted(text: str | None, *, author: str) -> Quote | None:
    """Return a text as a quotation, shortened at a word or a line; None: there is none."""
    text = (text or "").strip()
    lines = text.splitlines()
    short = "\n".join(lines[:QUOTED_LINES])
    if len(short) > QUOTED_CHARS:
        short = short[:QUOTED_CHARS].rsplit(None, 1)[0]
    if not short:
        return None
    return Quote(short if short == text else f"{short.rstrip()} …", author)


def is_shortened(text: str | None) -> bool:
    """Tell whether a text is quoted in part."""
    quote = quoted(text, author="")
    return quote is not None and quote.text != (text or "").strip()


def moment(at: datetime) -> str:
    """Write a moment with its zone, as a mail is read anywhere: `Tue 24 Nov, 14:00 CET`."""
    zone = current_reader().local(at).tzname() or ""
    return f"{day_and_time(at)} {f'UTC{zone}' if zone[:1] in '+-' else zone}"


def until(at: datetime) -> str:
    """Write a moment and how far it is: `Tue 24 Nov, 14:00 CET (in 1 day 3 h)`; far ones to the hour."""
    now = current_reader().now
    span = at - now
    if span >= timedelta(days=1):
        span = timedelta(hours=round(span / timedelta(hours=1)))
    return _("%(time)s (%(left)s)", time=moment(at), left=relative(now + span))


def capital(text: str) -> str:
    """Return a sentence with a capital at its beginning, whatever name it begins with."""
    return text[:1].upper() + text[1:]
