"""Exports in the reader's words: columns, what is exported, how far it is, and why it failed."""

from collections.abc import Mapping
from typing import Any, Final

from amends.cases.table import Column
from amends.cases.table_heads import COLUMN_WORDS
from amends.exports.resources import Format, Resource, State
from amends.web.text import lazy

RESOURCE_WORDS: Final[Mapping[Resource, Any]] = {
    Resource.CASES: lazy("Cases"),
    Resource.RECEIPTS: lazy("Payments"),
    Resource.DISPUTES: lazy("Bank disputes"),
}
FORMAT_WORDS: Final[Mapping[Format, Any]] = {
    Format.CSV: lazy("CSV"),
    Format.XLSX: lazy("Excel (XLSX)"),
    Format.JSONL: lazy("JSON Lines"),
}
FORMAT_HINTS: Final[Mapping[Format, Any]] = {
    Format.CSV: lazy("Opens in every spreadsheet."),
    Format.XLSX: lazy("With real dates and amounts."),
    Format.JSONL: lazy("For programs: one row a line."),
}
STATE_WORDS: Final[Mapping[State, Any]] = {
    State.PENDING: lazy("Waiting to begin"),
    State.PROCESSING: lazy("Being written"),
    State.COMPLETED: lazy("Ready"),
    State.FAILED: lazy("Failed"),
    State.EXPIRED: lazy("Expired"),
}
FAILURE_WORDS: Final[Mapping[str, Any]] = {
    "canceled": lazy("It was canceled before it was finished."),
    "took_too_long": lazy("It took longer than an hour. Narrow it with filters, or ask for fewer columns."),
    "storage_failed": lazy("The file could not be stored. If it fails again, tell your operator."),
    "database_failed": lazy("The database could not deliver the rows. If it fails again, tell your operator."),
    "interrupted": lazy("It was interrupted too often. If it fails again, tell your operator."),
}
"""By `error_code`."""

OF_TABLE: Final[Mapping[Column, tuple[str, ...]]] = {
    Column.CASE: ("id",),
    Column.CUSTOMER: ("customer_name", "customer_username"),
    Column.EMAIL: ("customer_email",),
    Column.PRODUCT: ("product",),
    Column.PLAN: ("plan",),
    Column.REASON: ("reason",),
    Column.STATUS: ("status",),
    Column.AMOUNT: ("amount", "currency"),
    Column.REFUNDED: ("refunded", "currency"),
    Column.METHOD: ("payment_method", "card_brand", "card_last4"),
    Column.PAYMENT: ("payment_id",),
    Column.PAID_AT: ("paid_at",),
    Column.OPENED: ("created_at",),
    Column.DUE: ("response_due_at",),
    Column.LAST_ACTIVITY: ("last_activity_at",),
    Column.CLOSED: ("closed_at",),
    Column.OUTCOME: ("outcome",),
    Column.REFUND: ("refund",),
    Column.ESCALATED: ("escalated",),
    Column.ASSIGNEE: ("assignee",),
    Column.CUSTOMER_SINCE: ("customer_since",),
    Column.CUSTOMER_CASES: ("customer_cases",),
    Column.CUSTOMER_SPEND: ("customer_spend", "currency"),
}
"""The columns of an export that a column of the table becomes: each cell holds one thing."""

HEADINGS: Final[Mapping[str, Any]] = {
    **{keys[0]: COLUMN_WORDS[column] for column, keys in OF_TABLE.items()},
    "customer_username": lazy("Username"),
    "user_id": lazy("User"),
    "member_id": lazy("Member"),
    "product_id": lazy("Product ID"),
    "plan_id": lazy("Plan ID"),
    "currency": lazy("Currency"),
    "settlement": lazy("Settlement"),
    "credit_amount": lazy("Credit"),
    "credit_state": lazy("Credit’s state"),
    "card_brand": lazy("Card"),
    "card_last4": lazy("Card’s last digits"),
    "appeal_due_at": lazy("Appeal until"),
}
"""What the first row of a file for people says for a column of cases."""
