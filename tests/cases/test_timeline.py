"""The hash chain: any changed byte is found and named, an erased text is no fault, the digests hold the past."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from amends.cases.verify import Report, verify_accounts
from amends.db.worker import Worker
from amends.kit.signing import Signer
from amends.services import Services
from tests.cases.scene import Scene, ref_of

EVENT_CHANGES = {
    "id": "gen_random_uuid()",
    "pid": "pid || 'x'",
    "position": "position + 7",
    "kind": "'denied'",
    "actor": "'platform'",
    "actor_id": "'user_other'",
    "actor_name": "coalesce(actor_name, '') || '.'",
    "action": "'deny'",
    "viewable_by_customer": "not viewable_by_customer",
    "viewable_by_merchant": "not viewable_by_merchant",
    "data": 'data || \'{"status": "closed!"}\'',
    "text_digest": "set_byte(text_digest, 0, get_byte(text_digest, 0) # 1)",
    "previous_hash": "set_byte(previous_hash, 31, get_byte(previous_hash, 31) # 1)",
    "hash": "set_byte(hash, 5, get_byte(hash, 5) # 1)",
    "created_at": "created_at + interval '1 microsecond'",
}


async def story(scene: Scene) -> dict[str, Any]:
    """Make a case with a few events and texts."""
    case = await scene.case()
    await scene.merchant.act(case, "request_info", message="Which one?")
    await scene.customer.act(case, "reply", message="The blue one.")
    return await scene.merchant.act(case, "deny", message="No.")


async def verified(scene: Scene, signer: Signer) -> Report:
    return await verify_accounts(scene.pool, signer)


def tamper(owner: psycopg.Connection, statement: str, *parameters: object) -> None:
    done = owner.execute(statement.encode(), parameters)
    assert done.rowcount == 1


async def test_an_untouched_timeline_verifies(scene: Scene, services: Services) -> None:
    await story(scene)
    await scene.case()
    seen: list[int] = []
    report = await verify_accounts(scene.pool, services.signer, progress=seen.append)
    assert (report.accounts, report.cases, report.events, report.findings) == (1, 2, 5, [])
    assert sum(seen) == 5


@pytest.mark.parametrize("column", EVENT_CHANGES)
async def test_a_changed_column_of_an_event_is_found(
    scene: Scene, services: Services, owner: psycopg.Connection, column: str
) -> None:
    case = await story(scene)
    await scene.case()
    event = (await scene.merchant.read(case))["events"][1]["id"]
    tamper(owner, f"update case_events set {column} = {EVENT_CHANGES[column]} where pid = %s", event)
    findings = (await verified(scene, services.signer)).findings
    assert findings
    assert {finding.case for finding in findings} == {case["id"]}
    assert {event, event + "x"} & {finding.event for finding in findings}, "also when the id itself was changed"


@pytest.mark.parametrize(
    "change", ["outcome = 'customer_won'", "refund = 'platform'", "outcome = 'withdrawn', refund = 'merchant'"]
)
async def test_a_changed_standing_of_a_case_is_found(
    scene: Scene, services: Services, owner: psycopg.Connection, change: str
) -> None:
    case = await story(scene)
    tamper(owner, f"update cases set {change} where pid = %s", case["id"])
    [finding] = (await verified(scene, services.signer)).findings
    assert (finding.case, finding.problem) == (
        case["id"],
        "the case's status, outcome or refund is not what its timeline says",
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("set salt = set_byte(salt, 0, get_byte(salt, 0) # 1)", "its text is not the one that was written"),
        ('set texts = \'{"message": "The red one."}\'', "its text is not the one that was written"),
        ("set event_id = gen_random_uuid()", "a text belongs to no event"),
    ],
)
async def test_a_changed_text_is_found(
    scene: Scene, services: Services, owner: psycopg.Connection, change: str, problem: str
) -> None:
    case = await story(scene)
    tamper(owner, f"update case_event_texts {change} where texts ->> 'message' = %s", "The blue one.")
    findings = (await verified(scene, services.signer)).findings
    assert [(finding.case, finding.problem) for finding in findings] == [(case["id"], problem)]


@pytest.mark.parametrize(
    "change",
    ["event_count = event_count + 1", "head_hash = set_byte(head_hash, 0, get_byte(head_hash, 0) # 1)"],
)
async def test_a_changed_head_is_found(
    scene: Scene, services: Services, owner: psycopg.Connection, change: str
) -> None:
    case = await story(scene)
    tamper(owner, f"update cases set {change} where pid = %s", case["id"])
    findings = (await verified(scene, services.signer)).findings
    assert [finding.case for finding in findings] == [case["id"]]


async def test_a_removed_event_is_found(scene: Scene, services: Services, owner: psycopg.Connection) -> None:
    case = await story(scene)
    events = (await scene.merchant.read(case))["events"]
    tamper(owner, "delete from case_events where pid = %s", events[2]["id"])
    findings = (await verified(scene, services.signer)).findings
    assert events[1]["id"] in {finding.event for finding in findings}


async def test_an_erased_text_leaves_the_chain_valid(
    scene: Scene, services: Services, owner: psycopg.Connection
) -> None:
    case = await story(scene)
    tamper(owner, "delete from case_event_texts where texts ->> 'message' = %s", "The blue one.")
    assert (await verified(scene, services.signer)).findings == []
    assert (await scene.merchant.read(case))["events"][1]["details"] is None


async def test_the_application_cannot_change_an_event(scene: Scene) -> None:
    await story(scene)
    for statement in ("update case_events set kind = 'x'", "delete from case_events", "truncate case_events"):
        with pytest.raises(Exception, match="permission denied"):
            await scene.pool.execute(statement)


async def test_a_timeline_cut_off_with_its_head_is_found_by_the_digest(
    scene: Scene, services: Services, worker: Worker[Services], owner: psycopg.Connection
) -> None:
    case = await story(scene)
    scene.clock.advance(timedelta(hours=1))
    await worker.sweep()
    await worker.run_until_idle()
    report = await verified(scene, services.signer)
    assert (report.digests, report.findings) == (1, [])
    ref = ref_of(case)
    owner.execute("delete from case_events where case_id = %s and position = 4 returning previous_hash", (ref.case_id,))
    tamper(
        owner,
        """
        update cases
        set event_count = 3, head_hash = (select hash from case_events e where e.case_id = cases.id and e.position = 3)
        where id = %s
        """,
        ref.case_id,
    )
    owner.execute("delete from case_event_texts where texts ->> 'message' = 'No.'")
    findings = (await verified(scene, services.signer)).findings
    assert [finding.problem for finding in findings] == [
        "the case's status, outcome or refund is not what its timeline says",
        "the timelines are not as the signed digest of 2026-11-23 has them",
    ]
    tamper(owner, "update chain_digests set cases = cases + 1")
    assert "not the one that was signed" in (await verified(scene, services.signer)).findings[-1].problem
