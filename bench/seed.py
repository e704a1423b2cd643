"""Fills a migrated database with cases for measuring: by default a million, 100 000 of them at one account.

Everything is made from row numbers, so that two runs with the same numbers measure the same data; ids are not the
same. Written with binary COPY through the owner's URL; each case has a valid timeline of one event.
Run: `python -m bench.seed OWNER_URL [--cases N] [--biggest N] [--accounts N]`.
"""

import argparse
import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from amends.cases.timeline import GENESIS, EventRow, event_hash
from amends.kit.ids import Prefix, public_id, uuid7

END = datetime(2026, 11, 23, 8, tzinfo=UTC)
SPAN = timedelta(days=720)
FIRST_ACCOUNT = 1001
CHUNK = 20_000
CASES_A_MEMBER = 4
PRODUCTS = 20

REASONS = (
    *("not_as_described",) * 6,
    *("subscription_canceled",) * 6,
    *("product_not_received",) * 4,
    *("fraudulent",) * 2,
    "product_unacceptable",
)
STAGES = (  # status, outcome, refund, how many of a thousand
    ("closed", "customer_won", "merchant", 480),
    ("closed", "merchant_won", "none", 320),
    ("closed", "withdrawn", "none", 90),
    ("closed", "settled", "merchant", 60),
    ("awaiting_merchant", None, None, 30),
    ("awaiting_customer", None, None, 18),
    ("under_review", None, None, 2),
)
BY_THOUSANDTH = [stage[:3] for stage in STAGES for _ in range(stage[3])]
METHODS = (("card", "visa", "4242"), ("card", "mastercard", "4444"), ("paypal", None, None), ("financing", None, None))

ACCOUNT_COLUMNS = ("id", "uid", "pid", "external_id", "title", "currency", "created_at", "updated_at")
PRODUCT_COLUMNS = ("account_id", "id", "pid", "external_id", "title", "created_at", "updated_at")
PLAN_COLUMNS = ("account_id", "id", "pid", "external_id", "product_id", "title", "created_at", "updated_at")
MEMBER_COLUMNS = (
    "account_id", "id", "pid", "external_id", "user_id", "user_pid", "name", "username", "email", "joined_at",
    "created_at", "updated_at",
)  # fmt: skip
PAYMENT_COLUMNS = (
    "account_id", "id", "pid", "external_id", "member_id", "user_id", "product_id", "plan_id", "status", "currency",
    "currency_exponent", "amount_minor", "refunded_minor", "paid_at", "payment_method_type", "card_brand", "card_last4",
    "line_items", "created_at", "updated_at",
)  # fmt: skip
CASE_COLUMNS = (
    "account_id", "id", "pid", "payment_id", "member_id", "user_id", "product_id", "plan_id", "reason", "amount_minor",
    "currency", "currency_exponent", "policy_version", "status", "outcome", "refund", "settlement", "escalated",
    "response_due_at", "negotiation_ends_at", "deadline_at", "event_count", "head_hash", "created_at", "updated_at",
    "last_activity_at", "closed_at", "payment_method_type", "review_since", "review_due_at",
)  # fmt: skip
EVENT_COLUMNS = (*EventRow.__struct_fields__, "previous_hash", "hash")
COUNTS_SQL = """
insert into case_counts (account_id, status, reason, outcome, n)
select c.account_id, c.status, c.reason, coalesce(c.outcome, ''), count(*)
from cases c
group by c.account_id, c.status, c.reason, coalesce(c.outcome, '')
"""
DIRECTORY_SQL = """
insert into user_accounts (user_id, account_id)
select m.user_id, m.account_id from members m
on conflict do nothing
"""
USERS_SQL = """
insert into users (id, pid, external_id, name, username, email, created_at, updated_at)
select distinct on (m.user_id) m.user_id, m.user_pid, m.user_pid, m.name, m.username, m.email, m.joined_at, m.joined_at
from members m
on conflict do nothing
"""


class Shelf(NamedTuple):
    """What one account sells: row and public ids of a product and its plan."""

    product: UUID
    product_pid: str
    plan: UUID
    plan_pid: str


class Member(NamedTuple):
    """A buyer at an account."""

    id: UUID
    user_id: UUID


async def seed(
    url: str, *, cases: int = 1_000_000, biggest: int = 100_000, accounts: int = 46, smallest: int = 0
) -> float:
    """Fill the database at the owner's `url`; return how many seconds it took.

    `smallest`: the cases of one account more, after the others and besides their number; 0: there is none.
    """
    started = time.monotonic()
    connection = await asyncpg.connect(url)
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=lambda text: b"\x01" + text.encode(), decoder=bytes, format="binary"
    )
    rest = max(accounts - 1, 1)
    for position in range(accounts):
        share = biggest if position == 0 else (cases - biggest) // rest
        await _fill_account(connection, FIRST_ACCOUNT + position, share)
    if smallest:
        await _fill_account(connection, FIRST_ACCOUNT + accounts, smallest)
    for statement in (COUNTS_SQL, USERS_SQL, DIRECTORY_SQL):
        await connection.execute(statement)
    await connection.execute("vacuum (analyze)")
    await connection.close()
    return time.monotonic() - started


