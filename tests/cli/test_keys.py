"""`amends keys` and `amends users`: what the operator does before anybody can sign in."""

import json
from collections.abc import Mapping

import asyncpg
from argon2 import PasswordHasher

from amends.access.permissions import ACCOUNT_PERMISSIONS, ALL_PERMISSIONS
from amends.db.pool import Pool
from tests.builders import make_account
from tests.cli.commands import amends


async def test_a_key_is_shown_once_and_listed_without_its_token(pool: Pool, env: Mapping[str, str]) -> None:
    account = await make_account(pool, external_id="acme", title="Acme")
    made = amends("keys", "create", "--name", "ci", "--account", "acme", env=env)
    assert made.code == 0
    token = made.out.strip()
    assert token.startswith("amends_")
    [listed] = json.loads(amends("keys", "list", "--json", env=env).out)["data"]
    assert listed["account_id"] == account.pid
    assert (listed["name"], listed["token_hint"]) == ("ci", token[-4:])
    assert set(listed["scopes"]) == {scope.value for scope in ACCOUNT_PERMISSIONS}
    table = amends("keys", "list", env=env)
    assert account.pid in table.out
    assert token not in table.out


async def test_a_platform_key_has_the_asked_scopes(pool: Pool, env: Mapping[str, str]) -> None:
    everything = amends("keys", "create", "--name", "a", "--json", env=env)
    some = amends("keys", "create", "--name", "b", "--scope", "case:read", "--scope", "audit:read", env=env)
    assert (everything.code, some.code) == (0, 0)
    rows = await pool.fetch("select name, scopes from api_keys order by name")
    assert set(rows[0]["scopes"]) == {scope.value for scope in ALL_PERMISSIONS}
    assert rows[1]["scopes"] == ["audit:read", "case:read"]


async def test_an_account_key_cannot_have_what_is_the_platforms(pool: Pool, env: Mapping[str, str]) -> None:
    await make_account(pool, external_id="acme")
    ran = amends("keys", "create", "--name", "x", "--account", "acme", "--scope", "case:decide", env=env)
    assert ran.code == 1
    assert "case:decide" in ran.err
    assert await pool.fetchval("select count(*) from api_keys") == 0


async def test_a_revoked_key_leaves_the_list(pool: Pool, env: Mapping[str, str]) -> None:
    made = json.loads(amends("keys", "create", "--name", "x", "--json", env=env).out)
    assert amends("keys", "revoke", made["id"], env=env).code == 0
    assert json.loads(amends("keys", "list", "--json", env=env).out) == {"data": []}
    [revoked] = json.loads(amends("keys", "list", "--all", "--json", env=env).out)["data"]
    assert revoked["revoked_at"] is not None
    assert await pool.fetchval("select count(*) from audit_log where action = 'api_key.revoked'") == 1


def test_what_is_not_there_is_told(env: Mapping[str, str]) -> None:
    for words in (("keys", "revoke", "key_1"), ("keys", "create", "--name", "x", "--account", "biz_1")):
        ran = amends(*words, env=env)
        assert (ran.code, ran.out) == (1, "")
        assert "There is no" in ran.err


async def test_the_first_admin_is_made_with_a_password(pool: Pool, env: Mapping[str, str]) -> None:
    words = ("users", "create-admin", "--email", "ada@example.com", "--name", "Ada", "--password-stdin", "--json")
    ran = amends(*words, env=env, stdin="correct horse battery staple\n")
    assert ran.code == 0
    row = await _staff(pool)
    assert row["pid"] == json.loads(ran.out)["id"]
    assert (row["email"], row["role"]) == ("ada@example.com", "admin")
    assert PasswordHasher().verify(row["argon2"], "correct horse battery staple")
    assert amends(*words, env=env, stdin="another pass phrase\n").code == 0
    assert PasswordHasher().verify((await _staff(pool))["argon2"], "another pass phrase")


async def _staff(pool: Pool) -> asyncpg.Record:
    [row] = await pool.fetch(
        "select u.pid, u.email, s.role, p.argon2"
        " from users u join platform_staff s on s.user_id = u.id join passwords p on p.user_id = u.id"
    )
    return row


def test_a_short_password_or_a_broken_address_makes_nobody_an_admin(env: Mapping[str, str]) -> None:
    words = ("users", "create-admin", "--name", "Ada", "--password-stdin")
    assert amends(*words, "--email", "ada@example.com", env=env, stdin="short\n").code == 1
    assert amends(*words, "--email", "ada", env=env, stdin="correct horse battery staple\n").code == 1
