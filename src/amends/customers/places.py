"""In which scope a page's reader is a customer, and which of their purchases it is about.

Unknown, malformed and foreign ids are the same 404.
"""

from typing import Any

from litestar import Request

from amends.access.scopes import Caller, CustomerScope
from amends.customers.queries_purchases import Purchase, find_purchase
from amends.kit.errors import NotFound
from amends.kit.ids import MalformedId, Prefix, parse_public_id
from amends.services import Services


def customer_of(request: Request[Any, Caller, Any]) -> CustomerScope:
    """Return the scope in which the reader is a customer.

    Raises:
        NotFound: the caller is no person.
    """
    if request.auth.customer is None:
        raise NotFound
    return request.auth.customer


async def purchase_of(services: Services, scope: CustomerScope, payment_pid: str) -> Purchase:
    """Return a purchase of the customer's.

    Raises:
        NotFound: no such payment, or not theirs.
    """
    try:
        parsed = parse_public_id(Prefix.PAYMENT, payment_pid)
    except MalformedId as problem:
        raise NotFound from problem
    found = await find_purchase(services.pool, scope, parsed.account, parsed.row_id)
    if found is None:
        raise NotFound
    return found
