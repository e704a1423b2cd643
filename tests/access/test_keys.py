"""API keys: shown once, hashed, granted no further than their maker, revocable, expiring, last used."""

import hashlib
from datetime import timedelta
from typing import Any

import httpx
import pytest

from amends.access.permissions import ACCOUNT_PERMISSIONS, PLATFORM_ONLY, Permission
from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from tests.builders import make_account, make_user
from tests.credentials import bearer, make_api_key, make_staff, make_team_member, make_user_token

KEYS, WHO = "/api/v1/api_keys", "/api/v1/probe/who"


async def create(probe: httpx.AsyncClient, credential: str, /, **body: Any) -> httpx.Response:
    """Ask for a key."""
    wanted = {"name": "billing", "scopes": ["case:read"], **body}
    return await probe.post(KEYS, json=wanted, headers=bearer(credential))


async def test_a_key_is_shown_once_and_stored_as_a_hash(probe: httpx.AsyncClient, pool: Pool) -> None:
    account = await make_account(pool)
    maker = await make_api_key(pool, account)
    made = await create(probe, maker, scopes=["case:write", "case:read", "case:read"])
    assert made.status_code == 201
    key = made.json()
    assert key["token"].startswith("amends_")
    assert len(key["token"]) > 45
    assert (key["account_id"], key["scopes"]) == (account.pid, ["case:read", "case:write"])
    assert key["token_hint"] == key["token"][-4:]

    stored = await pool.fetchrow("select token_hash, api_keys::text as row from api_keys where pid = $1", key["id"])
    assert stored is not None
    assert stored["token_hash"] == hashlib.sha256(key["token"].encode()).digest()
    assert key["token"] not in stored["row"]
    shown = (await probe.get(f"{KEYS}/{key['id']}", headers=bearer(maker))).json()
    assert shown == {name: value for name, value in key.items() if name != "token"}
    assert (await probe.get(WHO, headers=bearer(key["token"]))).json()["owner"] == account.pid
    line = await pool.fetchrow("select * from audit_log where subject = $1", key["id"])
    assert line is not None
    assert (line["action"], line["account_id"]) == ("api_key.created", account.id)


async def test_a_replay_does_not_show_the_token_again(probe: httpx.AsyncClient, pool: Pool) -> None:
    probe.headers["Idempotency-Key"] = "one"
    maker = await make_api_key(pool)
    first, second = await create(probe, maker), await create(probe, maker)
    assert first.json()["token"]
    assert second.headers["idempotent-replayed"] == "true"
    assert second.json() == {**first.json(), "token": None}
    bodies = await pool.fetch("select body from idempotency_keys")
    assert first.json()["token"].encode() not in bodies[0]["body"]


@pytest.mark.parametrize("scope", sorted(PLATFORM_ONLY))
async def test_platform_only_scopes_are_not_for_accounts(
    probe: httpx.AsyncClient, pool: Pool, scope: Permission
) -> None:
    account = await make_account(pool)
    platform = await make_api_key(pool)
    refused = await create(probe, platform, account_id=account.pid, scopes=[scope])
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "platform_only_scope")
    assert (await create(probe, platform, scopes=[scope])).status_code == 201


async def test_nobody_grants_what_they_lack(probe: httpx.AsyncClient, pool: Pool) -> None:
    account = await make_account(pool)
    maker = await make_api_key(pool, account, scopes=["key:manage", "case:read"])
    assert (await create(probe, maker, scopes=["case:read"])).status_code == 201
    refused = await create(probe, maker, scopes=["case:read", "case:write"])
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "scope_not_held")
    platform = await make_api_key(pool, scopes=["key:manage"])
    assert (await create(probe, platform, account_id=account.pid, scopes=["case:write"])).status_code == 403
    assert (await create(probe, await make_api_key(pool, account, scopes=["case:read"]))).status_code == 403


async def test_a_key_of_an_account_manages_its_own_account_alone(probe: httpx.AsyncClient, pool: Pool) -> None:
    mine, theirs = await make_account(pool), await make_account(pool)
    maker, platform = await make_api_key(pool, mine), await make_api_key(pool)
    foreign = (await create(probe, await make_api_key(pool, theirs))).json()["id"]
    wide = (await create(probe, platform)).json()["id"]
    assert (await create(probe, maker, account_id=theirs.pid)).status_code == 404
    for key_id in (foreign, wide, "key_1", "key_" + "z" * 40, "%00"):
        assert (await probe.get(f"{KEYS}/{key_id}", headers=bearer(maker))).status_code == 404
        assert (await probe.delete(f"{KEYS}/{key_id}", headers=bearer(maker))).status_code == 404
    listed = (await probe.get(KEYS, headers=bearer(maker))).json()["data"]
    assert {key["account_id"] for key in listed} == {mine.pid}
    everything = (await probe.get(KEYS, headers=bearer(platform))).json()["data"]
    assert {key["account_id"] for key in everything} == {mine.pid, theirs.pid, None}
    some = (await probe.get(KEYS, params={"account_id": theirs.pid}, headers=bearer(platform))).json()["data"]
    assert {key["account_id"] for key in some} == {theirs.pid}


