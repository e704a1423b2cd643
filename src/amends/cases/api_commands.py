"""The JSON routes of what the two sides do to a case, and of notes and assignment."""

from typing import Any, Final

from litestar import post
from litestar.di import Provide
from litestar.response import Response

from amends.access.permissions import Permission
from amends.cases import commands, commands_internal
from amends.cases.api_answering import Desk, carry_out, provide_desk
from amends.cases.api_reading import ref_of
from amends.cases.claims import Remedy
from amends.cases.commands_open import open_case
from amends.cases.listing import view_in
from amends.cases.queries_case import case_json
from amends.cases.schemas import ChangedCase
from amends.cases.schemas_requests import (
    AcceptCase,
    AddNote,
    AssignCase,
    MaySaySomething,
    OpenCase,
    SaySomething,
    WithdrawCase,
)
from amends.cases.states import Action
from amends.kit.errors import Forbidden
from amends.kit.ids import Prefix

PATH: Final = "/api/v1/resolution_center_cases"
ONE: Final = PATH + "/{case_id:str}"
ROUTE: Final[dict[str, Any]] = {
    "opt": {"permission": Permission.CASE_WRITE},
    "tags": ["Cases"],
    "dependencies": {"desk": Provide(provide_desk, sync_to_thread=False)},
}
NOTHING: Final = MaySaySomething()


@post(PATH, summary="Open a case", **ROUTE)
async def create(data: OpenCase, desk: Desk) -> Response[ChangedCase]:
    """Open a case on one of your own payments, as its customer."""
    customer = desk.caller.customer
    async with desk.idem.guard(desk.pool) as tx:
        if tx.replay is not None:
            return tx.replay
        if customer is None:
            raise Forbidden("actor_not_allowed", "Only the customer opens a case: use a user's token.")
        payment, now = ref_of(Prefix.PAYMENT, data.receipt_id), desk.clock.now()
        asked = data.remedy
        opened = await open_case(
            tx.connection,
            customer,
            account_id=payment.account_id,
            payment_id=payment.case_id,
            reason=data.reason,
            message=data.message,
            attachments=data.attachments or (),
            answers=data.answers,
            remedy=None if asked is None else Remedy(kind=asked.kind, amount=asked.amount, text=asked.text),
            now=now,
        )
        body = await case_json(tx.connection, opened.ref, view_in(customer), now=now)
        return await tx.answer(201, body.encode())


@post(ONE + "/accept", status_code=200, summary="Accept a case", **ROUTE)
async def accept(case_id: str, desk: Desk, data: AcceptCase | None = None) -> Response[ChangedCase]:
    """Accept as the merchant: refund all that is left and close."""
    asked = data or AcceptCase()
    return await carry_out(
        desk,
        case_id,
        Action.ACCEPT,
        lambda connection, scope, ref: commands.accept_case(
            connection,
            scope,
            ref,
            message=asked.message,
            attachments=asked.attachments or (),
            end_membership=bool(asked.terminate_membership),
            version=asked.version,
            now=desk.clock.now(),
        ),
    )


@post(ONE + "/deny", status_code=200, summary="Deny a case", **ROUTE)
async def deny(case_id: str, desk: Desk, data: SaySomething) -> Response[ChangedCase]:
    """Deny the claim as the merchant; the customer may appeal."""
    return await _say(desk, case_id, Action.DENY, commands.deny_case, data)


@post(ONE + "/request_info", status_code=200, summary="Ask the customer", **ROUTE)
async def request_info(case_id: str, desk: Desk, data: MaySaySomething | None = None) -> Response[ChangedCase]:
    """Ask the customer for more information, as the merchant."""
    return await _say(desk, case_id, Action.REQUEST_INFO, commands.request_info, data or NOTHING)


@post(ONE + "/reply", status_code=200, summary="Reply", **ROUTE)
async def reply(case_id: str, desk: Desk, data: SaySomething) -> Response[ChangedCase]:
    """Answer what was asked of your side."""
    return await _say(desk, case_id, Action.REPLY, commands.reply, data)


@post(ONE + "/comment", status_code=200, summary="Comment", **ROUTE)
async def comment(case_id: str, desk: Desk, data: SaySomething) -> Response[ChangedCase]:
    """Say something that both sides read."""
    return await _say(desk, case_id, Action.COMMENT, commands.comment, data)


@post(ONE + "/escalate", status_code=200, summary="Bring the platform in", **ROUTE)
async def escalate(case_id: str, desk: Desk, data: MaySaySomething | None = None) -> Response[ChangedCase]:
    """Bring the platform in, as the customer, once the merchant has answered."""
    return await _say(desk, case_id, Action.ESCALATE, commands.escalate, data or NOTHING)


@post(ONE + "/appeal", status_code=200, summary="Appeal", **ROUTE)
async def appeal(case_id: str, desk: Desk, data: SaySomething) -> Response[ChangedCase]:
    """Appeal as the side that lost. A case can be appealed once."""
    return await _say(desk, case_id, Action.APPEAL, commands.appeal, data)


@post(ONE + "/withdraw", status_code=200, summary="Withdraw a case", **ROUTE)
async def withdraw(case_id: str, desk: Desk, data: WithdrawCase | None = None) -> Response[ChangedCase]:
    """Withdraw a case that you opened, while it is open."""
    asked = data or WithdrawCase()
    return await carry_out(
        desk,
        case_id,
        Action.WITHDRAW,
        lambda connection, scope, ref: commands.withdraw_case(
            connection, scope, ref, message=asked.message, version=asked.version, now=desk.clock.now()
        ),
    )


@post(ONE + "/notes", status_code=200, summary="Write an internal note", **ROUTE)
async def notes(case_id: str, desk: Desk, data: AddNote) -> Response[ChangedCase]:
    """Write a note that only your own side reads."""
    return await carry_out(
        desk,
        case_id,
        Action.NOTE,
        lambda connection, scope, ref: commands_internal.add_note(
            connection, scope, ref, message=data.message, attachments=data.attachments or (), now=desk.clock.now()
        ),
    )


@post(ONE + "/assign", status_code=200, summary="Assign a case", **ROUTE)
async def assign(case_id: str, desk: Desk, data: AssignCase) -> Response[ChangedCase]:
    """Say which colleague looks after the case."""
    return await carry_out(
        desk,
        case_id,
        Action.ASSIGN,
        lambda connection, scope, ref: commands_internal.assign_case(
            connection, scope, ref, assignee_pid=data.assignee_id, now=desk.clock.now()
        ),
    )


async def _say(
    desk: Desk, case_id: str, action: Action, verb: Any, said: SaySomething | MaySaySomething
) -> Response[Any]:
    """Carry out a verb that is a message and files."""
    return await carry_out(
        desk,
        case_id,
        action,
        lambda connection, scope, ref: verb(
            connection,
            scope,
            ref,
            message=said.message,
            attachments=said.attachments or (),
            version=said.version,
            now=desk.clock.now(),
        ),
    )


routes: Final = [
    create, accept, deny, request_info, reply, comment, escalate, appeal, withdraw, notes, assign,
]  # fmt: skip
