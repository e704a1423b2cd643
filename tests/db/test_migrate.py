"""`amends migrate`: repeatable, safe at the same time, two roles, and what a server refuses to start on."""

import asyncio
import sys

import asyncpg
import psycopg
import pytest
from alembic.script import ScriptDirectory
from psycopg import sql

from amends.db.embedded import OWNER_ROLE
from amends.db.migrate import ENVIRONMENT, REVISIONS, Migrated, migrate, migrate_for
from amends.db.pool import Pool, connect
from amends.db.schema_state import APP_ROLE, NEWEST_REVISION, SchemaProblem, check_database
from tests.conftest import Cluster, Database

MIGRATE = "import sys; from amends.db.migrate import migrate; print(migrate(sys.argv[1]))"
LOADED = (
    "import sys, amends.serving, amends.cli.root, amends.cli.serve; print({'alembic', 'sqlalchemy'} & {*sys.modules})"
)


async def problem(url: str, *, insecure_single_role: bool = False) -> str:
    """Return why a server would not start, or nothing."""
    connection = await connect(url)
    try:
        await check_database(connection, insecure_single_role=insecure_single_role)
    except SchemaProblem as found:
        return str(found)
    finally:
        await connection.close()
    return ""


def test_newest_revision_is_the_last_one() -> None:
    scripts = ScriptDirectory(str(ENVIRONMENT), version_locations=[str(REVISIONS)])
    assert scripts.get_heads() == [NEWEST_REVISION]


async def test_a_server_does_without_the_migrations() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", LOADED, stdout=asyncio.subprocess.PIPE)
    assert (await process.communicate())[0] == b"set()\n"


def test_an_error_of_the_database_is_told_as_the_driver_told_it() -> None:
    with pytest.raises(psycopg.OperationalError):
        migrate("postgresql://nobody@/nowhere?host=/nonexistent")


def test_second_run_changes_nothing(cluster: Cluster) -> None:
    database = cluster.create(empty=True)
    newest = NEWEST_REVISION
    assert migrate(database.migrate_url) == Migrated(before=None, after=newest, app_role=APP_ROLE)
    assert migrate(database.migrate_url) == Migrated(before=newest, after=newest, app_role=APP_ROLE)


async def test_two_processes_may_migrate_at_once(cluster: Cluster) -> None:
    database = cluster.create(empty=True)
    pipe = asyncio.subprocess.PIPE
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", MIGRATE, database.migrate_url, stdout=pipe)
        for _ in range(2)
    ]
    printed = sorted([(await process.communicate())[0].decode().strip() for process in processes])
    newest = NEWEST_REVISION
    assert [process.returncode for process in processes] == [0, 0]
    assert printed == [
        f"Migrated(before='{newest}', after='{newest}', app_role='{APP_ROLE}')",
        f"Migrated(before=None, after='{newest}', app_role='{APP_ROLE}')",
    ]
    assert await problem(database.url) == ""


async def test_server_refuses_an_empty_database(cluster: Cluster) -> None:
    found = await problem(cluster.create(empty=True).migrate_url)
    assert found == f"The database is empty, this version needs {NEWEST_REVISION}: run `amends migrate`."


async def test_server_refuses_another_revision(cluster: Cluster) -> None:
    database = cluster.create()
    with psycopg.connect(database.migrate_url, autocommit=True) as owner:
        owner.execute("update alembic_version set version_num = '0000'")
    assert (await problem(database.url)).startswith("The database is at revision 0000, this version needs")


async def test_server_refuses_a_role_that_may_change_the_timeline(database: Database) -> None:
    assert await problem(database.url) == ""
    assert (await problem(database.migrate_url)).startswith(f"The role {OWNER_ROLE} may change the timeline")
    assert await problem(database.migrate_url, insecure_single_role=True) == ""


@pytest.mark.parametrize("table", ["case_events", "audit_log"])
@pytest.mark.parametrize("statement", ["update {} set created_at = created_at", "delete from {}", "truncate {}"])
async def test_application_cannot_change_append_only_tables(pool: Pool, statement: str, table: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(statement.format(table))
    assert await pool.fetchval(f"select count(*) from {table}") == 0


async def test_application_may_erase_free_text(pool: Pool) -> None:
    assert await pool.execute("delete from case_event_texts") == "DELETE 0"


async def test_application_cannot_change_the_schema(pool: Pool) -> None:
    for statement in ("create table extra (id bigint)", "drop table cases", "alter table cases disable trigger all"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(statement)


async def test_first_policy_is_there(pool: Pool) -> None:
    assert await pool.fetchval("select array_agg(version) from policy_versions") == [1]


class OwnedDatabase:
    """A database whose owner is an ordinary role, as on a managed server."""

    def __init__(self, cluster: Cluster, *, may_create_roles: bool) -> None:
        made = cluster.create(empty=True)
        self.owner, self.app = f"{made.name}_owner", f"{made.name}_app"
        self.migrate_url = cluster.url(self.owner, made.name)
        self.url = cluster.url(self.app, made.name).replace("@", ":p%40ss@")
        with psycopg.connect(made.migrate_url, autocommit=True) as superuser:
            right = sql.SQL("createrole" if may_create_roles else "nocreaterole")
            superuser.execute(sql.SQL("create role {} login {}").format(sql.Identifier(self.owner), right))
            names = sql.Identifier(made.name), sql.Identifier(self.owner)
            superuser.execute(sql.SQL("alter database {} owner to {}").format(*names))


async def test_owner_without_superuser_makes_the_configured_role(cluster: Cluster) -> None:
    owned = OwnedDatabase(cluster, may_create_roles=True)
    assert migrate_for(owned.url, owned.migrate_url).app_role == owned.app
    assert await problem(owned.url) == ""


async def test_owner_who_may_not_make_roles_is_told_what_to_run(cluster: Cluster) -> None:
    owned = OwnedDatabase(cluster, may_create_roles=False)
    with pytest.raises(SchemaProblem, match=f"create role {owned.app} login password"):
        migrate_for(owned.url, owned.migrate_url)


async def test_one_role_for_everything_needs_the_flag(cluster: Cluster) -> None:
    owned = OwnedDatabase(cluster, may_create_roles=False)
    migrate_for(owned.migrate_url, None)
    assert (await problem(owned.migrate_url)).startswith(f"The role {owned.owner} may change the timeline")
    assert await problem(owned.migrate_url, insecure_single_role=True) == ""


async def test_right_given_by_hand_is_taken_back(cluster: Cluster) -> None:
    database = cluster.create()
    with psycopg.connect(database.migrate_url, autocommit=True) as owner:
        owner.execute(f"grant update on case_events to {APP_ROLE}")
    assert (await problem(database.url)).startswith(f"The role {APP_ROLE} may change the timeline")
    migrate(database.migrate_url)
    assert await problem(database.url) == ""
