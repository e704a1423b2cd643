"""A stream over HTTP: what changed, to whom, in order, and what was missed while nobody listened."""

from datetime import timedelta
from typing import Any

import anyio
import httpx
import msgspec
import psycopg
import pytest

from amends.db.pool import Pool
from amends.db.worker import Worker
from amends.kit.clock import epoch_ms
from amends.services import Services
from amends.settings import Settings
from amends.stream.hub import MAX_OF_A_CALLER, Hub
from tests.builders import make_account, make_member, make_payment, make_user
from tests.cases.scene import Party, Scene
from tests.credentials import bearer, make_api_key, make_team_member, make_user_token
from tests.running import Server
from tests.staff import sign_in
from tests.stream.ear import END, PATH, PATIENCE_S, Event, listening

CUT = """
select pg_terminate_backend(pid)
from pg_stat_activity
where application_name = $1
  and datname = current_database()
"""


@pytest.fixture
def hub(server: Server) -> Hub:
    """Give the server's hub."""
    return server.hub


async def told_case(scene: Scene) -> dict[str, Any]:
    """Open a case that everybody who listens has heard of, too long ago for a stream to look for it again."""
    async with listening(scene.http, scene.platform.token) as ear:
        case = await scene.case()
        await ear.hear()
    scene.clock.advance(timedelta(minutes=1))
    return case


async def newest(party: Party, case: dict[str, Any]) -> tuple[str, str]:
    """Return the case and its newest event, as a party reads it."""
    return case["id"], (await party.read(case))["events"][0]["id"]


async def test_says_what_changed(scene: Scene) -> None:
    async with listening(scene.http, scene.merchant.token) as ear:
        assert ear.answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert ear.answer.headers["cache-control"] == "no-store"
        case = await scene.case()
        heard = await ear.hear()
    event = (await scene.merchant.read(case))["events"][0]
    assert heard == Event(
        "case",
        {
            "account_id": scene.account.pid,
            "id": case["id"],
            "event_id": event["id"],
            "reporter_type": "customer",
            "status": "awaiting_merchant",
            "version": 1,
            "created_at": event["created_at"],
        },
    )
    assert ear.last_id == str(epoch_ms(scene.clock.now()))


async def test_events_come_in_their_order(scene: Scene) -> None:
    async with listening(scene.http, scene.merchant.token) as ear:
        cases = [await scene.case() for _ in range(2)]
        told = [await newest(scene.merchant, case) for case in cases]
        for step in range(5):
            told += [await newest_after(scene.merchant, case, "notes", message=f"Step {step}.") for case in cases]
        told += [await newest_after(scene.merchant, case, "request_info", message="Which one?") for case in cases]
        heard = [await ear.hear() for _ in told]
    assert [event.told for event in heard] == told
    assert [event.data["version"] for event in heard] == [1] * 12 + [2] * 2


async def test_each_hears_of_what_they_may_read(scene: Scene) -> None:
    case = await told_case(scene)
    foreign, stranger = await make_account(scene.pool), await make_user(scene.pool)
    async with (
        listening(scene.http, scene.customer.token) as customer,
        listening(scene.http, scene.merchant.token) as merchant,
        listening(scene.http, scene.platform.token) as platform,
        listening(scene.http, await make_api_key(scene.pool, foreign)) as other_merchant,
        listening(scene.http, scene.user(stranger).token) as other_customer,
    ):
        noted = await newest_after(scene.merchant, case, "notes", message="Looks like a mistake of ours.")
        staff = await newest_after(scene.platform, case, "notes", message="A quiet look.")
        asked = await newest_after(scene.merchant, case, "request_info", message="Which size did you get?")
        assert [(await merchant.hear()).told for _ in range(2)] == [noted, asked]
        assert [(await platform.hear()).told for _ in range(2)] == [staff, asked]
        assert (await customer.hear()).told == asked
        theirs = await make_payment(scene.pool, foreign, member=await make_member(scene.pool, foreign, user=stranger))
        own = await scene.user(stranger).done(
            "", {"receipt_id": theirs.pid, "reason": "product_not_received", "message": "Nothing came."}
        )
        assert (await other_merchant.hear()).data["id"] == own["id"]
        assert (await other_customer.hear()).data["id"] == own["id"]
        await scene.customer.act(case, "reply", message="Large.")
        assert (await merchant.hear()).data["id"] == case["id"]


async def newest_after(party: Party, case: dict[str, Any], action: str, **body: Any) -> tuple[str, str]:
    """Act on a case, and return the event of that."""
    await party.act(case, action, **body)
    return await newest(party, case)


async def test_a_refused_command_says_nothing(scene: Scene) -> None:
    case = await told_case(scene)
    async with listening(scene.http, scene.merchant.token) as ear:
        await scene.merchant.refused(case, "request_info", message="Too late", version=77)
        await scene.merchant.act(case, "comment", message="We are looking.")
        assert (await ear.hear()).told == await newest(scene.merchant, case)


