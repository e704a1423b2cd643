"""The customers to look around as: one with purchases in every state that a customer's pages know, one in Spanish.

Most become what they are through a script, as all the demo's cases do; the bank, the seller and the right of withdrawal
do the rest (`happenings`). Pure but for those.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from amends.access.authenticate import user_caller
from amends.access.queries import find_user
from amends.db.transactions import transaction
from amends.demo.catalogue import KAZE, LUMIERE, NORTHBEAM, Account, Product
from amends.demo.market import Customer, Market, Sale
from amends.demo.names import Person
from amends.demo.queue import Queue
from amends.demo.replay import Scenery
from amends.demo.scripts import DAY, DENIED, ESCALATED, OPEN, Script, Step, c, m, p
from amends.demo.story import Bought, CasePlan, Teller
from amends.kit.clock import ManualClock
from amends.payments.providers.sandbox import SandboxProvider
from amends.services import Services
from amends.withdrawals.commands import withdraw
from amends.withdrawals.statements import Statement

ID: Final = "u-mara"
PERSON: Final = Person(
    name="Mara Lindqvist",
    username="maralind",
    email="mara.lindqvist@customers.example",
    time_zone="Europe/Stockholm",
    locale="en",
)
SPANISH_ID: Final = "u-lucia"
SPANISH: Final = Person(
    name="Lucía Ibáñez",
    username="lucia.ibanez",
    email="lucia.ibanez@customers.example",
    time_zone="Europe/Madrid",
    locale="es",
)


def _script(name: str, reason: str, age_hours: float, *steps: Step) -> Script:
    return Script(name=f"shown: {name}", cases=1, age=(age_hours, age_hours), steps=steps, reasons=(reason,))


CASES: Final = (
    (_script("a new case", "product_unacceptable", 9, OPEN), NORTHBEAM, "ads"),
    (
        _script("an offer to answer", "not_as_described", 15, OPEN, m("make_offer", (5, 9), share=0.4)),
        LUMIERE,
        "course-de",
    ),
    (_script("a question to answer", "product_not_received", 18, OPEN, m("request_info", (6, 9))), NORTHBEAM, "resume"),
    (_script("under review", "product_unacceptable", 7, *ESCALATED), KAZE, "theme"),
    (_script("denied lately", "not_as_described", 3 * DAY, *DENIED), NORTHBEAM, "interview"),
    (
        _script(
            "decided for her", "product_not_received", 5 * DAY, *ESCALATED,
            p("decide", outcome="customer_won", payer="merchant"),
        ),
        KAZE,
        "bot",
    ),
    (_script("refunded at once", "duplicate", 12 * DAY, OPEN, m("accept", (1, 4))), LUMIERE, "luts"),
    (
        _script("settled", "not_as_described", 30 * DAY, OPEN, m("make_offer", share=0.5), c("accept_offer")),
        LUMIERE,
        "fonts",
    ),
)  # fmt: skip
SPANISH_CASES: Final = (
    (
        _script("an offer in Spanish", "not_as_described", 20, OPEN, m("make_offer", (5, 9), share=0.5)),
        LUMIERE,
        "lightroom",
    ),
    (
        _script(
            "answered in Spanish", "product_not_received", 8, OPEN, m("request_info", (6, 9)), c("reply", (5, 9)),
        ),
        NORTHBEAM,
        "summit",
    ),
    (
        _script("refunded in Spanish", "duplicate", 9 * DAY, OPEN, m("accept", (1, 4))),
        NORTHBEAM,
        "excel",
    ),
)  # fmt: skip


class Showcase(msgspec.Struct, frozen=True, kw_only=True):
    """Their cases, and the purchases that something else happens to."""

    plans: tuple[CasePlan, ...]
    withdrawn: Sale
    refunded: Sale
    disputed: Sale


def add_showcase(market: Market) -> Showcase:
    """Record their purchases, and plan their cases."""
    mara, lucia = market.join(ID, PERSON), market.join(SPANISH_ID, SPANISH)
    teller = Teller(market)
    plans = tuple(
        teller.tell(script, 0, Bought(account, customer, product(account, key)))
        for customer, cases in ((mara, CASES), (lucia, SPANISH_CASES))
        for script, account, key in cases
    )
    market.use(market.sell(NORTHBEAM, lucia, product(NORTHBEAM, "ads"), market.now - timedelta(days=12)), 3)
    for account, key, days in (
        (LUMIERE, "lightroom", 1.5),  # she may withdraw from it
        (NORTHBEAM, "excel", 9),  # she may report a problem with it
        (NORTHBEAM, "agency", 171),  # too long ago
    ):
        market.use(_buy(market, mara, account, key, days), 1)
    return Showcase(
        plans=plans,
        withdrawn=_buy(market, mara, LUMIERE, "brushes", 4),
        refunded=_buy(market, mara, NORTHBEAM, "summit", 40),
        disputed=_buy(market, mara, KAZE, "jlpt", 25),
    )


def product(account: Account, key: str) -> Product:
    """Return a product of the catalogue."""
    return next(one for one in account.products if one.key == key)


def _buy(market: Market, mara: Customer, account: Account, key: str, days: float) -> Sale:
    return market.sell(account, mara, product(account, key), market.now - timedelta(days=days))


async def happenings(
    services: Services, clock: ManualClock, queue: Queue, scenery: Scenery, shown: Showcase, now: datetime
) -> None:
    """Let the seller refund one purchase, the bank look into another, and her withdraw from a third."""
    sandbox = services.providers["sandbox"]
    if not isinstance(sandbox, SandboxProvider):
        raise TypeError("the demo runs on the sandbox provider")
    clock.set(now - timedelta(days=36))
    sale = shown.refunded
    await sandbox.refund_elsewhere(scenery.payments[sale.id].pid, sale.amount_minor, sale.product.currency)
    await queue.drain()
    clock.set(now - timedelta(days=6))
    sale = shown.disputed
    await sandbox.open_dispute(scenery.payments[sale.id].pid, sale.amount_minor, sale.product.currency)
    await queue.drain()
    clock.set(now - timedelta(hours=16))
    await _withdraw(services, scenery, shown.withdrawn, clock.now())
    clock.set(now - timedelta(hours=15, minutes=50))
    await queue.drain()
    clock.set(now)


async def _withdraw(services: Services, scenery: Scenery, sale: Sale, at: datetime) -> None:
    found = await find_user(services.pool, ID)
    scope = None if found is None else user_caller(*found).customer
    if scope is None:
        raise LookupError(ID)
    async with transaction(services.pool) as connection:
        await withdraw(
            connection,
            scope,
            account_id=scenery.accounts[sale.account.key],
            payment_id=scenery.payments[sale.id].id,
            statement=Statement(name=PERSON.name, email=PERSON.email),
            base_url=services.settings.base_url,
            now=at,
        )
