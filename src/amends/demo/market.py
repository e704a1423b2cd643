"""Who buys what in the demo, and what they did afterwards: the records of an import, made purely from a seed.

Owns members, payments and activity. Which purchases become cases is `story`'s matter, which asks for them here.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from amends.demo.catalogue import ACCOUNTS, STAFF, Account, Product
from amends.demo.names import Person, people
from amends.kit.clock import whole_ms
from amends.kit.money import exponent, major_text
from amends.people import records as r

SEED: Final = 20_260_401
BUYERS: Final = 6
"""People whose purchases scripts may open cases on; nobody else in the demo does."""
BUYER_PURCHASES: Final = 60
CROWD: Final = 14_000
LONG_TERM_MEMBERS: Final = 70
RENEWALS: Final = 14
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
OLDEST_DAYS: Final = 380
GROWTH: Final = 3.5
"""How much more is bought lately than at first: of ten purchases, nearly four fall into the last month."""
COMES_BACK: Final = 0.35
"""How many passers-by have bought there before."""

_METHODS = (
    ("card", "visa", 46),
    ("card", "mastercard", 24),
    ("card", "amex", 8),
    ("paypal", None, 13),
    ("financing", None, 5),
    ("card", "jcb", 4),
)


class Customer(msgspec.Struct, frozen=True):
    """A user of the demo platform, by the platform's own id."""

    id: str
    person: Person


class Method(msgspec.Struct, frozen=True):
    """How somebody pays."""

    kind: str
    brand: str | None
    last4: str | None


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """A payment, as far as the story needs to know it. `amount_minor` is what the customer paid."""

    id: str
    account: Account
    customer: Customer
    product: Product
    paid_at: datetime
    is_renewal: bool = False

    @property
    def amount_minor(self) -> int:
        return self.product.price_minor


