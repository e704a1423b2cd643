"""Several processes under one: web processes that share a listening socket, and a worker.

A child that dies is started again. On SIGTERM or Ctrl-C the children are told to stop, and everything has stopped
within `STOP_WITHIN_S`. Loads nothing that serves: that is `serving`, in the children.
"""

import asyncio
import contextlib
import multiprocessing
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Final, Literal

import structlog

from amends.logs import configure_logging
from amends.settings import Settings

STOP_WITHIN_S: Final = 10.0
RESTART_AFTER_S: Final = (0.0, 0.5, 1.0, 2.0, 5.0)
"""The wait before a child that ended young by itself starts again, by how often in a row it did."""
YOUNG_S: Final = 10.0
BACKLOG: Final = 2048
SERVING: Final = "amends.serving"
METRICS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Where the children put their numbers together, so that `/metrics` of any of them shows all."""

Role = Literal["web", "worker"]
Ready = Callable[[], None]

log = structlog.stdlib.get_logger("amends.supervising")


class PortInUse(Exception):
    """Nothing can listen on the address; the message says what to do."""


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens on the address; port 0 takes any free one.

    Raises:
        PortInUse: the address is taken or not one of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as problem:
        listener.close()
        raise PortInUse(
            f"Cannot listen on {host}:{port}: {problem.strerror}. Stop what listens there, or choose another --port."
        ) from problem
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def address(host: str, port: int) -> str:
    """Return the URL under which this machine reaches what listens on a host and port."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104
    return f"http://{everywhere.get(host, f'[{host}]' if ':' in host else host)}:{port}"


def serve_children(settings: Settings, listener: socket.socket, *, worker: bool, ready: Ready) -> None:
    """Run `settings.workers` web processes on `listener`, and a worker if asked, as children until a signal."""
    roles: list[Role] = ["web"] * settings.workers
    if worker:
        roles.append("worker")
    with tempfile.TemporaryDirectory(prefix="amends-metrics-") as shared:
        os.environ.setdefault(METRICS_FOLDER, shared)
        asyncio.run(_Supervisor(settings, listener, ready).run(roles))


def stop_on_signals(stop: asyncio.Event) -> None:
    """Set `stop` on SIGTERM or Ctrl-C; a second Ctrl-C ends the process at once.

    A second SIGTERM changes nothing: whoever stops a whole group of processes reaches a child twice.
    """

    def stop_or_end() -> None:
        if stop.is_set():
            os._exit(1)
        stop.set()

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, stop_or_end)


def nothing() -> None:
    pass


class _Supervisor:
    """Keeps one child for each role running until a signal.

    Children are forked from a server process that has loaded the code once: they start at once, and share its memory.
    """

    def __init__(self, settings: Settings, listener: socket.socket, ready: Ready) -> None:
        self._settings = settings
        self._listener = listener
        self._ready = ready
        self._waited_for = settings.workers
        self._stop = asyncio.Event()
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([SERVING])

    async def run(self, roles: list[Role]) -> None:
        stop_on_signals(self._stop)
        async with asyncio.TaskGroup() as children:
            for role in roles:
                children.create_task(self._keep(role))

    async def _keep(self, role: Role) -> None:
        died_young = 0
        while not self._stop.is_set():
            started_at = time.monotonic()
            code = await self._run_child(role)
            if self._stop.is_set():
                return
            lived_s = time.monotonic() - started_at
            ended_itself = code is not None and code >= 0  # being killed is nobody's mistake
            died_young = died_young + 1 if ended_itself and lived_s < YOUNG_S else 0
            wait_s = RESTART_AFTER_S[min(died_young, len(RESTART_AFTER_S) - 1)]
            log.warning("child_died", role=role, code=code, lived_s=round(lived_s, 1), restart_in_s=wait_s)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), wait_s)

    async def _run_child(self, role: Role) -> int | None:
        """Start a child, and return its exit code when it has ended, by itself or because we stop."""
        hears, tells = self._context.Pipe(duplex=False)
        listener = self._listener if role == "web" else None
        child = self._context.Process(target=_run_as_child, args=(role, self._settings, listener, tells))
        await asyncio.to_thread(child.start)
        tells.close()
        with hears, _readable(child.sentinel) as ended, _readable(hears.fileno()) as ready:
            stopping = asyncio.create_task(self._stop.wait())
            await asyncio.wait({ended, ready, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if ready.done() and role == "web" and not ended.done():
                self._note_ready()
            await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                await _end(child, ended)
            stopping.cancel()
        child.join()
        return child.exitcode

    def _note_ready(self) -> None:
        self._waited_for -= 1
        if self._waited_for == 0:
            self._ready()


@contextlib.contextmanager
def _readable(descriptor: int) -> Generator[asyncio.Future[None]]:
    """Give a future that is done when there is something to read, or nobody left to write."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()

    def note() -> None:
        loop.remove_reader(descriptor)
        future.set_result(None)

    loop.add_reader(descriptor, note)
    try:
        yield future
    finally:
        loop.remove_reader(descriptor)


async def _end(child: BaseProcess, ended: asyncio.Future[None]) -> None:
    child.terminate()
    try:
        await asyncio.wait_for(asyncio.shield(ended), STOP_WITHIN_S - 0.25)
    except TimeoutError:
        child.kill()


def _run_as_child(role: Role, settings: Settings, listener: socket.socket | None, tells: Connection) -> None:
    os.setsid()  # Ctrl-C reaches the supervisor alone, which then stops its children
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from amends.serving import serve_here  # noqa: PLC0415 (loaded by the process that this one was forked from)

    configure_logging(settings)
    serve_here(settings, listener, worker=role == "worker", ready=lambda: tells.send(True))


def _end_with_parent() -> None:
    """Stop like on a signal when the supervisor is gone, so that no orphan keeps the port."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
