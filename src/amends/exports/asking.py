"""From what somebody asks for to an export that can be made: columns, filters, time zone, and who may."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from zoneinfo import available_timezones

import asyncpg
import msgspec

from amends.access.permissions import Permission
from amends.access.resolve import allow
from amends.db.pool import Pool
from amends.exports.commands import Wanted
from amends.exports.filters import Asker, Filters, read_filters
from amends.exports.queries import CHECK_TIME_ZONE_SQL
from amends.exports.queries_columns import COLUMNS
from amends.exports.resources import READS, Format, Resource
from amends.exports.visible import Place
from amends.kit.errors import InvalidRequest, Unprocessable
from amends.web.errors import invalid_body


async def checked(
    pool: Pool,
    place: Place,
    resource: Resource,
    *,
    format_: Format | None,
    columns: Sequence[str] | None,
    filters: Mapping[str, Any] | None,
    time_zone: str | None,
    headings: Mapping[str, str] | None = None,
    table_query: str | None = None,
) -> Wanted:
    """Check what somebody asks for; no or empty `columns`: all that they may see.

    `headings` are what the first row says for a column, by key; `table_query` is the table that it is asked for from.

    Raises:
        Forbidden: `missing_permission`, to read what is exported or a column of it.
        InvalidRequest, Unprocessable: what is asked for cannot be.
    """
    allow(place.scope, READS[resource])
    chosen = _columns(place, resource, columns)
    return Wanted(
        resource=resource,
        format=format_ or Format.CSV,
        columns=chosen,
        headings=None if headings is None else [headings.get(key, key) for key in chosen],
        filters=msgspec.to_builtins(_filters(place, resource, filters or {})),
        table_query=table_query,
        side=place.side,
        sees_email=place.sees_email,
        time_zone=await _time_zone(pool, time_zone or "UTC"),
        with_email=any(COLUMNS[resource][key].is_email for key in chosen),
    )


def _columns(place: Place, resource: Resource, asked: Sequence[str] | None) -> list[str]:
    known = COLUMNS[resource]
    if not asked:
        return [key for key, column in known.items() if place.sees_email or not column.is_email]
    for key in asked:
        if key not in known:
            raise Unprocessable(
                "unknown_column",
                f"{resource} have no column `{key}`. There are: {', '.join(known)}.",
                param="columns",
            )
        if known[key].is_email:
            allow(place.scope, Permission.MEMBER_EMAIL_READ)
    return list(dict.fromkeys(asked))


def _filters(place: Place, resource: Resource, given: Mapping[str, Any]) -> Filters:
    try:
        filters = read_filters(resource, given)
    except msgspec.ValidationError as error:
        found = invalid_body(error)
        param = f"filters.{found.param}" if found.param else "filters"
        raise InvalidRequest(found.code, found.message, param=param) from error
    filters.parameters(Asker(place.account_id, place.side, place.sees_email))
    return filters


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


async def _time_zone(pool: Pool, name: str) -> str:
    """Return a time zone that both Python and the database know.

    Raises:
        Unprocessable: `unknown_time_zone`.
    """
    if name in _time_zones():
        try:
            await pool.fetchval(CHECK_TIME_ZONE_SQL, name)
        except asyncpg.InvalidParameterValueError:
            pass
        else:
            return name
    raise Unprocessable(
        "unknown_time_zone",
        "`timezone` is a name of the IANA time zone database, such as Europe/Berlin.",
        param="timezone",
    )
