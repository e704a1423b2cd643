"""Every verb of the two sides over HTTP: what changes, what is written, and who is refused with what."""

from datetime import timedelta

from tests.builders import make_member, make_payment, make_user
from tests.cases.scene import Scene, ref_of
from tests.credentials import make_api_key


async def test_accepting_refunds_what_is_left_and_closes(scene: Scene) -> None:
    payment = await scene.payment(amount="49.00")
    case = await scene.case(payment)
    assert case["status"] == "awaiting_merchant"
    assert case["available_actions"] == ["withdraw", "comment"]
    accepted = await scene.merchant.act(case, "accept", message=" Sorry about that. ")
    assert (accepted["status"], accepted["outcome"], accepted["refund"]) == ("closed", "customer_won", "merchant")
    assert (accepted["settlement"], accepted["response_due_at"]) == ("pending", None)
    assert [refund["amount"]["amount"] for refund in accepted["refunds"]] == ["49.00"]
    assert await scene.customer.kinds(case) == ["created", "accepted"]
    assert (await scene.customer.read(case))["events"][0]["details"] == "Sorry about that."
    assert await scene.sum_of_refunds(payment) == {"pending": 4900}


async def test_accepting_can_end_the_membership(scene: Scene) -> None:
    case = await scene.case()
    await scene.merchant.act(case, "accept", terminate_membership=True)
    ended = await scene.pool.fetchval(
        "select ended_at from members where account_id = $1 and id = $2", scene.account.id, scene.member.id
    )
    assert ended == scene.clock.now()
    logged = await scene.pool.fetch("select kind from activity where account_id = $1", scene.account.id)
    assert [row["kind"] for row in logged] == ["membership_ended"]


async def test_denying_needs_a_message_and_opens_the_appeal_window(scene: Scene) -> None:
    case = await scene.case()
    empty = await scene.merchant.refused(case, "deny", message="  ")
    assert (empty.status, empty.code) == (422, "message_required")
    missing = await scene.merchant.refused(case, "deny")
    assert (missing.status, missing.code) == (400, "missing_parameter")
    denied = await scene.merchant.act(case, "deny", message="It was delivered.")
    assert (denied["status"], denied["outcome"], denied["refund"]) == ("closed", "merchant_won", "none")
    seen = await scene.customer.read(case)
    assert "appeal" in seen["available_actions"]
    assert seen["appeal_due_at"] == "2026-12-07T09:00:00.000Z"
    scene.clock.advance(timedelta(days=14))
    assert "appeal" not in (await scene.customer.read(case))["available_actions"]
    late = await scene.customer.refused(case, "appeal", message="No.")
    assert (late.status, late.code) == (409, "appeal_window_over")


async def test_a_question_and_its_answer(scene: Scene) -> None:
    case = await scene.case()
    asked = await scene.merchant.act(case, "request_info", message="Which colour?")
    assert (asked["status"], asked["response_due_at"]) == ("awaiting_customer", "2026-11-30T09:00:00.000Z")
    wrong = await scene.merchant.refused(case, "reply", message="Me?")
    assert wrong.status == 409
    answered = await scene.customer.act(case, "reply", message="Blue.")
    assert answered["status"] == "awaiting_merchant"
    for _ in range(2):
        await scene.merchant.act(case, "request_info")
        await scene.customer.act(case, "reply", message="Still blue.")
    over = await scene.merchant.refused(case, "request_info")
    assert (over.status, over.code) == (409, "info_request_limit_reached")
    assert "request_info" not in over.actions
    assert "accept" in over.actions


async def test_withdrawing_and_its_refusal_for_the_merchant(scene: Scene) -> None:
    case = await scene.case()
    refused = await scene.merchant.refused(case, "withdraw")
    assert (refused.status, refused.code) == (403, "actor_not_allowed")
    withdrawn = await scene.customer.done(f"/{case['id']}/withdraw")
    assert (withdrawn["status"], withdrawn["outcome"], withdrawn["refund"]) == ("closed", "withdrawn", "none")
    again = await scene.customer.refused(case, "withdraw")
    assert (again.status, again.code, again.actions) == (409, "case_closed", [])


