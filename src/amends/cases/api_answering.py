"""How a case's POST routes run: one transaction with its idempotency key, the scope, the command, the answer."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import msgspec
from litestar import Request, Response

from amends.access.idempotency import Idempotency
from amends.access.resolve import refuse_own_payment
from amends.access.scopes import Caller, CustomerScope, Scope
from amends.cases.acting import CaseChanged, check_permission
from amends.cases.api_reading import event_json, ref_of, scope_of
from amends.cases.listing import view_in
from amends.cases.queries_case import case_json
from amends.cases.rows import CaseRef
from amends.cases.states import Action, Actor
from amends.cases.transitions import TRANSITIONS_BY_MOVE
from amends.db.pool import Connection, Pool
from amends.files.links import Links
from amends.kit.clock import Clock
from amends.kit.ids import Prefix
from amends.services import Services

Run = Callable[[Connection, Scope, CaseRef], Awaitable[object]]


class Desk(NamedTuple):
    """What a command's route needs besides its body."""

    caller: Caller
    idem: Idempotency
    pool: Pool
    clock: Clock
    links: Links


def provide_desk(request: Request[Any, Any, Any], caller: Caller, idem: Idempotency, services: Services) -> Desk:  # noqa: ARG001
    """Give a route its desk."""
    links = Links(services.signer, services.settings.base_url)
    return Desk(caller, idem, services.pool, services.clock, links)


async def carry_out(desk: Desk, case_id: str, action: Action, run: Run) -> Response[Any]:
    """Run a command on a case, and answer with the case as the caller sees it then.

    A person who is the customer of the case and tries what only the other sides may do is told so. What the caller may
    do is looked at before an answer is replayed, so that nobody reads it after losing the right to.
    """
    ref = ref_of(Prefix.CASE, case_id)
    scope = await scope_of(desk.pool, desk.caller, ref)
    if isinstance(scope, CustomerScope) and _is_for_others(action) and desk.caller.account(ref.account_id):
        refuse_own_payment()
    check_permission(scope, action)
    async with desk.idem.guard(desk.pool) as tx:
        if tx.replay is not None:
            return tx.replay
        try:
            await run(tx.connection, scope, ref)
        except CaseChanged as changed:
            raise _with_news(changed, desk) from changed
        body = await case_json(tx.connection, ref, view_in(scope), now=desk.clock.now())
        return await tx.answer(200, body.encode())


def _with_news(changed: CaseChanged, desk: Desk) -> CaseChanged:
    """Show what is new as the timeline shows it, with the addresses of files."""
    now = desk.clock.now()
    events = [msgspec.Raw(event_json(row, desk.links, now).encode()) for row in changed.news]
    return CaseChanged(changed.code, changed.message, details={**(changed.details or {}), "events": events}, news=())


def _is_for_others(action: Action) -> bool:
    return (action, Actor.CUSTOMER) not in TRANSITIONS_BY_MOVE
