"""The verbs on an account's team: join, change a role, remove or leave, and what role support may refund.

An account always keeps an owner. Sessions read teams anew for each request, so who is removed is out at once.
"""

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from amends.access import audit
from amends.access.people import Person
from amends.access.permissions import Permission, Role
from amends.access.queries_team import find_teammate
from amends.access.resolve import allow
from amends.access.scopes import MerchantScope, PlatformScope, Principal
from amends.db.pool import Connection
from amends.kit.errors import Conflict, NotFound, Unprocessable
from amends.kit.money import InexactAmount, UnknownCurrency, accepted, to_minor

ADD_TO_TEAM_SQL: Final = """
insert into team_members (account_id, user_id, role, created_at)
values ($1, $2, $3, $4)
on conflict (account_id, user_id) do nothing
returning user_id
"""

LOCK_OWNERS_SQL: Final = """
select user_id
from team_members
where account_id = $1
    and role = 'owner'
order by user_id
for update
"""

SET_ROLE_SQL: Final = """
update team_members
set role = $3
where account_id = $1
    and user_id = $2
"""

REMOVE_FROM_TEAM_SQL: Final = """
delete from team_members
where account_id = $1
    and user_id = $2
"""

SET_SUPPORT_LIMIT_SQL: Final = """
update accounts
set support_limits = support_limits || jsonb_build_object($2::text, $3::bigint),
    updated_at = $4
where id = $1
"""

DROP_SUPPORT_LIMIT_SQL: Final = """
update accounts
set support_limits = support_limits - $2::text,
    updated_at = $3
where id = $1
"""


class Team(NamedTuple):
    """An account's team, and who changes it."""

    scope: MerchantScope | PlatformScope
    account_id: int
    account_pid: str


async def join_team(
    connection: Connection, person: Person, role: Role, *, account_id: int, account_pid: str, now: datetime
) -> bool:
    """Put a person on a team; returns whether they were not on it before, where their role stays as it is."""
    if await connection.fetchval(ADD_TO_TEAM_SQL, account_id, person.id, role.value, now) is None:
        return False
    await audit.record(
        connection,
        principal=person.principal,
        action="team.joined",
        subject=person.pid,
        account_id=account_id,
        details={"account": account_pid, "role": role.value},
        now=now,
    )
    return True


async def change_role(connection: Connection, team: Team, user_pid: str, role: Role, *, now: datetime) -> Person:
    """Give somebody on the team another role, or the one they have.

    Raises:
        Forbidden: `missing_permission`.
        NotFound: not on the team.
        Conflict: `last_owner`.
    """
    allow(team.scope, Permission.TEAM_MANAGE)
    person, before = await _teammate(connection, team.account_id, user_pid)
    if before is not role:
        if before is Role.OWNER:
            await _keep_an_owner(connection, team.account_id, person)
        await connection.execute(SET_ROLE_SQL, team.account_id, person.id, role.value)
        await _record(connection, team, "team.role_changed", person.pid, now, {"from": before.value, "to": role.value})
    return person


async def remove_from_team(connection: Connection, team: Team, user_pid: str, *, now: datetime) -> Person:
    """Take somebody off the team.

    Raises:
        Forbidden: `missing_permission`.
        NotFound: not on the team.
        Conflict: `last_owner`.
    """
    allow(team.scope, Permission.TEAM_MANAGE)
    return await _remove(connection, team, user_pid, "team.removed", now)


async def leave_team(connection: Connection, team: Team, user_pid: str, *, now: datetime) -> Person:
    """Take oneself off the team; needs no permission.

    Raises:
        NotFound: not on the team.
        Conflict: `last_owner`.
    """
    if team.scope.principal.id != user_pid:
        raise NotFound
    return await _remove(connection, team, user_pid, "team.left", now)


async def _remove(connection: Connection, team: Team, user_pid: str, action: str, now: datetime) -> Person:
    person, role = await _teammate(connection, team.account_id, user_pid)
    if role is Role.OWNER:
        await _keep_an_owner(connection, team.account_id, person)
    await connection.execute(REMOVE_FROM_TEAM_SQL, team.account_id, person.id)
    await _record(connection, team, action, person.pid, now, {"role": role.value})
    return person


async def _teammate(connection: Connection, account_id: int, user_pid: str) -> tuple[Person, Role]:
    row = await find_teammate(connection, account_id, user_pid)
    if row is None:
        raise NotFound
    return Person(row["id"], row["pid"], row["name"], row["email"]), Role(row["role"])


async def _keep_an_owner(connection: Connection, account_id: int, leaving: Person) -> None:
    """Lock the owners, so that no two of them go at once, and refuse when the last one would."""
    owners: set[UUID] = {row["user_id"] for row in await connection.fetch(LOCK_OWNERS_SQL, account_id)}
    if owners <= {leaving.id}:
        raise Conflict(
            "last_owner",
            f"{leaving.name or leaving.email or leaving.pid} is the only owner. Make somebody else an owner first.",
        )


async def set_support_limit(
    connection: Connection, team: Team, currency: str, amount: str | None, *, now: datetime
) -> None:
    """Say how much role support may refund on one case in a currency, in whole units; None: nothing.

    Raises:
        Forbidden: `missing_permission`.
        Unprocessable: `unknown_currency`, `inexact_amount` or `amount_not_positive`.
    """
    allow(team.scope, Permission.TEAM_MANAGE)
    code = _currency(currency)
    if amount is None:
        await connection.execute(DROP_SUPPORT_LIMIT_SQL, team.account_id, code, now)
    else:
        await connection.execute(SET_SUPPORT_LIMIT_SQL, team.account_id, code, _minor(amount, code), now)
    details = {"currency": code, "amount": amount}
    await _record(connection, team, "team.support_limit_changed", team.account_pid, now, details)


def _currency(text: str) -> str:
    try:
        return accepted(text.strip()).lower()
    except UnknownCurrency as problem:
        raise Unprocessable("unknown_currency", str(problem), param="currency") from problem


def _minor(amount: str, currency: str) -> int:
    try:
        minor = to_minor(amount, currency)
    except InexactAmount as problem:
        raise Unprocessable("inexact_amount", str(problem), param="amount") from problem
    if minor < 0:
        raise Unprocessable("amount_not_positive", "A limit is zero or more.", param="amount")
    return minor


async def _record(
    connection: Connection, team: Team, action: str, subject: str, now: datetime, details: dict[str, str | None]
) -> None:
    principal: Principal = team.scope.principal
    await audit.record(
        connection,
        principal=principal,
        action=action,
        subject=subject,
        account_id=team.account_id,
        details=details,
        now=now,
    )