async def test_appeal_and_decision(scene: Scene) -> None:
    payment = await scene.payment(amount="80.00")
    case = await scene.case(payment)
    await scene.merchant.act(case, "deny", message="No.")
    appealed = await scene.customer.act(case, "appeal", message="Please look again.")
    assert (appealed["status"], appealed["customer_appealed"], appealed["escalated"]) == ("under_review", True, True)
    verdict = await scene.verdict(case, amount=30.5, payer="platform")
    decided = await scene.platform.act(case, "decide", **verdict)
    assert (decided["outcome"], decided["refund"]) == ("customer_won", "platform")
    assert await scene.sum_of_refunds(payment) == {"pending": 3050}
    seen = await scene.customer.read(case)
    assert [decision["to_merchant"] for decision in seen["decisions"]] == [None]
    assert [decision["to_customer"] for decision in seen["decisions"]] == ["You are right."]
    assert seen["events"][0]["details"] == "You are right."
    assert (await scene.merchant.read(case))["events"][0]["details"] == "The photos show it."
    assert "appeal" not in seen["available_actions"]


async def test_escalation_needs_an_answer_first(scene: Scene) -> None:
    case = await scene.case()
    early = await scene.customer.refused(case, "escalate")
    assert (early.status, early.code) == (409, "merchant_not_answered")
    await scene.merchant.act(case, "comment", message="We look into it.")
    escalated = await scene.customer.act(case, "escalate")
    assert (escalated["status"], escalated["escalated"]) == ("under_review", True)
    assert escalated["response_due_at"] == "2026-11-25T09:00:00.000Z"


async def test_a_stale_version_is_a_conflict_that_shows_what_is_new(scene: Scene) -> None:
    case = await scene.case()
    await scene.customer.act(case, "comment", message="One thing more.")
    stale = await scene.merchant.refused(case, "deny", message="No.", version=case["version"])
    assert (stale.status, stale.code) == (409, "case_changed")
    details = stale.body["error"]["details"]
    assert details["version"] == case["version"] + 1
    assert [event["details"] for event in details["events"]] == ["One thing more."]
    assert "deny" in details["available_actions"]
    await scene.merchant.act(case, "deny", message="No.", version=details["version"])


async def test_notes_and_assignment_stay_inside(scene: Scene) -> None:
    case = await scene.case()
    before = await scene.customer.read(case)
    user, grace = await scene.colleague("admin")
    noted = await grace.act(case, "notes", message="Third time this month.")
    assigned = await scene.merchant.act(case, "assign", assignee_id=user.pid)
    assert assigned["assignee"] == {"id": user.pid, "name": "Grace Hopper"}
    assert noted["version"] == assigned["version"] == before["version"]
    assert await scene.customer.read(case) == before
    assert await scene.merchant.kinds(case) == ["created", "noted", "assigned"]
    page = (await scene.customer.get(f"/{case['id']}/events")).body
    assert [event["action"] for event in page["data"]] == ["created"]
    assert (page["page_info"]["has_next_page"], page["page_info"]["has_previous_page"]) == (False, False)
    assert (await scene.platform.read(case))["assignee"] is None
    unknown = await scene.merchant.refused(case, "assign", assignee_id=scene.ada.pid)
    assert (unknown.status, unknown.code) == (422, "assignee_unknown")
    forbidden = await scene.customer.refused(case, "notes", message="Mine?")
    assert (forbidden.status, forbidden.code) == (403, "actor_not_allowed")


async def test_roles_bound_what_a_colleague_may_do(scene: Scene) -> None:
    case = await scene.case(await scene.payment(amount="49.00"))
    _, viewer = await scene.colleague("viewer")
    looked = await viewer.refused(case, "deny", message="No.")
    assert (looked.status, looked.code) == (403, "missing_permission")
    _, support = await scene.colleague("support")
    over = await support.refused(case, "accept")
    assert (over.status, over.code) == (403, "refund_limit_exceeded")
    await scene.pool.execute("update accounts set support_limits = $2 where id = $1", scene.account.id, {"usd": 2000})
    offered = await support.refused(case, "offers", amount=20.01)
    assert (offered.status, offered.code) == (403, "refund_limit_exceeded")
    await support.act(case, "offers", amount=20)
    await scene.pool.execute("update accounts set support_limits = $2 where id = $1", scene.account.id, {"usd": 4900})
    assert (await support.act(case, "accept"))["outcome"] == "customer_won"


