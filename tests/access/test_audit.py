"""The audit log: read by the platform, changed by nobody."""

from datetime import timedelta

import asyncpg
import httpx
import pytest

from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from tests.builders import make_account
from tests.credentials import bearer, make_api_key
from tests.running import http, listener, server, settings

__all__ = ["http", "listener", "server", "settings"]

AUDIT = "/api/v1/audit_log"


async def test_it_lists_what_was_done_newest_first(http: httpx.AsyncClient, pool: Pool, clock: ManualClock) -> None:
    account = await make_account(pool)
    auditor = await make_api_key(pool)
    maker = await make_api_key(pool, account, now=clock.now() + timedelta(seconds=1))
    clock.advance(timedelta(seconds=2))
    made = await http.post("/api/v1/api_keys", json={"name": "b", "scopes": ["case:read"]}, headers=bearer(maker))
    http.headers.update(bearer(auditor))

    answer = (await http.get(AUDIT)).json()
    assert [line["account_id"] for line in answer["data"]] == [account.pid, account.pid, None]
    newest = answer["data"][0]
    assert newest["subject"] == made.json()["id"]
    assert newest["details"] == {"name": "b", "scopes": ["case:read"]}
    assert newest["principal_id"].startswith("key_")
    assert [line["ip"] for line in answer["data"]] == ["127.0.0.1", None, None], "only the first came as a request"
    assert newest["created_at"] == "2026-11-23T09:00:02.000Z"

    last = (await http.get(AUDIT, params={"last": 1, "account_id": account.pid})).json()
    assert [line["principal_id"] for line in last["data"]] == ["system"]
    assert last["page_info"]["has_previous_page"]
    assert not last["page_info"]["has_next_page"]
    one = (await http.get(AUDIT, params={"subject": newest["subject"], "action": "api_key.created"})).json()
    assert one["data"] == [newest]
    assert (await http.get(AUDIT, params={"action": "api_key.revoked"})).json()["data"] == []
    assert (await http.get(AUDIT, params={"account_id": "biz_unknown"})).status_code == 404


async def test_it_is_for_the_platform_alone(http: httpx.AsyncClient, pool: Pool) -> None:
    for token in (
        await make_api_key(pool, await make_account(pool)),
        await make_api_key(pool, await make_account(pool), scopes=["audit:read"]),
        await make_api_key(pool, scopes=["case:read"]),
    ):
        assert (await http.get(AUDIT, headers=bearer(token))).status_code == 403


async def test_the_application_cannot_change_it(pool: Pool) -> None:
    await make_api_key(pool)
    for statement in ("update audit_log set action = 'x'", "delete from audit_log", "truncate audit_log"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(statement)
