"""`amends cases`, `amends verify` and `amends reconcile` on a case that was opened, answered and refunded."""

import json
from collections.abc import Mapping
from datetime import timedelta

import psycopg
import pytest

from amends.access.authenticate import user_caller
from amends.access.queries import find_user
from amends.access.scopes import CustomerScope
from amends.cases.commands_open import Opened, open_case
from amends.cases.states import Reason
from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.people.rows import AccountRow, PaymentRow
from tests.builders import NOW, make_account, make_member, make_payment, make_user
from tests.cli.commands import amends

MESSAGE = "I was charged twice [sic]."


class Story:
    """A case on a payment in a currency with three decimals."""

    def __init__(self, account: AccountRow, payment: PaymentRow, case: Opened) -> None:
        self.account = account
        self.payment = payment
        self.case = case


@pytest.fixture
async def story(pool: Pool, env: Mapping[str, str]) -> Story:
    account = await make_account(pool, title="Gulf Markets")
    user = await make_user(pool, name="نورة", email="noura@example.com")
    member = await make_member(pool, account, user=user)
    payment = await make_payment(pool, account, member=member, amount="14.500", currency="kwd")
    found = await find_user(pool, user.external_id)
    assert found is not None
    scope = user_caller(*found).customer
    assert isinstance(scope, CustomerScope)
    async with transaction(pool) as connection:
        case = await open_case(
            connection,
            scope,
            account_id=account.id,
            payment_id=payment.id,
            reason=Reason.DUPLICATE,
            message=MESSAGE,
            now=NOW + timedelta(hours=1),
        )
    return Story(account, payment, case)


async def test_cases_are_listed_as_a_table_and_as_json(story: Story, env: Mapping[str, str]) -> None:
    table = amends("cases", "list", env=env)
    assert table.code == 0
    for word in (story.case.pid, "awaiting merchant", "duplicate", "14.500 KWD", "نورة", "Gulf Markets"):
        assert word in table.out
    [case] = json.loads(amends("cases", "list", "--account", story.account.pid, "--json", env=env).out)["data"]
    assert (case["id"], case["amount"], case["currency"]) == (story.case.pid, 14.5, "kwd")
    assert amends("cases", "list", "--status", "closed", env=env).out == "There are no such cases.\n"


async def test_a_case_is_shown_with_its_timeline(story: Story, env: Mapping[str, str]) -> None:
    shown = amends("cases", "show", story.case.pid, env=env)
    assert shown.code == 0
    for word in (story.payment.pid, "noura@example.com", MESSAGE, "created"):
        assert word in shown.out
    [event] = json.loads(amends("cases", "show", story.case.pid, "--json", env=env).out)["events"]
    assert (event["id"], event["details"]) == (story.case.event_pid, MESSAGE)


@pytest.mark.parametrize("case_id", ["reso_1", "pay_ChK32", "nothing"])
def test_a_case_that_is_none_is_told(env: Mapping[str, str], case_id: str) -> None:
    ran = amends("cases", "show", case_id, env=env)
    assert (ran.code, ran.out) == (1, "")
    assert f"There is no case {case_id}" in ran.err


async def test_verify_finds_a_single_changed_byte(
    story: Story, owner: psycopg.Connection, env: Mapping[str, str]
) -> None:
    whole = amends("verify", env=env)
    assert (whole.code, whole.out) == (
        0,
        "1 events of 1 cases in 1 accounts, 0 daily digests: all as it was written.\n",
    )
    owner.execute("""update case_event_texts set texts = '{"message": "I was charged twice [Sic]."}'""")
    broken = amends("verify", env=env)
    assert broken.code == 3
    assert story.case.pid in broken.out
    assert story.case.event_pid in broken.out
    [finding] = json.loads(amends("verify", "--json", env=env).out)["findings"]
    assert (finding["case"], finding["event"], finding["position"]) == (story.case.pid, story.case.event_pid, 1)


async def test_reconcile_records_what_the_provider_did_alone(story: Story, pool: Pool, env: Mapping[str, str]) -> None:
    await pool.execute(
        "insert into sandbox.refunds (ref, payment_ref, amount_minor, currency, payer, state, created_at)"
        " values ('sbr_1', $1, 4500, 'kwd', 'merchant', 'succeeded', $2)",
        story.payment.pid,
        NOW + timedelta(hours=2),
    )
    words = ("reconcile", "--days", "3650")
    repaired = amends(*words, env=env)
    assert (repaired.code, repaired.out.splitlines()[-1]) == (
        0,
        "1 refunds compared: 0 agreed, 1 repaired, 0 need attention.",
    )
    assert await pool.fetchval("select refunded_minor from payments") == 4500
    assert json.loads(amends(*words, "--json", env=env).out) == {
        "compared": 1,
        "agreed": 1,
        "differences": [],
        "unapplied_events": [],
    }


async def test_reconcile_shows_a_message_that_could_not_be_applied(pool: Pool, env: Mapping[str, str]) -> None:
    await pool.execute(
        "insert into provider_events (provider, event_id, kind, body, received_at, failure, next_try_at)"
        " values ('sandbox', 'evt_1', 'refund.updated', '{}', $1, 'no such payment', $1)",
        NOW,
    )
    ran = amends("reconcile", env=env)
    assert ran.code == 3
    assert "evt_1" in ran.out
    assert "no such payment" in ran.out


async def test_reconcile_reports_money_that_the_provider_does_not_know(
    story: Story, pool: Pool, env: Mapping[str, str]
) -> None:
    await pool.execute(
        "insert into sandbox.refunds (ref, payment_ref, amount_minor, currency, payer, state, created_at)"
        " values ('sbr_1', 'pay_nobody', 1, 'kwd', 'merchant', 'succeeded', $1)",
        NOW,
    )
    ran = amends("reconcile", "--days", "3650", env=env)
    assert ran.code == 3
    assert "unknown payment" in ran.out
