"""The platform over HTTP: questions, decisions with reasons, appeals of both sides, the second reviewer."""

from typing import Any

from amends.access.commands import issue_api_key
from amends.access.permissions import Permission
from amends.cli.keys import OPERATOR
from amends.db.transactions import transaction
from amends.db.worker import Worker
from amends.services import Services
from tests.cases.scene import Party, Scene
from tests.credentials import bearer, make_api_key, make_staff, make_team_member, make_user_token


async def test_a_question_to_either_side_and_its_answer(scene: Scene) -> None:
    case = await scene.under_review()
    asked = await scene.platform.act(case, "ask", of="merchant", message="Do you have a receipt?")
    assert (asked["status"], asked["escalated"]) == ("awaiting_merchant", True)
    assert "reply" in (await scene.merchant.read(case))["available_actions"]
    assert (await scene.merchant.refused(case, "deny", message="No.")).code == "case_escalated"
    await scene.merchant.act(case, "reply", message="Here.")
    await scene.platform.act(case, "ask", of="customer", message="Is it this one?")
    back = await scene.customer.act(case, "reply", message="Yes.")
    assert back["status"] == "under_review"
    refused = await scene.merchant.refused(case, "ask", of="customer", message="Really?")
    assert (refused.status, refused.code) == (403, "missing_permission")


async def test_a_decision_needs_all_its_reasons(scene: Scene) -> None:
    case = await scene.under_review()
    note = await scene.merchant.act(case, "notes", message="Inside.")
    inside = (await scene.merchant.read(note))["events"][0]["id"]
    verdict = await scene.verdict(case)
    missing = await scene.platform.refused(case, "decide", **{**verdict, "to_merchant": " "})
    none = await scene.platform.refused(case, "decide", **{**verdict, "evidence": []})
    unseen = await scene.platform.refused(case, "decide", **{**verdict, "evidence": [inside]})
    nobody = await scene.platform.refused(case, "decide", **{**verdict, "payer": "none"})
    much = await scene.platform.refused(case, "decide", **{**verdict, "amount": 49.01})
    refusals = [(answer.status, answer.code) for answer in (missing, none, unseen, nobody, much)]
    assert refusals == [
        (422, "text_required"),
        (422, "evidence_required"),
        (422, "evidence_unknown"),
        (422, "payer_invalid"),
        (422, "amount_invalid"),
    ]
    decided = await scene.platform.act(case, "decide", **verdict)
    assert [(d["outcome"], d["payer"], d["amount"], d["on_appeal"]) for d in decided["decisions"]] == [
        ("customer_won", "merchant", 49, False)
    ]


async def merchants_appeal(scene: Scene) -> tuple[dict[str, Any], Any]:
    """Decide a case for the customer at the merchant's cost, and let the merchant appeal."""
    _, rosa = await scene.reviewer()
    case = await scene.under_review()
    await rosa.act(case, "decide", **await scene.verdict(case))
    appealed = await scene.merchant.act(case, "appeal", message="We have the signed receipt.")
    assert (appealed["status"], appealed["merchant_appealed"]) == ("under_review", True)
    return appealed, rosa


async def test_a_reversed_decision_cancels_a_refund_that_has_not_gone(scene: Scene) -> None:
    case, rosa = await merchants_appeal(scene)
    verdict = await scene.verdict(case, outcome=None, answer="reversed")
    own = await rosa.refused(case, "decide", **verdict)
    assert (own.status, own.code) == (403, "second_reviewer_needed")
    _, other = await scene.reviewer(name="Otto Other")
    reversed_ = await other.act(case, "decide", **verdict)
    assert (reversed_["outcome"], reversed_["refund"], reversed_["settlement"]) == ("merchant_won", "none", "none")
    assert [refund["state"] for refund in reversed_["refunds"]] == ["canceled"]
    assert [d["on_appeal"] for d in reversed_["decisions"]] == [False, True]
    assert (await scene.merchant.refused(case, "appeal", message="More.")).code in {
        "already_appealed",
        "not_appealable",
    }


