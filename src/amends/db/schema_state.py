"""Whether a database has the schema and the rights that this version needs: what every process asks before it serves.

Changes nothing, and loads nothing of the migrations themselves, which are `amends.db.migrate`'s and of some weight.
"""

from typing import Final

from amends.db.pool import Connection

APP_ROLE: Final = "amends_app"
NEWEST_REVISION: Final = "0001"
"""The revision that this version of the code is written for: the last of `amends/db/revisions`."""

HAS_REVISIONS_SQL: Final = "select to_regclass('public.alembic_version') is not null"
REVISION_SQL: Final = "select version_num from public.alembic_version"
MAY_CHANGE_SQL: Final = """
    select
        has_table_privilege('public.case_events', 'update')
        or has_table_privilege('public.case_events', 'delete')
        or has_table_privilege('public.case_events', 'truncate')
"""


class SchemaProblem(Exception):
    """The database cannot be used as it is; the message says what to do about it."""


async def check_database(connection: Connection, *, insecure_single_role: bool = False) -> None:
    """Raise SchemaProblem unless a server may work on this database with this role.

    The schema must be at the newest revision, and the role must not be able to change the timeline, for then nobody
    could trust it; `insecure_single_role` gives up on the second.
    """
    found = await connection.fetchval(REVISION_SQL) if await connection.fetchval(HAS_REVISIONS_SQL) else None
    if found != NEWEST_REVISION:
        was = f"at revision {found}" if found else "empty"
        raise SchemaProblem(f"The database is {was}, this version needs {NEWEST_REVISION}: run `amends migrate`.")
    if not insecure_single_role and await connection.fetchval(MAY_CHANGE_SQL):
        role = await connection.fetchval("select current_user::text")
        raise SchemaProblem(
            f"The role {role} may change the timeline of a case, which must be append-only. Give AMENDS_MIGRATE_URL the"
            f" role that owns the schema and AMENDS_DATABASE_URL another one (usually {APP_ROLE}), then run `amends"
            " migrate`, which makes it. To go on with one role, and do without the guarantee, use"
            " --insecure-single-role."
        )
