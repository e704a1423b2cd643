"""`amends serve` and `amends worker` as processes: they answer, survive a killed child, and stop within ten seconds."""

import contextlib
import os
import signal
import socket
from collections.abc import Generator, Mapping
from pathlib import Path

import anyio
import httpx
import pytest

from amends.access.commands import TOKEN_PREFIX
from amends.db.notices import ExportNotice, announcing, tell
from amends.db.pool import Pool
from amends.db.transactions import transaction
from tests.builders import NOW, make_account
from tests.cli.commands import Process, amends, running
from tests.credentials import bearer
from tests.stream.ear import PATIENCE_S, listening

SERVING = "Serving on http://127.0.0.1:"


@pytest.fixture
def one(env: Mapping[str, str], tmp_path: Path) -> Generator[Process]:
    """Give a server of one process on a free port."""
    with running(tmp_path / "one", "serve", "--port", "0", env=env) as process:
        process.wait_for(SERVING)
        yield process


@pytest.fixture
def several(env: Mapping[str, str], tmp_path: Path) -> Generator[Process]:
    """Give a supervisor of two web processes and a worker."""
    with running(tmp_path / "several", "serve", "--port", "0", "--workers", "2", env=env) as process:
        process.wait_for(SERVING)
        yield process


def port_of(process: Process) -> int:
    return int(process.err.split(SERVING)[1].split()[0])


def children_of(pid: int) -> list[int]:
    """Return the processes below a process, the forking server's children included; of one that has ended, none."""
    listed: list[str] = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            listed += (thread / "children").read_text().split()
    return [int(child) for child in listed] + [below for child in listed for below in children_of(int(child))]


def healthy(port: int) -> bool:
    return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=PATIENCE_S).status_code == 200


def test_one_process_serves_and_stops_when_told(one: Process, env: Mapping[str, str]) -> None:
    token = amends("keys", "create", "--name", "x", env=env).out.strip()
    assert token.startswith(TOKEN_PREFIX)
    listed = httpx.get(
        f"http://127.0.0.1:{port_of(one)}/api/v1/resolution_center_cases", headers=bearer(token), timeout=PATIENCE_S
    )
    assert (listed.status_code, listed.json()["data"]) == (200, [])
    assert one.stop() == 0


