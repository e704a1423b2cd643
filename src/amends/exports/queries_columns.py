"""The columns that an export may have: their keys, and the SQL of their cells in each format.

A column's expression expects the aliases of its resource's `from` in `queries_rows`. Texts that come from people are
guarded in CSV; what we wrote ourselves (ids, words of ours) needs none. Times are written in the session's time zone,
which the export's transaction sets. In XLSX a time is a day number, and an amount keeps its decimals.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from amends.exports.queries_guard import guarded
from amends.exports.resources import Format, Resource

_TIME_FORMAT: Final = """'YYYY-MM-DD"T"HH24:MI:SS.MSTZH:TZM'"""
_DAYS_FROM_1900_TO_1970: Final = 25_569
_SECONDS_OF_A_DAY: Final = 86_400


class Kind(StrEnum):
    """What a column's cells are."""

    TEXT = "text"
    WORD = "word"
    NUMBER = "number"
    AMOUNT = "amount"
    TIME = "time"
    FLAG = "flag"


class Column(NamedTuple):
    """A column: its key, what its cells are, and their SQL; of an amount the minor units, and apart its decimals."""

    key: str
    kind: Kind
    sql: str
    exponent: str = ""
    is_email: bool = False

    def cell(self, format_: Format) -> str:
        """Return the SQL of a cell."""
        write = _CELLS[format_].get(self.kind)
        return self.sql if write is None else write(self)


def _guarded(column: Column) -> str:
    return guarded(column.sql)


def _time_text(column: Column) -> str:
    return f"to_char({column.sql}, {_TIME_FORMAT})"


def _day_number(column: Column) -> str:
    """Return SQL of a spreadsheet's time: days since 1900 on the clocks of the session's zone."""
    seconds = f"extract(epoch from {column.sql}::timestamp)::float8"
    return f"{seconds} / {_SECONDS_OF_A_DAY} + {_DAYS_FROM_1900_TO_1970}"


def _amount(column: Column) -> str:
    """Return SQL of an amount in whole units, exact and with the currency's decimals."""
    unit = "when 2 then 0.01 when 0 then 1 when 3 then 0.001 when 4 then 0.0001 else 0.1"
    return f"({column.sql}) * case {column.exponent} {unit} end"


def _flag_text(column: Column) -> str:
    return f"({column.sql})::text"


_CELLS: Final[Mapping[Format, Mapping[Kind, Callable[[Column], str]]]] = {
    Format.CSV: {Kind.TEXT: _guarded, Kind.TIME: _time_text, Kind.AMOUNT: _amount, Kind.FLAG: _flag_text},
    Format.JSONL: {Kind.TIME: _time_text, Kind.AMOUNT: _amount},
    Format.XLSX: {Kind.TIME: _day_number, Kind.AMOUNT: _amount},
}

_CUSTOMER: Final = (
    Column("customer_name", Kind.TEXT, "m.name"),
    Column("customer_username", Kind.TEXT, "m.username"),
    Column("customer_email", Kind.TEXT, "m.email", is_email=True),
    Column("user_id", Kind.WORD, "m.user_pid"),
    Column("member_id", Kind.WORD, "m.pid"),
)
_PRODUCT: Final = (
    Column("product", Kind.TEXT, "pr.title"),
    Column("product_id", Kind.WORD, "pr.pid"),
    Column("plan", Kind.TEXT, "pl.title"),
    Column("plan_id", Kind.WORD, "pl.pid"),
)
_METHOD: Final = (
    Column("payment_method", Kind.TEXT, "p.payment_method_type"),
    Column("card_brand", Kind.TEXT, "p.card_brand"),
    Column("card_last4", Kind.WORD, "p.card_last4"),
)

