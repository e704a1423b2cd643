"""Accepting, denying and assigning many cases at once: each in a transaction of its own, as if done one by one.

One case's refusal does not hold up the others. A form carries a token; what was done under it is remembered with each
case's own change, so that sending the form twice does nothing twice and reports the same.
"""

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import anyio
import msgspec

from amends.access.idempotency import Command, Idempotency
from amends.access.resolve import refuse_own_payment
from amends.cases.acting import CaseChanged, check_permission
from amends.cases.bulk import (
    BulkAction,
    BulkCase,
    BulkRefusal,
    BulkReport,
    Selected,
    own_row_id,
    refund_in,
    totals_of,
)
from amends.cases.commands import accept_case, deny_case
from amends.cases.commands_apply import Applied
from amends.cases.commands_internal import assign_case
from amends.cases.queries_case import buyer_of
from amends.cases.rows import CaseRef
from amends.cases.states import Action
from amends.cases.table_values import TablePlace
from amends.db.pool import Connection, Pool
from amends.kit.clock import Clock
from amends.kit.errors import ApiError, Conflict, NotFound

MessageFor = Callable[[str], Awaitable[str]]
"""Returns the message to one case, by its public id."""
_IN_USE: Final = "idempotency_key_in_use"
_TRIES: Final = 50
_WAIT_S: Final = 0.1


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done to every selected case."""

    action: BulkAction
    token: str
    """From `new_bulk_token`, in the form: the same one does nothing twice."""
    message: str | None = None
    message_for: MessageFor | None = None
    """Instead of `message`, which is then as it was typed: it differs by case."""
    assignee_pid: str | None = None
    """None: nobody."""


def new_bulk_token() -> str:
    """Return the token of a form."""
    return secrets.token_urlsafe(16)


async def bulk_run(
    pool: Pool, place: TablePlace, order: Order, selected: Sequence[Selected], *, clock: Clock
) -> BulkReport:
    """Do it to each of the selected cases, and report on each.

    Raises:
        Forbidden: `missing_permission`; of a single case everything is reported instead.
    """
    check_permission(place.scope, Action(order.action.value))
    done: list[BulkCase] = []
    failed: list[BulkRefusal] = []
    repeats = 0
    for one in selected:
        try:
            case, is_repeat = await _one(pool, place, order, one, clock)
        except CaseChanged as changed:
            failed.append(_refused(one, changed, _kinds(changed)))
        except ApiError as error:
            failed.append(_refused(one, error))
        else:
            done.append(case)
            repeats += is_repeat
    is_repeat = bool(done) and repeats == len(done)
    return BulkReport(done=tuple(done), failed=tuple(failed), totals=totals_of(done), is_repeat=is_repeat)


async def _one(
    pool: Pool, place: TablePlace, order: Order, one: Selected, clock: Clock
) -> tuple[BulkCase, bool]:  # fmt: skip
    """Do it to one case, or return what doing it has led to before."""
    row_id = own_row_id(place, one.pid)
    if row_id is None:
        raise NotFound
    message = order.message if order.message_for is None else await order.message_for(one.pid)
    ref = CaseRef(place.account_id, row_id)
    for _ in range(_TRIES):
        try:
            async with _idempotency(place, order, one, clock).guard(pool) as tx:
                return await _within(tx, place, order, one, ref, message, clock)
        except Conflict as error:
            if error.code != _IN_USE:
                raise
            await anyio.sleep(_WAIT_S)  # the same form is being carried out elsewhere: its result is ours
    raise Conflict(_IN_USE, "This is being done already. Look at the case in a moment.")


async def _within(
    tx: Command, place: TablePlace, order: Order, one: Selected, ref: CaseRef, message: str | None, clock: Clock
) -> tuple[BulkCase, bool]:  # fmt: skip
    if tx.replay is not None:
        return msgspec.json.decode(bytes(tx.replay.content), type=BulkCase), True
    if place.scope.user_id is not None and await buyer_of(tx.connection, ref) == place.scope.user_id:
        refuse_own_payment()
    applied = await _act(tx.connection, place, order, one, ref, message, clock)
    before = applied.before
    case = BulkCase(
        pid=one.pid,
        refund_minor=refund_in(applied.decided),
        currency=before.currency,
        exponent=before.currency_exponent,
    )
    await tx.answer(200, case)
    return case, False


async def _act(
    connection: Connection,
    place: TablePlace,
    order: Order,
    one: Selected,
    ref: CaseRef,
    message: str | None,
    clock: Clock,
) -> Applied:
    scope, now = place.scope, clock.now()
    match order.action:
        case BulkAction.ACCEPT:
            return await accept_case(connection, scope, ref, message=message, version=one.version, now=now)
        case BulkAction.DENY:
            return await deny_case(connection, scope, ref, message=message or "", version=one.version, now=now)
        case BulkAction.ASSIGN:
            return await assign_case(connection, scope, ref, assignee_pid=order.assignee_pid, now=now)


def _idempotency(place: TablePlace, order: Order, one: Selected, clock: Clock) -> Idempotency:
    # What was typed makes the form the same one: a placeholder may stand for something else by now.
    said: list[Any] = [order.action.value, order.message, order.assignee_pid]
    return Idempotency(
        principal=place.scope.principal.id,
        operation=f"bulk {one.pid}",
        key=order.token,
        request_hash=hashlib.sha256(msgspec.json.encode(said)).digest(),
        now=clock.now(),
    )


def _refused(one: Selected, error: ApiError, news: tuple[str, ...] = ()) -> BulkRefusal:
    return BulkRefusal(pid=one.pid, code=error.code, message=error.message, news=news)


def _kinds(changed: CaseChanged) -> tuple[str, ...]:
    """Return the kinds of the events that came since the case was shown."""
    return tuple(msgspec.json.decode(f"{row['body']}}}")["action"] for row in changed.news)
