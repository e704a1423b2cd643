"""Which purchases become cases, and when and in which words each step of their script happens. Pure.

No step falls at a time of day within the next hours: a clock set by it would else run out just after the demo starts.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec

from amends.demo import sentences as words
from amends.demo.catalogue import Account
from amends.demo.market import DAY, HOUR, Market, Sale
from amends.demo.scripts import SCRIPTS, Actor, Script, Step
from amends.kit.clock import whole_ms
from amends.kit.money import exponent, major_text

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
    to_customer: str | None = None
    to_merchant: str | None = None
    reason_code: str | None = None
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
    steps: tuple[Planned, ...]


def plan_cases(market: Market, *, scale: float = 1.0) -> list[CasePlan]:
    """Record the purchases that become cases, and return those cases in the order of their opening."""
    teller = _Teller(market)
    plans = [
        teller.tell(script, number)
        for script in SCRIPTS
        for number in range(max(1, round(script.cases * scale)))
    ]  # fmt: skip
    return sorted(plans, key=lambda plan: plan.steps[0].at)


class _Teller:
    """Turns scripts into cases."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._rng = market.rng
        self._told = 0
        self._opened: set[datetime] = set()
        self._images = 0

    def tell(self, script: Script, number: int) -> CasePlan:
        self._told += 1
        times = self._times(script)
        reason = self._reason(script)
        account = self._market.pick_account()
        sale = self._sale(account, reason, times[0], script)
        steps = tuple(
            self._planned(step, at, reason, sale, i, number)
            for i, (step, at) in enumerate(zip(script.steps, times, strict=True))
        )
        return CasePlan(
            script=script.name,
            money=script.money,
            reason=reason,
            sale=sale,
            answers=_answers(self._market, reason, sale, times[0]),
            wants=self._rng.choices(("full_refund", "partial_refund", "other"), (8, 1, 1))[0],
            steps=steps,
        )

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

    def _sale(self, account: Account, reason: str, opened_at: datetime, script: Script) -> Sale:
        market = self._market
        paid_at = opened_at - market.hours(*_HOURS_AFTER_PAYMENT[reason])
        customer = market.newcomer()
        used = 0 if reason in ("fraudulent", "product_not_received") else self._uses(script)
        if reason == "subscription_canceled":
            product = market.pick_product(account, renewing=True)
            count = self._rng.choice((2, 2, 3, 4, 6, 9, 15))
            sale = market.renewals(account, customer, product, paid_at, count if product.period_days == 30 else 2)[-1]
            market.use(sale, used, within=opened_at - paid_at)
            self._cancel(sale, script, opened_at)
            return sale
        product = market.pick_product(account)
        if reason == "duplicate":
            first = market.sell(account, customer, product, paid_at - timedelta(seconds=self._rng.randint(70, 560)))
            market.use(first, used)
            return market.sell(account, customer, product, paid_at)
        if reason == "not_as_described" and self._rng.random() < 0.3:
            for back in range(self._rng.randint(1, 3)):
                earlier = market.pick_product(account)
                market.sell(account, customer, earlier, paid_at - (back + 1) * 40 * DAY)
        sale = market.sell(account, customer, product, paid_at)
        market.use(sale, used, within=max(opened_at - paid_at, HOUR))
        if reason == "credit_not_processed":
            market.did(sale, "support_contacted", opened_at - 10 * DAY, topic="refund")
        return sale

    def _uses(self, script: Script) -> int:
        low = any(word in script.name for word in _WON_BY_CUSTOMER)
        return self._rng.choice((0, 1, 2)) if low else self._rng.choice((3, 6, 9, 14))

    def _cancel(self, sale: Sale, script: Script, opened_at: datetime) -> None:
        """Record when the customer cancelled: in time for some, too late for others, a few never."""
        notice = timedelta(hours=sale.product.cancel_before_hours or 0)
        in_time = any(word in script.name for word in _WON_BY_CUSTOMER)
        if in_time:
            at = sale.paid_at - notice - self._market.hours(3, 90)
        elif self._rng.random() < 0.7:
            at = sale.paid_at + self._rng.random() * min(opened_at - sale.paid_at, 2 * DAY)
        elif notice:
            at = sale.paid_at - notice * self._rng.uniform(0.1, 0.8)
        else:
            return
        self._market.did(sale, "cancel_requested", at, channel=self._rng.choice(("app", "e-mail")))

    # What is said

    def _planned(self, step: Step, at: datetime, reason: str, sale: Sale, index: int, number: int) -> Planned:
        options = dict(step.options)
        share, remedy = options.pop("share", None), options.pop("remedy", False)
        planned = Planned(
            actor=step.actor,
            verb=step.verb,
            at=at,
            message=self._message(step, reason, sale, long=index == 0 and self._told % 97 == 5),
            remedy=self._rng.choice(words.ANSWERS["remedy"]) if remedy else None,
            share=share,
            attachments=self._attachments(step),
            person=number + index,
            options=options,
        )
        return self._with_decision(planned, _values(sale)) if step.verb == "decide" else planned

    def _message(self, step: Step, reason: str, sale: Sale, *, long: bool) -> str | None:
        if long:
            return words.long_text(self._rng)
        bank = _bank(step, reason)
        text = self._rng.choice(bank) if bank else ""
        if step.actor is Actor.CUSTOMER and self._rng.random() < 0.6:
            native = words.NATIVE.get(sale.customer.person.locale, {})
            text = native.get(reason if step.verb == "open" else step.verb, text)
        return words.fill(text, _values(sale)) or None

    def _with_decision(self, planned: Planned, values: Mapping[str, str]) -> Planned:
        outcome = planned.options.get("outcome")
        if outcome is None:
            outcome = "customer_won" if planned.options["answer"] == "upheld" else "merchant_won"
        code, to_customer, to_merchant = self._rng.choice(words.DECISIONS[outcome])
        return msgspec.structs.replace(
            planned,
            reason_code=code,
            to_customer=words.fill(to_customer, values),
            to_merchant=words.fill(to_merchant, values),
        )

    def _attachments(self, step: Step) -> tuple[str, ...]:
        chance = {("customer", "open"): 0.07, ("customer", "reply"): 0.45, ("merchant", "reply"): 0.8}
        if self._rng.random() >= chance.get((step.actor.value, step.verb), 0.0):
            return ()
        kinds = ("png", "pdf", "txt", "jpeg") if self._images < IMAGES_MAX else ("pdf", "txt")
        chosen = tuple(self._rng.sample(kinds, min(len(kinds), self._rng.choice((1, 1, 1, 2, 3)))))
        self._images += len({"png", "jpeg"}.intersection(chosen))
        return chosen


