"""What a measurement says: a value, the limit measured beside it, their ratio, and the target that the ratio has.

`kind` tells which way is better: `at_least` for rates, `at_most` for costs. A result without target is only reported.
"""

import json
from pathlib import Path
from typing import Literal

import msgspec
from rich.console import Console
from rich.table import Table


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    """What is measured against, in the same unit, in the same run."""
    target: float | None = None
    """Of the ratio where there is a limit, else of the value."""
    kind: Literal["at_least", "at_most"] = "at_least"

    @property
    def ratio(self) -> float | None:
        """Return value ÷ limit."""
        return None if self.limit is None else self.value / self.limit

    @property
    def met(self) -> bool | None:
        """Return whether the target is met; None without one."""
        if self.target is None:
            return None
        measured = self.value if self.ratio is None else self.ratio
        return measured >= self.target if self.kind == "at_least" else measured <= self.target

    def plain(self) -> dict[str, str | float | bool | None]:
        """Return what var/bench.json holds."""
        return {
            "name": self.name,
            "value": round(self.value, 3),
            "unit": self.unit,
            "limit": None if self.limit is None else round(self.limit, 3),
            "ratio": None if self.ratio is None else round(self.ratio, 3),
            "target": self.target,
            "met": self.met,
        }


def save(results: list[Result], path: Path) -> None:
    """Write the results as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([result.plain() for result in results], indent=1) + "\n")


def show(results: list[Result], console: Console) -> None:
    """Print the results as a table."""
    table = Table(title="Amends against its limits", title_justify="left")
    for heading in ("measurement", "value", "limit", "ratio", "target", "met"):
        table.add_column(heading, justify="left" if heading == "measurement" else "right")
    for result in results:
        sign = "≥" if result.kind == "at_least" else "≤"
        table.add_row(
            result.name,
            f"{result.value:,.1f} {result.unit}",
            "" if result.limit is None else f"{result.limit:,.1f}",
            "" if result.ratio is None else f"{result.ratio:.2f}",
            "" if result.target is None else f"{sign} {result.target:g}",
            {True: "yes", False: "NO", None: ""}[result.met],
        )
    console.print(table)
