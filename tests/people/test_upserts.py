"""Upserts: what is created, changed, left alone and rejected."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import anyio
import anyio.lowlevel
import msgspec
import pytest

from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.kit.clock import ManualClock
from amends.kit.errors import Conflict
from amends.people import commands
from amends.people.commands_members import copy_users
from amends.people.commands_users import fetch_users
from amends.people.records import (
    AccountRecord,
    ActivityRecord,
    Kind,
    MemberRecord,
    PaymentRecord,
    PlanRecord,
    ProductRecord,
    Record,
    UserRecord,
)
from amends.people.rows import AccountRow, MemberRow, PaymentRow
from amends.people.upserts import Entry, Known, Outcome, Result
from tests.builders import (
    NOW,
    make_account,
    make_member,
    make_payment,
    make_plan,
    make_product,
    make_user,
)

LATER = NOW + timedelta(hours=1)


async def store(pool: Pool, *entries: Entry, now: datetime = NOW, by_account: bool = False) -> list[Outcome]:
    async with transaction(pool) as connection:
        return await commands.store(connection, entries, now=now, by_account=by_account)


async def put(
    pool: Pool, kind: Kind, external_id: str, record: Record, account_id: int = 0, *, by_account: bool = False
) -> Outcome:
    [outcome] = await store(pool, Entry(kind, account_id, external_id, record), now=LATER, by_account=by_account)
    return outcome


def rejected(outcome: Outcome) -> tuple[str | None, str, bool]:
    assert outcome.result is Result.REJECTED
    assert outcome.rejection is not None
    return outcome.rejection.param, outcome.rejection.code, isinstance(outcome.rejection, Conflict)


def payment(member: MemberRow, /, **fields: Any) -> PaymentRecord:
    body = {"member": member.external_id, "amount": "49.00", "currency": "usd", **fields}
    return msgspec.convert(body, PaymentRecord)


@pytest.fixture
async def account(pool: Pool) -> AccountRow:
    return await make_account(pool)


@pytest.fixture
async def member(pool: Pool, account: AccountRow) -> MemberRow:
    return await make_member(pool, account)


async def test_each_kind_is_created_changed_and_left_alone(pool: Pool) -> None:
    account = await make_account(pool, external_id="acme")
    user = await make_user(pool, external_id="u")
    records: list[tuple[Kind, int, Record, Record]] = [
        (Kind.ACCOUNT, 0, AccountRecord(title="A", currency="USD"), AccountRecord(title="B", currency="EUR")),
        (Kind.USER, 0, UserRecord(name="A"), UserRecord(name="B", time_zone="Europe/Paris", locale="pt-BR")),
        (Kind.PRODUCT, account.id, ProductRecord(title="A"), ProductRecord(title="B")),
        (Kind.PLAN, account.id, PlanRecord(product="x"), PlanRecord(title="T", cancel_before_hours=0)),
        (Kind.MEMBER, account.id, MemberRecord(user="u"), MemberRecord(user=user.pid, ended_at=NOW)),
    ]
    for kind, account_id, first, second in records:
        created = await store(pool, Entry(kind, account_id, "x", first))
        assert created[0].result is Result.CREATED
        assert created[0].row.updated_at == NOW
        repeated = await put(pool, kind, "x", first, account_id)
        assert (repeated.result, repeated.row) == (Result.UNCHANGED, created[0].row)
        changed = await put(pool, kind, "x", second, account_id)
        assert (changed.result, changed.row.id, changed.row.updated_at) == (Result.CHANGED, created[0].row.id, LATER)
        again = await put(pool, kind, "x", second, account_id)
        assert (again.result, again.row) == (Result.UNCHANGED, changed.row)


async def test_withdrawal_right_is_the_platforms_to_switch(pool: Pool, account: AccountRow) -> None:
    on, off = (ProductRecord(title="A", withdrawal_right=right) for right in (True, False))
    silent = ProductRecord(title="A")
    refused = await put(pool, Kind.PRODUCT, "x", on, account.id, by_account=True)
    assert rejected(refused) == ("withdrawal_right", "withdrawal_right_not_yours", False)
    assert (await put(pool, Kind.PRODUCT, "x", off, account.id, by_account=True)).result is Result.CREATED
    assert (await put(pool, Kind.PRODUCT, "x", on, account.id)).row.withdrawal_right is True
    for same in (silent, on):
        assert (await put(pool, Kind.PRODUCT, "x", same, account.id, by_account=True)).result is Result.UNCHANGED
    refused = await put(pool, Kind.PRODUCT, "x", off, account.id, by_account=True)
    assert rejected(refused) == ("withdrawal_right", "withdrawal_right_not_yours", False)
    assert (await put(pool, Kind.PRODUCT, "x", off, account.id)).row.withdrawal_right is False


async def test_payment_is_created_changed_and_left_alone(pool: Pool, account: AccountRow, member: MemberRow) -> None:
    plan = await make_plan(pool, account)
    record = payment(
        member,
        plan=plan.pid,
        period_start="2026-11-01T00:00:00Z",
        period_end="2026-12-01T00:00:00Z",
        line_items=[{"label": "Course", "subtotal": "48.99", "quantity": 2, "plan": plan.external_id, "sku": "C"}],
    )
    [first] = await store(pool, Entry(Kind.PAYMENT, account.id, "p", record))
    row: PaymentRow = first.row
    assert first.result is Result.CREATED
    assert (row.amount_minor, row.currency, row.currency_exponent, row.status) == (4900, "usd", 2, "paid")
    assert (row.paid_at, row.created_at, row.product_id) == (NOW, NOW, plan.product_id)
    [item] = row.line_items
    assert (item["label"], item["subtotal_minor"], item["plan_id"]) == ("Course", 4899, plan.pid)
    repeated = await put(pool, Kind.PAYMENT, "p", record, account.id)
    assert (repeated.result, repeated.row) == (Result.UNCHANGED, row)
    changed = await put(pool, Kind.PAYMENT, "p", payment(member, amount="50"), account.id)
    assert (changed.result, changed.row.amount_minor, changed.row.line_items) == (Result.CHANGED, 5000, [])
    assert changed.row.paid_at == NOW


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("49.00", "usd", 4900),
        (49, "USD", 4900),
        ("700", "jpy", 700),
        ("1.234", "kwd", 1234),
        (1e3, "usd", 100_000),
        (0.29, "usd", 29),
        ("0.01", "eur", 1),
    ],
)
async def test_amounts_are_exact(
    pool: Pool, account: AccountRow, member: MemberRow, amount: str | int, currency: str, minor: int
) -> None:
    outcome = await put(pool, Kind.PAYMENT, "p", payment(member, amount=amount, currency=currency), account.id)
    assert (outcome.row.amount_minor, outcome.row.currency) == (minor, currency.lower())


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"amount": "49.001"}, "amount", "inexact_amount"),
        ({"amount": "700.5", "currency": "jpy"}, "amount", "inexact_amount"),
        ({"amount": "NaN"}, "amount", "inexact_amount"),
        ({"amount": "1e400"}, "amount", "inexact_amount"),
        ({"amount": "1_000"}, "amount", "inexact_amount"),
        ({"amount": " 49"}, "amount", "inexact_amount"),
        ({"amount": "\u0664\u0669"}, "amount", "inexact_amount"),
        ({"amount": 49.001}, "amount", "inexact_amount"),
        ({"amount": 1e23}, "amount", "inexact_amount"),
        ({"amount": "0"}, "amount", "amount_not_positive"),
        ({"amount": "-1"}, "amount", "amount_not_positive"),
        ({"currency": "zzz"}, "currency", "unknown_currency"),
        ({"currency": "xau"}, "currency", "unknown_currency"),
        ({"member": "nobody"}, "member", "unknown_reference"),
        ({"product": "nothing"}, "product", "unknown_reference"),
        ({"plan": "nothing"}, "plan", "unknown_reference"),
        ({"paid_at": None}, "paid_at", "paid_at_required"),
        ({"paid_at": "0001-01-01T00:00:00+14:00"}, "paid_at", "invalid_time"),
        (
            {"period_start": "2026-02-01T00:00:00Z", "period_end": "2026-01-31T00:00:00Z"},
            "period_end",
            "period_ends_before_start",
        ),
        (
            {"line_items": [{"label": "x", "subtotal": "0.001"}]},
            "line_items.subtotal",
            "inexact_amount",
        ),
    ],
)
async def test_a_payment_that_cannot_be(
    pool: Pool, account: AccountRow, member: MemberRow, fields: dict[str, Any], field: str, code: str
) -> None:
    outcome = await put(pool, Kind.PAYMENT, "p", payment(member, **fields), account.id)
    assert rejected(outcome) == (field, code, False)
    assert await pool.fetchval("select count(*) from payments") == 0


async def test_times_are_utc_to_the_millisecond(pool: Pool, account: AccountRow, member: MemberRow) -> None:
    east = datetime(2026, 11, 20, 12, 0, 0, 123_999, tzinfo=timezone(timedelta(hours=2)))
    record = msgspec.structs.replace(payment(member), paid_at=east, period_start=datetime(2026, 11, 20))  # noqa: DTZ001
    row = (await put(pool, Kind.PAYMENT, "p", record, account.id)).row
    assert row.paid_at == datetime(2026, 11, 20, 10, 0, 0, 123_000, tzinfo=UTC)
    assert row.period_start == datetime(2026, 11, 20, tzinfo=UTC)


async def test_pending_payment_becomes_paid(pool: Pool, account: AccountRow, member: MemberRow) -> None:
    pending = await store(pool, Entry(Kind.PAYMENT, account.id, "p", payment(member, status="pending")))
    assert pending[0].row.paid_at is None
    paid = await put(pool, Kind.PAYMENT, "p", payment(member), account.id)
    assert (paid.result, paid.row.status, paid.row.paid_at) == (Result.CHANGED, "paid", LATER)


@pytest.mark.parametrize("fixing", ["case", "refund", "dispute"])
async def test_payment_with_money_asked_back_is_fixed(
    pool: Pool, account: AccountRow, member: MemberRow, fixing: str
) -> None:
    row = await make_payment(pool, account, member=member, external_id="p", paid_at=NOW)
    await pool.execute(_FIXING[fixing], account.id, row.id, member.id, member.user_id, NOW)
    other = await make_member(pool, account)
    for change in ({"amount": "48.00"}, {"currency": "eur"}, {"status": "failed", "paid_at": None}, {"provider": "x"}):
        outcome = await put(pool, Kind.PAYMENT, "p", payment(member, **change), account.id)
        assert rejected(outcome) == ("amount", "payment_is_fixed", True)
    outcome = await put(pool, Kind.PAYMENT, "p", payment(other), account.id)
    assert rejected(outcome) == ("amount", "payment_is_fixed", True)
    allowed = await put(pool, Kind.PAYMENT, "p", payment(member, card_brand="amex"), account.id)
    assert (allowed.result, allowed.row.card_brand) == (Result.CHANGED, "amex")


_FIXING = {
    "case": """
        insert into cases (
            account_id, id, pid, payment_id, member_id, user_id, reason, amount_minor, currency, currency_exponent,
            policy_version, status, response_due_at, head_hash, created_at, updated_at, last_activity_at
        )
        values ($1, $2, 'reso_x', $2, $3, $4, 'duplicate', 4900, 'usd', 2, 1, 'awaiting_merchant', $5, '', $5, $5, $5)
    """,
    "refund": """
        insert into refunds (
            account_id, id, pid, payment_id, amount_minor, currency, currency_exponent, payer, reason, state, provider,
            created_at, updated_at
        )
        select $1, $2, 'rf_x', $2, 1, 'usd', 2, 'merchant', 'elsewhere', 'succeeded', 'sandbox', $5, $5
        where $3::uuid <> $4::uuid
    """,
    "dispute": """
        insert into disputes (
            account_id, id, pid, payment_id, provider, provider_dispute_ref, state, amount_minor, counted_minor,
            currency, currency_exponent, opened_at, created_at, updated_at
        )
        select $1, $2, 'dspt_x', $2, 'sandbox', 'd', 'open', 1, 1, 'usd', 2, $5, $5, $5
        where $3::uuid <> $4::uuid
    """,
}


async def test_upsert_leaves_the_money_columns_alone(pool: Pool, account: AccountRow, member: MemberRow) -> None:
    row = await make_payment(pool, account, member=member, external_id="p", paid_at=NOW)
    await pool.execute(
        "update payments set refunded_minor = 1, refund_reserved_minor = 2, disputed_minor = 3 where id = $1", row.id
    )
    assert (await put(pool, Kind.PAYMENT, "p", payment(member, card_brand="amex"), account.id)).result is Result.CHANGED
    money = await pool.fetchrow("select refunded_minor, refund_reserved_minor, disputed_minor from payments")
    assert money is not None
    assert tuple(money) == (1, 2, 3)


async def test_provider_ref_belongs_to_one_payment(pool: Pool, account: AccountRow, member: MemberRow) -> None:
    first = await put(pool, Kind.PAYMENT, "p", payment(member, provider="stripe", provider_ref="pi_1"), account.id)
    refs = [tuple(row) for row in await pool.fetch("select provider, ref, account_id, payment_id from provider_refs")]
    assert refs == [("stripe", "pi_1", account.id, first.row.id)]
    record = payment(member, provider="stripe", provider_ref="pi_1")
    assert rejected(await put(pool, Kind.PAYMENT, "q", record, account.id)) == (
        "provider_ref",
        "provider_ref_taken",
        True,
    )
    other = payment(member, provider="paypal", provider_ref="pi_1")
    assert (await put(pool, Kind.PAYMENT, "q", other, account.id)).result is Result.CREATED
    assert (await put(pool, Kind.PAYMENT, "p", record, account.id)).result is Result.UNCHANGED


async def test_provider_ref_cannot_be_another_payments_public_id(
    pool: Pool, account: AccountRow, member: MemberRow
) -> None:
    victim = await make_payment(pool, account, member=member)
    record = payment(member, provider_ref=victim.pid)
    assert rejected(await put(pool, Kind.PAYMENT, "q", record, account.id))[1] == "provider_ref_taken"


async def test_two_payments_of_one_batch_cannot_share_a_provider_ref(
    pool: Pool, account: AccountRow, member: MemberRow
) -> None:
    record = payment(member, provider_ref="pi_1")
    outcomes = await store(pool, *(Entry(Kind.PAYMENT, account.id, name, record) for name in "ab"))
    assert outcomes[0].result is Result.CREATED
    assert rejected(outcomes[1])[1] == "provider_ref_taken"


async def test_plan_of_another_product_is_refused(pool: Pool, account: AccountRow, member: MemberRow) -> None:
    plan, product = await make_plan(pool, account), await make_product(pool, account)
    record = payment(member, plan=plan.external_id, product=product.external_id)
    assert rejected(await put(pool, Kind.PAYMENT, "p", record, account.id)) == (
        "plan",
        "plan_of_another_product",
        False,
    )


async def test_references_stay_within_the_account(pool: Pool, account: AccountRow) -> None:
    foreign = await make_member(pool, await make_account(pool))
    for reference in (foreign.external_id, foreign.pid):
        record = PaymentRecord(member=reference, amount=1, currency="usd")
        assert rejected(await put(pool, Kind.PAYMENT, "p", record, account.id))[1] == "unknown_reference"


async def test_the_same_ids_at_two_accounts_are_two_records(pool: Pool, account: AccountRow) -> None:
    other = await make_account(pool)
    product = ProductRecord(title="A")
    rows = [(await put(pool, Kind.PRODUCT, "x", product, number)).row for number in (account.id, other.id)]
    assert rows[0].id != rows[1].id


async def test_an_id_of_ours_is_not_an_integrators(pool: Pool, account: AccountRow) -> None:
    product = await make_product(pool, account)
    outcome = await put(pool, Kind.PRODUCT, product.pid, ProductRecord(title="B"), account.id)
    assert rejected(outcome) == ("id", "id_is_public", False)
    lookalike = await put(pool, Kind.PRODUCT, "prod_123", ProductRecord(title="B"), account.id)
    assert lookalike.result is Result.CREATED


async def test_member_copies_the_user_and_stays_it(pool: Pool, account: AccountRow) -> None:
    user = await make_user(pool, external_id="u", name="Ada", email="ada@example.com")
    member = (await put(pool, Kind.MEMBER, "m", MemberRecord(user="u"), account.id)).row
    assert (member.user_id, member.user_pid, member.name, member.email) == (user.id, user.pid, "Ada", "ada@example.com")
    directory = await pool.fetch("select user_id, account_id from user_accounts")
    assert [tuple(row) for row in directory] == [(user.id, account.id)]
    other = await make_user(pool)
    outcome = await put(pool, Kind.MEMBER, "m", MemberRecord(user=other.pid), account.id)
    assert rejected(outcome) == ("user", "member_is_another_user", True)
    outcome = await put(pool, Kind.MEMBER, "n", MemberRecord(user=user.pid), account.id)
    assert rejected(outcome) == ("user", "user_is_member", True)


async def put_by_account(pool: Pool, account: AccountRow, *entries: tuple[str, str]) -> list[Outcome]:
    async with transaction(pool) as connection:
        listed = [Entry(Kind.MEMBER, account.id, name, MemberRecord(user=user)) for name, user in entries]
        return await commands.store(connection, listed, now=NOW, by_account=True)


async def test_account_names_users_whom_it_does_not_know_by_public_id_only(pool: Pool, account: AccountRow) -> None:
    user = await make_user(pool, external_id="u", name="Ada")
    await make_member(pool, await make_account(pool), user=user)
    refused = [await put_by_account(pool, account, ("m", name)) for name in ("u", "nobody")]
    messages = [outcome.rejection and str(outcome.rejection.message) for [outcome] in refused]
    assert [rejected(outcome) for [outcome] in refused] == [("user", "unknown_reference", False)] * 2
    assert messages == [f"There is no user '{name}'. Send the user before." for name in ("u", "nobody")]
    assert await pool.fetchval("select count(*) from user_accounts where account_id = $1", account.id) == 0
    [linked] = await put_by_account(pool, account, ("m", user.pid))
    assert (linked.result, linked.row.name) == (Result.CREATED, "Ada")
    [named] = await put_by_account(pool, account, ("m", "u"))
    assert named.result is Result.UNCHANGED


async def test_account_that_knows_a_user_names_it_by_its_own_id(pool: Pool, account: AccountRow) -> None:
    user = await make_user(pool, external_id="u")
    outcomes = await put_by_account(pool, account, ("m", "u"), ("m", user.pid), ("m", "u"))
    assert [outcome.result for outcome in outcomes] == [Result.REJECTED, Result.CREATED, Result.UNCHANGED]
    [taken] = await put_by_account(pool, account, ("n", "u"))
    assert rejected(taken) == ("user", "user_is_member", True)


async def test_platform_names_anyone(pool: Pool, account: AccountRow) -> None:
    await make_user(pool, external_id="u")
    assert (await put(pool, Kind.MEMBER, "m", MemberRecord(user="u"), account.id)).result is Result.CREATED


async def test_member_written_while_the_user_changes_gets_the_change(pool: Pool, account: AccountRow) -> None:
    await make_user(pool, external_id="u", name="Ada")
    known = Known()
    known.add(Kind.USER, 0, await fetch_users(pool, 0, ["u"], []))
    await put(pool, Kind.USER, "u", UserRecord(name="Grace"))
    async with transaction(pool) as connection:
        entry = Entry(Kind.MEMBER, account.id, "m", MemberRecord(user="u"))
        await commands.store(connection, [entry], now=NOW, known=known)
    assert await pool.fetchval("select name from members") == "Grace"


async def test_user_changed_while_a_member_is_written_waits_and_sees_it(pool: Pool, account: AccountRow) -> None:
    await make_user(pool, external_id="u", name="Ada")
    async with anyio.create_task_group() as tasks, transaction(pool) as connection:
        entry = Entry(Kind.MEMBER, account.id, "m", MemberRecord(user="u"))
        await commands.store(connection, [entry], now=NOW)
        tasks.start_soon(put, pool, Kind.USER, "u", UserRecord(name="Grace"))
        await until_blocked(pool)
    copies = "select count(*) from jobs.pgqueuer where entrypoint = 'people.copy_users'"
    assert await pool.fetchval(copies) == 1


async def until_blocked(pool: Pool) -> None:
    """Wait until a session of this database waits for a lock."""
    waiting = """
        select count(*)
        from pg_stat_activity
        where datname = current_database()
            and wait_event_type = 'Lock'
    """
    with anyio.fail_after(120):
        while not await pool.fetchval(waiting):
            await anyio.lowlevel.checkpoint()


async def test_member_keeps_the_times_that_are_not_sent(pool: Pool, account: AccountRow, member: MemberRow) -> None:
    async with transaction(pool) as connection:
        assert await commands.end_membership(
            connection, account_id=account.id, member_id=member.id, payment_id=None, now=LATER
        )
        assert not await commands.end_membership(
            connection, account_id=account.id, member_id=member.id, payment_id=None, now=LATER
        )
    kept = await put(pool, Kind.MEMBER, member.external_id, MemberRecord(user=member.user_pid), account.id)
    assert (kept.result, kept.row.ended_at, kept.row.joined_at) == (Result.UNCHANGED, LATER, member.joined_at)
    log = await pool.fetch("select kind, occurred_at from activity")
    assert [tuple(row) for row in log] == [("membership_ended", LATER)]
    record = MemberRecord(user=member.user_pid, ended_at=None)
    reopened = await put(pool, Kind.MEMBER, member.external_id, record, account.id)
    assert (reopened.result, reopened.row.ended_at) == (Result.CHANGED, None)


async def test_changed_user_is_copied_by_one_job_an_account(pool: Pool, clock: ManualClock) -> None:
    user = await make_user(pool, external_id="u", name="Ada")
    accounts = [await make_account(pool) for _ in range(2)]
    for account in accounts:
        await make_member(pool, account, user=user)
    await put(pool, Kind.USER, "u", UserRecord(name="Grace", email="grace@example.com"))
    jobs = await pool.fetch("select payload from jobs.pgqueuer where entrypoint = 'people.copy_users' order by id")
    payloads = [msgspec.json.decode(row["payload"]) for row in jobs]
    assert payloads == [{"account_id": account.id, "user_ids": [str(user.id)]} for account in accounts]
    clock.set(LATER)
    for _ in range(2):
        async with transaction(pool) as connection:
            await copy_users(connection, accounts[0].id, [user.id], LATER)
    copies = await pool.fetch("select name, email, updated_at from members order by account_id")
    assert [tuple(row) for row in copies] == [("Grace", "grace@example.com", LATER), ("Ada", "ada@example.com", NOW)]


async def test_log_never_changes(pool: Pool, account: AccountRow, member: MemberRow) -> None:
    record = ActivityRecord(member=member.external_id, activity="login", details={"ip": "x", "n": [1, {"b": None}]})
    [first] = await store(pool, Entry(Kind.ACTIVITY, account.id, "a", record))
    assert (first.row.occurred_at, first.row.details) == (NOW, record.details)
    assert (await put(pool, Kind.ACTIVITY, "a", record, account.id)).result is Result.UNCHANGED
    other = msgspec.structs.replace(record, activity="app_opened")
    assert rejected(await put(pool, Kind.ACTIVITY, "a", other, account.id)) == ("id", "activity_is_recorded", True)


@pytest.mark.parametrize(
    ("details", "other"),
    [
        ({"a": 1e23}, {"a": 1e22}),
        ({"a": [1e308, 1.0, -0.0, 5e-324]}, {"a": [1e308, 1.5, 0, 5e-324]}),
        ({"a": 2**64, "b": None}, {"a": 2**64 + 1, "b": None}),
        ({"a": True}, {"a": 1}),
        ({"a": [{}]}, {"a": [{}, {}]}),
    ],
)
async def test_details_are_compared_by_value(
    pool: Pool, account: AccountRow, member: MemberRow, details: dict[str, Any], other: dict[str, Any]
) -> None:
    def record(details: dict[str, Any]) -> ActivityRecord:
        return ActivityRecord(member=member.external_id, activity="login", details=details)

    results = [(await put(pool, Kind.ACTIVITY, "a", record(details), account.id)).result for _ in range(3)]
    assert results == [Result.CREATED, Result.UNCHANGED, Result.UNCHANGED]
    assert rejected(await put(pool, Kind.ACTIVITY, "a", record(other), account.id))[1] == "activity_is_recorded"


@pytest.mark.parametrize(
    ("details", "code"), [({"x": "y" * 20_000}, "details_too_long"), ({"x": ["a\0b"]}, "nul_character")]
)
async def test_details_that_cannot_be_stored(
    pool: Pool, account: AccountRow, member: MemberRow, details: dict[str, Any], code: str
) -> None:
    record = ActivityRecord(member=member.external_id, activity="login", details=details)
    assert rejected(await put(pool, Kind.ACTIVITY, "a", record, account.id))[1] == code


async def test_batch_may_refer_to_its_earlier_records_only(pool: Pool, account: AccountRow) -> None:
    def batch(name: str) -> list[Entry]:
        record = PaymentRecord(member=f"{name}-m", amount=1, currency="usd")
        return [
            Entry(Kind.USER, 0, f"{name}-u", UserRecord(name="Ada")),
            Entry(Kind.MEMBER, account.id, f"{name}-m", MemberRecord(user=f"{name}-u")),
            Entry(Kind.PAYMENT, account.id, f"{name}-p", record),
        ]

    assert [outcome.result for outcome in await store(pool, *batch("a"))] == [Result.CREATED] * 3
    backwards = await store(pool, *reversed(batch("b")))
    assert [outcome.result for outcome in backwards] == [Result.REJECTED, Result.REJECTED, Result.CREATED]


async def test_later_record_of_a_batch_wins(pool: Pool, account: AccountRow) -> None:
    entries = [Entry(Kind.PRODUCT, account.id, "x", ProductRecord(title=title)) for title in ("A", "A", "B")]
    outcomes = await store(pool, *entries)
    assert [outcome.result for outcome in outcomes] == [Result.CREATED, Result.UNCHANGED, Result.CHANGED]
    assert await pool.fetchval("select title from products") == "B"


@pytest.mark.parametrize("count", [1, 200])
async def test_concurrent_writers_of_the_same_records_all_succeed(
    pool: Pool, account: AccountRow, member: MemberRow, count: int
) -> None:
    results: list[Result] = []

    async def write(kind: Kind, record: Record) -> None:
        entries = [Entry(kind, account.id, f"x{n}", record) for n in range(count)]
        results.extend(outcome.result for outcome in await store(pool, *entries))

    log = ActivityRecord(member=member.external_id, activity="login", occurred_at=NOW)
    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(write, Kind.PAYMENT, payment(member, paid_at=NOW.isoformat()))
            tasks.start_soon(write, Kind.ACTIVITY, log)
    assert sorted(results) == [Result.CREATED] * 2 * count + [Result.UNCHANGED] * 6 * count
    for table in ("payments", "activity"):
        assert await pool.fetchval(f"select count(*) from {table}") == count


async def test_account_limits_are_kept_in_minor_units(pool: Pool) -> None:
    limits: dict[str, str | int | float] = {"USD": "100.50", "jpy": 900}
    row = (await put(pool, Kind.ACCOUNT, "a", AccountRecord(title="A", currency="usd", support_limits=limits))).row
    assert row.support_limits == {"usd": 10_050, "jpy": 900}
    bad = AccountRecord(title="A", currency="usd", support_limits={"jpy": 0.5})
    assert rejected(await put(pool, Kind.ACCOUNT, "a", bad)) == ("support_limits", "inexact_amount", False)
    zone = AccountRecord(title="A", currency="usd", time_zone="Mars/Phobos")
    assert rejected(await put(pool, Kind.ACCOUNT, "a", zone)) == ("time_zone", "unknown_time_zone", False)
