"""The root command: which verbs there are, and how a failure of any of them is told.

A verb's module is loaded when it is used, so that `amends --help` and small commands start at once.
"""

import signal
import sys
from importlib import import_module
from types import FrameType
from typing import Any, Final, NamedTuple

import click

from amends import __version__
from amends.cli.exits import EXIT_MEANINGS, Failure
from amends.cli.failures import explain


class Verb(NamedTuple):
    """Where a verb is, and what it does in a few words."""

    module: str
    name: str
    summary: str


VERBS: Final = {
    "demo": Verb("demo", "demo", "Serve a believable marketplace to try things on."),
    "serve": Verb("serve", "serve", "Serve the API, and by default work off the jobs."),
    "worker": Verb("serve", "worker", "Work off the jobs: refunds, deadlines, imports."),
    "migrate": Verb("migrate", "migrate", "Bring the database to the schema of this version."),
    "import": Verb("imports", "import_file", "Import accounts, users, payments and more from a file."),
    "cases": Verb("cases", "cases", "List cases, show one."),
    "keys": Verb("keys", "keys", "Create, list and revoke API keys."),
    "users": Verb("users", "users", "Make the first person of the platform's staff."),
    "verify": Verb("verify", "verify", "Check that no timeline was altered."),
    "reconcile": Verb("reconcile", "reconcile", "Compare refunds with the payment providers, and repair."),
}


class _Root(click.Group):
    """Loads verbs when they are asked for, and tells known failures without a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        verb = VERBS.get(cmd_name)
        if verb is None:
            return None
        command: click.Command = getattr(import_module(f"amends.cli.{verb.module}"), verb.name)
        command.name, command.short_help = cmd_name, verb.summary
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.summary) for name, verb in VERBS.items()])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(int(code)), meaning) for code, meaning in EXIT_MEANINGS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            told = explain(error)
            if told is None:
                raise
            raise Failure(told) from error


@click.command(cls=_Root, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="amends")
def main() -> None:
    """Amends, a self-hosted resolution center.

    Settings come from AMENDS_* environment variables (docs/reference/settings.md). Without AMENDS_DATABASE_URL every
    command uses the PostgreSQL server under AMENDS_DATA_DIR (./var) and starts it when it does not run.
    """
    signal.signal(signal.SIGTERM, _end)


def _end(number: int, _frame: FrameType | None) -> None:
    """End like on Ctrl-C, so that an embedded server is stopped; processes that serve have their own way."""
    sys.exit(128 + number)