def _values(sale: Sale) -> Mapping[str, str]:
    """Return what a text may name."""
    currency = sale.product.currency
    return {
        "product": sale.product.title,
        "name": sale.customer.person.name.split(" ")[0],
        "account": sale.account.title,
        "amount": f"{major_text(sale.amount_minor, exponent(currency))} {currency.upper()}",
        "date": f"{sale.paid_at:%-d %B}",
    }


def _bank(step: Step, reason: str) -> Sequence[str]:
    """Return the texts that fit a step."""
    match step.actor, step.verb:
        case Actor.CUSTOMER, "open":
            return words.OPENING[reason]
        case Actor.CUSTOMER, "decline_offer" if "share" in step.options:
            return words.REPLIES["counter"]
        case Actor.CUSTOMER, ("comment" | "appeal") as verb:
            return words.REPLIES[f"customer_{verb}"]
        case Actor.CUSTOMER, verb:
            return words.REPLIES.get(verb, ())
        case Actor.MERCHANT, ("comment" | "appeal" | "reply") as verb:
            return words.ANSWERS[f"merchant_{verb}"]
        case Actor.MERCHANT, "decline_offer":
            return words.ANSWERS["decline_counter"]
        case _, "note":
            return words.NOTES
        case Actor.PLATFORM, "ask":
            return words.ASKS[f"ask_{step.options['of']}"]
        case Actor.MERCHANT, verb:
            return words.ANSWERS.get(verb, ())
        case _:
            return ()


def _answers(market: Market, reason: str, sale: Sale, opened_at: datetime) -> dict[str, Any]:
    """Answer the questions that the form asks for this reason."""
    rng = market.rng

    def day(before: float) -> str:
        moment: date = (opened_at - before * DAY).date()
        return moment.isoformat()

    match reason:
        case "subscription_canceled":
            return {"canceled_on": day(rng.uniform(1, 9)), "canceled_how": rng.choice(("app", "email", "support"))}
        case "product_not_received":
            return {"received": "nothing", "expected_on": sale.paid_at.date().isoformat()}
        case "not_as_described":
            return {
                "difference": rng.choice(("missing parts", "other content", "lower quality")),
                "used": rng.random() < 0.5,
            }
        case "product_unacceptable":
            return {"problem": rng.choice(("defective", "damaged", "conduct")), "returned": False}
        case "fraudulent":
            return {"card_reported": rng.random() < 0.6}
        case "duplicate":
            return {"other_payment_on": sale.paid_at.date().isoformat()}
        case _:
            return {"promised_on": day(rng.uniform(12, 25)), "returned": rng.random() < 0.4}