async def test_what_a_worker_does_is_heard(scene: Scene, worker: Worker[Services]) -> None:
    case = await scene.case()
    async with listening(scene.http, scene.merchant.token) as ear:
        await scene.merchant.act(case, "accept")
        await worker.run_until_idle()
        told = await newest(scene.merchant, case)
        while (heard := await ear.hear()).told != told:
            pass
    assert heard.data["reporter_type"] == "system"


async def test_narrowed_to_an_account_or_a_case(scene: Scene) -> None:
    other = await make_account(scene.pool)
    case, second = await told_case(scene), await told_case(scene)
    platform = scene.platform.token
    async with (
        listening(scene.http, platform, account_id=other.pid) as elsewhere,
        listening(scene.http, platform, account_id=scene.account.pid) as here,
        listening(scene.http, platform, case_id=second["id"]) as one,
    ):
        await scene.merchant.act(case, "comment", message="One.")
        await scene.merchant.act(second, "comment", message="Two.")
        assert [(await here.hear()).data["id"] for _ in range(2)] == [case["id"], second["id"]]
        assert (await one.hear()).data["id"] == second["id"]
        user = await make_user(scene.pool)
        theirs = await make_payment(scene.pool, other, member=await make_member(scene.pool, other, user=user))
        await scene.user(user).done(
            "", {"receipt_id": theirs.pid, "reason": "product_not_received", "message": "Nothing."}
        )
        assert (await elsewhere.hear()).data["account_id"] == other.pid


@pytest.mark.parametrize("name", ["account_id", "case_id"])
async def test_what_one_may_not_see_is_not_there(scene: Scene, name: str) -> None:
    foreign = await make_api_key(scene.pool, await make_account(scene.pool))
    case = await scene.case()
    of = {"account_id": scene.account.pid, "case_id": case["id"]}[name]
    for token, value in (
        (foreign, of),
        (scene.merchant.token, "nonsense"),
        (scene.user(await make_user(scene.pool)).token, of),
    ):
        answer = await scene.http.get(PATH, params={name: value}, headers=bearer(token))
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


async def test_head_answers_at_once(scene: Scene) -> None:
    answer = await scene.http.head(PATH, headers=bearer(scene.merchant.token))
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")


async def test_a_session_opens_it_too(scene: Scene) -> None:
    user, _ = await scene.colleague("support")
    cookies = await sign_in(scene.pool, user, scene.clock)
    async with listening(scene.http, None, cookies=cookies) as ear:
        case = await scene.case()
        assert (await ear.hear()).data["id"] == case["id"]


class TestGoingOn:
    """What happened while a stream was away is told when it is opened again."""

    async def test_from_the_last_event(self, scene: Scene) -> None:
        case = await told_case(scene)
        async with listening(scene.http, scene.merchant.token) as ear:
            await scene.merchant.act(case, "comment", message="Heard.")
            await ear.hear()
        scene.clock.advance(timedelta(minutes=1))
        missed = [await newest_after(scene.customer, case, "comment", message=f"Missed {n}.") for n in range(2)]
        async with listening(scene.http, scene.merchant.token, last_id=ear.last_id) as again:
            heard = [await again.hear() for _ in range(3)]
            assert [event.told for event in heard[1:]] == missed
            assert heard[0].data["reporter_type"] == "merchant"  # told twice rather than not at all

    async def test_only_what_one_may_read(self, scene: Scene) -> None:
        case = await scene.case()
        since = str(epoch_ms(scene.clock.now()))
        scene.clock.advance(timedelta(minutes=1))
        await scene.merchant.act(case, "notes", message="Between us.")
        asked = await newest_after(scene.merchant, case, "request_info", message="Which one?")
        note = await newest_after(scene.platform, case, "notes", message="Between us here.")
        async with listening(scene.http, scene.customer.token, since=since) as customer:
            assert (await customer.hear()).data["reporter_type"] == "customer"
            assert (await customer.hear()).told == asked
            await scene.customer.act(case, "reply", message="The red one.")
            assert (await customer.hear()).data["version"] == 3
        async with listening(scene.http, scene.platform.token, last_id=since, account_id=scene.account.pid) as platform:
            assert [(await platform.hear()).told for _ in range(3)][1:] == [asked, note]

    async def test_too_much_is_to_be_loaded_anew(self, scene: Scene) -> None:
        since = str(epoch_ms(scene.clock.now()))
        scene.clock.advance(timedelta(minutes=61))
        async with listening(scene.http, scene.merchant.token, last_id=since) as ear:
            assert await ear.hear() == Event("reload", {})
            case = await scene.case()
            assert (await ear.hear()).data["id"] == case["id"]

    async def test_the_platform_loads_everything_anew(self, scene: Scene) -> None:
        since = str(epoch_ms(scene.clock.now()))
        async with listening(scene.http, scene.platform.token, last_id=since) as ear:
            assert await ear.hear() == Event("reload", {})

    @pytest.mark.parametrize("since", ["yesterday", "-1", "1e9", "9" * 20, "²"])
    async def test_from_nowhere(self, scene: Scene, since: str) -> None:
        answer = await scene.http.get(PATH, params={"since": since}, headers=bearer(scene.merchant.token))
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_parameter")

    async def test_over_a_listening_connection_that_was_cut(
        self, scene: Scene, hub: Hub, owner: psycopg.Connection
    ) -> None:
        async with listening(scene.http, scene.merchant.token) as ear:
            owner.execute(CUT.replace("$1", "%s"), ["amends stream"])
            with anyio.fail_after(PATIENCE_S):
                while hub.listening:  # noqa: ASYNC110 (no event tells us)
                    await anyio.sleep(0.01)
            case = await scene.case()
            assert (await ear.hear()).data["id"] == case["id"]
            await scene.merchant.act(case, "comment", message="We are looking.")
            assert (await ear.hear()).data["version"] == 2