async def test_a_roles_limit_is_for_the_whole_case(scene: Scene) -> None:
    payment = await scene.payment(amount="49.00")
    case = await scene.case(payment)
    offer = (await scene.merchant.act(case, "offers", amount=20, remedy="A new one."))["offers"][0]
    await scene.customer.act(case, f"offers/{offer['id']}/accept")
    await scene.customer.act(case, "appeal", message="No new one has come.")
    _, support = await scene.colleague("support")
    await scene.pool.execute("update accounts set support_limits = $2 where id = $1", scene.account.id, {"usd": 4899})
    over = await support.refused(case, "accept")
    assert (over.status, over.code) == (403, "refund_limit_exceeded")
    await scene.pool.execute("update accounts set support_limits = $2 where id = $1", scene.account.id, {"usd": 4900})
    assert (await support.act(case, "accept"))["outcome"] == "customer_won"
    assert await scene.sum_of_refunds(payment) == {"pending": 4900}


async def test_an_answer_is_not_replayed_to_somebody_who_lost_the_right_to_it(scene: Scene) -> None:
    case = await scene.case()
    user, grace = await scene.colleague("admin")
    path, body, key = f"/{case['id']}/deny", {"message": "No."}, {"Idempotency-Key": "once"}
    first = await grace.post(path, body, **key)
    assert (first.status, (await grace.post(path, body, **key)).body) == (200, first.body)
    where = "where account_id = $1 and user_id = $2"
    await scene.pool.execute(f"update team_members set role = 'viewer' {where}", scene.account.id, user.id)
    demoted = await grace.post(path, body, **key)
    assert (demoted.status, demoted.code) == (403, "missing_permission")
    await scene.pool.execute(f"delete from team_members {where}", scene.account.id, user.id)
    left = await grace.post(path, body, **key)
    assert (left.status, left.code) == (404, "not_found")


async def test_nobody_acts_for_the_merchant_on_a_payment_of_their_own(scene: Scene) -> None:
    user, grace = await scene.colleague("owner")
    member = await make_member(scene.pool, scene.account, user=user, now=scene.clock.now())
    payment = await scene.payment(member=member)
    case = await grace.done("", {"receipt_id": payment.pid, "reason": "duplicate", "message": "Twice."})
    assert case["available_actions"] == ["withdraw", "comment"]
    refused = await grace.refused(case, "accept")
    assert (refused.status, refused.code) == (403, "own_payment")
    listed = (await grace.get()).body["data"]
    assert [(row["id"], row["available_actions"]) for row in listed] == [(case["id"], ["withdraw", "comment"])]


async def test_unknown_foreign_and_malformed_ids_answer_alike(scene: Scene) -> None:
    case = await scene.case()
    stranger = scene.user(await make_user(scene.pool, now=scene.clock.now()))
    bodies = [
        (await party.get(path)).body
        for party, path in (
            (stranger, f"/{case['id']}"),
            (scene.customer, "/reso_123"),
            (scene.customer, f"/{case['id'][:-1]}Z" if not case["id"].endswith("Z") else f"/{case['id'][:-1]}Y"),
            (scene.customer, "/pay_123"),
            (stranger, f"/{case['id']}/events"),
        )
    ]
    assert all(body == bodies[0] for body in bodies)
    assert bodies[0]["error"]["code"] == "not_found"
    assert (await stranger.refused(case, "withdraw")).status == 404


async def test_opening_a_case(scene: Scene) -> None:
    payment = await scene.payment(amount="10.50")
    case = await scene.case(
        payment,
        reason="subscription_canceled",
        answers={"canceled_on": "2026-11-01", "used_since": False},
        remedy={"kind": "partial_refund", "amount": 5.25, "text": "Half of it."},
    )
    assert (case["amount"], case["currency"], case["reason"]) == (10.5, "usd", "subscription_canceled")
    assert case["answers"] == {"canceled_on": "2026-11-01", "used_since": False}
    assert case["remedy"] == {"kind": "partial_refund", "amount": 5.25, "text": "Half of it."}
    assert case["response_due_at"] == "2026-11-30T09:00:00.000Z"
    assert case["product_id"] == scene.product.pid
    again = await scene.customer.post("", {"receipt_id": payment.pid, "reason": "duplicate", "message": "Again"})
    assert (again.status, again.code) == (409, "case_exists")
    assert again.body["error"]["details"]["case_id"] == case["id"]


