"""What people of the demo have done beside the cases: views that they keep, exports, and what the platform's admin set.

Through the same commands as in the browser, some days before now, so that the audit log tells of it.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from amends.access.authenticate import user_caller
from amends.access.commands_staff import Staff
from amends.access.permissions import StaffRole
from amends.access.queries import find_user
from amends.access.scopes import Caller, MerchantScope, PlatformScope
from amends.cases.commands_reasons import put_reason
from amends.cases.commands_views import save_view
from amends.cases.reasons import DecidedAs, Wording
from amends.cases.table_values import TablePlace
from amends.db.transactions import transaction
from amends.demo.catalogue import LUMIERE, NORTHBEAM
from amends.demo.market import staff_id
from amends.demo.queue import Queue
from amends.demo.story import QUIET_BEFORE
from amends.exports.asking import checked
from amends.exports.commands import request_export
from amends.exports.resources import Format, Resource
from amends.exports.visible import Place
from amends.kit.clock import ManualClock
from amends.platform.commands_lock import lock_auto_respond
from amends.platform.commands_policy import change_policy
from amends.platform.queries_policy import policy_in_force
from amends.services import Services
from amends.staff.commands_invitations import invite

VIEWS: Final = (
    (NORTHBEAM, 0, "Answer first", "tab=your_turn&sort=due"),
    (NORTHBEAM, 0, "Over $100", "tab=your_turn&currency=usd&amount=100.."),
    (NORTHBEAM, 0, "With the platform", "tab=under_review"),
    (NORTHBEAM, 2, "Mine", "assignee=me"),
    (NORTHBEAM, 2, "Nobody has it yet", "tab=your_turn&assignee=nobody&sort=due"),
    (LUMIERE, 0, "À répondre d’abord", "tab=your_turn&sort=due"),
)
"""What somebody of a team keeps: a name, and what the table's address says."""
EXPORTS: Final = (
    (NORTHBEAM, 0, Resource.CASES, Format.XLSX, timedelta(days=9)),
    (NORTHBEAM, 1, Resource.DISPUTES, Format.CSV, timedelta(days=2)),
    (LUMIERE, 0, Resource.CASES, Format.CSV, timedelta(days=3)),
)
HOLIDAYS: Final = ((12, 25), (12, 26), (1, 1))
LOCKED: Final = (LUMIERE, "More cases than usual in the last weeks. Answer them yourselves until we have talked.")
REASON: Final = "taken_off_sale"
WORDING: Final = Wording(
    title="Taken off sale",
    when_to_use="The merchant no longer offers what was sold, and the customer had little of it.",
    fits=(DecidedAs.CUSTOMER_WON,),
    to_customer="{account} no longer offers {product}, and you had little of it. We therefore decided in your favor.",
    to_merchant="You no longer offer {product}, and the customer had little of it. We therefore decided for them.",
)
INVITED: Final = "noor.haddad@platform.example"


async def furnish(services: Services, clock: ManualClock, queue: Queue, accounts: dict[str, int]) -> None:
    """Keep the views, write the exports, and let the admin act; the clock ends where it was."""
    now = clock.now()
    await _keep_views(services, accounts, now)
    for account, person, resource, format_, ago in EXPORTS:
        clock.set(now - ago)
        place = await _place(services, accounts[account.key], staff_id(account.key, person))
        await _export(services, place, resource, format_, account.time_zone, clock.now())
        await queue.drain()
    clock.set(now - timedelta(days=1, hours=4))
    await _administer(services, accounts, clock.now())
    await queue.drain()
    clock.set(now)
    await _enter_holidays(services, now - QUIET_BEFORE / 2)


async def _keep_views(services: Services, accounts: dict[str, int], now: datetime) -> None:
    for number, (account, person, name, query) in enumerate(VIEWS):
        scope, at = await _merchant(services, staff_id(account.key, person)), now - timedelta(days=20 - number)
        async with transaction(services.pool) as connection:
            await save_view(connection, TablePlace(scope, accounts[account.key]), name=name, query=query, now=at)


async def _place(services: Services, account_id: int, person: str) -> Place:
    scope = await _merchant(services, person)
    return Place(account_id, scope.account_pid, scope)


async def _export(
    services: Services, place: Place, resource: Resource, format_: Format, zone: str, now: datetime
) -> None:
    wanted = await checked(services.pool, place, resource, format_=format_, columns=None, filters=None, time_zone=zone)
    async with transaction(services.pool) as connection:
        await request_export(connection, place.account_id, wanted, principal=place.scope.principal, now=now)


async def _administer(services: Services, accounts: dict[str, int], now: datetime) -> None:
    scope, (account, why) = await _admin(services), LOCKED
    merchant = await _merchant(services, staff_id(account.key, 0))
    async with transaction(services.pool) as connection:
        number, pid = accounts[account.key], merchant.account_pid
        await lock_auto_respond(connection, scope, number, pid, reason=why, now=now - timedelta(days=3))
        await put_reason(connection, scope, REASON, WORDING, now=now - timedelta(days=2))
        await invite(
            connection,
            Staff(scope),
            title="",
            email=INVITED,
            role=StaffRole.REVIEWER,
            locale="en",
            signer=services.signer,
            now=now,
        )


async def _enter_holidays(services: Services, now: datetime) -> None:
    """Set the next holidays, after the newest case, so that all cases have the policy of their opening."""
    ahead = [now.date().replace(year=now.year + later, month=m, day=d) for later in (0, 1) for m, d in HOLIDAYS]
    holidays = tuple(sorted(day for day in ahead if day > now.date())[: len(HOLIDAYS)])
    async with transaction(services.pool) as connection:
        found = await policy_in_force(connection)
        policy = msgspec.structs.replace(found.policy, holidays=holidays)
        await change_policy(connection, await _admin(services), policy, version=found.version, now=now)


async def _caller(services: Services, key: str) -> Caller:
    found = await find_user(services.pool, key)
    if found is None:
        raise LookupError(f"the demo has no {key}")
    return user_caller(*found)


async def _merchant(services: Services, key: str) -> MerchantScope:
    [scope] = (await _caller(services, key)).merchants
    return scope


async def _admin(services: Services) -> PlatformScope:
    scope = (await _caller(services, staff_id("platform", 0))).platform
    if scope is None:
        raise LookupError("the platform has no admin")
    return scope
