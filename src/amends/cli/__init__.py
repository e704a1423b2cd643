"""The command line: `amends VERB`. One module a verb family; what a verb does lives in the domains."""

from amends.cli.root import main

__all__ = ["main"]
