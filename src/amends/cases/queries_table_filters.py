"""The SQL of a table's filters, for its pages and its counts. Fragments only, with names where parameters stand.

`FILTERS` tests a row. It stands inside a `case`, of which the planner guesses that half the rows pass, whatever the
parameters: so it keeps to the index that a statement names outside of it, and stops when it has enough. `SCANS` are
the conditions that one index answers by itself. `numbered` puts the numbers in.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

STAGE: Final = "coalesce(c.outcome, c.status)"
NAMES: Final = (
    "stages", "reasons", "opened_from", "opened_to", "due_from", "due_to", "closed_from", "closed_to", "methods",
    "products", "assignee", "currency", "amount_from", "amount_to", "escalated", "found",
)  # fmt: skip
"""The parameters of the filters, in their order. All but `stages` may be null: not narrowed. Times are half-open."""

FILTERS: Final = f"""case when
            {STAGE} = any({{stages}}::text[])
            and ({{reasons}}::text[] is null or c.reason = any({{reasons}}))
            and ({{opened_from}}::timestamptz is null or c.created_at >= {{opened_from}})
            and ({{opened_to}}::timestamptz is null or c.created_at < {{opened_to}})
            and ({{due_from}}::timestamptz is null or c.response_due_at >= {{due_from}})
            and ({{due_to}}::timestamptz is null or c.response_due_at < {{due_to}})
            and ({{closed_from}}::timestamptz is null or c.closed_at >= {{closed_from}})
            and ({{closed_to}}::timestamptz is null or c.closed_at < {{closed_to}})
            and ({{methods}}::text[] is null or c.payment_method_type = any({{methods}}))
            and ({{products}}::uuid[] is null or c.product_id = any({{products}}))
            and ({{assignee}}::text is null or coalesce(
                case {{side}}::text when 'platform' then c.reviewer_id else c.assignee_id end, ''
            ) = {{assignee}})
            and ({{currency}}::char(3) is null or c.currency = {{currency}})
            and ({{amount_from}}::bigint is null or c.amount_minor >= {{amount_from}})
            and ({{amount_to}}::bigint is null or c.amount_minor <= {{amount_to}})
            and ({{escalated}}::boolean is null or c.escalated = {{escalated}})
            and ({{found}}::uuid[] is null or c.id = any({{found}}))
        then true end"""


class Source(StrEnum):
    """Where rows come from. Those called `few_` are read whole when the filter named after it leaves few."""

    ACCOUNT = "account"
    STAGES = "stages"
    OPEN = "open"
    FOUND = "found"
    PRODUCTS = "products"
    METHODS = "methods"
    ASSIGNEE = "assignee"
    ESCALATED = "escalated"
    OPENED = "opened"
    CLOSED = "closed"
    AMOUNT = "amount"
    REASONS = "reasons"
    FEW_PRODUCTS = "few_products"
    FEW_METHODS = "few_methods"
    FEW_ASSIGNEE = "few_assignee"
    FEW_ESCALATED = "few_escalated"
    FEW_OPENED = "few_opened"
    FEW_CLOSED = "few_closed"
    FEW_AMOUNT = "few_amount"
    FEW_REASONS = "few_reasons"


class Scan(NamedTuple):
    """What one index answers: a row of `runs` at a time, if there are runs, and in which order each comes."""

    condition: str
    order: str
    runs: str = ""


_NEWEST: Final = "c.created_at desc, c.id desc"
SCANS: Final[Mapping[Source, Scan]] = {
    Source.PRODUCTS: Scan("c.product_id = w.value", _NEWEST, "unnest({products}::uuid[]) as w (value)"),
    Source.METHODS: Scan("c.payment_method_type = w.value", _NEWEST, "unnest({methods}::text[]) as w (value)"),
    Source.ASSIGNEE: Scan("c.assignee_id = {assignee}::text", _NEWEST),
    Source.ESCALATED: Scan("c.escalated", _NEWEST),
    Source.OPENED: Scan(
        "c.created_at >= coalesce({opened_from}::timestamptz, '-infinity')"
        " and c.created_at < coalesce({opened_to}::timestamptz, 'infinity')",
        _NEWEST,
    ),
    Source.REASONS: Scan(
        f"{STAGE} = w.stage and c.reason = w.reason",
        _NEWEST,
        "(select s.stage, r.reason from unnest({stages}::text[]) as s (stage)"
        " cross join unnest({reasons}::text[]) as r (reason)) as w",
    ),
    Source.CLOSED: Scan(
        "c.closed_at >= coalesce({closed_from}::timestamptz, '-infinity')"
        " and c.closed_at < coalesce({closed_to}::timestamptz, 'infinity')",
        "c.closed_at desc, c.id desc",
    ),
    Source.AMOUNT: Scan(
        "c.currency = {currency}::char(3) and c.amount_minor >= coalesce({amount_from}::bigint, 0)"
        " and c.amount_minor <= coalesce({amount_to}::bigint, 9223372036854775807)",
        "c.amount_minor, c.id",
    ),
}


TESTED: Final = ", ".join(f"c.{name}" for name in (
    "account_id", "id", "created_at", "updated_at", "response_due_at", "amount_minor", "outcome", "status", "reason",
    "closed_at", "payment_method_type", "product_id", "assignee_id", "reviewer_id", "currency", "escalated",
))  # fmt: skip
"""The columns that filters and orders look at."""


def numbered(text: str, *, account: int, side: int, filters_at: int) -> str:
    """Write the numbers of parameters: of the account, of the viewer's side, and from the first of the filters on."""
    names = {name: f"${filters_at + n}" for n, name in enumerate(NAMES)}
    return text.format(account=f"${account}", side=f"${side}", **names)
