"""Keeps the test run's PostgreSQL: a process of its own, so that the server goes when the run goes, however it ends.

Starts the server in the folder that it is given, says so, waits for the end of its standard input, then stops the
server and removes the folder.
"""

import shutil
import sys
from pathlib import Path

from amends.db.embedded import EmbeddedServer


def keep(folder: Path, binaries: Path | None) -> None:
    """Run the server until standard input ends."""
    try:
        with EmbeddedServer(folder, binaries=binaries, throw_away=True):
            sys.stdout.write("up\n")
            sys.stdout.flush()
            sys.stdin.read()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    keep(Path(sys.argv[1]), Path(sys.argv[2]) if sys.argv[2:] else None)