class TestLookingAgain:
    """A stream looks now and then what was missed, and ends, or sees less, where its caller may see less."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        """Give the settings of a server whose streams look every second."""
        return msgspec.structs.replace(settings, stream_check_s=1)

    async def test_a_hint_that_was_lost(self, scene: Scene, pool: Pool) -> None:
        case = await scene.case()
        async with listening(scene.http, scene.merchant.token) as ear:
            event = (await scene.merchant.read(case))["events"][0]
            await pool.execute("update cases set last_activity_at = $1", scene.clock.now())  # nobody tells it
            assert (await ear.hear()).told == (case["id"], event["id"])

    async def test_a_revoked_key(self, scene: Scene) -> None:
        made = await scene.http.post(
            "/api/v1/api_keys", json={"name": "x", "scopes": ["case:read"]}, headers=bearer(scene.merchant.token)
        )
        async with listening(scene.http, made.json()["token"]) as ear:
            await scene.http.delete(f"/api/v1/api_keys/{made.json()['id']}", headers=bearer(scene.merchant.token))
            assert await ear.hear() == END

    async def test_a_session_that_was_ended(self, scene: Scene, pool: Pool) -> None:
        user, _ = await scene.colleague("support")
        async with listening(scene.http, None, cookies=await sign_in(pool, user, scene.clock)) as ear:
            await pool.execute("delete from sessions where user_id = $1", user.id)
            assert await ear.hear() == END

    async def test_a_team_that_was_left(self, scene: Scene, pool: Pool) -> None:
        user, party = await scene.colleague("viewer")
        case = await told_case(scene)
        async with (
            listening(scene.http, party.token) as ear,
            listening(scene.http, party.token, account_id=scene.account.pid) as narrowed,
        ):
            await pool.execute("delete from team_members where user_id = $1", user.id)
            assert await narrowed.hear() == END
            elsewhere = await make_account(pool)
            await make_team_member(pool, elsewhere, user, "viewer")
            stranger = await make_user(pool)
            buyer = scene.user(stranger)
            theirs = await make_payment(pool, elsewhere, member=await make_member(pool, elsewhere, user=stranger))
            own = await buyer.done("", {"receipt_id": theirs.pid, "reason": "product_not_received", "message": "Hm."})
            assert (await ear.hear()).data["id"] == own["id"], "it sees what it may by now"
            await scene.merchant.act(case, "comment", message="Not for you.")
            told = await newest_after(buyer, own, "comment", message="Still nothing.")
            assert (await ear.hear()).told == told

    async def test_the_stream_of_a_token_that_runs_out_ends(self, scene: Scene) -> None:
        token = make_user_token(scene.ada, now=scene.clock.now(), lifetime=timedelta(minutes=5))
        async with listening(scene.http, token) as ear:
            scene.clock.advance(timedelta(minutes=10))
            assert await ear.hear() == END


async def test_nothing_stays_of_a_stream_that_is_gone(scene: Scene, hub: Hub) -> None:
    for _ in range(3):
        async with listening(scene.http, scene.merchant.token), listening(scene.http, scene.customer.token):
            assert hub.open_streams == 2
        with anyio.fail_after(PATIENCE_S):
            while hub.open_streams:  # noqa: ASYNC110 (no event tells us)
                await anyio.sleep(0.01)


async def test_a_caller_has_so_many_and_no_more(scene: Scene, server: Server, hub: Hub) -> None:
    async with anyio.create_task_group() as tasks, httpx.AsyncClient(base_url=server.url, timeout=60) as http:
        opened = anyio.Semaphore(0)
        done = anyio.Event()

        async def listen() -> None:
            async with listening(http, scene.merchant.token):
                opened.release()
                await done.wait()

        for _ in range(MAX_OF_A_CALLER):
            tasks.start_soon(listen)
        for _ in range(MAX_OF_A_CALLER):
            await opened.acquire()
        answer = await scene.http.get(PATH, headers=bearer(scene.merchant.token))
        assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many_streams")
        assert answer.headers["retry-after"] == "15"
        async with listening(scene.http, scene.customer.token):
            pass
        done.set()


async def test_a_process_that_stops_sends_its_streams_elsewhere(scene: Scene, hub: Hub) -> None:
    async with listening(scene.http, scene.merchant.token) as ear:
        hub.close()
        assert [await ear.hear(), await ear.hear()] == [Event("reconnect", {}), END]
    answer = await scene.http.get(PATH, headers=bearer(scene.merchant.token))
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "streams_unavailable")
