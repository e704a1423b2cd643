"""The server in a folder: shared by processes, stopped by the last, back after a crash, nobody else's."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from amends.db.embedded import EmbeddedServer, EmbeddedServerError, packaged_binaries
from tests.conftest import binaries

PATIENCE_S = 120

HOLD = """
import sys
from pathlib import Path
from amends.db.embedded import EmbeddedServer
with EmbeddedServer(Path(sys.argv[1]), binaries=Path(sys.argv[2]) if sys.argv[2] else None, throw_away=True):
    print("holding", flush=True)
    sys.stdin.readline()
"""
ENDED_IN_ORDER = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
"""


def embedded(folder: Path) -> EmbeddedServer:
    return EmbeddedServer(folder, binaries=binaries(), throw_away=True)


def answers(server: EmbeddedServer) -> bool:
    try:
        psycopg.connect(server.migrate_url, connect_timeout=PATIENCE_S).close()
    except psycopg.OperationalError:
        return False
    return True


def server_pid(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().split("\n")[0])


class OtherProcess:
    """Another process that uses the server until it is told to leave, or killed."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-c", HOLD, str(folder), str(binaries() or "")]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"holding\n"

    def leave(self) -> None:
        self._process.communicate(b"\n", timeout=PATIENCE_S)

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.communicate(timeout=PATIENCE_S)


@pytest.fixture
def folder(tmp_path: Path) -> Generator[Path]:
    yield tmp_path / "postgres"
    if (tmp_path / "postgres" / "data" / "postmaster.pid").exists():  # left running by a test that failed
        with embedded(tmp_path / "postgres"):
            pass


def test_data_is_there_after_a_restart(folder: Path) -> None:
    durable = EmbeddedServer(folder, binaries=binaries())
    with durable as server, psycopg.connect(server.migrate_url, autocommit=True) as owner:
        owner.execute("create table kept (id bigint)")
    assert not answers(server)
    with embedded(folder) as server, psycopg.connect(server.migrate_url) as owner:
        assert owner.execute("select count(*) from kept").fetchone() == (0,)


def test_last_process_out_stops_the_server(folder: Path) -> None:
    server = embedded(folder)
    server.start()
    other = OtherProcess(folder)
    server.stop()
    assert answers(server)
    other.leave()
    assert not answers(server)


def test_killed_process_counts_no_more(folder: Path) -> None:
    server = embedded(folder)
    server.start()
    OtherProcess(folder).kill()
    assert answers(server)
    server.stop()
    assert not answers(server)


def test_server_survives_its_starter_and_the_next_process_takes_it_over(folder: Path) -> None:
    OtherProcess(folder).kill()
    first = server_pid(folder)
    with embedded(folder) as server:
        assert answers(server)
        assert server_pid(folder) == first
    assert not answers(server)


def test_process_that_is_told_to_end_while_it_starts_leaves_no_server(folder: Path) -> None:
    log = folder / "data" / "server.log"
    command = [sys.executable, "-c", ENDED_IN_ORDER + HOLD, str(folder), str(binaries() or "")]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        while not log.exists() or "listening on Unix socket" not in log.read_text():
            with contextlib.suppress(subprocess.TimeoutExpired):
                raise AssertionError(process.wait(0.02))
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 3
    assert not (folder / "data" / "postmaster.pid").exists()


def test_server_that_was_killed_comes_back(folder: Path) -> None:
    server = embedded(folder)
    server.start()
    os.kill(server_pid(folder), signal.SIGKILL)
    OtherProcess(folder).leave()
    server.stop()
    with embedded(folder) as again:
        assert answers(again)


def test_number_of_a_dead_server_may_belong_to_somebody_else(folder: Path) -> None:
    with embedded(folder):
        lines = (folder / "data" / "postmaster.pid").read_text().split("\n")
    (folder / "data" / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]))
    with embedded(folder) as server:
        assert answers(server)


def test_starting_and_stopping_twice_is_once(folder: Path) -> None:
    server = embedded(folder)
    server.start()
    server.start()
    server.stop()
    assert not answers(server)
    server.stop()


def test_cluster_that_was_half_made_is_made_anew(folder: Path) -> None:
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "base").mkdir()
    with embedded(folder) as server:
        assert answers(server)


def test_folder_with_a_long_path_has_its_socket_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / ("a long name " * 8) / "postgres"
    with embedded(folder) as server:
        assert answers(server)
    assert not (folder / "socket").exists()


def test_programs_in_a_folder_that_others_may_not_enter_are_run(tmp_path: Path, folder: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    package = packaged_binaries().parent.parent
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, closed / part.name)
    programs = closed / packaged_binaries().relative_to(package.parent)
    with EmbeddedServer(folder, binaries=programs, throw_away=True) as server:
        assert psycopg.connect(server.migrate_url).execute("select 1").fetchone() == (1,)
    assert closed.stat().st_mode & 0o777 == 0o700


def test_folder_that_others_may_not_enter_stays_closed(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with embedded(closed / "postgres") as server:
        assert answers(server)
    assert closed.stat().st_mode & 0o777 == 0o700


def test_folder_of_another_version_is_refused(folder: Path) -> None:
    with embedded(folder):
        pass
    version = folder / "data" / "PG_VERSION"
    made_by = version.read_text()
    version.write_text("9\n")
    with pytest.raises(EmbeddedServerError, match="was made by PostgreSQL 9"):
        embedded(folder).start()
    version.write_text(made_by)


def test_socket_and_data_are_closed_to_others(folder: Path) -> None:
    with embedded(folder) as server:
        socket = Path(parse_qs(urlsplit(server.migrate_url).query)["host"][0])
        assert [place.stat().st_mode & 0o077 for place in (folder / "data", socket)] == [0, 0]
