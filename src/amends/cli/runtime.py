"""What commands run on: the settings, a database that answers and is migrated, and the parts of a process."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from amends.db.embedded import EmbeddedServer
from amends.db.notices import announcing
from amends.db.pool import Pool, connect, create_pool
from amends.db.schema_state import SchemaProblem, check_database
from amends.kit.clock import Clock
from amends.services import Services
from amends.settings import Settings, clock_of, load_settings

T = TypeVar("T")
SERVER_FOLDER: Final = "postgres"


def settings_from_environment() -> Settings:
    """Read the settings of this command.

    Raises:
        InvalidSetting: a variable that cannot be understood.
    """
    return load_settings(os.environ)


def clock() -> Clock:
    """Return the clock of the settings: a demo's runs apart from the machine's."""
    return clock_of(settings_from_environment())


@contextmanager
def embedded_database(data_dir: Path) -> Generator[EmbeddedServer]:
    """Run the server under `data_dir`, or use the running one, migrated to this version, while in the block."""
    with embedded_server(data_dir) as server:
        bring_up_to_date(server)
        yield server


def embedded_server(data_dir: Path) -> EmbeddedServer:
    """Return the server under `data_dir`, not started yet."""
    return EmbeddedServer(data_dir / SERVER_FOLDER)


def bring_up_to_date(server: EmbeddedServer) -> None:
    """Migrate the server's database, unless it is at this version's revision."""
    try:
        asyncio.run(_check(server.migrate_url, insecure_single_role=True))
    except SchemaProblem:
        from amends.db.migrate import migrate  # noqa: PLC0415 (loads Alembic, which a server does without)

        migrate(server.migrate_url)


@contextmanager
def database(settings: Settings) -> Generator[Settings]:
    """Give settings that name a database which answers: the configured one, or the embedded server's.

    The embedded one is migrated as needed. The configured one must be migrated already.

    Raises:
        SchemaProblem: it is not, or the role may rewrite timelines.
    """
    if settings.database_url is not None:
        asyncio.run(_check(settings.database_url, insecure_single_role=settings.insecure_single_role))
        yield settings
        return
    with embedded_database(settings.data_dir) as server:
        yield msgspec.structs.replace(settings, database_url=server.database_url, migrate_url=server.migrate_url)


def with_pool(work: Callable[[Pool], Awaitable[T]]) -> T:
    """Run `work` with a small pool on the database of the settings."""
    with database(settings_from_environment()) as settings:
        return asyncio.run(_with_pool(settings, work))


def with_services(work: Callable[[Services], Awaitable[T]]) -> T:
    """Run `work` with all parts of a process, on the database of the settings."""
    with database(settings_from_environment()) as settings:
        return asyncio.run(_with_services(settings, work))


async def _with_services(settings: Settings, work: Callable[[Services], Awaitable[T]]) -> T:
    from amends.app import open_services  # noqa: PLC0415 (loads everything, which small commands need not wait for)

    async with open_services(settings) as services:
        return await work(services)


async def _with_pool(settings: Settings, work: Callable[[Pool], Awaitable[T]]) -> T:
    assert settings.database_url is not None  # noqa: S101
    url = settings.database_url
    async with create_pool(url, max_size=2, application="amends command") as pool, announcing(pool, url):
        return await work(pool)


async def _check(url: str, *, insecure_single_role: bool) -> None:
    connection = await connect(url, application="amends command")
    try:
        await check_database(connection, insecure_single_role=insecure_single_role)
    finally:
        await connection.close()
