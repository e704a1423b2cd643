"""What is said of an action on many cases: before, on its button, afterwards, and of each that is left out. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, assert_never

from amends.cases.bulk import BulkAction, BulkRefusal
from amends.cases.case_refusals import WORDS
from amends.cases.table import Total
from amends.web.text import _, lazy, money, ngettext

_WHY: Final[Mapping[str, Any]] = {
    "case_changed": lazy("Something has happened since you looked at it. Open it to read what is new."),
    "case_closed": lazy("It is closed already."),
    "wrong_status": lazy("It waits for somebody else at the moment."),
    "not_found": lazy("There is no such case."),
    "refund_limit_exceeded": lazy("Your role may not refund that much in one case. Ask an admin."),
    "missing_permission": lazy("Your role does not allow this."),
}


def title_words(action: BulkAction, n: int) -> str:
    """Return what is asked."""
    match action:
        case BulkAction.ACCEPT:
            return ngettext("Accept this case?", "Accept %(n)s cases?", n)
        case BulkAction.DENY:
            return ngettext("Deny this case?", "Deny %(n)s cases?", n)
        case BulkAction.ASSIGN:
            return ngettext("Assign this case", "Assign %(n)s cases", n)
        case _:
            assert_never(action)


def button_words(action: BulkAction, n: int, totals: Sequence[Total], home: str) -> str:
    """Return what the button says: what it does, to how many, for how much."""
    match action:
        case BulkAction.ACCEPT:
            amounts = amounts_words(totals, home)
            if not amounts:
                return ngettext("Accept %(n)s case", "Accept %(n)s cases", n)
            return ngettext("Refund %(amounts)s in %(n)s case", "Refund %(amounts)s in %(n)s cases", n, amounts=amounts)
        case BulkAction.DENY:
            return ngettext("Deny %(n)s case", "Deny %(n)s cases", n)
        case BulkAction.ASSIGN:
            return ngettext("Assign %(n)s case", "Assign %(n)s cases", n)
        case _:
            assert_never(action)


def done_words(action: BulkAction, done: int, failed: int) -> str:
    """Return what has come of it."""
    if not done:
        return _("Nothing was done")
    match action:
        case BulkAction.ACCEPT:
            text = ngettext("%(n)s case accepted", "%(n)s cases accepted", done)
        case BulkAction.DENY:
            text = ngettext("%(n)s case denied", "%(n)s cases denied", done)
        case BulkAction.ASSIGN:
            text = ngettext("%(n)s case assigned", "%(n)s cases assigned", done)
        case _:
            assert_never(action)
    return ngettext("%(done)s, %(n)s not", "%(done)s, %(n)s not", failed, done=text) if failed else text


def amounts_words(totals: Sequence[Total], home: str) -> str:
    """Return amounts, one currency after the other: `$1,240.00 + £59.00 GBP`; the account's own first."""
    ordered = sorted(totals, key=lambda total: total.currency != home)
    return " + ".join(money(total.amount_minor, total.currency, total.exponent, home=home) for total in ordered)


def refused_words(refusal: BulkRefusal) -> str:
    """Return why something cannot be done to a case."""
    words = _WHY.get(refusal.code) or WORDS.get(refusal.code)
    return str(words) if words else refusal.message