async def test_people_make_keys_as_their_role_allows(probe: httpx.AsyncClient, pool: Pool) -> None:
    account, owner, admin, operator = (
        await make_account(pool),
        await make_user(pool),
        await make_user(pool),
        await make_user(pool),
    )
    await make_team_member(pool, account, owner, "owner")
    await make_team_member(pool, account, admin, "admin")
    await make_staff(pool, operator, "admin")
    as_owner, as_admin, as_operator = (make_user_token(user) for user in (owner, admin, operator))
    assert (await create(probe, as_owner, account_id=account.pid)).status_code == 201
    assert (await create(probe, as_owner)).json()["error"]["param"] == "account_id"
    assert (await create(probe, as_owner, account_id=account.pid, scopes=["user:write"])).status_code == 403
    assert (await create(probe, as_admin, account_id=account.pid)).status_code == 403
    assert (await create(probe, as_operator)).json()["account_id"] is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"scopes": []}, 400),
        ({"scopes": ["case:everything"]}, 400),
        ({"name": ""}, 400),
        ({"name": "x" * 101}, 400),
        ({"expires_at": "tomorrow"}, 400),
        ({"expires_at": "2026-11-23T09:00:00Z"}, 422),
        ({"account_id": "biz_unknown"}, 404),
        ({"token": "mine"}, 400),
    ],
)
async def test_bad_keys(probe: httpx.AsyncClient, pool: Pool, body: dict[str, Any], status: int) -> None:
    refused = await create(probe, await make_api_key(pool), **body)
    assert refused.status_code == status
    assert await pool.fetchval("select count(*) from api_keys") == 1


async def test_a_revoked_key_stops_within_five_seconds(
    probe: httpx.AsyncClient, pool: Pool, clock: ManualClock
) -> None:
    maker = await make_api_key(pool)
    key = (await create(probe, maker)).json()
    assert (await probe.get(WHO, headers=bearer(key["token"]))).status_code == 200
    revoked = await probe.delete(f"{KEYS}/{key['id']}", headers=bearer(maker))
    assert (revoked.status_code, revoked.json()["revoked_at"]) == (200, "2026-11-23T09:00:00.000Z")
    clock.advance(timedelta(seconds=5))
    again = await probe.delete(f"{KEYS}/{key['id']}", headers=bearer(maker))
    assert again.json()["revoked_at"] == revoked.json()["revoked_at"], "revoking again changes nothing"
    refused = await probe.get(WHO, headers=bearer(key["token"]))
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_token")
    actions = await pool.fetch("select action from audit_log where subject = $1 order by id", key["id"])
    assert [row["action"] for row in actions] == ["api_key.created", "api_key.revoked"]


async def test_a_key_expires_at_once(probe: httpx.AsyncClient, pool: Pool, clock: ManualClock) -> None:
    token = await make_api_key(pool, expires_at=clock.now() + timedelta(seconds=2))
    assert (await probe.get(WHO, headers=bearer(token))).status_code == 200
    clock.advance(timedelta(seconds=2))
    refused = await probe.get(WHO, headers=bearer(token))
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "token_expired")


async def test_last_used_is_written_at_most_once_a_minute(
    probe: httpx.AsyncClient, pool: Pool, clock: ManualClock
) -> None:
    token = await make_api_key(pool)
    seen: list[Any] = []
    for step_s in (0, 30, 24, 6):
        clock.advance(timedelta(seconds=step_s))
        await probe.get(WHO, headers=bearer(token))
        seen.append(await pool.fetchval("select last_used_at from api_keys"))
    start = clock.now() - timedelta(minutes=1)
    assert seen == [start, start, start, clock.now()]


async def test_the_list_pages_in_both_directions(probe: httpx.AsyncClient, pool: Pool) -> None:
    account = await make_account(pool)
    tokens = [await make_api_key(pool, account, name=f"key {number}") for number in range(5)]
    probe.headers.update(bearer(tokens[0]))
    names = [key["name"] for key in (await probe.get(KEYS)).json()["data"]]
    assert names == [f"key {number}" for number in (4, 3, 2, 1, 0)]

    first = (await probe.get(KEYS, params={"first": 2})).json()
    assert [key["name"] for key in first["data"]] == ["key 4", "key 3"]
    assert (first["page_info"]["has_previous_page"], first["page_info"]["has_next_page"]) == (False, True)
    end = first["page_info"]["end_cursor"]
    middle = (await probe.get(KEYS, params={"first": 2, "after": end})).json()
    assert [key["name"] for key in middle["data"]] == ["key 2", "key 1"]
    assert (middle["page_info"]["has_previous_page"], middle["page_info"]["has_next_page"]) == (True, True)
    last = (await probe.get(KEYS, params={"last": 2})).json()
    assert [key["name"] for key in last["data"]] == ["key 1", "key 0"]
    assert (last["page_info"]["has_previous_page"], last["page_info"]["has_next_page"]) == (True, False)
    beyond = (await probe.get(KEYS, params={"after": last["page_info"]["end_cursor"]})).json()
    assert beyond == {
        "data": [],
        "page_info": {"start_cursor": None, "end_cursor": None, "has_next_page": False, "has_previous_page": True},
    }
    assert (await probe.get(KEYS, params={"first": 1, "last": 1})).status_code == 400
    assert (await probe.get(KEYS, params={"first": 101})).status_code == 400
    assert (await probe.get(KEYS, params={"after": "no"})).json()["error"]["code"] == "invalid_cursor"


async def test_an_account_s_key_never_acts_as_the_platform(probe: httpx.AsyncClient, pool: Pool) -> None:
    account = await make_account(pool)
    token = await make_api_key(pool, account, scopes=ACCOUNT_PERMISSIONS | PLATFORM_ONLY)
    who = (await probe.get(WHO, headers=bearer(token))).json()
    assert (who["platform"], who["customer"], who["merchants"]) == (False, False, [account.pid])
    assert (await create(probe, token, scopes=["audit:read"])).status_code == 422
