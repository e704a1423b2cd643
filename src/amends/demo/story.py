"""Which purchases become cases, and when and in which words each step of their script happens. Pure.

No step falls at a time of day within the next hours: a clock set by it would else run out just after the demo starts.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from amends.demo import sentences as words
from amends.demo.catalogue import Account, Product
from amends.demo.claims import CLAIMS, LONG, LONG_REASON, NATIVE, WISHES, Claim, Day, code_of
from amends.demo.exchanges import texts_of, values_of
from amends.demo.market import DAY, HOUR, Customer, Market, Sale
from amends.demo.scripts import SCRIPTS, Actor, Script, Step
from amends.kit.clock import whole_ms

QUIET_BEFORE: Final = timedelta(minutes=20)
QUIET_AFTER: Final = timedelta(hours=3, minutes=5)
"""Around this time of the day no step happens."""

IMAGES_MAX: Final = 16
"""Each image is decoded by a process of its own, which takes its time."""

_REASONS: Final = {
    "not_as_described": 23,
    "subscription_canceled": 23,
    "product_not_received": 20,
    "product_unacceptable": 12,
    "fraudulent": 9,
    "duplicate": 6,
    "credit_not_processed": 7,
}
_HOURS_AFTER_PAYMENT: Final[Mapping[str, tuple[float, float]]] = {
    "fraudulent": (60, 1600),
    "product_not_received": (3, 340),
    "not_as_described": (20, 900),
    "product_unacceptable": (20, 1300),
    "subscription_canceled": (1, 240),
    "duplicate": (0.3, 70),
    "credit_not_processed": (480, 2200),
}
_WON_BY_CUSTOMER: Final = ("accepted", "for the customer", "won", "offer", "refund")


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A step with its time and its words. `share` is of what the customer paid."""

    actor: Actor
    verb: str
    at: datetime
    message: str | None = None
    remedy: str | None = None
    share: float | None = None
    reason_code: str | None = None
    """Of a decision; what it says to each side stands in the platform's catalogue."""
    attachments: tuple[str, ...] = ()
    """Kinds of file: png, pdf, txt."""
    person: int = 0
    """Which of the team or the staff does it."""
    options: dict[str, Any] = {}


class CasePlan(msgspec.Struct, frozen=True, kw_only=True):
    """A case before it happens."""

    script: str
    money: str
    reason: str
    sale: Sale
    answers: dict[str, Any]
    wants: str
    """full_refund, partial_refund or other."""
    wish: str | None
    """In words, where it is other."""
    steps: tuple[Planned, ...]


class Bought(msgspec.Struct, frozen=True):
    """Who bought what, where a case is not anybody's."""

    account: Account
    customer: Customer
    product: Product


def plan_cases(market: Market, *, scale: float = 1.0) -> list[CasePlan]:
    """Record the purchases that become cases, and return those cases in the order of their opening."""
    teller = Teller(market)
    plans = [
        teller.tell(script, number)
        for script in SCRIPTS
        for number in range(max(1, round(script.cases * scale)))
    ]  # fmt: skip
    return sorted(plans, key=lambda plan: plan.steps[0].at)


