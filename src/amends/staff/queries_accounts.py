"""The list of accounts, for the platform's staff: newest first, narrowed by a search. SQL and nothing else."""

from typing import Final

from amends.db.keyset import Listing, by_number, statements

_SHOWN = "id, pid, title, currency"
_MATCHING = """(
    $1::text is null
    or title ilike $1
    or pid = $2
    or external_id = $2
)"""
_NEWEST_FIRST = by_number("id")

FOUND_ACCOUNTS_SQLS: Final = statements(_SHOWN, "accounts", _MATCHING, _NEWEST_FIRST, 3)
FOUND_ACCOUNTS: Final = Listing("found_accounts", _NEWEST_FIRST, FOUND_ACCOUNTS_SQLS)
"""$1: a pattern of titles, or null for all; $2: a public id, or the platform's own."""


def pattern_of(words: str) -> str:
    r"""Return the pattern of titles that contain some words; `%` and `_` are meant as they stand."""
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
