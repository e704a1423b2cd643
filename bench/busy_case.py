"""A case with much around it, for measuring its page: 30 events, 100 payments of its member, 500 records of the log.

One of the seeded account's open cases is enriched, once; its timeline stays valid. Through the owner's URL.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from amends.access.scopes import Principal
from amends.cases.moves import NewEvent
from amends.cases.states import Action, Actor, Audience, EventKind
from amends.cases.timeline import EventRow, compose
from amends.db.pool import connect
from amends.kit.ids import Prefix, public_id, uuid7
from bench.seed import END, EVENT_COLUMNS, PAYMENT_COLUMNS

KINDS = ("app_opened", "content_viewed", "login", "app_opened", "downloaded", "access_claimed", "app_opened")
MARK = "busy-case"
WORDS = (
    "I bought this at the beginning of the month and could use it for two days. Since then every lesson after the "
    "second one asks me to sign in again, and the link in the mail leads to an empty page. I have tried two browsers."
)
FIND_SQL = """
select c.id, c.pid, c.member_id, c.user_id, c.product_id, c.plan_id, c.created_at, c.event_count, c.head_hash
from cases c
where c.account_id = $1 and c.status = 'awaiting_merchant'
order by (c.reason = 'fraudulent') desc, c.created_at desc, c.id desc
limit 1
"""
DONE_SQL = "select 1 from payments where account_id = $1 and external_id like $2 || '-%' limit 1"
TOLD_SQL = """
update cases set event_count = $3, head_hash = $4, last_activity_at = $5 where account_id = $1 and id = $2
"""
ACTIVITY_COLUMNS = (
    "account_id", "id", "pid", "external_id", "member_id", "kind", "occurred_at", "product_id", "details", "created_at",
)  # fmt: skip
TEXT_COLUMNS = ("account_id", "case_id", "event_id", "salt", "texts")


class BusyCase(NamedTuple):
    """Where it is."""

    account_pid: str
    case_pid: str


async def make_busy_case(
    owner_url: str, account_id: int, *, events: int = 30, payments: int = 100, records: int = 500
) -> BusyCase:
    """Enrich a case of an account and return it; a second call finds what the first one made."""
    connection = await connect(owner_url)
    try:
        case = await connection.fetchrow(FIND_SQL, account_id)
        account_pid = await connection.fetchval("select pid from accounts where id = $1", account_id)
        if case is None:
            raise LookupError(f"account {account_id} has no open case")
        if await connection.fetchval(DONE_SQL, account_id, MARK) is None:
            async with connection.transaction():
                await _pay(connection, account_id, case, payments - 1)
                await _do(connection, account_id, case, records)
                await _tell(connection, account_id, case, events)
            await connection.execute("analyze payments, activity, case_events, case_event_texts")
        return BusyCase(account_pid, case["pid"])
    finally:
        await connection.close()


async def _pay(connection: Any, account_id: int, case: Any, count: int) -> None:
    def row(n: int) -> tuple[Any, ...]:
        at = END - timedelta(days=3 + 7 * n)
        payment = uuid7(at)
        return (
            account_id, payment, public_id(Prefix.PAYMENT, payment, account_id), f"{MARK}-{n}", case["member_id"],
            case["user_id"], case["product_id"], case["plan_id"], "paid", "usd", 2, 4900, 4900 if n % 25 == 9 else 0,
            at, "card", "visa", "4242", [], at, at,
        )  # fmt: skip

    rows = [row(n) for n in range(count)]
    await connection.copy_records_to_table("payments", records=rows, columns=PAYMENT_COLUMNS)


async def _do(connection: Any, account_id: int, case: Any, count: int) -> None:
    def row(n: int) -> tuple[Any, ...]:
        at = END - timedelta(hours=5 * n)
        record = uuid7(at)
        return (
            account_id, record, public_id(Prefix.ACTIVITY, record, account_id), f"{MARK}-{n}", case["member_id"],
            KINDS[n % len(KINDS)], at, case["product_id"], {"lesson": f"Lesson {n % 12}", "device": "phone"}, at,
        )  # fmt: skip

    rows = [row(n) for n in range(count)]
    await connection.copy_records_to_table("activity", records=rows, columns=ACTIVITY_COLUMNS)


async def _tell(connection: Any, account_id: int, case: Any, count: int) -> None:
    head, told, texts = case["head_hash"], list[tuple[Any, ...]](), list[tuple[Any, ...]]()
    at: datetime = case["created_at"]
    for position in range(case["event_count"] + 1, count + 1):
        at += timedelta(minutes=7)
        event_id = uuid7(at)
        entry = compose(
            _message(position),
            ref=(account_id, case["id"]),
            position=position,
            previous=head,
            principal=_principal(position, case["user_id"]),
            event_id=event_id,
            data={"status": "awaiting_merchant"},
            texts={"message": f"{position}. {WORDS}"},
            now=at,
        )
        row = tuple(getattr(entry.row, name) for name in EventRow.__struct_fields__)
        told.append((*row, entry.previous, entry.hash))
        texts.append((account_id, case["id"], event_id, entry.salt, entry.texts))
        head = entry.hash
    await connection.copy_records_to_table("case_events", records=told, columns=EVENT_COLUMNS)
    await connection.copy_records_to_table("case_event_texts", records=texts, columns=TEXT_COLUMNS)
    await connection.execute(TOLD_SQL, account_id, case["id"], count, head, at)


def _message(position: int) -> NewEvent:
    actor = Actor.MERCHANT if position % 2 else Actor.CUSTOMER
    return NewEvent(kind=EventKind.COMMENTED, actor=actor, action=Action.COMMENT, audience=Audience.EVERYONE, data={})


def _principal(position: int, buyer: UUID) -> Principal:
    if position % 2:
        return Principal(kind="user", id=public_id(Prefix.USER, buyer), name="Avery Collins")
    return Principal(kind="user", id=public_id(Prefix.USER, buyer), name="Jordan Ellis")
