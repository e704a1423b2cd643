"""Writes docs/reference/cli.md from the commands themselves.

`python -m tests.cli.reference` writes it anew; a test holds the page to the commands.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from amends.cli import main
from amends.cli.exits import EXIT_MEANINGS

PAGE: Final = Path(__file__).parents[2] / "docs/reference/cli.md"

HEAD: Final = """\
# Commands

Every command reads its settings from the environment ([settings.md](settings.md)). Without `AMENDS_DATABASE_URL` it
uses the PostgreSQL server under `AMENDS_DATA_DIR`, and starts that for as long as it needs it: `amends keys list` works
while `amends serve` or `amends demo` runs on the same folder, and when nothing does.

Tables are for people; with `--json` a command prints one line of JSON. Progress is shown on standard error when that is
a terminal. `amends --help` and `amends COMMAND --help` say what is on this page.

## Exit codes

| code | meaning |
|---|---|
"""


def page() -> str:
    """Return the whole page."""
    codes = "".join(f"| {int(code)} | {meaning} |\n" for code, meaning in EXIT_MEANINGS.items())
    return HEAD + codes + "".join(_sections(main, click.Context(main, info_name="amends")))


def _sections(command: click.Command, context: click.Context) -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield _section(command, context)
        return
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from _sections(inner, click.Context(inner, parent=context, info_name=name))


def _section(command: click.Command, context: click.Context) -> str:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    text = "\n\n".join(" ".join(part.split()) for part in (command.help or "").split("\n\n"))
    rows = [row for parameter in command.get_params(context) if (row := parameter.get_help_record(context))]
    shown = [(option.replace("|", "\\|"), words) for option, words in rows if words and "--help" not in option]
    table = "".join(f"| `{option}` | {words} |\n" for option, words in shown)
    head = "\n| option | |\n|---|---|\n" if table else ""
    return f"\n## {context.command_path}\n\n```\n{usage}\n```\n\n{text}\n{head}{table}"


if __name__ == "__main__":
    PAGE.write_text(page())
