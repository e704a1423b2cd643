"""Fills an empty database with the demo: the market as an import would, then every case's history, step by step.

Everything goes through the domains' own commands and jobs, on a clock that stands where the step happened. The
provider is the sandbox, so that its books agree with ours.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from amends.access.permissions import Role, StaffRole
from amends.db.jobs import Handler
from amends.db.transactions import transaction
from amends.demo import market as trade
from amends.demo.catalogue import ACCOUNTS, STAFF
from amends.demo.desks import furnish
from amends.demo.files import upload_attachments
from amends.demo.market import Market
from amends.demo.queue import Queue
from amends.demo.replay import Replay, Scenery
from amends.demo.showcase import add_showcase, happenings
from amends.demo.story import plan_cases
from amends.demo.teams import choose_mails, set_up_teams
from amends.kit.clock import ManualClock
from amends.notifications.history import leave_history
from amends.people.commands import set_staff, set_team_member, store
from amends.people.records import AccountLine, ActivityLine, ActivityRecord, Kind, Line, UserLine
from amends.people.upserts import Entry, Known
from amends.services import Services

BATCH: Final = 1000
PAYMENTS: Final = 20_000
AGE: Final = timedelta(days=400)
"""How long the accounts have been there: before their first payment."""
TOLD: Final = timedelta(days=1)
"""What happened so long before is not told by e-mail any more; what came after fills the outbox."""

Advance = Callable[[str, int, int], None]
"""Hears of progress: what is being done, how much of it is done now, and how much there is in all."""


async def load_demo(
    services: Services,
    clock: ManualClock,
    handlers: Mapping[str, Handler[Services]],
    advance: Advance,
    *,
    scale: float = 1.0,
) -> None:
    """Load the demo as of the clock's time, where it also ends; `services` use the same clock.

    `handlers` run the jobs that are caused on the way. `scale` makes the demo smaller: 1 is about 20 000
    payments and 900 cases.
    """
    now = clock.now()
    market = Market(now)
    trade.add_buyers(market)
    trade.add_long_term_members(market, max(3, round(trade.LONG_TERM_MEMBERS * scale)))
    shown = add_showcase(market)
    plans = [*plan_cases(market, scale=scale), *shown.plans]
    trade.add_passers_by(market, round(PAYMENTS * scale))
    scenery = await _store_market(services, market, now, advance)
    await _appoint(services, scenery, now)
    await set_up_teams(services, now)
    await choose_mails(services, scenery.users, now)
    queue = Queue(services, handlers)
    await queue.drain()
    await happenings(services, clock, queue, scenery, shown, now)
    files = await upload_attachments(services, plans, {key: row.pid for key, row in scenery.users.items()}, advance)
    await Replay(services, clock, queue, scenery, files).run(plans, advance)
    clock.set(now)
    await furnish(services, clock, queue, scenery.accounts)
    await leave_history(services.pool, scenery.accounts.values(), before=now - TOLD, now=now)


async def _store_market(services: Services, market: Market, now: datetime, advance: Advance) -> Scenery:
    lines = [*market.lines(), *trade.staff_lines()]
    rows: dict[Kind, dict[str, Any]] = {kind: {} for kind in Kind}
    known, done = Known(), 0
    for batch in _batches(lines):
        async with transaction(services.pool) as connection:
            entries = [_entry(line, rows[Kind.ACCOUNT]) for line in batch]
            since = now - AGE if isinstance(batch[0], AccountLine) else now
            outcomes = await store(connection, entries, now=since, known=known)
        for entry, outcome in zip(entries, outcomes, strict=True):
            if outcome.rejection is not None:
                raise ValueError(f"the demo's {entry.kind} {entry.external_id}: {outcome.rejection}")
            rows[entry.kind][entry.external_id] = outcome.row
        done += len(batch)
        advance("Importing the marketplace", done, len(lines))
    return Scenery(
        accounts={key: row.id for key, row in rows[Kind.ACCOUNT].items()},
        users=rows[Kind.USER],
        payments=rows[Kind.PAYMENT],
    )


def _batches(lines: Iterable[Line]) -> Iterator[Sequence[Line]]:
    """Cut the lines into batches; accounts come in the first ones by themselves, for the others name them."""
    listed = list(lines)
    yield [line for line in listed if isinstance(line, AccountLine)]
    rest = iter([line for line in listed if not isinstance(line, AccountLine)])
    while batch := list(islice(rest, BATCH)):
        yield batch


def _entry(line: Line, accounts: dict[str, Any]) -> Entry:
    kind = Kind(str(line.__struct_config__.tag))
    if isinstance(line, AccountLine | UserLine):
        return Entry(kind, 0, line.id, line)
    if line.account is None or line.id is None:
        raise ValueError(f"a line of the demo says neither account nor id: {line}")
    record = _activity(line) if isinstance(line, ActivityLine) else line
    return Entry(kind, accounts[line.account].id, line.id, record)


def _activity(line: ActivityLine) -> ActivityRecord:
    return ActivityRecord(
        member=line.member,
        activity=line.activity,
        occurred_at=line.occurred_at,
        product=line.product,
        payment=line.payment,
        details=line.details,
    )


async def _appoint(services: Services, scenery: Scenery, now: datetime) -> None:
    """Put the people of the catalogue on their teams."""
    async with transaction(services.pool) as connection:
        for account in ACCOUNTS:
            for number, (role, _) in enumerate(account.team):
                user = scenery.users[trade.staff_id(account.key, number)].id
                await set_team_member(connection, scenery.accounts[account.key], user, Role(role), now=now)
        for number, (role, _) in enumerate(STAFF):
            user = scenery.users[trade.staff_id("platform", number)].id
            await set_staff(connection, user, StaffRole(role), now=now)
