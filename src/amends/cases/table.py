"""The merchant's table: its columns, and one row with everything that a column can show. Pure, no SQL, no HTML.

Which columns there are is PRODUCT.md section 2. A row has the data of all of them, shown or not, but for what is
costly to read. Amounts are in minor units of the row's currency, whose exponent is that of the payment.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from amends.cases.states import Action, Outcome, Reason, RefundBy, Settlement, Status
from amends.cases.table_dates import word_of
from amends.cases.table_filters import Sort


class Column(StrEnum):
    """A column of the table."""

    CASE = "case"
    CUSTOMER = "customer"
    EMAIL = "email"
    PRODUCT = "product"
    PLAN = "plan"
    REASON = "reason"
    STATUS = "status"
    AMOUNT = "amount"
    REFUNDED = "refunded"
    METHOD = "method"
    PAYMENT = "payment"
    PAID_AT = "paid_at"
    OPENED = "opened"
    DUE = "due"
    LAST_ACTIVITY = "last_activity"
    CLOSED = "closed"
    OUTCOME = "outcome"
    REFUND = "refund"
    ESCALATED = "escalated"
    ASSIGNEE = "assignee"
    CUSTOMER_SINCE = "customer_since"
    CUSTOMER_CASES = "customer_cases"
    CUSTOMER_SPEND = "customer_spend"


class ColumnSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be known of a column besides its words."""

    shown: bool = False
    """Unless the person chose otherwise."""
    sort: Sort | None = None
    numeric: bool = False
    costly: bool = False
    """Read only when it is shown."""
    needs_email: bool = False
    """There only for those who may read e-mail addresses."""


_PLAIN: Final = ColumnSpec()
_SHOWN: Final = ColumnSpec(shown=True)
_SPECS: Final[Mapping[Column, ColumnSpec]] = {
    Column.CASE: _SHOWN,
    Column.CUSTOMER: _SHOWN,
    Column.EMAIL: ColumnSpec(needs_email=True),
    Column.PRODUCT: _SHOWN,
    Column.REASON: _SHOWN,
    Column.STATUS: _SHOWN,
    Column.AMOUNT: ColumnSpec(shown=True, sort=Sort.AMOUNT, numeric=True),
    Column.REFUNDED: ColumnSpec(numeric=True),
    Column.OPENED: ColumnSpec(shown=True, sort=Sort.OPENED),
    Column.DUE: ColumnSpec(shown=True, sort=Sort.DUE),
    Column.LAST_ACTIVITY: ColumnSpec(sort=Sort.LAST_ACTIVITY),
    Column.CUSTOMER_CASES: ColumnSpec(numeric=True, costly=True),
    Column.CUSTOMER_SPEND: ColumnSpec(numeric=True, costly=True),
}
COLUMNS: Final[Mapping[Column, ColumnSpec]] = {column: _SPECS.get(column, _PLAIN) for column in Column}
DEFAULT_COLUMNS: Final = tuple(column for column, spec in COLUMNS.items() if spec.shown)


def columns_from(stored: Iterable[str] | None, *, with_email: bool) -> tuple[Column, ...]:
    """Return the columns to show, in order, from what a person or a view has kept; the case always comes first.

    Words that name no column (any more) and columns that the person may not read are passed over; nothing left, or
    nothing kept, is the default.
    """
    known = [column for word in dict.fromkeys(stored or ()) if (column := word_of(Column, word))]
    kept = [column for column in known or DEFAULT_COLUMNS if with_email or not COLUMNS[column].needs_email]
    others = [column for column in kept if column is not Column.CASE]
    return (Column.CASE, *others) if others else DEFAULT_COLUMNS


class Named(msgspec.Struct, frozen=True):
    """Something with a public id and a title."""

    pid: str
    title: str | None


class Assignee(msgspec.Struct, frozen=True):
    """A person of the viewer's side."""

    pid: str
    name: str | None


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """Who opened a case, as the account sees them."""

    user_pid: str
    member_pid: str
    name: str | None
    username: str | None
    email: str | None
    """None also for a viewer who may not read it."""
    since: datetime


class Method(msgspec.Struct, frozen=True):
    """How a payment was made."""

    kind: str | None
    brand: str | None
    last4: str | None


class Total(msgspec.Struct, frozen=True):
    """An amount of one currency."""

    currency: str
    exponent: int
    amount_minor: int


class TableRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case in the table."""

    pid: str
    version: int
    customer: Customer
    product: Named | None
    plan: Named | None
    reason: Reason
    status: Status
    outcome: Outcome | None
    refund: RefundBy | None
    settlement: Settlement
    amount_minor: int
    """What the customer paid, in `currency`."""
    currency: str
    exponent: int
    refunded_minor: int
    """Of the payment, what went back to the customer, by this case or otherwise."""
    method: Method
    payment_pid: str
    paid_at: datetime | None
    opened_at: datetime
    due_at: datetime | None
    appeal_due_at: datetime | None
    last_activity_at: datetime
    """Of what the viewer's side and the customer can know of: internal notes do not count."""
    closed_at: datetime | None
    escalated: bool
    assignee: Assignee | None
    """Of the viewer's side."""
    available_actions: tuple[Action, ...]
    is_viewers_turn: bool
    customer_cases: int | None
    """At this account; None: the column is not shown."""
    customer_spend: tuple[Total, ...] | None
    """Paid to this account less what was refunded, by currency; None: the column is not shown."""
