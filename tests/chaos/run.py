"""One run: load on, kills at random, load off, let everything settle, count."""

import asyncio
import contextlib
import os
import random
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import msgspec

from amends.app import create_worker, open_services
from amends.db.pool import Pool, create_pool
from amends.kit.clock import ManualClock, SystemClock
from amends.kit.signing import Signer
from amends.payments.providers.sandbox import SandboxProvider
from amends.settings import Settings, load_settings
from tests.chaos.fleet import fleet
from tests.chaos.load import Load, Noted
from tests.chaos.verdict import Verdict, is_settled, judge
from tests.credentials import ISSUER

SECRET: Final = "a secret of the chaos run, long enough for anything"
SETTLE_STEP: Final = timedelta(minutes=10)
SETTLE_WITHIN_S: Final = 600


@dataclass(frozen=True)
class Plan:
    """How hard to be."""

    kills: int
    seed: int
    every_s: float
    """The mean time from when a case could be accepted again to the next kill."""
    webs: int = 2
    workers: int = 2
    clients: int = 6
    rest_s: float = 0.05


@dataclass(frozen=True)
class Outcome:
    """What happened and what was found."""

    plan: Plan
    kills: int
    lives: int
    took_s: float
    noted: Noted
    verdict: Verdict

    def summary(self) -> str:
        """Write it down for people."""
        noted, verdict = self.noted, self.verdict
        lines = [
            f"seed {self.plan.seed}: {self.kills} kills in {self.lives} lives of processes, {self.took_s:.0f} s",
            f"acknowledged: {len(noted.opened)} cases opened, {len(noted.accepted)} accepted",
            f"requests: {noted.unanswered} got no answer and were asked again, {noted.repeated} came twice on purpose",
            f"found: {verdict.cases} cases, {verdict.accepted} accepted, {verdict.refunds} refunds",
            f"moved: {verdict.refunded_minor} by our books, {verdict.moved_minor} by the provider's, in minor units",
            *(f"WRONG: {wrong}" for wrong in verdict.wrong[:50]),
            f"{len(verdict.wrong)} things are wrong" if verdict.wrong else "nothing lost, nothing doubled",
        ]
        return "\n".join(lines)


async def run_chaos(plan: Plan, *, database_url: str, folder: Path) -> Outcome:
    """Do one run on an empty migrated database."""
    began = time.monotonic()
    dice = random.Random(plan.seed)
    environ = _environ(database_url, folder)
    async with (
        create_pool(database_url, max_size=8) as pool,
        SandboxProvider.open(database_url, clock=SystemClock(), signer=Signer(SECRET.encode())) as sandbox,
    ):
        async with fleet(environ, folder, webs=plan.webs, workers=plan.workers) as processes:
            load = Load(pool, sandbox, processes, dice)
            await load.prepare()
            await processes.ready()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(load.run(clients=plan.clients, rest_s=plan.rest_s))
                kills = 0
                while kills < plan.kills:
                    await load.gets_on(accepted=kills + 1)  # on a busy machine a process needs long to be back
                    await asyncio.sleep(dice.uniform(0, 2 * plan.every_s))
                    kills += processes.kill_one(dice)
                load.stop()
            lives = sum(member.lives for member in processes.members)
        with contextlib.suppress(TimeoutError):  # the verdict says what has not settled
            await _settle(pool, load_settings(environ))
        verdict = await judge(pool, load.noted)
    return Outcome(plan, kills, lives, time.monotonic() - began, load.noted, verdict)


async def _settle(pool: Pool, settings: Settings) -> None:
    """Work on in this process with a clock that runs ahead, so that all that waits for a time is due soon.

    What the dead were working on is free again when they have not been heard of for a while, by the database's clock.
    """
    clock = ManualClock(SystemClock().now())
    async with open_services(settings, clock=clock) as services, asyncio.timeout(SETTLE_WITHIN_S):
        worker = create_worker(services)
        while not await is_settled(pool):
            clock.advance(SETTLE_STEP)
            await worker.sweep()
            await worker.run_until_idle()
            await asyncio.sleep(0.5)


def _environ(database_url: str, folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AMENDS_")}
    return {
        **kept,
        "AMENDS_DATABASE_URL": database_url,
        "AMENDS_DATABASE_POOL_SIZE": "6",
        "AMENDS_DATA_DIR": str(folder),
        "AMENDS_SECRET_KEY": SECRET,
        "AMENDS_RATE_LIMIT_PER_MINUTE": "1000000",
        "AMENDS_LOG_LEVEL": "warning",
        "AMENDS_TOKEN_ISSUERS": msgspec.json.encode((ISSUER,)).decode(),
    }
