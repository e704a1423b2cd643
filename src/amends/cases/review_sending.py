"""From a form of a review to the command that it means. What is missing is said in the reader's words."""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from amends.access.scopes import Scope
from amends.cases import commands_platform
from amends.cases.commands_apply import Applied
from amends.cases.commands_platform import Verdict
from amends.cases.review_forms import AskForm, DecideForm
from amends.cases.rows import CaseRef
from amends.cases.states import Actor
from amends.db.pool import Connection
from amends.kit.errors import Unprocessable


class At(NamedTuple):
    """A command about to run."""

    connection: Connection
    scope: Scope
    ref: CaseRef


async def decide_by_form(at: At, form: DecideForm, *, amount: Decimal | None, now: datetime) -> Applied:
    """Decide as a form says; an amount is read only where money moves."""
    choice = form.choice
    if choice is None:
        raise Unprocessable("choice_required", "Choose how you decide.", param="choice")
    verdict = Verdict(
        reason_code=form.reason_code or "",
        to_customer=form.to_customer or "",
        to_merchant=form.to_merchant or "",
        evidence=form.evidence,
        outcome=choice.outcome,
        payer=choice.payer,
        amount=amount if choice.moves_money else None,
        answer=choice.answer,
        override_note=form.override_note,
    )
    return await commands_platform.decide(*at, verdict=verdict, version=form.version, now=now)


async def ask_by_form(at: At, form: AskForm, *, said: dict[str, Any]) -> Applied:
    """Ask a side as a form says."""
    if form.of is None:
        raise Unprocessable("ask_target_invalid", "Choose whom you ask.", param="of")
    rest = {name: value for name, value in said.items() if name != "message"}
    return await commands_platform.ask(*at, **rest, message=form.message or "", of=Actor(form.of), version=form.version)
