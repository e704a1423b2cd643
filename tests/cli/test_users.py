"""`amends users`: the first admin, links for people who cannot sign in, and the end of a second step."""

import json
from collections.abc import Mapping

import psycopg
import pytest

from tests.cli.commands import amends

PASSWORD = "correct horse battery"
EMAIL = "root@platform.example"


@pytest.fixture
def admin(env: Mapping[str, str]) -> str:
    """Make an admin; returns the public id."""
    words = ("users", "create-admin", "--email", EMAIL, "--name", "Root", "--password-stdin", "--json")
    ran = amends(*words, env=env, stdin=f"{PASSWORD}\n")
    assert ran.code == 0, ran.err
    return json.loads(ran.out)["id"]


def test_a_link_for_a_person_of_the_staff(env: Mapping[str, str], admin: str, owner: psycopg.Connection) -> None:
    ran = amends("users", "sign-in-link", EMAIL.upper(), "--json", env={**env, "AMENDS_BASE_URL": "https://a.example/"})
    made = json.loads(ran.out)
    assert (made["id"], made["email"], made["name"]) == (admin, EMAIL, "Root")
    assert made["url"].startswith("https://a.example/sign-in/")
    rows = owner.execute("select purpose, path, used_at, expires_at - created_at = '15 minutes' from sign_in_links")
    assert rows.fetchall() == [("sign_in", "/", None, True)]
    line = owner.execute("select principal, subject from audit_log where action = 'sign_in_link.made'").fetchall()
    assert line == [("command_line", admin)]
    plain = amends("users", "sign-in-link", EMAIL, "--minutes", "60", env=env)
    assert plain.out.startswith("http://127.0.0.1:8000/sign-in/")
    assert "within 60 min" in plain.err


def test_nobody_has_the_address(env: Mapping[str, str], admin: str) -> None:
    for words in (("nobody@example.com",), (EMAIL, "--user", "user_x")):
        ran = amends("users", "sign-in-link", *words, env=env)
        assert ran.code == 1
        assert "Nobody on a team" in ran.err


def test_several_people_with_one_address(env: Mapping[str, str], admin: str) -> None:
    words = ("users", "create-admin", "--email", EMAIL, "--name", "Other", "--id", "second", "--password-stdin")
    assert amends(*words, env=env, stdin=f"{PASSWORD}\n").code == 0
    ran = amends("users", "sign-in-link", EMAIL, env=env)
    assert ran.code == 1
    assert "Several people" in ran.err
    assert admin in ran.err
    assert amends("users", "sign-in-link", EMAIL, "--user", admin, env=env).code == 0


def test_a_second_step_is_ended(env: Mapping[str, str], admin: str, owner: psycopg.Connection) -> None:
    owner.execute(
        """
        insert into totp_secrets (user_id, sealed, confirmed_at, created_at)
        select id, '', now(), now() from users where pid = %s
        """,
        [admin],
    )
    ran = amends("users", "end-two-step", EMAIL, env=env)
    assert (ran.code, ran.out) == (0, "Root signs in without a second step now.\n")
    assert owner.execute("select count(*) from totp_secrets").fetchone() == (0,)
    actions = owner.execute("select action from audit_log order by created_at, id").fetchall()
    assert actions[-2:] == [("totp.disabled",), ("totp.ended_by_operator",)]


def test_an_easily_guessed_password_is_refused(env: Mapping[str, str]) -> None:
    words = ("users", "create-admin", "--email", EMAIL, "--name", "Root", "--password-stdin")
    for password, says in (("short", "at least 12"), ("aaaaaaaaaaaaaaaa", "first that somebody would try")):
        ran = amends(*words, env=env, stdin=f"{password}\n")
        assert ran.code == 1
        assert says in ran.err