_CASES: Final = (
    Column("id", Kind.WORD, "c.pid"),
    *_CUSTOMER,
    *_PRODUCT,
    Column("reason", Kind.WORD, "c.reason"),
    Column("status", Kind.WORD, "c.status"),
    Column("outcome", Kind.WORD, "c.outcome"),
    Column("amount", Kind.AMOUNT, "c.amount_minor", "c.currency_exponent"),
    Column("currency", Kind.WORD, "c.currency"),
    Column("refunded", Kind.AMOUNT, "p.refunded_minor", "p.currency_exponent"),
    Column("refund", Kind.WORD, "c.refund"),
    Column("settlement", Kind.WORD, "c.settlement"),
    Column("credit_amount", Kind.AMOUNT, "cr.amount_minor", "c.currency_exponent"),
    Column("credit_state", Kind.WORD, "cr.state"),
    Column("escalated", Kind.FLAG, "c.escalated"),
    *_METHOD,
    Column("payment_id", Kind.WORD, "p.pid"),
    Column("paid_at", Kind.TIME, "p.paid_at"),
    Column("created_at", Kind.TIME, "c.created_at"),
    Column("response_due_at", Kind.TIME, "c.response_due_at"),
    Column("appeal_due_at", Kind.TIME, "c.appeal_due_at"),
    Column("last_activity_at", Kind.TIME, "c.updated_at"),  # nobody learns when the other side wrote a note
    Column("closed_at", Kind.TIME, "c.closed_at"),
    Column("assignee", Kind.TEXT, "case $2::text when 'platform' then c.reviewer_name else c.assignee_name end"),
    Column("customer_since", Kind.TIME, "m.joined_at"),
    Column("customer_cases", Kind.NUMBER, "coalesce(mc.cases, 0)"),
    Column("customer_spend", Kind.AMOUNT, "coalesce(ms.spent_minor, 0)", "c.currency_exponent"),
)

_RECEIPTS: Final = (
    Column("id", Kind.WORD, "p.pid"),
    Column("external_id", Kind.TEXT, "p.external_id"),
    *_CUSTOMER,
    *_PRODUCT,
    Column("status", Kind.WORD, "p.status"),
    Column("amount", Kind.AMOUNT, "p.amount_minor", "p.currency_exponent"),
    Column("currency", Kind.WORD, "p.currency"),
    Column("refunded", Kind.AMOUNT, "p.refunded_minor", "p.currency_exponent"),
    Column("disputed", Kind.AMOUNT, "p.disputed_minor", "p.currency_exponent"),
    *_METHOD,
    Column("is_renewal", Kind.FLAG, "p.is_renewal"),
    Column("period_start", Kind.TIME, "p.period_start"),
    Column("period_end", Kind.TIME, "p.period_end"),
    Column("paid_at", Kind.TIME, "p.paid_at"),
    Column("created_at", Kind.TIME, "p.created_at"),
    Column("case_id", Kind.WORD, "c.pid"),
    Column("provider", Kind.TEXT, "p.provider"),
    Column("provider_ref", Kind.TEXT, "p.provider_ref"),
)

_DISPUTES: Final = (
    Column("id", Kind.WORD, "d.pid"),
    Column("state", Kind.WORD, "d.state"),
    Column("amount", Kind.AMOUNT, "d.amount_minor", "d.currency_exponent"),
    Column("currency", Kind.WORD, "d.currency"),
    Column("reason", Kind.TEXT, "d.reason"),
    *_CUSTOMER,
    *_PRODUCT,
    *_METHOD,
    Column("payment_id", Kind.WORD, "p.pid"),
    Column("case_id", Kind.WORD, "c.pid"),
    Column("provider", Kind.TEXT, "d.provider"),
    Column("provider_dispute_ref", Kind.TEXT, "d.provider_dispute_ref"),
    Column("opened_at", Kind.TIME, "d.opened_at"),
    Column("closed_at", Kind.TIME, "d.closed_at"),
    Column("created_at", Kind.TIME, "d.created_at"),
)


def _by_key(columns: Sequence[Column]) -> Mapping[str, Column]:
    return {column.key: column for column in columns}


COLUMNS: Final[Mapping[Resource, Mapping[str, Column]]] = {
    Resource.CASES: _by_key(_CASES),
    Resource.RECEIPTS: _by_key(_RECEIPTS),
    Resource.DISPUTES: _by_key(_DISPUTES),
}
"""By resource and key, in the order of an export that names none."""