class Market:
    """Collects the records of an import while sales are made."""

    def __init__(self, now: datetime, *, seed: int = SEED, receipts: str = "in") -> None:
        self.now = now
        self._receipts = receipts
        self.rng = random.Random(seed)  # noqa: S311
        self.users: dict[str, r.UserLine] = {}
        self.members: dict[str, r.MemberLine] = {}
        self.payments: list[r.PaymentLine] = []
        self.activity: list[r.ActivityLine] = []
        self._crowd = iter(people(random.Random(seed + 1), CROWD, ordinary=BUYERS))  # noqa: S311
        self._methods: dict[str, Method] = {}
        self.buyers = tuple(self.newcomer() for _ in range(BUYERS))

    def newcomer(self) -> Customer:
        """Return a user who was not there before."""
        return self.join(f"u-{len(self.users) + 1:05}", next(self._crowd))

    def join(self, user: str, person: Person) -> Customer:
        """Record a user of the demo platform, and how they pay."""
        customer = Customer(id=user, person=person)
        self.users[customer.id] = r.UserLine(
            id=customer.id,
            name=person.name,
            username=person.username,
            email=person.email,
            time_zone=person.time_zone,
            locale=person.locale,
        )
        self._methods[customer.id] = self._method()
        return customer

    def sell(
        self, account: Account, customer: Customer, product: Product, paid_at: datetime, *, is_renewal: bool = False
    ) -> Sale:
        """Record a payment, and the membership that comes with the first."""
        paid_at = whole_ms(paid_at)
        member = self._member(account, customer, paid_at)
        number = f"{self._receipts}-{len(self.payments) + 1:06}"
        sale = Sale(
            id=number, account=account, customer=customer, product=product, paid_at=paid_at, is_renewal=is_renewal
        )
        self.payments.append(_payment_line(sale, member, self._methods[customer.id]))
        return sale

    def renewals(
        self, account: Account, customer: Customer, product: Product, last: datetime, count: int
    ) -> list[Sale]:
        """Record a subscription's `count` payments, of which the newest is at `last`."""
        period = timedelta(days=product.period_days or 30)
        dates = [last - period * back for back in range(count - 1, -1, -1)]
        return [self.sell(account, customer, product, at, is_renewal=i > 0) for i, at in enumerate(dates)]

    def did(self, sale: Sale, kind: str, at: datetime, **details: Any) -> None:
        """Record what the customer did around a sale; nothing of the future."""
        if at > self.now:
            return
        self.activity.append(
            r.ActivityLine(
                id=f"log-{len(self.activity) + 1:06}",
                account=sale.account.key,
                member=_member_id(sale.account, sale.customer),
                activity=kind,
                occurred_at=whole_ms(at),
                product=sale.product.key,
                payment=sale.id,
                details=details,
            )
        )

    def use(self, sale: Sale, times: int, *, within: timedelta = 20 * DAY) -> None:
        """Record the checkout's consents, and that the customer came in and used the product so many times."""
        rng = self.rng
        self.did(sale, "terms_accepted", sale.paid_at - timedelta(seconds=rng.randint(20, 90)), version="2025-09")
        self.did(
            sale, "refund_policy_accepted", sale.paid_at - timedelta(seconds=rng.randint(5, 19)), version="2025-09"
        )
        if not times:
            return
        self.did(sale, "access_claimed", sale.paid_at + timedelta(minutes=rng.randint(1, 50)))
        if sale.product.renews and rng.random() < 0.5:
            self.did(sale, "discord_joined", sale.paid_at + timedelta(minutes=rng.randint(51, 300)))
        for _ in range(times):
            kind = rng.choices(("app_opened", "content_viewed", "login", "downloaded"), (6, 3, 2, 1))[0]
            at = sale.paid_at + HOUR + rng.random() * within
            self.did(sale, kind, at, **({"file": f"part-{rng.randint(1, 9)}.zip"} if kind == "downloaded" else {}))

    def lines(self) -> Iterator[r.Line]:
        """Return the import: what is referred to comes first."""
        for account in ACCOUNTS:
            yield from _catalogue_lines(account)
        yield from self.users.values()
        yield from self.members.values()
        yield from sorted(self.payments, key=_paid_at)
        yield from sorted(self.activity, key=_occurred_at)

    def pick_product(self, account: Account, *, renewing: bool | None = None) -> Product:
        """Choose a product as customers do: popular ones more often."""
        fitting = [p for p in account.products if renewing is None or p.renews is renewing]
        return self.rng.choices(fitting, [p.popularity for p in fitting])[0]

    def pick_account(self) -> Account:
        """Choose an account by its share of the cases."""
        return self.rng.choices(ACCOUNTS, [account.share for account in ACCOUNTS])[0]

    def hours(self, low: float, high: float) -> timedelta:
        """Return a time between so many hours and so many."""
        return self.rng.uniform(low, high) * HOUR

    def _member(self, account: Account, customer: Customer, paid_at: datetime) -> str:
        member = _member_id(account, customer)
        known = self.members.get(f"{account.key} {member}")
        joined_at = paid_at - timedelta(minutes=self.rng.randint(2, 40))
        if known is None or (isinstance(known.joined_at, datetime) and joined_at < known.joined_at):
            line = r.MemberLine(id=member, account=account.key, user=customer.id, joined_at=whole_ms(joined_at))
            self.members[f"{account.key} {member}"] = line
        return member

    def _method(self) -> Method:
        kind, brand, _ = self.rng.choices(_METHODS, [weight for *_, weight in _METHODS])[0]
        return Method(kind, brand, f"{self.rng.randrange(10_000):04}" if brand else None)


def add_buyers(market: Market) -> None:
    """Record the buyers' purchases."""
    for buyer in market.buyers:
        for sale in add_purchases(market, buyer, BUYER_PURCHASES):
            market.use(sale, market.rng.choice((0, 0, 1)))


def add_purchases(market: Market, buyer: Customer, count: int) -> list[Sale]:
    """Record purchases, evenly over the accounts, recent enough to stay claimable for a month."""
    return [
        market.sell(
            account := ACCOUNTS[number % len(ACCOUNTS)],
            buyer,
            market.pick_product(account, renewing=False),
            market.now - market.hours(4, 85 * 24),
        )
        for number in range(count)
    ]


def add_long_term_members(market: Market, count: int = LONG_TERM_MEMBERS) -> None:
    """Record people who have renewed for more than a year."""
    for _ in range(count):
        account = market.pick_account()
        product = market.rng.choice([p for p in account.products if p.period_days == 30])
        last = market.now - market.hours(5, 29 * 24)
        for sale in market.renewals(account, market.newcomer(), product, last, RENEWALS):
            market.use(sale, market.rng.choice((0, 1, 2)), within=29 * DAY)


