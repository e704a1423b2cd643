"""Writes the table of docs/explanation/notifications.md from the data: each event, and what each party is told of it.

`python -m tests.notifications.plan_table` writes it anew; a test holds the page to the data.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from amends.cases.states import Status
from amends.cases.transitions import TRANSITIONS
from amends.notifications.audience import PARTIES, PLANS, Circle, Key, Silent, Tell
from amends.notifications.kinds import NoticeKind

PAGE: Final = Path(__file__).parents[2] / "docs/explanation/notifications.md"
BEGIN: Final = "<!-- begin: made by python -m tests.notifications.plan_table -->\n"
END: Final = "<!-- end -->"
HEAD: Final = """\
| # | who | event | customer | merchant | platform |
|---|---|---|---|---|---|
"""
KINDS: Final = {
    NoticeKind.YOUR_TURN: "your turn",
    NoticeKind.PROGRESS: "progress",
    NoticeKind.DECISION: "decision",
    NoticeKind.PLATFORM: "platform",
}
CIRCLES: Final = {
    Circle.BUYER: "",
    Circle.ANSWERING: "who may answer",
    Circle.FOLLOWING: "who follows",
    Circle.ASSIGNEE: "the assignee",
    Circle.NEW_ASSIGNEE: "the new assignee",
    Circle.REVIEWING: "reviewers",
    Circle.REVIEWER: "the assigned reviewer",
    Circle.ADMINS: "admins",
}
STATUSES: Final = {
    Status.AWAITING_MERCHANT: "waits for the merchant",
    Status.AWAITING_CUSTOMER: "waits for the customer",
    Status.UNDER_REVIEW: "under review",
    Status.CLOSED: "closed",
}


def table() -> str:
    """Return the table."""
    order = [row.row for row in TRANSITIONS]
    keys = sorted(PLANS, key=lambda key: order.index(key.row))
    lines = [f"| {' | '.join([str(key.row), key.actor, f'`{key.kind}`', *_cells(key)])} |\n" for key in keys]
    return f"{HEAD}{''.join(lines)}"


def _cells(key: Key) -> list[str]:
    return [_cell(PLANS[key].of(party)) for party in PARTIES]


def _cell(choice: Tell | Silent | Mapping[Status, Tell | Silent]) -> str:
    if not isinstance(choice, Mapping):
        return _telling(choice)
    ways: dict[str, list[str]] = {}
    for status, telling in choice.items():
        ways.setdefault(_telling(telling), []).append(STATUSES[status])
    return "; ".join(f"{words} ({', '.join(statuses)})" for words, statuses in ways.items())


def _telling(telling: Tell | Silent) -> str:
    if isinstance(telling, Silent):
        return f"– *{telling.why}*"
    circle = CIRCLES[telling.to]
    own = ", as a confirmation" if telling.even_own else ""
    return f"**{KINDS[telling.kind]}**{f': {circle}' if circle else ''}{own}"


def page() -> str:
    """Return the page with its table as the data has it."""
    head, rest = PAGE.read_text().split(BEGIN)
    _, tail = rest.split(END)
    return f"{head}{BEGIN}{table()}{END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(page())
