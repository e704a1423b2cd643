"""Facts: each with its boundary and the record that it rests on."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from amends.db.pool import Pool
from amends.people.facts import CaseFacts, Fact, FactCode, case_facts, whole_months
from amends.people.queries_facts import Total
from amends.people.rows import AccountRow, MemberRow, PaymentRow
from tests.builders import (
    NOW,
    make_account,
    make_activity,
    make_member,
    make_payment,
    make_plan,
    make_product,
)

pytestmark = pytest.mark.anyio

MS = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PAID = NOW - 10 * DAY


class Scene:
    """One member of an account with one payment, ten days ago."""

    def __init__(self, pool: Pool, account: AccountRow, member: MemberRow) -> None:
        self.pool = pool
        self.account = account
        self.member = member

    async def pay(self, **more: Any) -> PaymentRow:
        fields: dict[str, Any] = {"paid_at": PAID, **more}
        return await make_payment(self.pool, self.account, member=self.member, **fields)

    async def log(self, kind: str, at: datetime, **more: Any) -> str:
        row = await make_activity(self.pool, self.account, member=self.member, kind=kind, occurred_at=at, **more)
        return row.pid

    async def facts(self, payment: PaymentRow, now: datetime = NOW) -> CaseFacts:
        return await case_facts(self.pool, self.account.id, self.member.id, payment.id, now)

    async def fact(self, payment: PaymentRow, *codes: FactCode, now: datetime = NOW) -> list[Fact]:
        return only((await self.facts(payment, now)).facts, *codes)


def only(facts: Sequence[Fact], *codes: FactCode) -> list[Fact]:
    return [fact for fact in facts if fact.code in codes]


@pytest.fixture
async def scene(pool: Pool) -> Scene:
    account = await make_account(pool)
    return Scene(pool, account, await make_member(pool, account))


async def test_unpaid_payment_has_no_facts(scene: Scene) -> None:
    payment = await scene.pay(status="pending")
    assert await scene.facts(payment) == CaseFacts([], [])


async def test_nothing_logged_rests_on_the_payment(scene: Scene) -> None:
    payment = await scene.pay()
    codes = {fact.code: fact.source for fact in (await scene.facts(payment)).facts}
    assert codes == {
        FactCode.APP_NOT_OPENED: payment.pid,
        FactCode.ACCESS_NOT_CLAIMED: payment.pid,
        FactCode.MEMBER_FOR: scene.member.pid,
        FactCode.PAYMENTS: payment.pid,
        FactCode.REFUNDS: payment.pid,
        FactCode.PREVIOUS_CASES: payment.pid,
    }


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("app_opened", FactCode.APP_OPENED),
        ("content_viewed", FactCode.CONTENT_VIEWED),
        ("downloaded", FactCode.DOWNLOADED),
        ("login", FactCode.LOGIN),
        ("support_contacted", FactCode.SUPPORT_CONTACTED),
    ],
)
async def test_use_counts_only_after_paying(scene: Scene, kind: str, code: FactCode) -> None:
    payment = await scene.pay()
    await scene.log(kind, PAID - DAY)
    await scene.log(kind, PAID)
    assert await scene.fact(payment, code) == []
    await scene.log(kind, PAID + MS)
    last = await scene.log(kind, PAID + DAY)
    await scene.log(kind, NOW + MS)
    assert await scene.fact(payment, code) == [Fact(code=code, count=2, at=PAID + DAY, source=last)]


async def test_app_opened_replaces_not_opened(scene: Scene) -> None:
    payment = await scene.pay()
    await scene.log("app_opened", PAID)
    codes = (FactCode.APP_OPENED, FactCode.APP_NOT_OPENED)
    assert [fact.code for fact in await scene.fact(payment, *codes)] == [FactCode.APP_NOT_OPENED]
    await scene.log("app_opened", NOW)
    assert [fact.code for fact in await scene.fact(payment, *codes)] == [FactCode.APP_OPENED]


@pytest.mark.parametrize("code", [FactCode.ACCESS_CLAIMED, FactCode.DISCORD_JOINED])
async def test_first_time_counts_also_before_paying(scene: Scene, code: FactCode) -> None:
    payment = await scene.pay()
    await scene.log(code, PAID + DAY)
    first = await scene.log(code, PAID - 30 * DAY)
    assert (await scene.fact(payment, code)) == [Fact(code=code, at=PAID - 30 * DAY, source=first)]


@pytest.mark.parametrize("code", [FactCode.TERMS_ACCEPTED, FactCode.REFUND_POLICY_ACCEPTED])
async def test_agreement_is_the_last_not_after_the_payment(scene: Scene, code: FactCode) -> None:
    payment = await scene.pay()
    late = await scene.log(code, PAID + MS)
    assert await scene.fact(payment, code) == [Fact(code=code, at=PAID + MS, source=late)]
    await scene.log(code, PAID - DAY)
    at_checkout = await scene.log(code, PAID)
    assert await scene.fact(payment, code) == [Fact(code=code, at=PAID, source=at_checkout)]


async def test_log_of_another_product_and_member_does_not_count(scene: Scene) -> None:
    bought, other = await make_product(scene.pool, scene.account), await make_product(scene.pool, scene.account)
    payment = await scene.pay(product=bought)
    stranger = await make_member(scene.pool, scene.account)
    await make_activity(scene.pool, scene.account, member=stranger)
    await scene.log("app_opened", NOW, product=other)
    assert await scene.fact(payment, FactCode.APP_OPENED) == []
    await scene.log("app_opened", NOW, product=bought)
    await scene.log("app_opened", NOW)
    assert [fact.count for fact in await scene.fact(payment, FactCode.APP_OPENED)] == [2]


async def test_unknown_kinds_are_not_counted(scene: Scene) -> None:
    payment = await scene.pay()
    before = (await scene.facts(payment)).facts
    await scene.log("danced", NOW)
    assert (await scene.facts(payment)).facts == before


RENEWAL = {"is_renewal": True, "period_start": PAID, "period_end": PAID + 30 * DAY}
CANCELLATIONS = (
    FactCode.CANCELLED_AFTER_PAYMENT,
    FactCode.CANCELLED_BEFORE_RENEWAL,
    FactCode.CANCELLED_AFTER_RENEWAL,
    FactCode.CANCELLED_BEFORE_DEADLINE,
    FactCode.CANCELLED_AFTER_DEADLINE,
    FactCode.NOT_CANCELLED,
)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (PAID - 24 * HOUR - MS, {"cancelled_before_renewal": 86_400, "cancelled_before_deadline": 0}),
        (PAID - 24 * HOUR, {"cancelled_before_renewal": 86_400, "cancelled_before_deadline": 0}),
        (PAID - 24 * HOUR + HOUR, {"cancelled_before_renewal": 82_800, "cancelled_after_deadline": 3600}),
        (PAID, {"cancelled_before_renewal": 0, "cancelled_after_deadline": 86_400}),
        (PAID + 2 * DAY, {"cancelled_after_renewal": 172_800, "cancelled_after_deadline": 259_200}),
    ],
)
async def test_cancellation_of_a_renewal(scene: Scene, at: datetime, said: dict[str, int]) -> None:
    plan = await make_plan(scene.pool, scene.account, cancel_before_hours=24)
    payment = await scene.pay(plan=plan, **RENEWAL)
    source = await scene.log("cancel_requested", at)
    found = await scene.fact(payment, *CANCELLATIONS)
    assert {str(fact.code): fact.seconds for fact in found} == said
    assert {(fact.at, fact.source) for fact in found} == {(at, source)}


async def test_cancellation_before_the_last_payment_was_overtaken_by_it(scene: Scene) -> None:
    plan = await make_plan(scene.pool, scene.account)
    await scene.pay(plan=plan, paid_at=PAID - 30 * DAY)
    payment = await scene.pay(plan=plan, **RENEWAL)
    await scene.log("cancel_requested", PAID - 30 * DAY)
    assert await scene.fact(payment, *CANCELLATIONS) == [Fact(code=FactCode.NOT_CANCELLED, source=payment.pid)]
    source = await scene.log("cancel_requested", PAID - 30 * DAY + MS)
    [fact] = await scene.fact(payment, *CANCELLATIONS)
    assert (fact.code, fact.source) == (FactCode.CANCELLED_BEFORE_RENEWAL, source)


async def test_cancellation_of_a_first_payment(scene: Scene) -> None:
    plan = await make_plan(scene.pool, scene.account, cancel_before_hours=48)
    payment = await scene.pay(plan=plan, period_start=PAID, period_end=PAID + 30 * DAY)
    await scene.log("cancel_requested", PAID)
    assert await scene.fact(payment, *CANCELLATIONS) == []
    source = await scene.log("cancel_requested", PAID + DAY)
    assert await scene.fact(payment, *CANCELLATIONS) == [
        Fact(code=FactCode.CANCELLED_AFTER_PAYMENT, at=PAID + DAY, seconds=86_400, source=source),
        Fact(code=FactCode.CANCELLED_BEFORE_DEADLINE, at=PAID + DAY, seconds=27 * 86_400, source=source),
    ]


@pytest.mark.parametrize(
    ("apart", "is_double"),
    [(-DAY - MS, False), (-DAY, True), (4 * 60 * 1000 * MS, True), (DAY, True), (DAY + MS, False)],
)
async def test_double_purchase_is_within_24_hours(scene: Scene, apart: timedelta, is_double: bool) -> None:
    payment = await scene.pay()
    other = await scene.pay(paid_at=PAID + apart)
    found = await scene.fact(payment, FactCode.POSSIBLE_DOUBLE)
    seconds = int(abs(apart).total_seconds())
    double = Fact(code=FactCode.POSSIBLE_DOUBLE, at=other.paid_at, seconds=seconds, source=other.pid)
    assert found == ([double] if is_double else [])


@pytest.mark.parametrize("other", [{"amount": "49.01"}, {"currency": "eur"}, {"status": "failed"}])
async def test_double_purchase_is_the_same_amount_and_paid(scene: Scene, other: dict[str, str]) -> None:
    payment = await scene.pay()
    await scene.pay(**other)
    assert await scene.fact(payment, FactCode.POSSIBLE_DOUBLE) == []


async def test_double_purchase_is_the_same_product(scene: Scene) -> None:
    payment = await scene.pay(product=await make_product(scene.pool, scene.account))
    await scene.pay(product=await make_product(scene.pool, scene.account))
    assert await scene.fact(payment, FactCode.POSSIBLE_DOUBLE) == []


async def test_history_by_currency(scene: Scene) -> None:
    first = await scene.pay(paid_at=PAID - 60 * DAY, amount="10.00")
    payment = await scene.pay(**RENEWAL)
    await scene.pay(currency="jpy", amount="700")
    await scene.pay(status="failed")
    await scene.pay(paid_at=NOW + MS)
    found = await scene.facts(payment)
    assert found.totals == [Total("jpy", 0, 1, 700, 0, 0), Total("usd", 2, 2, 5900, 0, 0)]
    assert only(found.facts, FactCode.PAYMENTS) == [Fact(code=FactCode.PAYMENTS, count=3, source=first.pid)]
    assert only(found.facts, FactCode.RENEWAL) == [Fact(code=FactCode.RENEWAL, at=PAID, source=payment.pid)]


async def test_refunds_rest_on_the_newest_refunded_payment(scene: Scene) -> None:
    await scene.pay(paid_at=PAID - 60 * DAY)
    older, newer = [await scene.pay(paid_at=PAID - days * DAY) for days in (40, 20)]
    payment = await scene.pay()
    assert await scene.fact(payment, FactCode.REFUNDS) == [Fact(code=FactCode.REFUNDS, count=0, source=payment.pid)]
    await scene.pool.execute("update payments set refunded_minor = 1 where id = any($1)", [older.id, newer.id])
    assert await scene.fact(payment, FactCode.REFUNDS) == [Fact(code=FactCode.REFUNDS, count=2, source=newer.pid)]


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 2, 28, tzinfo=UTC), 0),
        (datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC), 2),
        (datetime(2025, 9, 23, 9, tzinfo=UTC), datetime(2026, 11, 23, 9, tzinfo=UTC), 14),
        (datetime(2025, 9, 23, 9, tzinfo=UTC), datetime(2026, 11, 23, 8, 59, tzinfo=UTC), 13),
        (datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC), 0),
    ],
)
def test_whole_months(start: datetime, end: datetime, months: int) -> None:
    assert whole_months(start, end) == months
