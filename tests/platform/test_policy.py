"""The policy: every number in one form and in the API, versions that open cases keep, two admins at once."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.cases.policy import DEFAULT_POLICY, Policy
from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.kit.errors import Unprocessable
from amends.people.rows import UserRow
from amends.platform.policy_page import typed
from amends.platform.policy_rules import MIB, ORDERED, RULES, check, fields_of
from amends.platform.policy_words import GROUPS, WORDS
from tests.cases.scene import Scene
from tests.credentials import bearer, make_api_key
from tests.platform.visiting import audited, text_of
from tests.running import Server
from tests.staff import browser, make_staff_person

POLICY = "/platform/policy"
API = "/api/v1/policy"


def form(version: int = 1, **changed: Any) -> dict[str, str]:
    """Return the form as the page has it, with some fields typed over."""
    fields = {name: typed(name, value) for name, value in fields_of(DEFAULT_POLICY).items()}
    return fields | {"version": str(version)} | {name: str(value) for name, value in changed.items()}


async def in_force(pool: Pool) -> tuple[int, Policy]:
    row = await pool.fetchrow(
        "select version, policy::text as policy from policy_versions order by version desc limit 1"
    )
    assert row is not None
    return row["version"], msgspec.json.decode(row["policy"], type=Policy)


def test_every_field_has_its_rule_its_words_and_its_place() -> None:
    names = set(Policy.__struct_fields__)
    assert set(WORDS) == names
    assert sorted(name for group in GROUPS for name in group.fields) == sorted(names)
    assert set(RULES) == names - {"time_zone", "holidays"}
    assert {name for pair in ORDERED for name in pair} <= set(RULES)
    assert check(DEFAULT_POLICY) == DEFAULT_POLICY


@given(name=st.sampled_from(sorted(RULES)), beyond=st.integers(1, 10**6), high=st.booleans())
def test_a_number_out_of_its_rule_is_refused(name: str, beyond: int, high: bool) -> None:
    rule = RULES[name]
    with pytest.raises(Unprocessable) as refused:
        check(msgspec.structs.replace(DEFAULT_POLICY, **{name: rule.high + beyond if high else rule.low - beyond}))
    assert refused.value.param in {name, *(less for less, more in ORDERED if more == name)}


async def test_a_change_is_a_new_version_for_cases_opened_from_now_on(
    scene: Scene, admin: httpx.AsyncClient, admin_person: UserRow, clock: ManualClock
) -> None:
    before = await scene.case()
    assert (await admin.post(POLICY, data=form(merchant_days=9, holidays="2026-12-25\n2026-12-24"))).status_code == 303
    version, policy = await in_force(scene.pool)
    assert (version, policy.merchant_days, policy.holidays) == (2, 9, (date(2026, 12, 24), date(2026, 12, 25)))
    after = await scene.case()
    due = {case["id"]: datetime.fromisoformat(case["response_due_at"]) for case in (before, after)}
    assert due == {before["id"]: clock.now() + timedelta(days=7), after["id"]: clock.now() + timedelta(days=9)}
    await scene.merchant.act(before, "request_info", message="Which one?")
    again = await scene.customer.act(before, "reply", message="This one.")
    assert datetime.fromisoformat(again["response_due_at"]) == clock.now() + timedelta(days=7)
    shown = text_of(await admin.get(POLICY))
    assert "The merchant answers within before 7 days now 9 days" in shown
    assert f"{admin_person.name}" in shown
    assert await audited(scene.pool, "policy.%") == [("policy.changed", admin_person.pid, None)]


async def test_limits_of_files_count_at_once(scene: Scene, admin: httpx.AsyncClient) -> None:
    await admin.post(POLICY, data=form(file_max_bytes=1, video_max_bytes="1.5"))
    assert (await in_force(scene.pool))[1].video_max_bytes == 3 * MIB // 2
    refused = await scene.http.post(
        "/api/v1/files",
        json={"filename": "a.png", "byte_size": 2 * MIB},
        headers=bearer(scene.merchant.token),
    )
    assert refused.status_code in {413, 422}


async def test_saving_what_is_in_force_makes_no_version(pool: Pool, admin: httpx.AsyncClient) -> None:
    assert (await admin.post(POLICY, data=form())).status_code == 303
    assert (await in_force(pool))[0] == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"merchant_days": "0"}, "From 1 day to 60 days."),
        ({"merchant_days": "many"}, "Write a number."),
        ({"merchant_days": ""}, "Write a number."),
        ({"merchant_days": "31"}, "This cannot be more than “Both may negotiate for”."),
        ({"offer_days": "15"}, "This cannot be more than “At most”."),
        ({"file_max_bytes": "inf"}, "Write a number."),
        ({"file_max_bytes": "101"}, "From 1 MB to 100 MB."),
        ({"time_zone": "Mars/Olympus"}, "This time zone is not known."),
        ({"holidays": "2026-12-25\nChristmas"}, "“Christmas” is no date."),
    ],
)
async def test_what_cannot_be_is_said_at_the_field(
    pool: Pool, admin: httpx.AsyncClient, changed: dict[str, str], words: str
) -> None:
    answer = await admin.post(POLICY, data=form(1, customer_days=8, **changed))
    assert (answer.status_code, words in text_of(answer)) == (422, True)
    assert 'name="customer_days" type="number" step="1" min="1" max="60" required value="8"' in answer.text
    assert (await in_force(pool))[0] == 1


async def test_of_two_who_save_at_once_one_is_shown_what_the_other_did(
    pool: Pool, server: Server, admin: httpx.AsyncClient, clock: ManualClock
) -> None:
    other = await make_staff_person(pool, "admin")
    async with browser(server.url, pool, other, clock) as theirs:
        answers = await asyncio.gather(
            admin.post(POLICY, data=form(merchant_days=9)), theirs.post(POLICY, data=form(merchant_days=5))
        )
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    version, policy = await in_force(pool)
    assert version == 2
    assert "has changed the policy in the meantime" in text_of(refused)
    assert f"In force now: {policy.merchant_days} days" in text_of(refused)
    assert '<input type="hidden" name="version" value="2">' in refused.text
    mine = 14 - policy.merchant_days
    again = await admin.post(POLICY, data=form(version=2, merchant_days=mine))
    assert (again.status_code, (await in_force(pool))[1].merchant_days) == (303, mine)


async def test_a_reviewer_may_not(pool: Pool, reviewer: httpx.AsyncClient) -> None:
    assert (await reviewer.get(POLICY)).status_code == 403
    assert (await reviewer.post(POLICY, data=form(merchant_days=9))).status_code == 403
    assert (await in_force(pool))[0] == 1


async def test_the_api_reads_and_changes_it(pool: Pool, http: httpx.AsyncClient, clock: ManualClock) -> None:
    headers = bearer(await make_api_key(pool, name="platform", now=clock.now()))
    found = (await http.get(API, headers=headers)).json()
    assert (found["version"], found["merchant_days"], found["holidays"]) == (1, 7, [])
    clock.set(datetime(2026, 11, 24, tzinfo=UTC))
    body = {"version": 1, "merchant_days": 9, "holidays": ["2026-12-25"]}
    done = (await http.put(API, json=body, headers=headers)).json()
    assert done == {
        **found, "version": 2, "merchant_days": 9, "holidays": ["2026-12-25"],
        "created_at": "2026-11-24T00:00:00.000Z", "created_by": done["created_by"],
    }  # fmt: skip
    assert (await http.get(API, headers=headers)).json() == done
    for sent, status, code, param in (
        ({"version": 1, "merchant_days": 5}, 409, "policy_changed", None),
        ({"version": 2, "merchant_days": 0}, 422, "policy_out_of_range", "merchant_days"),
        ({"version": 2, "offer_min_days": 9}, 422, "policy_inconsistent", "offer_min_days"),
        ({"version": 2, "time_zone": "Mars"}, 422, "unknown_time_zone", "time_zone"),
    ):
        answer = await http.put(API, json=sent, headers=headers)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error.get("param")) == (status, code, param)
    assert (await in_force(pool))[0] == 2