async def _fill_account(connection: Any, account: int, cases: int) -> None:
    uid = uuid7(END)
    row = (
        account,
        uid,
        public_id(Prefix.ACCOUNT, uid, account),
        f"acct-{account}",
        f"Account {account}",
        "usd",
        END,
        END,
    )
    await connection.copy_records_to_table("accounts", records=[row], columns=ACCOUNT_COLUMNS)
    shelves = await _fill_shelves(connection, account)
    members = await _fill_members(connection, account, max(cases // CASES_A_MEMBER, 1))
    rows = _case_rows(account, cases, shelves, members)
    while chunk := list(islice(rows, CHUNK)):
        for table, columns, part in (
            ("payments", PAYMENT_COLUMNS, 0),
            ("cases", CASE_COLUMNS, 1),
            ("case_events", EVENT_COLUMNS, 2),
        ):
            await connection.copy_records_to_table(table, records=[rows[part] for rows in chunk], columns=columns)


async def _fill_shelves(connection: Any, account: int) -> list[Shelf]:
    shelves: list[Shelf] = []
    for _ in range(PRODUCTS):
        product, plan = uuid7(END), uuid7(END)
        shelves.append(
            Shelf(product, public_id(Prefix.PRODUCT, product, account), plan, public_id(Prefix.PLAN, plan, account))
        )
    await connection.copy_records_to_table(
        "products",
        records=[(account, s.product, s.product_pid, f"p{n}", f"Product {n}", END, END) for n, s in enumerate(shelves)],
        columns=PRODUCT_COLUMNS,
    )
    await connection.copy_records_to_table(
        "plans",
        records=[(account, s.plan, s.plan_pid, f"v{n}", s.product, "Monthly", END, END) for n, s in enumerate(shelves)],
        columns=PLAN_COLUMNS,
    )
    return shelves


async def _fill_members(connection: Any, account: int, count: int) -> list[Member]:
    members = [Member(uuid7(END), uuid7(END)) for _ in range(count)]
    joined = END - SPAN
    records = (
        (account, m.id, public_id(Prefix.MEMBER, m.id, account), f"m{n}", m.user_id, public_id(Prefix.USER, m.user_id),
         f"Person {n}", f"person{n}", f"person{n}@example.com", joined, joined, joined)
        for n, m in enumerate(members)
    )  # fmt: skip
    await connection.copy_records_to_table("members", records=records, columns=MEMBER_COLUMNS)
    return members


def _case_rows(
    account: int, cases: int, shelves: list[Shelf], members: list[Member]
) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]]:
    step_ms = int(SPAN.total_seconds() * 1000) // max(cases, 1)
    for n in range(cases):
        at = END - timedelta(milliseconds=step_ms * (cases - n))
        shelf, member = shelves[n % PRODUCTS], members[(n * 7919) % len(members)]
        payment, amount = uuid7(at), 900 + (n * 37) % 20_000
        stage = BY_THOUSANDTH[(n * 617) % 1000]
        yield (
            _payment(account, n, at, payment, amount, shelf, member, refunded=stage[2] == "merchant"),
            *_case(account, n, at, payment, amount, shelf, member, stage),
        )


def _payment(
    account: int, n: int, at: datetime, payment: UUID, amount: int, shelf: Shelf, member: Member, *, refunded: bool
) -> tuple[Any, ...]:
    item = public_id(Prefix.LINE_ITEM, payment, account)
    items = (
        f'[{{"id":"{item}","label":"Product {n % PRODUCTS}","plan_id":"{shelf.plan_pid}",'
        f'"product_id":"{shelf.product_pid}","quantity":1,"sku":null,"subtotal_minor":{amount}}}]'
    )
    paid = at - timedelta(days=2)
    return (
        account, payment, public_id(Prefix.PAYMENT, payment, account), f"pay-{n}", member.id, member.user_id,
        shelf.product, shelf.plan, "paid", "usd", 2, amount, amount if refunded else 0, paid, *METHODS[n % 4], items,
        paid, paid,
    )  # fmt: skip


def _case(
    account: int, n: int, at: datetime, payment: UUID, amount: int, shelf: Shelf, member: Member, stage: Any
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    status, outcome, refund = stage
    is_open = outcome is None
    reason = "credit_not_processed" if n % 5000 == 7 else REASONS[n % len(REASONS)]
    case, event = uuid7(at), uuid7(at)
    due = END + timedelta(days=1, seconds=n % 500_000) if is_open else None
    row = EventRow(
        account_id=account, case_id=case, id=event, pid=public_id(Prefix.EVENT, event, account), position=1,
        kind="created", actor="customer", actor_id=public_id(Prefix.USER, member.user_id), actor_name=None,
        action="open", viewable_by_customer=True, viewable_by_merchant=True, data={}, text_digest=None, created_at=at,
    )  # fmt: skip
    head = event_hash(GENESIS, row)
    settlement = "succeeded" if refund == "merchant" else "none"
    review = (due - timedelta(days=2), due) if due and status == "under_review" else (None, None)
    return (
        account, case, public_id(Prefix.CASE, case, account), payment, member.id, member.user_id, shelf.product,
        shelf.plan, reason, amount, "usd", 2, 1, status, outcome, refund, settlement, status == "under_review", due,
        END + timedelta(days=30) if is_open else None, due, 1, head, at, at, at, None if is_open else at,
        METHODS[n % 4][0], *review,
    ), (
        *("{}" if name == "data" else getattr(row, name) for name in EventRow.__struct_fields__), GENESIS, head,
    )  # fmt: skip


def main() -> None:
    """Read the command line and fill the database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="the owner's URL of a migrated, empty database")
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--biggest", type=int, default=100_000)
    parser.add_argument("--accounts", type=int, default=46)
    options = parser.parse_args()
    took = asyncio.run(seed(options.url, cases=options.cases, biggest=options.biggest, accounts=options.accounts))
    print(f"{options.cases} cases in {took:.0f} s")


if __name__ == "__main__":
    main()
