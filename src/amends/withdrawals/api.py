"""The JSON route of withdrawals: a list for the account's and the platform's credentials."""

from typing import Any, Final

import msgspec
from asyncpg import Record
from litestar import Router, get
from litestar.di import Provide

from amends.access.permissions import Permission
from amends.kit.clock import iso
from amends.kit.ids import Prefix, public_id
from amends.kit.money import Money, money
from amends.kit.pages import Page
from amends.people.paging import Paging, provide_paging
from amends.people.places import Place, provide_named_place, provide_place
from amends.people.schemas import Time
from amends.withdrawals.queries import WITHDRAWALS

V1: Final = "/api/v1"
_PAGING: Final = {"paging": Provide(provide_paging, sync_to_thread=False)}
_READ: Final[dict[str, Any]] = {"permission": Permission.PAYMENT_READ}


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's withdrawal from a contract. `email` is null without the permission `member:email:read`."""

    id: str
    account_id: str
    payment_id: str
    member_id: str
    user_id: str
    refund_id: str
    amount: Money
    """What went back to the customer."""
    name: str
    """As the customer stated it."""
    email: str | None
    """Where the confirmation went."""
    period_ends_at: Time
    """Until when the customer could withdraw, exclusive."""
    created_at: Time
    """When the statement came in."""


@get("/withdrawals", opt=_READ, tags=["Withdrawals"])
async def list_withdrawals(place: Place, paging: Paging) -> Page[Withdrawal]:
    """List the contracts that an account's customers withdrew from, newest first."""
    rows, info = await paging.read(WITHDRAWALS, place.account_id)
    return Page([_shape(row, place) for row in rows], info)


def _shape(row: Record, place: Place) -> Withdrawal:
    number = place.account_id
    return Withdrawal(
        id=row["pid"],
        account_id=place.account_pid,
        payment_id=public_id(Prefix.PAYMENT, row["payment_id"], number),
        member_id=public_id(Prefix.MEMBER, row["member_id"], number),
        user_id=public_id(Prefix.USER, row["user_id"]),
        refund_id=public_id(Prefix.REFUND, row["refund_id"], number),
        amount=money(row["amount_minor"], row["currency"], row["currency_exponent"]),
        name=row["customer_name"],
        email=row["email"] if place.sees_email else None,
        period_ends_at=iso(row["period_ends_at"]),
        created_at=iso(row["created_at"]),
    )


routes: Final = [
    Router(V1, route_handlers=[list_withdrawals], dependencies={"place": Provide(provide_place), **_PAGING}),
    Router(
        V1 + "/accounts/{account_id:str}",
        route_handlers=[list_withdrawals],
        dependencies={"place": Provide(provide_named_place), **_PAGING},
    ),
]
