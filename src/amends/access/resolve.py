"""In which of the caller's scopes a case or a payment is seen. Nobody acts for a side on a purchase of their own.

Order: the buyer as its customer, then the account's merchant, then the platform.
"""

from typing import NoReturn
from uuid import UUID

from amends.access.permissions import Permission
from amends.access.scopes import Caller, Scope, missing_permission
from amends.kit.errors import Forbidden


def case_scope(caller: Caller, account_id: int, buyer_user_id: UUID) -> Scope | None:
    """Return the scope in which the caller sees the buyer's case at an account; None: not at all."""
    if caller.customer is not None and caller.customer.user_id == buyer_user_id:
        return caller.customer
    return caller.account(account_id)


def allow(scope: Scope, permission: Permission) -> None:
    """Refuse a scope without `permission`: having it at one account opens nothing at another.

    Raises:
        Forbidden: `missing_permission`.
    """
    if permission not in scope.permissions:
        raise missing_permission(permission)


def refuse_own_payment() -> NoReturn:
    """Refuse a person who would decide on a purchase of their own.

    Raises:
        Forbidden: `own_payment`.
    """
    raise Forbidden(
        "own_payment",
        "You are the customer on this payment, so you cannot act for the merchant or the platform. Ask a colleague.",
    )
