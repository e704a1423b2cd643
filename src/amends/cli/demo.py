"""`amends demo`: an embedded database, a marketplace in it, and a server that answers until it is told to stop."""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click
import msgspec
import psycopg
import uvloop
from psycopg import sql

from amends.app import job_registry, open_services
from amends.cli.demo_words import greeting
from amends.cli.exits import Failure
from amends.cli.output import print_json, progress
from amends.cli.runtime import bring_up_to_date, embedded_server, settings_from_environment
from amends.db.embedded import DATABASE, OWNER_ROLE, EmbeddedServer
from amends.db.pool import connect, create_pool
from amends.demo.credentials import Platform, password_in
from amends.demo.load import load_demo
from amends.demo.offering import Offering, prepare_offering
from amends.demo.queries import all_accounts
from amends.demo.state import AnotherRuns, Loaded, State
from amends.kit.clock import ManualClock, parse_time, whole_ms
from amends.logs import configure_logging
from amends.serving import serve_here
from amends.settings import Settings, clock_of
from amends.supervising import PortInUse, address, bind

SUPPORT_URL: Final = "mailto:help@platform.example"
"""Where a demo's people find help, unless the environment says otherwise."""


class _Time(click.ParamType[datetime]):
    """A moment in ISO 8601."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            return parse_time(value)
        except ValueError:
            self.fail(f"{value!r} is not a time, such as 2026-11-23T09:00:00Z.", param, ctx)


@click.command()
@click.option(
    "--host",
    default="127.0.0.1",
    envvar="AMENDS_HOST",
    show_default=True,
    help="The address to listen on (AMENDS_HOST).",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    envvar="AMENDS_PORT",
    show_default=True,
    help="The port; 0 takes a free one (AMENDS_PORT).",
)
@click.option(
    "--data",
    "data_dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var"),
    envvar="AMENDS_DATA_DIR",
    show_default=True,
    help="The folder for the database and files (AMENDS_DATA_DIR).",
)
@click.option("--now", type=_Time(), help="What the demo's clock says at the start; it goes on from there.")
@click.option("--reset", is_flag=True, help="Throw the demo's data in the folder away, and begin again.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON when ready, for scripts.")
@click.option("--scale", type=click.FloatRange(0.001, 1), default=1.0, hidden=True)
def demo(host: str, port: int, data_dir: Path, now: datetime | None, reset: bool, as_json: bool, scale: float) -> None:
    """Serve a believable marketplace to try things on.

    Starts a PostgreSQL of its own under --data, fills it at the first time, and serves the API with a worker in the
    foreground until SIGTERM or Ctrl-C. What happens to the cases in the meantime stays for the next start. Keys and
    sign-in links are made anew at each start.
    """
    settings = _settings(host, data_dir)
    configure_logging(settings)
    state = State(data_dir)
    try:
        with bind(host, port) as listener, state.alone(), embedded_server(data_dir) as server:
            settings = _prepared(settings, server, state, listener.getsockname()[1], now, reset=reset, scale=scale)
            offering = uvloop.run(_offering(settings, state))
            serve_here(settings, listener, worker=True, ready=_announce(offering, data_dir, as_json=as_json))
    except PortInUse as problem:
        raise Failure(str(problem)) from problem
    except AnotherRuns as problem:
        raise Failure(f"A demo runs in {problem} already. Stop it, or choose another --data folder.") from problem


def _settings(host: str, data_dir: Path) -> Settings:
    """Return the settings of the environment, as far as a demo leaves them; it speaks when something is wrong."""
    given = settings_from_environment()
    return msgspec.structs.replace(
        given,
        host=host,
        data_dir=data_dir,
        workers=1,
        database_url=None,
        migrate_url=None,
        file_store_url=None,
        outbox=True,
        support_url=given.support_url or (None if given.support_text else SUPPORT_URL),
        log_level="warning" if given.log_level == "info" else given.log_level,
    )


def _prepared(
    settings: Settings,
    server: EmbeddedServer,
    state: State,
    port: int,
    now: datetime | None,
    *,
    reset: bool,
    scale: float,
) -> Settings:
    """Return the settings to serve with, on a database that holds the demo."""
    bring_up_to_date(server)
    settings = msgspec.structs.replace(
        settings,
        port=port,
        base_url=address(settings.host, port),
        database_url=server.database_url,
        migrate_url=server.migrate_url,
        token_issuers=(*settings.token_issuers, Platform.in_folder(state.folder).issuer),
    )
    loaded = state.loaded()
    if loaded is None and asyncio.run(_is_used(server)):
        raise Failure(
            f"{settings.data_dir} holds an installation that is not a demo, which stays as it is."
            " Choose another --data folder."
        )
    fresh = loaded is None or reset or not loaded.finished
    settings = msgspec.structs.replace(settings, clock_offset_s=_offset(now, None if reset else loaded))
    if fresh:
        if loaded is not None:
            _empty(server, state)
        _load(settings, server, state, scale)
    return settings


def _offset(now: datetime | None, loaded: Loaded | None) -> int:
    """Return how far the demo's clock is from the machine's: as asked for, else as it was."""
    if now is not None:
        return round((now - datetime.now(UTC)).total_seconds())
    return loaded.offset_s if loaded is not None else 0


async def _is_used(server: EmbeddedServer) -> bool:
    connection = await connect(server.database_url)
    try:
        return bool(await all_accounts(connection))
    finally:
        await connection.close()


def _empty(server: EmbeddedServer, state: State) -> None:
    """Begin with an empty database again."""
    with psycopg.connect(server.url(OWNER_ROLE, "postgres"), autocommit=True) as owner:
        owner.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(DATABASE)))
        owner.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
    state.forget()
    bring_up_to_date(server)


def _load(settings: Settings, server: EmbeddedServer, state: State, scale: float) -> None:
    """Load the demo, and let the planner know what is there."""
    at = whole_ms(clock_of(settings).now())
    state.note(Loaded(at=at, offset_s=settings.clock_offset_s, finished=False))
    with progress() as advance:
        _run_to_the_end(_load_at(settings, at, advance, scale))
    with psycopg.connect(server.migrate_url, autocommit=True) as owner:
        owner.execute("vacuum (analyze)")
    state.note(Loaded(at=at, offset_s=settings.clock_offset_s, finished=True))


def _run_to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Run `work`; SIGTERM cancels it in order, between two steps of the loop, and then ends the process."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        finished = uvloop.run(_until_sigterm(work))
    finally:
        signal.signal(signal.SIGTERM, before)  # closing the loop took it away
    if not finished:
        sys.exit(128 + signal.SIGTERM)


async def _until_sigterm(work: Coroutine[Any, Any, None]) -> bool:
    """Return whether `work` came to its end."""
    task, told = asyncio.ensure_future(work), asyncio.Event()

    def end() -> None:
        told.set()
        task.cancel()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)
    try:
        await task
    except asyncio.CancelledError:
        if not told.is_set():
            raise
        return False
    return True


async def _load_at(
    settings: Settings, at: datetime, advance: Callable[[str, int, int | None], None], scale: float
) -> None:
    # Until it is loaded, nobody would miss the data: commits need not wait for the disk.
    hasty = msgspec.structs.replace(settings, database_url=f"{settings.database_url}&synchronous_commit=off")
    clock = ManualClock(at)
    async with open_services(hasty, clock=clock) as services:
        await load_demo(services, clock, job_registry().handlers, advance, scale=scale)


async def _offering(settings: Settings, state: State) -> Offering:
    now = clock_of(settings).now()
    async with create_pool(settings.database_url or "", max_size=2) as pool:
        platform, password = Platform.in_folder(state.folder), password_in(state.folder)
        return await prepare_offering(pool, platform, settings.base_url, password=password, now=now)


def _announce(offering: Offering, data_dir: Path, *, as_json: bool) -> Callable[[], None]:
    return lambda: print_json(offering) if as_json else click.echo(greeting(offering, data_dir))
