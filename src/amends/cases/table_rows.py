"""Reads what the statements of a merchant's table return into rows."""

from functools import lru_cache
from typing import Final

import asyncpg
import msgspec

from amends.cases.queries_case import View
from amends.cases.states import Action, Actor, Outcome, Reason, RefundBy, Settlement, Status
from amends.cases.table import Assignee, Customer, Method, Named, TableRow, Total

_TURN_OF: Final = {
    Actor.MERCHANT: Status.AWAITING_MERCHANT,
    Actor.CUSTOMER: Status.AWAITING_CUSTOMER,
    Actor.PLATFORM: Status.UNDER_REVIEW,
}


@lru_cache(maxsize=4_096)
def _actions(text: str) -> tuple[Action, ...]:
    return msgspec.json.decode(text, type=tuple[Action, ...])


def _named(pid: str | None, title: str | None) -> Named | None:
    return None if pid is None else Named(pid, title)


def table_row(row: asyncpg.Record, view: View) -> TableRow:
    """Read a row of `queries_table` as a viewer sees it."""
    status, key = Status(row["status"]), row["action_key"]
    spend = row["customer_spend"]
    return TableRow(
        pid=row["pid"],
        version=row["version"],
        customer=Customer(
            user_pid=row["user_pid"],
            member_pid=row["member_pid"],
            name=row["name"],
            username=row["username"],
            email=row["email"],
            since=row["joined_at"],
        ),
        product=_named(row["product_pid"], row["product_title"]),
        plan=_named(row["plan_pid"], row["plan_title"]),
        reason=Reason(row["reason"]),
        status=status,
        outcome=None if row["outcome"] is None else Outcome(row["outcome"]),
        refund=None if row["refund"] is None else RefundBy(row["refund"]),
        settlement=Settlement(row["settlement"]),
        amount_minor=row["amount_minor"],
        currency=row["currency"],
        exponent=row["currency_exponent"],
        refunded_minor=row["refunded_minor"],
        method=Method(row["payment_method_type"], row["card_brand"], row["card_last4"]),
        payment_pid=row["payment_pid"],
        paid_at=row["paid_at"],
        opened_at=row["created_at"],
        due_at=row["response_due_at"],
        appeal_due_at=row["appeal_due_at"],
        last_activity_at=row["updated_at"],
        closed_at=row["closed_at"],
        escalated=row["escalated"],
        assignee=None if row["assignee_pid"] is None else Assignee(row["assignee_pid"], row["assignee_name"]),
        available_actions=_actions(view.actions(key)),
        is_viewers_turn=status is _TURN_OF[Actor(key.partition("|")[0])],
        customer_cases=row["customer_cases"],
        customer_spend=None if spend is None else tuple(Total(*one) for one in spend),
    )
