"""The JSON routes of the platform's reviewers: ask a side, decide."""

from typing import Any, Final

from litestar import post
from litestar.response import Response

from amends.access.permissions import Permission
from amends.cases import commands_platform
from amends.cases.api_answering import Desk, carry_out
from amends.cases.api_commands import ONE, ROUTE
from amends.cases.commands_platform import Verdict
from amends.cases.schemas import ChangedCase
from amends.cases.schemas_requests import AskSide, DecideCase
from amends.cases.states import Action, Actor, Outcome

DECIDING: Final[dict[str, Any]] = {**ROUTE, "opt": {"permission": Permission.CASE_DECIDE}}


@post(ONE + "/ask", status_code=200, summary="Ask a side", **DECIDING)
async def ask(case_id: str, desk: Desk, data: AskSide) -> Response[ChangedCase]:
    """Ask the customer or the merchant a question, as the platform; the review waits for the answer."""
    return await carry_out(
        desk,
        case_id,
        Action.ASK,
        lambda connection, scope, ref: commands_platform.ask(
            connection,
            scope,
            ref,
            of=Actor(data.of),
            message=data.message,
            attachments=data.attachments or (),
            version=data.version,
            now=desk.clock.now(),
        ),
    )


@post(ONE + "/decide", status_code=200, summary="Decide a case", **DECIDING)
async def decide(case_id: str, desk: Desk, data: DecideCase) -> Response[ChangedCase]:
    """Decide as the platform, with a reason code, a text to each side and the evidence relied on."""
    verdict = Verdict(
        reason_code=data.reason_code,
        to_customer=data.to_customer,
        to_merchant=data.to_merchant,
        evidence=tuple(data.evidence),
        outcome=None if data.outcome is None else Outcome(data.outcome),
        payer=data.payer,
        amount=data.amount,
        answer=data.answer,
        override_note=data.override_note,
    )
    return await carry_out(
        desk,
        case_id,
        Action.DECIDE,
        lambda connection, scope, ref: commands_platform.decide(
            connection,
            scope,
            ref,
            verdict=verdict,
            attachments=data.attachments or (),
            version=data.version,
            now=desk.clock.now(),
        ),
    )


routes: Final = [ask, decide]
