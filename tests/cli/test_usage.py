"""What every command has in common: help, exit codes, and failures told in words that say what to do."""

import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli import reference
from tests.cli.commands import amends
from tests.conftest import Cluster, Database
from tests.running import reserved_port


def test_help_names_every_command_and_exit_code() -> None:
    ran = amends("--help", env={})
    assert ran.code == 0
    for word in ("demo", "serve", "worker", "migrate", "import", "cases", "keys", "users", "verify", "reconcile"):
        assert f"  {word} " in ran.out
    assert "Exit codes" in ran.out


def test_the_reference_is_what_the_commands_say() -> None:
    assert reference.PAGE.read_text() == reference.page(), "run: python -m tests.cli.reference"


def test_a_command_that_is_none_is_a_mistake_in_usage() -> None:
    ran = amends("resolve", env={})
    assert (ran.code, ran.out) == (2, "")
    assert "No such command 'resolve'" in ran.err


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("AMENDS_PROT", "8000", "AMENDS_PROT is not a setting"),
        ("AMENDS_PORT", "http", "AMENDS_PORT"),
        ("AMENDS_SECRET_KEY", "short", "AMENDS_SECRET_KEY needs at least 32 characters"),
    ],
)
def test_a_wrong_setting_is_named(env: Mapping[str, str], name: str, value: str, says: str) -> None:
    ran = amends("verify", env={**env, name: value})
    assert (ran.code, ran.out) == (1, "")
    assert says in ran.err


@pytest.mark.parametrize("command", [("keys", "list"), ("serve", "--port", "0"), ("migrate",)])
def test_a_database_that_does_not_answer_is_told(tmp_path: Path, command: tuple[str, ...]) -> None:
    with reserved_port() as port:
        url = f"postgresql://nobody@127.0.0.1:{port}/nothing"
        ran = amends(*command, env={"AMENDS_DATABASE_URL": url, "AMENDS_DATA_DIR": str(tmp_path)})
    assert ran.code == 1
    assert "The database cannot be reached" in ran.err
    assert "AMENDS_DATABASE_URL" in ran.err


def test_an_empty_database_asks_for_a_migration(cluster: Cluster, tmp_path: Path) -> None:
    empty = cluster.create(empty=True)
    env = {"AMENDS_DATABASE_URL": empty.migrate_url, "AMENDS_DATA_DIR": str(tmp_path)}
    ran = amends("keys", "list", env=env)
    assert ran.code == 1
    assert "run `amends migrate`" in ran.err


def test_migrate_brings_an_empty_database_up_to_date_once(cluster: Cluster, tmp_path: Path) -> None:
    empty = cluster.create(empty=True)
    env = {
        "AMENDS_DATABASE_URL": empty.url,
        "AMENDS_MIGRATE_URL": empty.migrate_url,
        "AMENDS_DATA_DIR": str(tmp_path),
    }
    first, second = amends("migrate", env=env), amends("migrate", env=env)
    assert (first.code, second.code) == (0, 0)
    assert first.out.startswith("The database went from empty to revision")
    assert second.out.endswith("nothing was to do.\n")
    assert amends("keys", "list", env=env).out == "There are no keys. `amends keys create` makes one.\n"


def test_a_role_that_may_rewrite_timelines_is_refused(database: Database, env: Mapping[str, str]) -> None:
    owner = {**env, "AMENDS_DATABASE_URL": database.migrate_url}
    refused = amends("keys", "list", env=owner)
    assert refused.code == 1
    assert "--insecure-single-role" in refused.err
    assert amends("keys", "list", env={**owner, "AMENDS_INSECURE_SINGLE_ROLE": "true"}).code == 0


def test_a_port_that_is_taken_is_told(env: Mapping[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = amends("serve", "--port", str(taken.getsockname()[1]), env=env)
    assert ran.code == 1
    assert "choose another --port" in ran.err
