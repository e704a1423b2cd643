"""How web processes and workers run, are watched, and stop.

One web process and its worker share this process; more of them are children of a supervisor that starts a child
again when it dies. SIGTERM or Ctrl-C lets running requests and jobs finish, and everything has stopped within
`STOP_WITHIN_S`: what cannot finish is cut, and runs again later. No process holds state, so any may be killed.
"""

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import structlog
import uvicorn
import uvloop

from amends.app import create_app, create_worker, open_services
from amends.logs import configure_logging
from amends.settings import Settings

STOP_WITHIN_S: Final = 10.0
GRACE_S: Final = 6.0
"""What a running request or job gets after the signal; the rest of the time is for closing down."""
RESTART_AFTER_S: Final = (0.0, 0.5, 1.0, 2.0, 5.0)
"""The wait before a child that died young starts again, by how often in a row it did."""
YOUNG_S: Final = 10.0
KEEP_ALIVE_S: Final = 65
BACKLOG: Final = 2048

Role = Literal["web", "worker"]
Ready = Callable[[], None]

log = structlog.stdlib.get_logger("amends.serving")


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


def serve_here(settings: Settings, listener: socket.socket | None, *, worker: bool, ready: Ready) -> None:
    """Run the web server on `listener`, if there is one, and a worker, if asked, in this process until a signal."""
    uvloop.run(_serve(settings, listener, worker=worker, ready=ready))


def serve_children(settings: Settings, listener: socket.socket, *, worker: bool, ready: Ready) -> None:
    """Run `settings.workers` web processes on `listener`, and a worker if asked, as children until a signal."""
    roles: list[Role] = ["web"] * settings.workers
    if worker:
        roles.append("worker")
    uvloop.run(_Supervisor(settings, listener, ready).run(roles))


def run_worker(settings: Settings, *, ready: Ready) -> None:
    """Run a worker in this process until a signal."""
    serve_here(settings, None, worker=True, ready=ready)


# One process


async def _serve(settings: Settings, listener: socket.socket | None, *, worker: bool, ready: Ready) -> None:
    stop = asyncio.Event()
    _stop_on_signals(stop)
    with _last_resort(stop):
        async with asyncio.TaskGroup() as parts:
            if worker:
                parts.create_task(_work(settings, stop, ready=ready if listener is None else _nothing))
            if listener is not None:
                parts.create_task(_web(settings, listener, stop, ready=ready))


async def _web(settings: Settings, listener: socket.socket, stop: asyncio.Event, *, ready: Ready) -> None:
    server = _Server(_uvicorn_config(settings), ready)

    async def exit_on_stop() -> None:
        await stop.wait()
        server.should_exit = True

    watching = asyncio.create_task(exit_on_stop())
    try:
        await server.serve(sockets=[listener])
    finally:
        watching.cancel()


async def _work(settings: Settings, stop: asyncio.Event, *, ready: Ready) -> None:
    async with open_services(settings) as services:
        worker = create_worker(services)

        async def end_on_stop() -> None:
            await stop.wait()
            worker.stop()

        ending = asyncio.create_task(end_on_stop())
        ready()
        try:
            await worker.run()
        finally:
            ending.cancel()


def _uvicorn_config(settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(settings),
        loop="none",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=int(GRACE_S),
    )


class _Server(uvicorn.Server):
    """Leaves signals to us, and says when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Ready) -> None:
        super().__init__(config)
        self._ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.collect()
        gc.freeze()  # what is loaded now stays: later collections need not look at it
        self._ready()


def _stop_on_signals(stop: asyncio.Event) -> None:
    """Set `stop` on the first SIGTERM or Ctrl-C; a second one ends the process at once."""

    def stop_or_end() -> None:
        if stop.is_set():
            os._exit(1)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop_or_end)


@contextlib.contextmanager
def _last_resort(stop: asyncio.Event) -> Generator[None]:
    """End the process shortly before `STOP_WITHIN_S` after `stop`, should anything hang."""
    timer = threading.Timer(STOP_WITHIN_S - 0.5, os._exit, (1,))
    timer.daemon = True

    async def arm() -> None:
        await stop.wait()
        timer.start()

    arming = asyncio.get_running_loop().create_task(arm())
    try:
        yield
    finally:
        timer.cancel()
        arming.cancel()


def _nothing() -> None:
    pass


# Several processes


class _Orders(msgspec.Struct, frozen=True):
    """What a child is told on its standard input, whose end means that its parent is gone."""

    role: Role
    settings: Settings
    listener: int | None


class _Supervisor:
    """Keeps one child for each role running until a signal."""

    def __init__(self, settings: Settings, listener: socket.socket, ready: Ready) -> None:
        self._settings = settings
        self._listener = listener
        self._ready = ready
        self._waited_for = settings.workers
        self._stop = asyncio.Event()

    async def run(self, roles: list[Role]) -> None:
        _stop_on_signals(self._stop)
        async with asyncio.TaskGroup() as children:
            for role in roles:
                children.create_task(self._keep(role))

    async def _keep(self, role: Role) -> None:
        died_young = 0
        while not self._stop.is_set():
            started_at = asyncio.get_running_loop().time()
            code = await self._run_child(role)
            if self._stop.is_set():
                return
            lived_s = asyncio.get_running_loop().time() - started_at
            died_young = died_young + 1 if lived_s < YOUNG_S else 0
            wait_s = RESTART_AFTER_S[min(died_young, len(RESTART_AFTER_S) - 1)]
            log.warning("child_died", role=role, code=code, lived_s=round(lived_s, 1), restart_in_s=wait_s)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), wait_s)

    async def _run_child(self, role: Role) -> int:
        """Start a child, and return its exit code when it has ended, by itself or because we stop."""
        listener = self._listener.fileno() if role == "web" else None
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "amends.serving"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=() if listener is None else (listener,),
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which then stops its children
        )
        assert child.stdin is not None  # noqa: S101
        child.stdin.write(_encode(_Orders(role=role, settings=self._settings, listener=listener)) + b"\n")
        ended = asyncio.create_task(child.wait())
        stopping = asyncio.create_task(self._stop.wait())
        listening = asyncio.create_task(self._note_ready(child, role))
        await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not ended.done():
            await _end(child, ended)
        stopping.cancel()
        listening.cancel()
        return await ended

    async def _note_ready(self, child: asyncio.subprocess.Process, role: Role) -> None:
        assert child.stdout is not None  # noqa: S101
        if await child.stdout.readline() and role == "web":
            self._waited_for -= 1
            if self._waited_for == 0:
                self._ready()


async def _end(child: asyncio.subprocess.Process, ended: asyncio.Task[int]) -> None:
    child.terminate()
    try:
        await asyncio.wait_for(asyncio.shield(ended), STOP_WITHIN_S - 0.25)
    except TimeoutError:
        child.kill()


def _encode(orders: _Orders) -> bytes:
    return msgspec.json.encode(orders, enc_hook=_write_path)


def _write_path(value: Any) -> str:
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(type(value))


def _read_path(kind: type, value: Any) -> Any:
    if kind is Path:
        return Path(value)
    raise NotImplementedError(kind)


def _run_as_child() -> None:
    orders = msgspec.json.decode(sys.stdin.buffer.readline(), type=_Orders, dec_hook=_read_path)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    configure_logging(orders.settings)
    listener = socket.socket(fileno=orders.listener) if orders.listener is not None else None
    serve_here(orders.settings, listener, worker=orders.role == "worker", ready=_say_ready)


def _end_with_parent() -> None:
    """Stop like on a signal when the supervisor is gone, so that no orphan keeps the port."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def _say_ready() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _run_as_child()
