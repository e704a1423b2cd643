"""How a move is carried out: lock the payment, lock the case, decide, and have everything that follows written.

All verbs go through `apply`, inside the caller's transaction. Locks are taken payment first, then case, by one
statement. A move writes exactly one event: `commands_write`; what follows from it besides is `commands_effects`'s, its
files `commands_attachments`'s.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from amends.cases import lifecycle
from amends.cases.acting import (
    ActingScope,
    CaseChanged,
    actor_of,
    check_limit,
    check_permission,
    check_sight,
    owner_of,
    refund_limit,
    refusal,
)
from amends.cases.commands_attachments import write_attachments
from amends.cases.commands_effects import Ruling, write_effects
from amends.cases.commands_write import write_move
from amends.cases.errors import CaseError
from amends.cases.moves import Decided, Move
from amends.cases.queries_case import HELD_CASE, HELD_CASE_JOINS, merchant_paid
from amends.cases.queries_events import events_since, offer_exists
from amends.cases.rows import CaseRef, LockedCase, locked_case
from amends.cases.states import NO_REFUNDS, CaseRefunds, CaseState, Settlement
from amends.cases.timeline import compose
from amends.db.pool import Connection
from amends.files.commands import AttachmentInput
from amends.kit.errors import Conflict, NotFound
from amends.kit.ids import MalformedId, Prefix, parse_public_id, uuid7
from amends.payments.commands import refund_standing

LOCK_CASE_SQL: Final = f"""
select
    {HELD_CASE}
{HELD_CASE_JOINS}
where c.account_id = $1
  and c.id = $2
for update of p, c
"""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A move with what surrounds it."""

    move: Move
    now: datetime
    version: int | None = None  # the one that the caller has read; None: whatever it is
    attachments: Sequence[AttachmentInput] = ()
    texts: Mapping[str, str] = {}  # free text of the event besides the move's message
    facts: Mapping[str, Any] = {}  # join the event's data
    ruling: Ruling | None = None  # what a decision says in words
    offer_pid: str | None = None  # the offer that the caller means
    money_is_done: bool = False  # payments have held, resumed or cancelled the case's refunds already


class Applied(msgspec.Struct, frozen=True):
    """What a move did."""

    ref: CaseRef
    before: LockedCase
    decided: Decided
    event_pid: str

    @property
    def state(self) -> CaseState:
        """Return the case's new state."""
        return self.decided.state


async def lock_case(connection: Connection, scope: ActingScope, ref: CaseRef) -> LockedCase:
    """Lock a case and its payment until the transaction ends.

    Raises:
        NotFound: there is no such case, or the scope does not see it.
    """
    row = await connection.fetchrow(LOCK_CASE_SQL, ref.account_id, ref.case_id)
    if row is None:
        raise NotFound
    case = locked_case(row)
    check_sight(scope, case)
    return case


async def apply(connection: Connection, scope: ActingScope, ref: CaseRef, request: Request) -> Applied:
    """Lock, decide and write one move on a case.

    Raises:
        NotFound, Forbidden, Conflict, Unprocessable: as the lifecycle and `acting` say; `case_changed`.
    """
    check_permission(scope, request.move.action)
    return await apply_locked(connection, scope, await lock_case(connection, scope, ref), request)


async def apply_locked(connection: Connection, scope: ActingScope, case: LockedCase, request: Request) -> Applied:
    """Do what `apply` does on a case that is locked already."""
    await check_version(connection, scope, case, request.version, request.now)
    await _check_offer(connection, scope, case, request)
    decided = await _decide(connection, case, request)
    await _check_limit(connection, scope, case, decided)
    event_id = uuid7(request.now)
    done = await write_effects(
        connection, scope, case, decided,
        event_id=event_id, now=request.now, ruling=request.ruling, money_is_done=request.money_is_done,
    )  # fmt: skip
    attached = await write_attachments(
        connection, case, decided.event, event_id=event_id, owner=owner_of(scope),
        attachments=request.attachments, now=request.now,
    )  # fmt: skip
    message = (request.move.message or "").strip()
    entry = compose(
        decided.event,
        ref=(case.account_id, case.id),
        position=case.event_count + 1,
        previous=case.head_hash,
        principal=scope.principal,
        event_id=event_id,
        data={**decided.event.data, **request.facts, **done.facts, **attached},
        texts={**({"message": message} if message else {}), **request.texts},
        now=request.now,
    )
    await write_move(connection, scope, case, decided, entry, open_offer_id=done.open_offer_id)
    return Applied(case.ref, case, decided, entry.row.pid)


async def check_version(
    connection: Connection, scope: ActingScope, case: LockedCase, version: int | None, now: datetime
) -> None:
    """Refuse what somebody decided by another version of the case; None: by whatever it is.

    Raises:
        CaseChanged: with the events that came since.
    """
    if version is None or version == case.version:
        return
    raise CaseChanged(
        "case_changed",
        "The case has changed since you read it. Read what is new, then decide again.",
        details={"version": case.version, "available_actions": available(case, scope, now)},
        news=await events_since(connection, case.ref, viewer=actor_of(scope), versions=case.version - version),
    )


def available(case: LockedCase, scope: ActingScope, now: datetime) -> list[str]:
    """Return what the scope's side may do now."""
    actions = lifecycle.available_actions(
        case.state, actor_of(scope), now=now, policy=case.policy, refundable_minor=case.payment.refundable_minor
    )
    return [action.value for action in actions]


async def _check_offer(connection: Connection, scope: ActingScope, case: LockedCase, request: Request) -> None:
    if request.offer_pid is None or request.offer_pid == case.open_offer_pid:
        return
    try:
        parse_public_id(Prefix.OFFER, request.offer_pid)
    except MalformedId as error:
        raise NotFound from error
    if not await offer_exists(connection, case.ref, request.offer_pid):
        raise NotFound
    raise Conflict(
        "no_offer_open",
        "This offer is no longer open. Read the case's offers for what became of it.",
        details={"available_actions": available(case, scope, request.now)},
    )


async def _check_limit(connection: Connection, scope: ActingScope, case: LockedCase, decided: Decided) -> None:
    if refund_limit(scope, case) is not None:
        check_limit(scope, case, decided.effects, spent_minor=await merchant_paid(connection, case.ref))


async def _decide(connection: Connection, case: LockedCase, request: Request) -> Decided:
    try:
        return lifecycle.decide(
            case.state,
            request.move,
            now=request.now,
            policy=case.policy,
            refundable_minor=case.payment.refundable_minor,
            refunds=await refunds_of(connection, case),
        )
    except CaseError as error:
        raise refusal(error) from error


async def refunds_of(connection: Connection, case: LockedCase) -> CaseRefunds:
    """Return how far a case's own refunds are; the payment is locked."""
    if case.state.settlement is Settlement.NONE:
        return NO_REFUNDS
    standing = await refund_standing(connection, case.account_id, case.id)
    return CaseRefunds(
        succeeded_minor=standing.succeeded_minor,
        in_flight_minor=standing.in_flight_minor,
        unsent_minor=standing.unsent_minor,
        failed_minor=standing.failed_minor,
    )
