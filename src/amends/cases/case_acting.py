"""What a person may do on a case's page, and what was done, in words and amounts (PRODUCT.md, section 3). Pure.

Each form's own words are in `case_panels`; what may be done is the lifecycle's to say.
"""

from collections.abc import Sequence
from typing import Final

from amends.cases.case_foresight import Standpoint, refunded_minor
from amends.cases.case_forms import ACTIONS, BAR, Form, Panel
from amends.cases.case_panels import PanelWords
from amends.cases.moves import Decided
from amends.cases.page_rows import CaseRow
from amends.cases.states import Action
from amends.web.text import _, lazy, money


def panels_of(case: CaseRow, actions: Sequence[Action], at: Standpoint) -> tuple[Panel, ...]:
    """Return the forms of everything that can be done now; those of the bar first, in its order."""
    wording = PanelWords(case, at)
    offered = [form for form in BAR if ACTIONS[form] in actions]
    below = [form for form in (Form.REPLY, Form.COMMENT) if ACTIONS[form] in actions]
    made = (wording.panel(form) for form in (*offered, *below, Form.NOTE))
    return tuple(panel for panel in made if panel is not None)


def limit_words(limit_minor: int, currency: str, home: str) -> str:
    """Say that something costs more than a role may give back."""
    return _("Above your limit of %(amount)s: ask an admin.", amount=money(limit_minor, currency, home=home))


DONE: Final = {
    Form.ACCEPT: lazy("The refund of %(amount)s is on its way, and the case is closed."),
    Form.DENY: lazy("Denied. The case is closed without a refund."),
    Form.REQUEST_INFO: lazy("Sent. The case waits for the customer now."),
    Form.OFFER: lazy("The offer is with the customer now."),
    Form.DECLINE_OFFER: lazy("Declined. It is still your turn."),
    Form.WITHDRAW_OFFER: lazy("The offer is withdrawn. It is your turn."),
    Form.APPEAL: lazy("The appeal is with the platform now."),
    Form.REPLY: lazy("Sent. The platform goes on with its review."),
    Form.COMMENT: lazy("The comment is sent."),
    Form.NOTE: lazy("The note is saved."),
    Form.ASSIGN: lazy("The case is assigned anew."),
}


def done_words(form: Form, decided: Decided, *, currency: str, places: int, home: str) -> str:
    """Say what has happened."""
    minor = refunded_minor(decided)
    amount = money(minor, currency, places, home=home)
    if form is Form.ACCEPT_OFFER:
        return _("Settled. The refund of %(amount)s is on its way.", amount=amount) if minor else _("Settled.")
    words = str(DONE[form])
    return words % {"amount": amount} if minor else words
