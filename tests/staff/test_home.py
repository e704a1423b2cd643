"""`/`: each goes on to what is theirs."""

import httpx

from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.people.rows import UserRow
from tests.builders import make_account
from tests.cases.scene import Scene
from tests.running import Server
from tests.staff import browser, make_staff_person, make_team_person


async def test_everybody_arrives_at_what_is_theirs(
    server: Server, pool: Pool, http: httpx.AsyncClient, clock: ManualClock
) -> None:
    scene = await Scene(pool, http, clock).set_up()
    owner, reviewer = await make_team_person(pool, scene.account, "owner"), await make_staff_person(pool, "reviewer")
    both = await make_team_person(pool, scene.account, "viewer")
    await pool.execute(
        "insert into team_members (account_id, user_id, role, created_at) values ($1, $2, 'viewer', $3)",
        (await make_account(pool)).id,
        both.id,
        clock.now(),
    )

    async def arrives(user: UserRow) -> str:
        async with browser(server.url, pool, user, clock) as visitor:
            return (await visitor.get("/")).headers["location"]

    assert await arrives(reviewer) == "/platform/queue"
    assert await arrives(owner) == f"/accounts/{scene.account.pid}/cases"
    assert await arrives(both) == "/accounts"
    assert await arrives(scene.ada) == "/purchases"
    await scene.case()
    assert await arrives(scene.ada) == "/cases"
