"""The engine: accounts and people, cases and their timelines, money, access, files, imports, the job queue."""

from amends.db.statements import run_statements

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Run the files of the revision's folder in their order."""
    run_statements("0001")
