"""What the two sides do to a case, one function a verb: accept, deny, ask, reply, comment, escalate, withdraw, appeal.

Each runs inside the caller's transaction and goes through `commands_apply.apply`; the scope says who acts. Rows of
PRODUCT.md's transition table: 2, 3, 4, 10 to 13, 19 to 21.
"""

from collections.abc import Sequence
from datetime import datetime

from amends.cases.acting import ActingScope, actor_of
from amends.cases.commands_apply import Applied, Request, apply
from amends.cases.moves import Move
from amends.cases.rows import CaseRef
from amends.cases.states import Action
from amends.cases.wording import clean
from amends.db.pool import Connection
from amends.files.commands import AttachmentInput


async def _say(
    connection: Connection,
    scope: ActingScope,
    ref: CaseRef,
    action: Action,
    *,
    message: str | None,
    attachments: Sequence[AttachmentInput] = (),
    version: int | None = None,
    now: datetime,
    end_membership: bool = False,
    amount_minor: int | None = None,
) -> Applied:
    """Carry out a verb that is a message and files."""
    move = Move(
        action=action,
        actor=actor_of(scope),
        message=clean(message),
        end_membership=end_membership,
        amount_minor=amount_minor,
    )
    return await apply(connection, scope, ref, Request(move=move, now=now, version=version, attachments=attachments))


async def accept_case(
    connection: Connection,
    scope: ActingScope,
    ref: CaseRef,
    *,
    now: datetime,
    message: str | None = None,
    attachments: Sequence[AttachmentInput] = (),
    end_membership: bool = False,
    amount_minor: int | None = None,
    version: int | None = None,
) -> Applied:
    """Accept: refund all that is left refundable and close. What is left is computed under the payment's lock.

    `amount_minor` is what the person was shown; `refundable_changed` when it is no longer that.
    """
    return await _say(
        connection, scope, ref, Action.ACCEPT, message=message, attachments=attachments, version=version, now=now,
        end_membership=end_membership, amount_minor=amount_minor,
    )  # fmt: skip


async def deny_case(
    connection: Connection,
    scope: ActingScope,
    ref: CaseRef,
    *,
    message: str,
    now: datetime,
    attachments: Sequence[AttachmentInput] = (),
    version: int | None = None,
) -> Applied:
    """Deny the claim and close without a refund; the customer may appeal."""
    return await _say(
        connection, scope, ref, Action.DENY, message=message, attachments=attachments, version=version, now=now
    )


async def request_info(
    connection: Connection,
    scope: ActingScope,
    ref: CaseRef,
    *,
    now: datetime,
    message: str | None = None,
    attachments: Sequence[AttachmentInput] = (),
    version: int | None = None,
) -> Applied:
    """Ask the customer for more information."""
    return await _say(
        connection, scope, ref, Action.REQUEST_INFO, message=message, attachments=attachments, version=version, now=now
    )


async def reply(
    connection: Connection,
    scope: ActingScope,
    ref: CaseRef,
    *,
    message: str,
    now: datetime,
    attachments: Sequence[AttachmentInput] = (),
    version: int | None = None,
) -> Applied:
    """Answer what was asked of this side."""
    return await _say(
        connection, scope, ref, Action.REPLY, message=message, attachments=attachments, version=version, now=now
    )


async def comment(
    connection: Connection,
    scope: ActingScope,
    ref: CaseRef,
    *,
    message: str,
    now: datetime,
    attachments: Sequence[AttachmentInput] = (),
    version: int | None = None,
) -> Applied:
    """Say something that both sides read; nobody's turn changes."""
    return await _say(
        connection, scope, ref, Action.COMMENT, message=message, attachments=attachments, version=version, now=now
    )


async def escalate(
    connection: Connection,
    scope: ActingScope,
    ref: CaseRef,
    *,
    now: datetime,
    message: str | None = None,
    attachments: Sequence[AttachmentInput] = (),
    version: int | None = None,
) -> Applied:
    """Bring the platform in."""
    return await _say(
        connection, scope, ref, Action.ESCALATE, message=message, attachments=attachments, version=version, now=now
    )


async def withdraw_case(
    connection: Connection,
    scope: ActingScope,
    ref: CaseRef,
    *,
    now: datetime,
    message: str | None = None,
    version: int | None = None,
) -> Applied:
    """Give the claim up and close."""
    return await _say(connection, scope, ref, Action.WITHDRAW, message=message, version=version, now=now)


async def appeal(
    connection: Connection,
    scope: ActingScope,
    ref: CaseRef,
    *,
    message: str,
    now: datetime,
    attachments: Sequence[AttachmentInput] = (),
    version: int | None = None,
) -> Applied:
    """Ask the platform to look again, once, as the side that lost."""
    return await _say(
        connection, scope, ref, Action.APPEAL, message=message, attachments=attachments, version=version, now=now
    )
