"""The sweep of what access keeps for a while: idempotency keys, counted guesses, sessions, links, OIDC states."""

from typing import Final

from amends.access.commands_links import delete_old_links
from amends.access.commands_oidc import delete_old_states
from amends.access.commands_sessions import delete_old_sessions
from amends.access.guesses import delete_old_guesses
from amends.access.idempotency import delete_old_keys
from amends.db.jobs import JobRegistry
from amends.db.transactions import transaction
from amends.services import Services

SWEEP_EVERY_S: Final = 600

jobs: Final[JobRegistry[Services]] = JobRegistry()


@jobs.sweep("access", every_s=SWEEP_EVERY_S)
async def sweep_access(services: Services) -> None:
    """Delete what is past its time."""
    now = services.clock.now()
    async with transaction(services.pool) as connection:
        await delete_old_keys(connection, now=now)
        await delete_old_guesses(connection, now=now)
        await delete_old_sessions(connection, now=now)
        await delete_old_links(connection, now=now)
        await delete_old_states(connection, now=now)
