"""${message}."""

from amends.db.statements import run_statements

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Run the files of the revision's folder in their order."""
    run_statements("${up_revision}")
