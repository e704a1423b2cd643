"""The JSON routes of the activity log. `people.api` mounts them."""

from typing import Any, Final

from litestar import get, put
from litestar.response import Response

from amends.access.permissions import Permission
from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.kit.clock import Clock
from amends.kit.errors import NotFound
from amends.kit.pages import Page
from amends.people import commands, queries, queries_lists
from amends.people.api_payments import find_row_id
from amends.people.paging import Paging
from amends.people.places import Place, checked_external_id, row_id_in
from amends.people.records import ActivityRecord, Kind
from amends.people.rows import ActivityRow
from amends.people.schemas import Activity, activity_shape

_READ: Final[dict[str, Any]] = {"permission": Permission.CASE_READ}


@put("/activity/{record_id:str}", opt={"permission": Permission.ACTIVITY_WRITE}, tags=["Activity"])
async def put_activity(
    record_id: str, data: ActivityRecord, place: Place, pool: Pool, clock: Clock
) -> Response[Activity]:
    """Add a record to the log by your own id. A record never changes: other content under the same id is a 409."""
    external_id = checked_external_id(record_id)
    async with transaction(pool) as connection:
        result, row = await commands.put(
            connection, Kind.ACTIVITY, external_id, data, account_id=place.account_id, now=clock.now()
        )
    return Response(activity_shape(row, place.account_pid, place.account_id), status_code=result.status)


@get("/activity/{record_id:str}", opt=_READ, tags=["Activity"])
async def get_activity(record_id: str, place: Place, pool: Pool) -> Activity:
    """Return one record of the log by its id, or by your own."""
    row_id = row_id_in(Kind.ACTIVITY, place.account_id, record_id)
    if row_id is None:
        row = await pool.fetchrow(queries.ACTIVITY_BY_EXTERNAL_ID_SQL, place.account_id, record_id)
    else:
        row = await queries.activity_by_id(pool, place.account_id, row_id)
    if row is None:
        raise NotFound
    return activity_shape(ActivityRow(*row), place.account_pid, place.account_id)


@get("/activity", opt=_READ, tags=["Activity"])
async def list_activity(
    place: Place, paging: Paging, pool: Pool, member_id: str | None = None, kind: list[str] | None = None
) -> Page[Activity]:
    """List an account's log, or that of one member, of certain kinds or all; what happened last comes first."""
    if member_id is None:
        rows, info = await paging.read(queries_lists.ACTIVITY, place.account_id, kind)
    else:
        member = await find_row_id(pool, Kind.MEMBER, place, member_id)
        rows, info = await paging.read(queries_lists.MEMBER_ACTIVITY, place.account_id, member, kind)
    shapes = [activity_shape(ActivityRow(*row), place.account_pid, place.account_id) for row in rows]
    return Page(shapes, info)


owned_handlers: Final = [put_activity, get_activity, list_activity]
