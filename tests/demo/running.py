"""A running `amends demo --json`: what it printed, and where its data is."""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.cli.commands import Process, running


class Demo:
    """A demo that answers."""

    def __init__(self, process: Process, data: Path) -> None:
        self.process = process
        self.data = data
        lines = process.out.splitlines()
        assert len(lines) == 1, lines
        self.printed: dict[str, Any] = json.loads(lines[0])
        self.url: str = self.printed["url"]

    @property
    def env(self) -> Mapping[str, str]:
        """Return the settings of a command that works on the demo's data."""
        return {"AMENDS_DATA_DIR": str(self.data)}


@contextmanager
def running_demo(data: Path, *words: str) -> Generator[Demo]:
    """Run a demo on a free port while in the block."""
    options = ("--json", "--port", "0", "--data", str(data), *words)
    with running(data / "output", "demo", *options, env={}) as process:
        process.wait_for("}\n")
        yield Demo(process, data)
