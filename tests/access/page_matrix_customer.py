"""The pages of customers: their purchases, their cases, and withdrawing from a purchase."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from tests.access.page_row import SAID, PageRow, Prepare, Whose, nothing
from tests.access.world import World
from tests.builders import make_product

_MY_CASE: Final = "/cases/{case_pid}"


async def of_payment(world: World) -> Mapping[str, str]:
    """Name a payment of the customer's that has no case."""
    return {"payment_pid": (await world.payment()).pid}


def of_customers_case(state: Callable[[World], Awaitable[str]]) -> Prepare:
    """Name a case of the customer's in a state."""

    async def prepare(world: World) -> Mapping[str, str]:
        return {"case_pid": await state(world)}

    return prepare


async def of_offer_to_customer(world: World) -> Mapping[str, str]:
    """Name a case and the merchant's offer that is open on it."""
    case, offer = await world.offered()
    return {"case_pid": case, "offer_pid": offer}


async def of_customers_proposal(world: World) -> Mapping[str, str]:
    """Name a case and the customer's own counter-offer."""
    case, offer = await world.proposed()
    return {"case_pid": case, "offer_pid": offer}


CUSTOMER_CASE_PAGES: Final = [
    PageRow("POST", "/cases/uploads", None, nothing, SAID, 201),
    PageRow("GET", "/cases", None, nothing),
    PageRow("GET", _MY_CASE, None, of_customers_case(World.case), whose=Whose.CUSTOMER),
    *(
        PageRow("POST", f"{_MY_CASE}/{action}", None, prepare, form, 303, whose=Whose.CUSTOMER)
        for action, prepare, form in (
            ("reply", of_customers_case(World.asked), SAID),
            ("comment", of_customers_case(World.case), SAID),
            ("escalate", of_customers_case(World.answered), {}),
            ("appeal", of_customers_case(World.denied), SAID),
            ("withdraw", of_customers_case(World.case), {}),
            ("offers/{offer_pid}/accept", of_offer_to_customer, {}),
            ("offers/{offer_pid}/decline", of_offer_to_customer, {}),
            ("offers/{offer_pid}/counter", of_offer_to_customer, {"amount": "30"}),
            ("offers/{offer_pid}/withdraw", of_customers_proposal, {}),
        )
    ),
]


async def of_first_step(world: World) -> Mapping[str, str]:
    """Name a payment of the customer's and the first step of reporting a problem with it."""
    return {**await of_payment(world), "step": "reason"}


async def of_reported(world: World) -> Mapping[str, str]:
    """Name a payment of the customer's on which a case was just opened."""
    return {"payment_pid": await world.reported()}


_REPORT: Final = "/purchases/{payment_pid}/report"

PURCHASE_PAGES: Final = [
    PageRow("GET", "/purchases", None, nothing),
    *(
        PageRow(method, path, None, prepare, form, status, whose=Whose.CUSTOMER)
        for method, path, prepare, form, status in (
            ("GET", _REPORT, of_payment, {}, 303),
            ("GET", f"{_REPORT}/{{step}}", of_first_step, {}, 200),
            ("POST", f"{_REPORT}/{{step}}", of_first_step, {"reason": "duplicate"}, 303),
            ("POST", f"{_REPORT}/discard", of_payment, {}, 303),
            ("GET", "/purchases/{payment_pid}/reported", of_reported, {}, 200),
        )
    ),
]

_WITHDRAWAL: Final = "/purchases/{payment_pid}/withdrawal"
STATED: Final = {"name": "Ada", "email": "ada@example.com"}


async def of_withdrawable_payment(world: World) -> Mapping[str, str]:
    """Name a payment of the customer's, for a product that one may withdraw from."""
    await make_product(world.pool, world.account, external_id=world.product.external_id, withdrawal_right=True)
    return await of_payment(world)


WITHDRAWAL_PAGES: Final = [
    PageRow("GET", _WITHDRAWAL, None, of_withdrawable_payment, whose=Whose.CUSTOMER),
    PageRow("POST", _WITHDRAWAL, None, of_withdrawable_payment, STATED, whose=Whose.CUSTOMER),
    PageRow("POST", f"{_WITHDRAWAL}/confirm", None, of_withdrawable_payment, STATED, 303, whose=Whose.CUSTOMER),
]
