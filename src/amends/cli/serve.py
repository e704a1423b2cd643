"""`amends serve` and `amends worker`: processes that go on until SIGTERM or Ctrl-C."""

import os
import socket
from collections.abc import Callable
from typing import Any

import click
import msgspec

from amends.cli.exits import Failure
from amends.cli.runtime import database, settings_from_environment
from amends.logs import configure_logging
from amends.settings import Settings
from amends.supervising import PortInUse, address, bind, serve_children

single_role = click.option(
    "--insecure-single-role",
    is_flag=True,
    help="Start although the database role could rewrite timelines (AMENDS_INSECURE_SINGLE_ROLE).",
)


@click.command()
@click.option("--host", help="The address to listen on (AMENDS_HOST; 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 takes a free one (AMENDS_PORT; 8000).")
@click.option("--workers", type=click.IntRange(1, 128), help="Web processes (AMENDS_WORKERS; 1).")
@click.option("--worker/--no-worker", default=True, show_default=True, help="Also work off the jobs.")
@single_role
def serve(worker: bool, insecure_single_role: bool, **given: Any) -> None:
    """Serve the API, and by default work off the jobs.

    One web process shares its process with the worker. With more, each is a process of its own, started again when it
    dies. SIGTERM and Ctrl-C let running requests finish and stop everything within 10 seconds.
    """
    settings = _with(settings_from_environment(), given, insecure_single_role)
    configure_logging(settings)
    try:
        listener = bind(settings.host, settings.port)
    except PortInUse as problem:
        raise Failure(str(problem)) from problem
    url = address(settings.host, listener.getsockname()[1])
    if "AMENDS_BASE_URL" not in os.environ:
        settings = msgspec.structs.replace(settings, base_url=url)
    with listener, database(settings) as ready_settings:
        _serve(ready_settings, listener, worker, lambda: click.echo(f"Serving on {url}", err=True))


def _serve(settings: Settings, listener: socket.socket, worker: bool, ready: Callable[[], None]) -> None:
    if settings.workers > 1:
        serve_children(settings, listener, worker=worker, ready=ready)
        return
    from amends.serving import serve_here  # noqa: PLC0415 (a supervisor does without)

    serve_here(settings, listener, worker=worker, ready=ready)


@click.command()
@single_role
def worker(insecure_single_role: bool) -> None:
    """Work off the jobs: refunds, deadlines, imports.

    Any number of workers may run, on any machine that reaches the database. One that is killed loses nothing: another
    takes its jobs over.
    """
    from amends.serving import run_worker  # noqa: PLC0415 (loads everything)

    settings = _with(settings_from_environment(), {}, insecure_single_role)
    configure_logging(settings)
    with database(settings) as ready_settings:
        run_worker(ready_settings, ready=lambda: click.echo("Working.", err=True))


def _with(settings: Settings, given: dict[str, Any], insecure_single_role: bool) -> Settings:
    """Return the settings with what the command line says in their place."""
    said = {name: value for name, value in given.items() if value is not None}
    if insecure_single_role:
        said["insecure_single_role"] = True
    return msgspec.structs.replace(settings, **said)
