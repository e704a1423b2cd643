"""Whether a person still sees the case that a link opens. SQL and nothing else."""

from typing import Final
from uuid import UUID

from amends.access.people import Person
from amends.access.queries_team import find_teammate
from amends.cases.queries_case import buyer_of
from amends.cases.rows import CaseRef
from amends.db.pool import Connection, Pool
from amends.kit.ids import MalformedId, Prefix, parse_public_id

IS_STAFF_SQL: Final = """
select exists (
    select 1
    from platform_staff s
    where s.user_id = $1
)
"""


async def sees_case(where: Pool | Connection, person: Person, case_pid: str) -> bool:
    """Tell whether a person is the case's customer, on its account's team or on the platform's staff."""
    try:
        parsed = parse_public_id(Prefix.CASE, case_pid)
    except MalformedId:
        return False
    buyer = await buyer_of(where, CaseRef(parsed.account, parsed.row_id))
    if buyer is None:
        return False
    return (
        buyer == person.id
        or await find_teammate(where, parsed.account, person.pid) is not None
        or await is_staff(where, person.id)
    )


async def is_staff(where: Pool | Connection, user_id: UUID) -> bool:
    """Tell whether somebody is on the platform's staff."""
    return await where.fetchval(IS_STAFF_SQL, user_id)
