"""What the tests of the command line share: the settings of a command on the test's own database."""

from collections.abc import Mapping
from pathlib import Path

import psycopg
import pytest

from tests.conftest import Database, empty_database

SECRET = "a secret of the tests, long enough for anything"


@pytest.fixture
def env(database: Database, owner: psycopg.Connection, tmp_path: Path) -> Mapping[str, str]:
    """Give the environment of commands on this worker's database, which is empty."""
    empty_database(owner)
    return {
        "AMENDS_DATABASE_URL": database.url,
        "AMENDS_MIGRATE_URL": database.migrate_url,
        "AMENDS_DATA_DIR": str(tmp_path / "var"),
        "AMENDS_SECRET_KEY": SECRET,
    }
