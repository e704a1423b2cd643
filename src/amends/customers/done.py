"""What a customer is told after a form was sent: what has happened, and what happens next."""

from collections.abc import Mapping
from typing import Any, Final

from amends.cases.case_foresight import refunded_minor
from amends.cases.case_forms import Form
from amends.cases.commands_apply import Applied
from amends.web.text import _, lazy, money

DONE: Final[Mapping[Form, Any]] = {
    Form.ACCEPT_OFFER: lazy("Accepted. The case is settled."),
    Form.DECLINE_OFFER: lazy("Declined. It is their turn now."),
    Form.COUNTER_OFFER: lazy("Your suggestion is with them now."),
    Form.WITHDRAW_OFFER: lazy("You took your suggestion back."),
    Form.REPLY: lazy("Your answer is sent."),
    Form.COMMENT: lazy("Your message is sent."),
    Form.ESCALATE: lazy("The platform steps in now."),
    Form.APPEAL: lazy("The platform takes a second look now."),
    Form.WITHDRAW: lazy("Your case is closed."),
}


def own_done_words(form: Form, applied: Applied) -> str:
    """Say what has happened."""
    minor = refunded_minor(applied.decided)
    if form is Form.ACCEPT_OFFER and minor:
        before = applied.before
        amount = money(minor, before.currency, before.currency_exponent)
        return _("Accepted. Your refund of %(amount)s is on its way.", amount=amount)
    return str(DONE[form])
