"""What an export is narrowed to: the filters that the API takes, kept as they came, and the parameters they become.

The names are those of the list of each resource, and those of the table of cases. Times exclude their bound, as in the
lists; amounts include it. An id that names nothing of the account narrows to nothing.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal, NamedTuple
from uuid import UUID

import msgspec

from amends.cases.states import Outcome, Reason, Status
from amends.cases.table_filters import NOBODY
from amends.cases.table_values import sought_in
from amends.exports.resources import Resource, Side
from amends.kit.clock import parse_time
from amends.kit.errors import InvalidRequest, Unprocessable
from amends.kit.ids import MalformedId, Prefix, parse_public_id
from amends.kit.money import InexactAmount, UnknownCurrency, to_minor

_NO_ID: Final = UUID(int=0)
_MOST: Final = msgspec.Meta(max_length=200)

Id = Annotated[str, msgspec.Meta(max_length=100)]
Time = Annotated[str, msgspec.Meta(max_length=64)]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Amount = int | float | Annotated[str, msgspec.Meta(max_length=40)]


class Asker(NamedTuple):
    """For whom rows are read."""

    account_id: int
    side: Side
    sees_email: bool


class CaseFilters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which cases: all of them without any filter."""

    status: list[Status] | None = None
    reason: list[Reason] | None = None
    outcome: list[Outcome] | None = None
    created_after: Time | None = None
    created_before: Time | None = None
    due_after: Time | None = None
    due_before: Time | None = None
    closed_after: Time | None = None
    closed_before: Time | None = None
    user_id: Id | None = None
    product_id: Annotated[list[Id], _MOST] | None = None
    payment_method: Annotated[list[Word], _MOST] | None = None
    assignee_id: Id | None = None
    escalated: bool | None = None
    currency: Word | None = None
    amount_min: Amount | None = None
    amount_max: Amount | None = None
    search: Annotated[str, msgspec.Meta(max_length=200)] | None = None

    def parameters(self, asker: Asker) -> tuple[Any, ...]:
        """Return the parameters of the statements on cases in `queries_rows`.

        Raises:
            InvalidRequest, Unprocessable: a time or an amount that is none.
        """
        account_id = asker.account_id
        return (
            account_id,
            asker.side.value,
            self.status,
            self.reason,
            self.outcome,
            _time(self.created_after, "created_after"),
            _time(self.created_before, "created_before"),
            _time(self.due_after, "due_after"),
            _time(self.due_before, "due_before"),
            _time(self.closed_after, "closed_after"),
            _time(self.closed_before, "closed_before"),
            _user(self.user_id),
            _products(account_id, self.product_id),
            self.payment_method,
            "" if self.assignee_id == NOBODY else self.assignee_id,
            self.escalated,
            _currency(self.currency),
            _minor(self.amount_min, self.currency, "amount_min"),
            _minor(self.amount_max, self.currency, "amount_max"),
            *_sought(asker, self.search),
        )


class ReceiptFilters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which payments."""

    status: list[Literal["pending", "paid", "failed"]] | None = None
    created_after: Time | None = None
    created_before: Time | None = None
    paid_after: Time | None = None
    paid_before: Time | None = None
    user_id: Id | None = None
    product_id: Annotated[list[Id], _MOST] | None = None
    currency: Word | None = None

    def parameters(self, asker: Asker) -> tuple[Any, ...]:
        """Return the parameters of the statements on payments in `queries_rows`.

        Raises:
            InvalidRequest: a time that is none.
        """
        return (
            asker.account_id,
            self.status,
            _time(self.created_after, "created_after"),
            _time(self.created_before, "created_before"),
            _time(self.paid_after, "paid_after"),
            _time(self.paid_before, "paid_before"),
            _user(self.user_id),
            _products(asker.account_id, self.product_id),
            _currency(self.currency),
        )


class DisputeFilters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which bank disputes."""

    state: list[Literal["open", "won", "lost"]] | None = None
    created_after: Time | None = None
    created_before: Time | None = None
    user_id: Id | None = None

    def parameters(self, asker: Asker) -> tuple[Any, ...]:
        """Return the parameters of the statements on disputes in `queries_rows`.

        Raises:
            InvalidRequest: a time that is none.
        """
        return (
            asker.account_id,
            self.state,
            _time(self.created_after, "created_after"),
            _time(self.created_before, "created_before"),
            _user(self.user_id),
        )


Filters = CaseFilters | ReceiptFilters | DisputeFilters
_KINDS: Final[Mapping[Resource, type[Filters]]] = {
    Resource.CASES: CaseFilters,
    Resource.RECEIPTS: ReceiptFilters,
    Resource.DISPUTES: DisputeFilters,
}
_LISTS: Final = frozenset({"status", "reason", "outcome", "product_id", "payment_method", "state"})


def read_filters(resource: Resource, given: Mapping[str, Any]) -> Filters:
    """Read filters; one value stands for a list of one, as in a query string.

    Raises:
        msgspec.ValidationError: a filter that the resource does not have, or a value that it cannot have.
    """
    fields = {
        name: [value] if name in _LISTS and value is not None and not isinstance(value, list) else value
        for name, value in given.items()
    }
    return msgspec.convert(fields, _KINDS[resource])


def stored_filters(resource: Resource, stored: Mapping[str, Any]) -> Filters:
    """Read the filters that are kept of an export."""
    return msgspec.convert(stored, _KINDS[resource])


def _time(text: str | None, name: str) -> datetime | None:
    if text is None:
        return None
    try:
        return parse_time(text)
    except ValueError as error:
        param = f"filters.{name}"
        raise InvalidRequest("invalid_parameter", f"`{param}` is an ISO 8601 time.", param=param) from error


def _user(pid: str | None) -> UUID | None:
    if pid is None:
        return None
    try:
        parsed = parse_public_id(Prefix.USER, pid)
    except MalformedId:
        return _NO_ID
    return _NO_ID if parsed.account else parsed.row_id


def _products(account_id: int, pids: Iterable[str] | None) -> list[UUID] | None:
    return None if pids is None else [found for pid in pids if (found := _product(account_id, pid)) is not None]


def _product(account_id: int, pid: str) -> UUID | None:
    try:
        parsed = parse_public_id(Prefix.PRODUCT, pid)
    except MalformedId:
        return None
    return parsed.row_id if parsed.account == account_id else None


def _currency(code: str | None) -> str | None:
    return None if code is None else code.lower()


def _minor(amount: Amount | None, currency: str | None, name: str) -> int | None:
    """Return an amount in minor units.

    Raises:
        Unprocessable: `currency_required`, `unknown_currency` or `inexact_amount`.
    """
    if amount is None:
        return None
    if currency is None:
        raise Unprocessable(
            "currency_required", f"`filters.{name}` needs `filters.currency`.", param="filters.currency"
        )
    try:
        return to_minor(amount, currency)
    except UnknownCurrency as error:
        raise Unprocessable("unknown_currency", str(error), param="filters.currency") from error
    except InexactAmount as error:
        raise Unprocessable("inexact_amount", str(error), param=f"filters.{name}") from error


def _sought(asker: Asker, search: str | None) -> tuple[Any, ...]:
    """Return whether something is searched for, and what it may be: as in the search box of the table, without limit.

    An e-mail address finds nothing for those who may not read addresses.
    """
    text = " ".join((search or "").split())
    if not text:
        return (False, None, None, None, None, None)
    sought = sought_in(asker.account_id, text)
    email = sought.email if asker.sees_email else None
    return (True, sought.case_id, sought.payment_id, sought.payment_external_id, sought.words, email)
