"""`make chaos`: the long form, on a server of its own that syncs to disk. `--kills`, `--seed`, `--every` (seconds)."""

import argparse
import asyncio
import random
import signal
import sys
import tempfile
from pathlib import Path

from amends.db.embedded import EmbeddedServer
from amends.db.migrate import migrate
from tests.chaos.run import Plan, run_chaos


def main() -> int:
    """Run, print what happened, and say by the exit code whether the money is right."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="how many processes to kill (200)")
    parser.add_argument("--every", type=float, default=2.5, help="mean seconds between two kills (2.5)")
    parser.add_argument(
        "--seed", type=int, default=random.SystemRandom().randrange(10**6), help="of all random choices"
    )
    given = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    plan = Plan(kills=given.kills, seed=given.seed, every_s=given.every)
    sys.stdout.write(f"{plan.kills} kills, one each {plan.every_s} s or so, seed {plan.seed} …\n")
    sys.stdout.flush()
    with tempfile.TemporaryDirectory(prefix="amends-chaos-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with EmbeddedServer(folder / "postgres") as server:
            migrate(server.migrate_url)
            outcome = asyncio.run(run_chaos(plan, database_url=server.database_url, folder=folder))
    sys.stdout.write(outcome.summary() + "\n")
    return 1 if outcome.verdict.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
