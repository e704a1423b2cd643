"""Importing: payments a second from a file of JSON lines, against a raw COPY of the same rows into a table like it.

Each run has a database of its own on the measured server, so that the rows are new. The limit has the table's indexes
and checks and none of its foreign keys; it parses, refers to and reports nothing.
"""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, LiteralString

import psycopg
import uvloop
from psycopg import sql

from amends.access.scopes import system_scope
from amends.db.embedded import APP_ROLE, OWNER_ROLE
from amends.db.migrate import migrate
from amends.db.pool import create_pool
from amends.imports.files import import_file
from amends.kit.clock import SystemClock, iso
from bench.installation import FOLDER, QUICK, Installation
from bench.results import Result

DATABASE: Final = "amends_import"
AIM: Final = 20_000
MEMBERS: Final = 10_000
START: Final = datetime(2026, 1, 1, tzinfo=UTC)
LIMIT_TABLE_SQL: Final = "create table copy_limit (like payments including all)"
COPY_OUT_SQL: Final = "copy payments to stdout"
COPY_IN_SQL: Final = "copy copy_limit from stdin"


def run(measured: Installation, *, seconds: float) -> list[Result]:
    """Measure; `seconds` does not matter, the file has its length."""
    del seconds
    payments = 20_000 if measured.size == QUICK else 300_000
    first, second = FOLDER / "import-before.ndjson", FOLDER / "import-payments.ndjson"
    write_lines(first, before_lines())
    write_lines(second, payment_lines(payments))
    owner = _new_database(measured)
    imported_s, again_s = uvloop.run(_import(measured.server.url(APP_ROLE, DATABASE), first, second))
    copied_s = _copy(owner)
    imported, again, copied = payments / imported_s, payments / again_s, payments / copied_s
    return [
        Result(name="import, payments from a file", value=imported, unit="/s", target=AIM),
        Result(name="import against a raw COPY", value=imported, unit="/s", limit=copied),
        Result(name="import of the same file again", value=again, unit="/s", limit=copied),
    ]


def write_lines(path: Path, lines: Iterator[dict[str, object]]) -> None:
    """Write JSON lines."""
    with path.open("w") as file:
        for line in lines:
            file.write(json.dumps(line) + "\n")


def before_lines() -> Iterator[dict[str, object]]:
    """Return what the payments refer to."""
    yield {"kind": "account", "id": "acme", "title": "Acme", "currency": "usd"}
    for n in range(20):
        product, plan = f"product-{n}", f"plan-{n}"
        yield {"kind": "product", "id": product, "account": "acme", "title": f"Course {n}"}
        yield {"kind": "plan", "id": plan, "account": "acme", "product": product, "billing_period_days": 30}
    for n in range(MEMBERS):
        user = f"user-{n}"
        yield {"kind": "user", "id": user, "name": f"User {n}", "username": user, "email": f"{user}@example.com"}
        yield {"kind": "member", "id": f"member-{n}", "account": "acme", "user": user, "joined_at": iso(START)}


def payment_lines(count: int) -> Iterator[dict[str, object]]:
    """Return payments as a platform sends them: by card, monthly, from the provider, with a receipt now and then."""
    for n in range(count):
        paid_at = START + timedelta(seconds=n)
        payment: dict[str, object] = {
            "kind": "payment",
            "id": f"payment-{n}",
            "account": "acme",
            "member": f"member-{n % MEMBERS}",
            "plan": f"plan-{n % 20}",
            "amount": f"{10 + n % 90}.{n % 100:02}",
            "currency": "usd",
            "paid_at": iso(paid_at),
            "payment_method_type": "card",
            "card_brand": "visa",
            "card_last4": f"{n % 10_000:04}",
            "is_renewal": n >= MEMBERS,
            "period_start": iso(paid_at),
            "period_end": iso(paid_at + timedelta(days=30)),
            "provider_ref": f"pi_{n:024}",
        }
        if n % 10 == 0:
            payment["line_items"] = [{"label": "Course", "subtotal": payment["amount"]}]
        yield payment


def _new_database(measured: Installation) -> str:
    with psycopg.connect(measured.server.url(OWNER_ROLE, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(DATABASE)))
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
    owner = measured.server.url(OWNER_ROLE, DATABASE)
    migrate(owner)
    return owner


async def _import(url: str, first: Path, second: Path) -> tuple[float, float]:
    """Return the seconds of the first and of the second import of the payments."""
    clock, scope = SystemClock(), system_scope()
    async with create_pool(url, max_size=4) as pool:
        await import_file(pool, clock, first, scope=scope)
        taken: list[float] = []
        for _ in range(2):
            start = time.perf_counter()
            await import_file(pool, clock, second, scope=scope)
            taken.append(time.perf_counter() - start)
        assert await pool.fetchval("select sum(rejected) from imports") == 0
    return taken[0], taken[1]


def _copy(owner: str) -> float:
    """Return the seconds of a COPY of the same rows, once they are in memory."""
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(LIMIT_TABLE_SQL)
        rows = b"".join(_copied(connection, COPY_OUT_SQL))
        start = time.perf_counter()
        with connection.cursor() as cursor, cursor.copy(COPY_IN_SQL) as copy:
            copy.write(rows)
        return time.perf_counter() - start


def _copied(connection: psycopg.Connection, statement: LiteralString) -> Iterator[bytes]:
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for data in copy:
            yield bytes(data)
