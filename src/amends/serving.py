"""One process that serves the API, works off the jobs, or both, until a signal.

SIGTERM or Ctrl-C lets running requests and jobs finish, and the process is gone within `STOP_WITHIN_S`: what cannot
finish is cut, and runs again later. No process holds state, so any may be killed. `supervising` runs several.
"""

import asyncio
import contextlib
import gc
import os
import socket
import threading
from collections.abc import Callable, Generator
from typing import Final

import uvicorn
import uvloop
from litestar import Litestar

from amends.app import create_app, create_worker, end_streams, open_services
from amends.settings import Settings
from amends.supervising import STOP_WITHIN_S, Ready, nothing, stop_on_signals

GRACE_S: Final = 6.0
"""What a running request or job gets after the signal; the rest of the time is for closing down."""
KEEP_ALIVE_S: Final = 65


def serve_here(settings: Settings, listener: socket.socket | None, *, worker: bool, ready: Ready) -> None:
    """Run the web server on `listener`, if there is one, and a worker, if asked, in this process until a signal."""
    uvloop.run(_serve(settings, listener, worker=worker, ready=ready))


def run_worker(settings: Settings, *, ready: Ready) -> None:
    """Run a worker in this process until a signal."""
    serve_here(settings, None, worker=True, ready=ready)


async def _serve(settings: Settings, listener: socket.socket | None, *, worker: bool, ready: Ready) -> None:
    stop = asyncio.Event()
    stop_on_signals(stop)
    with _last_resort(stop):
        async with asyncio.TaskGroup() as parts:
            if worker:
                parts.create_task(_work(settings, stop, ready=ready if listener is None else nothing))
            if listener is not None:
                parts.create_task(_web(settings, listener, stop, ready=ready))


async def _web(settings: Settings, listener: socket.socket, stop: asyncio.Event, *, ready: Ready) -> None:
    app = create_app(settings)
    server = _Server(_uvicorn_config(app), ready, leaving=lambda: end_streams(app))

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


def _uvicorn_config(app: Litestar) -> uvicorn.Config:
    return uvicorn.Config(
        app,
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
    """Leaves signals to us, says when it listens, and when it is about to stop."""

    def __init__(self, config: uvicorn.Config, ready: Ready, leaving: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self._leaving = leaving

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.collect()
        gc.freeze()  # what is loaded now stays: later collections need not look at it
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._leaving()
        await super().shutdown(sockets)


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