async def test_a_reversed_decision_after_the_refund_credits_the_merchant(
    scene: Scene, worker: Worker[Services]
) -> None:
    _, rosa = await scene.reviewer("admin")
    case = await scene.under_review()
    await rosa.act(case, "decide", **await scene.verdict(case))
    await worker.run_until_idle()
    await scene.merchant.act(case, "appeal", message="We have the signed receipt.")
    verdict = await scene.verdict(case, outcome=None, answer="reversed", override_note="Nobody else is there.")
    decided = await rosa.act(case, "decide", **verdict)
    assert (decided["outcome"], decided["refund"]) == ("merchant_won", "platform")
    assert [credit["amount"]["amount"] for credit in decided["credits"]] == ["49.00"]
    assert decided["decisions"][1]["override_note"] == "Nobody else is there."
    assert (await scene.customer.read(case))["credits"] == []
    assert (await scene.customer.read(case))["decisions"][1]["override_note"] is None
    assert "credit_minor" not in (await scene.customer.read(case))["events"][0]["data"]


async def test_an_admin_decides_alone_only_where_nobody_else_may(scene: Scene) -> None:
    _, rosa = await scene.reviewer("admin")
    case = await scene.under_review()
    await rosa.act(case, "decide", **await scene.verdict(case))
    await scene.merchant.act(case, "appeal", message="We have the signed receipt.")
    verdict = await scene.verdict(case, outcome=None, answer="upheld", override_note="I am alone.")
    otto, _ = await scene.reviewer(name="Otto Other")
    refused = await rosa.refused(case, "decide", **verdict)
    assert (refused.status, refused.code) == (403, "second_reviewer_needed")
    assert refused.body["error"]["details"] == {"reviewers": [{"id": otto.pid, "name": "Otto Other"}]}
    await make_team_member(scene.pool, scene.account, otto, "viewer")  # so Otto is of the merchant's side now
    decided = await rosa.act(case, "decide", **verdict)
    assert decided["decisions"][1]["override_note"] == "I am alone."


async def test_a_key_that_decided_first_does_not_decide_the_appeal(scene: Scene) -> None:
    case = await scene.under_review()
    await scene.platform.act(case, "decide", **await scene.verdict(case))
    await scene.merchant.act(case, "appeal", message="We have the signed receipt.")
    verdict = await scene.verdict(case, outcome=None, answer="upheld")
    for body in (verdict, {**verdict, "override_note": "There is nobody else."}):
        refused = await scene.platform.refused(case, "decide", **body)
        assert (refused.status, refused.code) == (403, "second_reviewer_needed")
    other = Party(scene.http, await make_api_key(scene.pool, name="Second"))
    decided = await other.act(case, "decide", **verdict)
    assert [one["on_appeal"] for one in decided["decisions"]] == [False, True]
    assert decided["decisions"][1]["override_note"] is None


async def test_a_key_of_the_first_reviewers_is_no_second_reviewer(scene: Scene) -> None:
    rosa_person, rosa = await scene.reviewer("admin")
    case = await scene.under_review()
    await rosa.act(case, "decide", **await scene.verdict(case))
    await scene.merchant.act(case, "appeal", message="We have the signed receipt.")
    hers = Party(scene.http, await key_of(scene, make_user_token(rosa_person, now=scene.clock.now())))
    verdict = await scene.verdict(case, outcome=None, answer="upheld", override_note="There is nobody else.")
    refused = await hers.refused(case, "decide", **verdict)
    assert (refused.status, refused.code) == (403, "second_reviewer_needed")
    assert refused.body["error"]["details"] == {"reviewers": []}, "Rosa is not the other one"
    decided = await scene.platform.act(case, "decide", **{**verdict, "override_note": None})
    assert decided["decisions"][1]["override_note"] is None


