"""How commands answer: tables for people, JSON for scripts, progress on standard error when somebody watches."""

import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any, Final

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

WIDTH_IN_A_PIPE: Final = 200

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
"""The option of every command that prints data."""


def print_json(value: Any) -> None:
    """Print a value as one line of JSON."""
    click.echo(msgspec.json.encode(value).decode())


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str) -> None:
    """Print rows under their columns, or `empty` when there are none. Cells are never cut off."""
    listed = [[_cell(value) for value in row] for row in rows]
    if not listed:
        click.echo(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=not sys.stdout.isatty())
    for row in listed:
        table.add_row(*row)
    _console(table).print(table)


def print_facts(facts: Iterable[tuple[str, Any]]) -> None:
    """Print names and values below each other; those without a value are left out."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts:
        if value is not None:
            table.add_row(name, _cell(value))
    _console(table).print(table)


@contextmanager
def progress() -> Generator[Callable[[str, int, int | None], None]]:
    """Show bars on standard error while in the block, if that is a terminal.

    The given function hears what is being done, how much of it is done, and how much there is in all if known.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:

        def advance(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield advance


def _console(table: Table) -> Console:
    """Return a console that is wide enough when nobody's terminal sets the width."""
    if sys.stdout.isatty():
        return Console()
    measured = Console(width=10_000)
    return Console(width=max(WIDTH_IN_A_PIPE, measured.measure(table).maximum))


def _cell(value: Any) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value).replace("[", r"\[")
