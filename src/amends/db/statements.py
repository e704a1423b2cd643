"""The text of the revisions: plain SQL files, one folder a revision, run in the order of their names."""

from pathlib import Path
from typing import Final

import psycopg
from alembic import op

REVISIONS: Final = Path(__file__).parent / "revisions"


def run_statements(revision: str) -> None:
    """Run every file of `revisions/sql/<revision>/` on the connection of the migration.

    The text goes to the server as it is, without parameters, so that a file may hold many statements and any `%`.
    """
    driver = op.get_bind().connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError(f"revisions run on psycopg, not on {type(driver).__name__}")
    for file in sorted((REVISIONS / "sql" / revision).glob("*.sql")):
        driver.execute(file.read_bytes())