async def test_whose_key_decided_first_does_not_decide_the_appeal(scene: Scene) -> None:
    person, rosa = await scene.reviewer("admin")
    first = await key_of(scene, make_user_token(person, now=scene.clock.now()))
    second = await key_of(scene, make_user_token(person, now=scene.clock.now()))
    of_first = await key_of(scene, first)
    otto_person, otto = await scene.reviewer(name="Otto Other")
    case = await scene.under_review()
    await Party(scene.http, of_first).act(case, "decide", **await scene.verdict(case))
    await scene.merchant.act(case, "appeal", message="We have the signed receipt.")
    verdict = await scene.verdict(case, outcome=None, answer="upheld", override_note="There is nobody else.")
    for party in (rosa, *(Party(scene.http, key) for key in (first, second, of_first))):
        refused = await party.refused(case, "decide", **verdict)
        assert (refused.status, refused.code) == (403, "second_reviewer_needed")
        assert refused.body["error"]["details"] == {"reviewers": [{"id": otto_person.pid, "name": "Otto Other"}]}
    decided = await otto.act(case, "decide", **{**verdict, "override_note": None})
    assert [one["on_appeal"] for one in decided["decisions"]] == [False, True]


async def test_an_admin_decides_alone_after_a_key_of_their_own(scene: Scene) -> None:
    person, rosa = await scene.reviewer("admin")
    case = await scene.under_review()
    key = Party(scene.http, await key_of(scene, make_user_token(person, now=scene.clock.now())))
    await key.act(case, "decide", **await scene.verdict(case))
    await scene.merchant.act(case, "appeal", message="We have the signed receipt.")
    verdict = await scene.verdict(case, outcome=None, answer="upheld", override_note="I am alone.")
    refused = await key.refused(case, "decide", **verdict)
    assert (refused.status, refused.code) == (403, "second_reviewer_needed")
    decided = await rosa.act(case, "decide", **verdict)
    assert decided["decisions"][1]["override_note"] == "I am alone."


async def test_of_keys_made_on_the_command_line_nobody_is_known_as_the_maker(scene: Scene) -> None:
    first, second = [Party(scene.http, await key_of_operator(scene)) for _ in range(2)]
    case = await scene.under_review()
    await first.act(case, "decide", **await scene.verdict(case))
    await scene.merchant.act(case, "appeal", message="We have the signed receipt.")
    verdict = await scene.verdict(case, outcome=None, answer="upheld")
    refused = await first.refused(case, "decide", **verdict)
    assert (refused.status, refused.code) == (403, "second_reviewer_needed")
    decided = await second.act(case, "decide", **verdict)
    assert [one["on_appeal"] for one in decided["decisions"]] == [False, True]


async def key_of_operator(scene: Scene) -> str:
    """Make a key as `amends keys create` does, and return its token."""
    async with transaction(scene.pool) as connection:
        made = await issue_api_key(
            connection,
            principal=OPERATOR,
            account_id=None,
            name="Robot",
            scopes=[Permission.CASE_READ, Permission.CASE_DECIDE],
            expires_at=None,
            now=scene.clock.now(),
        )
    return made.token


async def key_of(scene: Scene, credential: str) -> str:
    """Make a key that decides, as somebody or as a key of theirs, and return its token."""
    made = await scene.http.post(
        "/api/v1/api_keys",
        json={"name": "Robot", "scopes": ["case:read", "case:decide", "policy:manage", "key:manage"]},
        headers=bearer(credential),
    )
    assert made.status_code == 201, made.text
    return made.json()["token"]


async def test_nobody_decides_for_a_team_of_their_own_or_on_their_own_purchase(scene: Scene) -> None:
    user, rosa = await scene.reviewer("admin")
    case = await scene.under_review()
    await make_team_member(scene.pool, scene.account, user, "owner")
    refused = await rosa.refused(case, "decide", **await scene.verdict(case))
    assert (refused.status, refused.code) == (403, "actor_not_allowed")
    await make_staff(scene.pool, scene.ada, "admin")
    own = await scene.user(scene.ada).refused(case, "decide", **await scene.verdict(case))
    assert (own.status, own.code) == (403, "own_payment")


async def test_an_upheld_decision_changes_nothing(scene: Scene) -> None:
    case, _ = await merchants_appeal(scene)
    upheld = await scene.platform.act(case, "decide", **await scene.verdict(case, outcome=None, answer="upheld"))
    assert (upheld["outcome"], upheld["refund"], len(upheld["refunds"])) == ("customer_won", "merchant", 1)
    actions = [await scene.pool.fetch("select action from audit_log where subject = $1", case["id"])][0]
    assert {row["action"] for row in actions} == {"case.decided", "case.money_promised"}