class Teller:
    """Turns scripts into cases."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._rng = market.rng
        self._told = 0
        self._opened: set[datetime] = set()
        self._images = 0
        self._said: set[str] = set()

    def tell(self, script: Script, number: int, bought: Bought | None = None) -> CasePlan:
        """Plan a case; of whom and what it is, chance says where `bought` does not."""
        self._told += 1
        self._said.clear()
        times = self._times(script)
        reason = self._reason(script)
        sale, used = self._sale(bought, reason, times[0], script)
        claim = self._claim(script, reason, sale, used)
        days = self._days(script, reason, sale, claim, times[0])
        wants = self._rng.choices(("full_refund", "partial_refund", "other"), (8, 1, 1))[0]
        steps = tuple(
            self._planned(step, at, script, reason, sale, claim, i, number)
            for i, (step, at) in enumerate(zip(script.steps, times, strict=True))
        )
        return CasePlan(
            script=script.name,
            money=script.money,
            reason=reason,
            sale=sale,
            answers={name: days.get(value, value) if isinstance(value, Day) else value
                     for name, value in claim.answers.items()},
            wants=wants,
            wish=self._rng.choice(WISHES) if wants == "other" else None,
            steps=steps,
        )  # fmt: skip

    def _reason(self, script: Script) -> str:
        if script.reasons:
            return self._rng.choice(script.reasons)
        return self._rng.choices(tuple(_REASONS), tuple(_REASONS.values()))[0]

    def _times(self, script: Script) -> list[datetime]:
        """Return the steps' times, counted back from now; each keeps out of the quiet hours."""
        at = self._keep_out(self._market.now - self._market.hours(*script.age))
        times = [at]
        for later in reversed(script.steps[1:]):
            at = self._keep_out(at - self._market.hours(*later.after))
            times.append(at)
        return [self._distinct(moment) for moment in reversed(times)]

    def _keep_out(self, moment: datetime) -> datetime:
        start = self._market.now - QUIET_BEFORE
        into = (moment - start) % DAY
        return moment - into - self._market.hours(0.05, 0.9) if into < QUIET_BEFORE + QUIET_AFTER else moment

    def _distinct(self, moment: datetime) -> datetime:
        moment = whole_ms(moment)
        while moment in self._opened:
            moment -= timedelta(milliseconds=1)
        self._opened.add(moment)
        return moment

    # What was bought

    def _sale(self, bought: Bought | None, reason: str, opened_at: datetime, script: Script) -> tuple[Sale, bool]:
        """Record the purchase with what lies before it; tell also whether it was used."""
        market = self._market
        paid_at = opened_at - market.hours(*_HOURS_AFTER_PAYMENT[reason])
        account = market.pick_account() if bought is None else bought.account
        customer = market.newcomer() if bought is None else bought.customer
        used = 0 if reason in ("fraudulent", "product_not_received") else self._uses(script)
        renewing = reason == "subscription_canceled"
        product = market.pick_product(account, renewing=renewing or None) if bought is None else bought.product
        if renewing:
            count = self._rng.choice((2, 2, 3, 4, 6, 9, 15))
            sale = market.renewals(account, customer, product, paid_at, count if product.period_days == 30 else 2)[-1]
            market.use(sale, used, within=opened_at - paid_at)
            return sale, used > 0
        if reason == "duplicate":
            first = market.sell(account, customer, product, paid_at - timedelta(seconds=self._rng.randint(70, 560)))
            market.use(first, used)
            return market.sell(account, customer, product, paid_at), False
        if bought is None and reason == "not_as_described" and self._rng.random() < 0.3:
            for back in range(self._rng.randint(1, 3)):
                earlier = market.pick_product(account)
                market.sell(account, customer, earlier, paid_at - (back + 1) * 40 * DAY)
        sale = market.sell(account, customer, product, paid_at)
        market.use(sale, used, within=max(opened_at - paid_at, HOUR))
        if reason == "credit_not_processed":
            market.did(sale, "support_contacted", opened_at - 10 * DAY, topic="refund")
        return sale, used > 0

    def _uses(self, script: Script) -> int:
        low = any(word in script.name for word in _WON_BY_CUSTOMER)
        return self._rng.choice((0, 1, 2)) if low else self._rng.choice((3, 6, 9, 14))

    def _claim(self, script: Script, reason: str, sale: Sale, used: bool) -> Claim:
        """Choose what the customer claims, so that neither the answers nor the log speak against the words."""
        if reason == LONG_REASON and self._told % 19 == 5:
            return Claim(words.long_text(self._rng), LONG)
        native = NATIVE.get(sale.customer.person.locale, {}).get(reason)
        form = sale.product.form
        if native is not None and words.suits(native.text, form) and self._rng.random() < self._own_language(sale):
            return native
        in_time = any(word in script.name for word in _WON_BY_CUSTOMER)
        fitting = [
            claim
            for claim in CLAIMS[reason]
            if words.suits(claim.text, form)
            and not (in_time and claim.is_late)
            and (reason != "not_as_described" or claim.answers["used"] == used)
        ]
        return self._rng.choice(fitting)

    def _own_language(self, sale: Sale) -> float:
        """Return how often somebody writes in their own language: always, where the pages speak it too."""
        return 1.0 if sale.customer.person.locale == "es" else 0.6

    def _days(self, script: Script, reason: str, sale: Sale, claim: Claim, opened_at: datetime) -> Mapping[Day, str]:
        """Return the days that the answers name."""
        span = opened_at - sale.paid_at
        moments = {
            Day.PAID: sale.paid_at,
            Day.BEFORE: sale.paid_at - self._rng.uniform(1, 6) * DAY,
            Day.AFTER: sale.paid_at + min(DAY, span / 2),
            Day.LATELY: max(opened_at - self._rng.uniform(0.5, 12) * DAY, sale.paid_at + span / 2),
        }
        if reason == "subscription_canceled":
            moments[Day.CANCELED] = self._cancel(sale, script, claim, moments)
        return {day: moment.date().isoformat() for day, moment in moments.items()}

    def _cancel(self, sale: Sale, script: Script, claim: Claim, moments: Mapping[Day, datetime]) -> datetime:
        """Return when the customer says to have cancelled, which is in the log where both sides see it alike.

        In time for those who win by it; of the others some are too late for the notice, and some are in no log.
        """
        notice = timedelta(hours=sale.product.cancel_before_hours or 0)
        channel = {"app": "app", "email": "e-mail", "support": "support"}[claim.answers["canceled_how"]]
        if claim.is_late:
            at = moments[Day.AFTER]
        elif any(word in script.name for word in _WON_BY_CUSTOMER):
            at = sale.paid_at - notice - self._market.hours(3, 90)
        elif notice and self._rng.random() < 0.6:
            at = sale.paid_at - notice * self._rng.uniform(0.1, 0.8)
        else:
            return moments[Day.BEFORE]
        self._market.did(sale, "cancel_requested", at, channel=channel)
        return at

    # What is said

    def _planned(
        self, step: Step, at: datetime, script: Script, reason: str, sale: Sale, claim: Claim, index: int, number: int
    ) -> Planned:
        options = dict(step.options)
        share, remedy = options.pop("share", None), options.pop("remedy", False)
        outcome, answer = options.get("outcome"), options.get("answer")
        return Planned(
            actor=step.actor,
            verb=step.verb,
            at=at,
            message=words.fill(claim.text, values_of(sale)) if index == 0 else self._message(step, reason, sale),
            remedy=self._remedy(sale) if remedy else None,
            share=share,
            reason_code=code_of(script.name, reason, outcome, answer) if step.verb == "decide" else None,
            attachments=self._attachments(step),
            person=number + index,
            options=options,
        )

    def _remedy(self, sale: Sale) -> str:
        return self._rng.choice([text for text in words.ANSWERS["remedy"] if words.suits(text, sale.product.form)])

    def _message(self, step: Step, reason: str, sale: Sale) -> str | None:
        bank = texts_of(step, reason, sale.product.form, self._said)
        text = self._rng.choice(bank) if bank else ""
        if step.actor is Actor.CUSTOMER and self._rng.random() < self._own_language(sale):
            own = words.NATIVE.get(sale.customer.person.locale, {}).get(step.verb, ())
            text = next((one for one in own if one not in self._said), text)
        self._said.add(text)
        return words.fill(text, values_of(sale)) or None

    def _attachments(self, step: Step) -> tuple[str, ...]:
        chance = {("customer", "open"): 0.07, ("customer", "reply"): 0.45, ("merchant", "reply"): 1.0}
        if self._rng.random() >= chance.get((step.actor.value, step.verb), 0.0):
            return ()
        kinds = ("png", "pdf", "txt", "jpeg") if self._images < IMAGES_MAX else ("pdf", "txt")
        chosen = tuple(self._rng.sample(kinds, min(len(kinds), self._rng.choice((1, 1, 1, 2, 3)))))
        self._images += len({"png", "jpeg"}.intersection(chosen))
        return chosen
