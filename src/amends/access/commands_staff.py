"""The verbs on the platform's staff: join, change a role, remove. The platform always keeps an admin.

Sessions read the staff anew for each request, so who is removed is out at once.
"""

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from amends.access import audit
from amends.access.people import Person
from amends.access.permissions import Permission, StaffRole
from amends.access.queries_staff import find_on_staff
from amends.access.resolve import allow
from amends.access.scopes import PlatformScope
from amends.db.pool import Connection
from amends.kit.errors import Conflict, NotFound

ADD_TO_STAFF_SQL: Final = """
insert into platform_staff (user_id, role, created_at)
values ($1, $2, $3)
on conflict (user_id) do nothing
returning user_id
"""

LOCK_ADMINS_SQL: Final = """
select user_id
from platform_staff
where role = 'admin'
order by user_id
for update
"""

SET_STAFF_ROLE_SQL: Final = """
update platform_staff
set role = $2
where user_id = $1
"""

REMOVE_FROM_STAFF_SQL: Final = """
delete from platform_staff
where user_id = $1
"""


class Staff(NamedTuple):
    """The platform's staff, and who changes it."""

    scope: PlatformScope
    account_id: None = None
    account_pid: str = "platform"


async def join_staff(connection: Connection, person: Person, role: StaffRole, *, now: datetime) -> bool:
    """Put a person on the staff; returns whether they were not on it before, where their role stays as it is."""
    if await connection.fetchval(ADD_TO_STAFF_SQL, person.id, role.value, now) is None:
        return False
    await audit.record(
        connection,
        principal=person.principal,
        action="staff.joined",
        subject=person.pid,
        account_id=None,
        details={"role": role.value},
        now=now,
    )
    return True


async def change_staff_role(
    connection: Connection, staff: Staff, user_pid: str, role: StaffRole, *, now: datetime
) -> Person:
    """Give somebody on the staff another role, or the one they have.

    Raises:
        Forbidden: `missing_permission`.
        NotFound: not on the staff.
        Conflict: `last_admin`.
    """
    allow(staff.scope, Permission.TEAM_MANAGE)
    person, before = await _on_staff(connection, user_pid, becomes=role)
    if before is not role:
        await connection.execute(SET_STAFF_ROLE_SQL, person.id, role.value)
        await _record(connection, staff, "staff.role_changed", person, now, {"from": before.value, "to": role.value})
    return person


async def remove_from_staff(connection: Connection, staff: Staff, user_pid: str, *, now: datetime) -> Person:
    """Take somebody off the staff.

    Raises:
        Forbidden: `missing_permission`.
        NotFound: not on the staff.
        Conflict: `last_admin`.
    """
    allow(staff.scope, Permission.TEAM_MANAGE)
    person, role = await _on_staff(connection, user_pid, becomes=None)
    await connection.execute(REMOVE_FROM_STAFF_SQL, person.id)
    await _record(connection, staff, "staff.removed", person, now, {"role": role.value})
    return person


async def _on_staff(connection: Connection, user_pid: str, *, becomes: StaffRole | None) -> tuple[Person, StaffRole]:
    """Return somebody on the staff, with the admins locked: no two of them go at once, and the last one stays."""
    admins: set[UUID] = {row["user_id"] for row in await connection.fetch(LOCK_ADMINS_SQL)}
    row = await find_on_staff(connection, user_pid)
    if row is None:
        raise NotFound
    person, role = Person(row["id"], row["pid"], row["name"], row["email"]), StaffRole(row["role"])
    if role is StaffRole.ADMIN and becomes is not StaffRole.ADMIN and admins <= {person.id}:
        raise Conflict(
            "last_admin",
            f"{person.name or person.email or person.pid} is the only admin. Make somebody else an admin first.",
        )
    return person, role


async def _record(
    connection: Connection, staff: Staff, action: str, person: Person, now: datetime, details: dict[str, str]
) -> None:
    await audit.record(
        connection,
        principal=staff.scope.principal,
        action=action,
        subject=person.pid,
        account_id=None,
        details=details,
        now=now,
    )
