"""How a case's POST routes run: one transaction with its idempotency key, the scope, the command, the answer."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from litestar import Request, Response

from amends.access.idempotency import Idempotency
from amends.access.resolve import refuse_own_payment
from amends.access.scopes import Caller, CustomerScope, Scope
from amends.cases.api_reading import ref_of, scope_of
from amends.cases.listing import view_in
from amends.cases.queries_case import case_json
from amends.cases.rows import CaseRef
from amends.cases.states import Action, Actor
from amends.cases.transitions import TRANSITIONS_BY_MOVE
from amends.db.pool import Connection, Pool
from amends.kit.clock import Clock
from amends.kit.ids import Prefix

Run = Callable[[Connection, Scope, CaseRef], Awaitable[object]]


class Desk(NamedTuple):
    """What a command's route needs besides its body."""

    caller: Caller
    idem: Idempotency
    pool: Pool
    clock: Clock


def provide_desk(request: Request[Any, Any, Any], caller: Caller, idem: Idempotency, pool: Pool, clock: Clock) -> Desk:  # noqa: ARG001
    """Give a route its desk."""
    return Desk(caller, idem, pool, clock)


async def carry_out(desk: Desk, case_id: str, action: Action, run: Run) -> Response[Any]:
    """Run a command on a case, and answer with the case as the caller sees it then.

    A person who is the customer of the case and tries what only the other sides may do is told so.
    """
    ref = ref_of(Prefix.CASE, case_id)
    async with desk.idem.guard(desk.pool) as tx:
        if tx.replay is not None:
            return tx.replay
        scope = await scope_of(tx.connection, desk.caller, ref)
        if isinstance(scope, CustomerScope) and _is_for_others(action) and desk.caller.account(ref.account_id):
            refuse_own_payment()
        await run(tx.connection, scope, ref)
        body = await case_json(tx.connection, ref, view_in(scope), now=desk.clock.now())
        return await tx.answer(200, body.encode())


def _is_for_others(action: Action) -> bool:
    return (action, Actor.CUSTOMER) not in TRANSITIONS_BY_MOVE
