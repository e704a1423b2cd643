"""`amends migrate`: brings the schema to the newest revision and gives the application's role its rights.

Safe to run twice and by any number of processes at once: all of it happens under an advisory lock held by the
migrating connection. Two roles: the owner, which only this module uses, and the application's role, which may add to
the timeline and the audit log but never change them. Loads Alembic: servers know the schema by `schema_state`.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, LiteralString
from urllib.parse import unquote, urlsplit

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import errors, sql
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from amends.db import tables
from amends.db.schema_state import APP_ROLE, HAS_REVISIONS_SQL, NEWEST_REVISION, REVISION_SQL, SchemaProblem

MIGRATION_LOCK: Final = 4_611_686_018_427_001  # any number, as long as it is always the same
ENVIRONMENT: Final = Path(__file__).parent / "environment"
REVISIONS: Final = Path(__file__).parent / "revisions"


@dataclass(frozen=True)
class Migrated:
    """What a migration did. `before` is None on an empty database; equal revisions: nothing was to do."""

    before: str | None
    after: str
    app_role: str


def migrate(migrate_url: str, *, app_role: str = APP_ROLE, app_role_password: str | None = None) -> Migrated:
    """Bring the database at the URL, whose role owns it, to the newest revision and grant `app_role` its rights.

    The application's role is made if it is not there, with the password if one is given; the password of a role that
    exists stays as it is. Waits while another process migrates. Errors of the database are psycopg's.
    """
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(migrate_url), poolclass=NullPool)
    with _as_the_driver_says(), engine.connect() as connection:
        driver = _driver(connection.connection.driver_connection)
        driver.execute("select pg_advisory_lock(%s)", [MIGRATION_LOCK])
        driver.commit()
        before = _revision(driver)
        driver.commit()
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        _grant(driver, app_role, app_role_password)
        driver.commit()
        return Migrated(before=before, after=NEWEST_REVISION, app_role=app_role)


def migrate_for(database_url: str, migrate_url: str | None) -> Migrated:
    """Migrate an installation as it is configured: the application's role and password are those of `database_url`.

    Without `migrate_url` the one role owns everything: see `check_database` for what that costs.
    """
    parts = urlsplit(database_url)
    role = unquote(parts.username) if parts.username else APP_ROLE
    password = unquote(parts.password) if parts.password else None
    return migrate(migrate_url or database_url, app_role=role, app_role_password=password)


@contextmanager
def _as_the_driver_says() -> Generator[None]:
    """Raise the driver's own error for one that SQLAlchemy wrapped, so that who explains it need not know of either."""
    try:
        yield
    except DBAPIError as error:
        raise error.orig or error from error.__cause__


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(ENVIRONMENT).replace("%", "%%"))
    config.set_main_option("version_locations", str(REVISIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _driver(connection: object) -> psycopg.Connection:
    if not isinstance(connection, psycopg.Connection):
        raise TypeError(f"migrations run on psycopg, not on {type(connection).__name__}")
    return connection


def _revision(driver: psycopg.Connection) -> str | None:
    exists = driver.execute(HAS_REVISIONS_SQL).fetchone()
    found = driver.execute(REVISION_SQL).fetchone() if exists and exists[0] else None
    return found[0] if found else None


def _grant(driver: psycopg.Connection, role: str, password: str | None) -> None:
    """Make the application's role and give it exactly the rights that it needs; nothing for a role that owns all."""
    if role == driver.info.user:
        return
    _make_role(driver, role, password)
    changeable = tuple(name for name in tables.ALL if name not in tables.APPEND_ONLY)
    rights: tuple[tuple[LiteralString, tuple[str, ...]], ...] = (
        ("grant usage on schema {names} to {role}", ("public", *tables.SCHEMAS)),
        ("revoke all on table {names} from {role}", tables.APPEND_ONLY),
        ("grant select, insert on table {names} to {role}", tables.APPEND_ONLY),
        ("grant select, insert, update, delete on table {names} to {role}", changeable),
        ("grant usage on sequence {names} to {role}", tables.SEQUENCES),
        ("grant usage on all sequences in schema {names} to {role}", tables.SCHEMAS),
        ("grant select on table {names} to {role}", ("public.alembic_version",)),
    )
    for text, names in rights:
        listed = sql.SQL(", ").join(sql.Identifier(*name.split(".")) for name in names)
        driver.execute(sql.SQL(text).format(names=listed, role=sql.Identifier(role)))


def _make_role(driver: psycopg.Connection, role: str, password: str | None) -> None:
    if driver.execute("select 1 from pg_catalog.pg_roles where rolname = %s", [role]).fetchone():
        return
    text = sql.SQL("create role {} login").format(sql.Identifier(role))
    if password is not None:
        text += sql.SQL(" password {}").format(sql.Literal(password))
    try:
        with driver.transaction():
            driver.execute(text)
    except (errors.DuplicateObject, errors.UniqueViolation):
        return  # made at the same moment by a migration of another database of the server
    except errors.InsufficientPrivilege as problem:
        raise SchemaProblem(
            f"The role {driver.info.user} may not create the application's role. As an administrator of the server run:"
            f" create role {role} login password '…'; then run `amends migrate` again."
        ) from problem