def add_passers_by(market: Market, until_payments: int) -> None:
    """Record ordinary customers until there are so many payments; one in sixty pays twice by accident."""
    known: dict[str, list[Customer]] = {account.key: [] for account in ACCOUNTS}
    while len(market.payments) < until_payments:
        rng = market.rng
        account = rng.choices(ACCOUNTS, [account.trade for account in ACCOUNTS])[0]
        returning = known[account.key] and rng.random() < COMES_BACK
        customer = rng.choice(known[account.key]) if returning else market.newcomer()
        known[account.key].append(customer)
        product = market.pick_product(account, renewing=False if returning else None)
        count = rng.choice((1, 1, 1, 2, 4)) if product.renews else 1
        last = market.now - max(3 * HOUR, OLDEST_DAYS * rng.random() ** GROWTH * DAY)
        sales = market.renewals(account, customer, product, last, count)
        if rng.random() < 1 / 4:
            market.use(sales[-1], rng.choice((0, 1, 1, 3)))
        if rng.random() < 1 / 60:
            market.sell(account, customer, product, sales[-1].paid_at + timedelta(seconds=rng.randint(70, 540)))


def staff_lines() -> Iterator[r.UserLine]:
    """Return the people of the accounts' teams and of the platform."""
    for account in ACCOUNTS:
        for number, (role, name) in enumerate(account.team):
            yield _staff_line(staff_id(account.key, number), name, f"{role}@{account.key}.example", account.time_zone)
    for number, (role, name) in enumerate(STAFF):
        nth = sum(other == role for other, _ in STAFF[:number])
        mailbox = f"{role}{nth + 1}" if nth else role
        yield _staff_line(staff_id("platform", number), name, f"{mailbox}@platform.example", "UTC")


def staff_id(team: str, number: int) -> str:
    """Return the platform's own id of a person on a team (an account's key, or `platform`)."""
    return f"staff-{team}-{number}"


def _staff_line(user: str, name: str, email: str, zone: str) -> r.UserLine:
    return r.UserLine(id=user, name=name, username=user.removeprefix("staff-"), email=email, time_zone=zone)


def _member_id(account: Account, customer: Customer) -> str:
    return f"{account.key}-{customer.id}"


def _plan_id(product: Product) -> str:
    return f"{product.key}-{product.plan.lower()}"


def _catalogue_lines(account: Account) -> Iterator[r.Line]:
    limits: dict[str, str | int | float] = {code: _major(minor, code) for code, minor in account.support_limits.items()}
    yield r.AccountLine(
        id=account.key,
        title=account.title,
        currency=account.currency,
        time_zone=account.time_zone,
        support_limits=limits,
    )
    for product in account.products:
        yield r.ProductLine(
            id=product.key, account=account.key, title=product.title, withdrawal_right=product.withdrawal_right
        )
        yield r.PlanLine(
            id=_plan_id(product),
            account=account.key,
            product=product.key,
            title=product.plan,
            billing_period_days=product.period_days,
            cancel_before_hours=product.cancel_before_hours,
        )


def _payment_line(sale: Sale, member: str, method: Method) -> r.PaymentLine:
    product, period = sale.product, sale.product.period_days
    amount = _major(sale.amount_minor, product.currency)
    item = r.LineItemRecord(label=product.title, subtotal=amount, product=product.key, plan=_plan_id(product))
    return r.PaymentLine(
        id=sale.id,
        account=sale.account.key,
        member=member,
        amount=amount,
        currency=product.currency,
        product=product.key,
        plan=_plan_id(product),
        paid_at=sale.paid_at,
        created_at=sale.paid_at,
        payment_method_type=method.kind,
        card_brand=method.brand,
        card_last4=method.last4,
        is_renewal=sale.is_renewal,
        period_start=sale.paid_at if period else None,
        period_end=sale.paid_at + timedelta(days=period) if period else None,
        line_items=[item],
    )


def _major(amount_minor: int, currency: str) -> str:
    return major_text(amount_minor, exponent(currency))


def _paid_at(line: r.PaymentLine) -> datetime:
    assert isinstance(line.paid_at, datetime)  # noqa: S101
    return line.paid_at


def _occurred_at(line: r.ActivityLine) -> datetime:
    assert isinstance(line.occurred_at, datetime)  # noqa: S101
    return line.occurred_at
