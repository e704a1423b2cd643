"""Runs `amends` as a person does: a process of its own, its environment, what it prints and its exit code."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

START_WITHIN_S = 900
END_WITHIN_S = 120.0
PROGRAM = str(Path(sys.executable).with_name("amends"))


@dataclass(frozen=True)
class Ran:
    """A finished command."""

    code: int
    out: str
    err: str


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with no setting of Amends but the given ones."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AMENDS_")}
    return {**kept, "COLUMNS": "200", **given}


def amends(*words: str, env: Mapping[str, str], stdin: str = "") -> Ran:
    """Run a command to its end."""
    done = subprocess.run(
        [PROGRAM, *words],
        env=environment(env),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=START_WITHIN_S,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


class Process:
    """A command that goes on until it is told to stop. Its output goes to files, which fill while it runs."""

    def __init__(self, folder: Path, words: tuple[str, ...], env: Mapping[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._out, self._err = folder / "out", folder / "err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._running = self._start(words, env, out, err)

    @staticmethod
    def _start(
        words: tuple[str, ...], env: Mapping[str, str], out: IO[bytes], err: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [PROGRAM, *words], env=environment(env), stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )

    @property
    def pid(self) -> int:
        return self._running.pid

    @property
    def out(self) -> str:
        return self._out.read_text(errors="replace")  # the end of what is being written may be half a letter

    @property
    def err(self) -> str:
        return self._err.read_text(errors="replace")

    def wait_for(self, text: str) -> None:
        """Wait until the text was printed."""
        give_up_at = time.monotonic() + START_WITHIN_S
        while text not in self.out + self.err:
            assert self._running.poll() is None, f"it ended with {self._running.returncode}: {self.err}"
            assert time.monotonic() < give_up_at, f"it never said {text!r}: {self.out}{self.err}"
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._running.wait(0.1)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, and return the exit code: 0 is an end in order, as the last resort against hanging says 1."""
        self._running.send_signal(how)
        return self._running.wait(END_WITHIN_S)

    def end(self) -> None:
        """End it if it still runs: in order, so that it leaves no server of its own behind, or else by force."""
        if self._running.poll() is None:
            self._running.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._running.wait(END_WITHIN_S)
        self.kill()

    def kill(self) -> None:
        """End it without any ceremony, if it still runs."""
        if self._running.poll() is None:
            self._running.kill()
            self._running.wait()


@contextlib.contextmanager
def running(folder: Path, *words: str, env: Mapping[str, str]) -> Generator[Process]:
    """Run a command while in the block."""
    process = Process(folder, words, env)
    try:
        yield process
    finally:
        process.end()