async def test_payments_that_no_case_can_be_opened_on(scene: Scene) -> None:
    now = scene.clock.now()
    foreign = await make_payment(scene.pool, scene.account, now=now)
    old = await scene.payment(paid_at=now - timedelta(days=121))
    failed = await scene.payment(status="failed")
    spent = await scene.payment(amount="5.00")
    await scene.pool.execute(
        "update payments set refunded_minor = 500 where account_id = $1 and id = $2", scene.account.id, spent.id
    )
    disputed = await scene.payment()
    await scene.pool.execute(
        "update payments set open_disputes = 1 where account_id = $1 and id = $2", scene.account.id, disputed.id
    )
    lost = await scene.payment()
    await scene.pool.execute(
        "update payments set lost_disputes = 1 where account_id = $1 and id = $2", scene.account.id, lost.id
    )
    expected = {
        foreign.pid: (404, "not_found"),
        "pay_nonsense": (404, "not_found"),
        old.pid: (422, "payment_too_old"),
        failed.pid: (422, "payment_not_paid"),
        spent.pid: (422, "nothing_refundable"),
        disputed.pid: (409, "bank_dispute_open"),
        lost.pid: (422, "bank_dispute_lost"),
    }
    body = {"reason": "fraudulent", "message": "Not me."}
    answers = {pid: await scene.customer.post("", {"receipt_id": pid, **body}) for pid in expected}
    assert {pid: (answer.status, answer.code) for pid, answer in answers.items()} == expected
    by_key = await scene.merchant.post("", {"receipt_id": old.pid, **body})
    assert (by_key.status, by_key.code) == (403, "actor_not_allowed")


async def test_a_command_repeated_with_its_key_changes_nothing(scene: Scene) -> None:
    payment = await scene.payment()
    case = await scene.case(payment)
    key = {"Idempotency-Key": "one-key-for-all"}
    first = await scene.merchant.call("POST", f"/{case['id']}/accept", {}, headers=key)
    second = await scene.merchant.call("POST", f"/{case['id']}/accept", {}, headers=key)
    assert (first.status, second.status) == (200, 200)
    assert first.body == second.body
    assert second.headers["idempotent-replayed"] == "true"
    assert await scene.sum_of_refunds(payment) == {"pending": payment.amount_minor}
    other = await scene.merchant.call("POST", f"/{case['id']}/accept", {"message": "x"}, headers=key)
    assert other.status == 400


async def test_email_needs_its_scope(scene: Scene) -> None:
    case = await scene.case()
    token = await make_api_key(scene.pool, scene.account, scopes=["case:read"], now=scene.clock.now())
    reader = type(scene.merchant)(scene.http, token)
    assert (await reader.read(case))["buyer"]["email"] is None
    assert (await scene.merchant.read(case))["buyer"]["email"] == "ada@example.com"
    assert (await scene.customer.read(case))["buyer"]["email"] is None
    refused = await reader.refused(case, "deny", message="No.")
    assert (refused.status, refused.code) == (403, "missing_permission")


async def test_who_may_only_read_has_nothing_available(scene: Scene) -> None:
    case = await scene.case()
    token = await make_api_key(scene.pool, scene.account, scopes=["case:read"], now=scene.clock.now())
    reader = type(scene.merchant)(scene.http, token)
    assert (await reader.read(case))["available_actions"] == []
    assert [row["available_actions"] for row in (await reader.get()).body["data"]] == [[]]
    assert "accept" in (await scene.merchant.read(case))["available_actions"]


async def test_counts_follow_every_change(scene: Scene) -> None:
    case = await scene.case()
    await scene.case()
    await scene.merchant.act(case, "deny", message="No.")
    rows = await scene.pool.fetch(
        """
        select status, outcome, sum(n) as n
        from case_count_deltas
        where account_id = $1
        group by status, outcome
        """,
        ref_of(case).account_id,
    )
    assert {(row["status"], row["outcome"]): row["n"] for row in rows} == {
        ("awaiting_merchant", ""): 1,
        ("closed", "merchant_won"): 1,
    }
