"""What the exit code of a command says, and how a failure is told: one message that says what to do, no traceback."""

from enum import IntEnum

import click


class Exit(IntEnum):
    """The exit codes, the same for every command."""

    OK = 0
    """Done, and nothing to report."""
    FAILED = 1
    """It could not be done; the message on standard error says why and what to do."""
    USAGE = 2
    """The command line was not understood."""
    FOUND = 3
    """It ran to its end and found something: a broken chain, a refund that differs, a rejected line."""


EXIT_MEANINGS = {
    Exit.OK: "done, and nothing to report",
    Exit.FAILED: "it could not be done; standard error says why and what to do",
    Exit.USAGE: "the command line was not understood",
    Exit.FOUND: "it ran to its end and found something: a broken timeline, a refund that differs, a rejected line",
}


class Failure(click.ClickException):
    """A failure that is told in one message."""

    exit_code = Exit.FAILED
