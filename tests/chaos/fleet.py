"""Real processes of `amends serve` and `amends worker`, started again whenever they die, and killed on demand."""

import asyncio
import contextlib
import os
import random
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from tests.running import reserved_port

COMMAND: Final = "from amends.cli import main; main()"
DIES_YOUNG_S: Final = 0.5


@dataclass
class Member:
    """One process of the fleet, living many lives."""

    arguments: tuple[str, ...]
    environ: dict[str, str]
    log: Path
    port: int | None = None
    lives: int = 0
    kills: int = 0
    process: asyncio.subprocess.Process | None = None

    async def live(self) -> None:
        """Run the process over and over, until cancelled; it is not left behind."""
        try:
            while True:
                with self.log.open("ab") as log:
                    self.process = await asyncio.create_subprocess_exec(
                        *(sys.executable, "-c", COMMAND, *self.arguments),
                        env=self.environ,
                        stdin=asyncio.subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        start_new_session=True,
                    )
                self.lives += 1
                await self.process.wait()
                await asyncio.sleep(random.uniform(0, DIES_YOUNG_S))
        finally:
            self.kill()

    def kill(self) -> bool:
        """Send SIGKILL to the process and whatever it started; False: it is not alive."""
        if self.process is None or self.process.returncode is not None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.kills += 1
        return True

    async def answers(self) -> None:
        """Wait until the process serves requests."""
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=2) as client:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get("/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.1)


@dataclass
class Fleet:
    """All processes of one installation."""

    members: list[Member] = field(default_factory=list[Member])

    @property
    def ports(self) -> list[int]:
        """Return where web processes listen, when they live."""
        return [member.port for member in self.members if member.port is not None]

    def kill_one(self, dice: random.Random) -> bool:
        """Kill a process at random."""
        return dice.choice(self.members).kill()

    async def ready(self) -> None:
        """Wait until every web process serves requests."""
        for member in self.members:
            if member.port is not None:
                await member.answers()


@asynccontextmanager
async def fleet(environ: dict[str, str], folder: Path, *, webs: int, workers: int) -> AsyncGenerator[Fleet]:
    """Run the processes while in the block; afterwards all are killed."""
    running = Fleet()
    with contextlib.ExitStack() as reserved:
        for number in range(webs):
            port = reserved.enter_context(reserved_port())  # nobody else gets it between two lives
            arguments = ("serve", "--no-worker", "--port", str(port))
            running.members.append(Member(arguments, environ, folder / f"web{number}.log", port=port))
        for number in range(workers):
            running.members.append(Member(("worker",), environ, folder / f"worker{number}.log"))
        lives = [asyncio.create_task(member.live()) for member in running.members]
        try:
            yield running
        finally:
            for life in lives:
                life.cancel()
            await asyncio.gather(*lives, return_exceptions=True)