def test_a_request_that_is_under_way_is_answered(one: Process, env: Mapping[str, str]) -> None:
    token = amends("keys", "create", "--name", "x", env=env).out.strip()
    body = b'{"kind": "account", "id": "acme", "title": "Acme", "currency": "usd"}\n'
    head = (
        f"POST /api/v1/imports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/x-ndjson\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port_of(one)), timeout=PATIENCE_S) as client:
        client.sendall(head.encode() + body[:20])
        assert healthy(port_of(one))
        os.kill(one.pid, signal.SIGTERM)
        while _accepts(port_of(one)):  # it stops listening first, and then waits for this request
            pass
        client.sendall(body[20:])
        answer = b"".join(iter(lambda: client.recv(65536), b"")).decode()
    assert answer.startswith("HTTP/1.1 201"), answer
    assert '"landed":1' in answer
    assert one.stop() == 0


def test_a_client_that_holds_a_connection_open_does_not_hold_up_the_end(one: Process) -> None:
    with (
        socket.create_connection(("127.0.0.1", port_of(one))) as idle,
        socket.create_connection(("127.0.0.1", port_of(one))) as half,
    ):
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(1024).startswith(b"HTTP/1.1 200")
        half.sendall(b"POST /api/v1/imports HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this")
        assert one.stop() in {0, 1}  # a busy machine may take the time that is left for closing down


def test_streams_are_sent_elsewhere_and_do_not_hold_up_the_end(one: Process, env: Mapping[str, str]) -> None:
    token = amends("keys", "create", "--name", "x", env=env).out.strip()
    with (
        httpx.Client(base_url=f"http://127.0.0.1:{port_of(one)}", headers={"Authorization": f"Bearer {token}"}) as http,
        http.stream("GET", "/api/v1/stream", timeout=PATIENCE_S) as first,
        http.stream("GET", "/api/v1/stream", timeout=PATIENCE_S) as second,
    ):
        heard = [first.iter_lines(), second.iter_lines()]
        assert [next(lines) for lines in heard] == ["retry: 2000"] * 2
        os.kill(one.pid, signal.SIGTERM)
        assert [list(lines)[-3:] for lines in heard] == [["event: reconnect", "data: {}", ""]] * 2
        assert one.stop() == 0


def test_a_second_signal_ends_it_at_once(one: Process) -> None:
    with socket.create_connection(("127.0.0.1", port_of(one))) as half:
        half.sendall(b"POST /api/v1/imports HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this")
        assert healthy(port_of(one))
        os.kill(one.pid, signal.SIGINT)
        assert one.stop(signal.SIGINT) in {0, 1}


async def test_every_process_hears_of_what_another_does(several: Process, pool: Pool, env: Mapping[str, str]) -> None:
    account = await make_account(pool)
    token = amends("keys", "create", "--name", "x", env=env).out.strip()
    notice = ExportNotice(account_id=account.id, id="exprt_1", state="processing", progress=7, at=NOW)
    url = f"http://127.0.0.1:{port_of(several)}"
    async with (
        httpx.AsyncClient(base_url=url, headers=bearer(token), timeout=PATIENCE_S) as http,
        contextlib.AsyncExitStack() as streams,
    ):
        ears = [await streams.enter_async_context(listening(http, token)) for _ in range(6)]
        async with announcing(pool, env["AMENDS_DATABASE_URL"]):
            async with transaction(pool) as connection:
                tell(connection, notice)
            heard = [await ear.hear() for ear in ears]
    assert {event.data["progress"] for event in heard} == {7}


async def test_a_killed_child_is_started_again(several: Process) -> None:
    port = port_of(several)
    killed = min(await _two_that_listen(several, port, set()))
    os.kill(killed, signal.SIGKILL)
    await _two_that_listen(several, port, {killed})
    assert healthy(port)
    assert '"event": "child_died"' in several.err
    assert several.stop() == 0
    with pytest.raises(ConnectionError):
        socket.create_connection(("127.0.0.1", port))


async def test_nothing_is_left_when_the_supervisor_is_killed(several: Process) -> None:
    children = children_of(several.pid)
    assert len(children) >= 3
    several.stop(signal.SIGKILL)
    with anyio.fail_after(PATIENCE_S):
        while any(_is_alive(pid) for pid in children):  # noqa: ASYNC110 (no event tells us)
            await anyio.sleep(0.1)


async def test_a_worker_runs_until_it_is_told_to_stop(pool: Pool, env: Mapping[str, str], tmp_path: Path) -> None:
    with running(tmp_path / "worker", "worker", env=env) as worker:
        worker.wait_for("Working.")
        assert worker.stop() == 0
    assert await pool.fetchval("select count(*) from accounts") == 0


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S).close()
    except ConnectionError:
        return False
    return True


async def _two_that_listen(several: Process, port: int, but: set[int]) -> set[int]:
    """Wait until two children listen, those given left out."""
    with anyio.fail_after(PATIENCE_S):
        while len(found := {pid for pid in children_of(several.pid) if _listens(pid, port)} - but) < 2:  # noqa: ASYNC110 (no event tells us)
            await anyio.sleep(0.1)
    return found


def _listens(pid: int, port: int) -> bool:
    """Tell whether a process holds the socket that listens on the port."""
    wanted = f"0100007F:{port:04X}"
    inodes = {
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[1] == wanted and line.split()[3] == "0A"
    }
    try:
        held = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
    except (FileNotFoundError, ProcessLookupError):
        return False
    return any(f"socket:[{inode}]" in held for inode in inodes)


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
