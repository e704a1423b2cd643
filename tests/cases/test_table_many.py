"""The merchant's table where filters name many: more cases than are read whole, counted whole, or looked through."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from amends.cases.filters import Direction
from amends.cases.queries_table import FEW
from amends.cases.queries_table_counts import MOST
from amends.cases.queries_table_search import MOST_FOUND
from amends.cases.states import Outcome, Reason, Status
from amends.cases.table_dates import DateRange
from amends.cases.table_filters import Sort, Tab, TableQuery, settled
from amends.cases.table_page import Count, TablePageData, load_table
from amends.cases.table_values import TablePlace
from amends.db.pool import Pool, create_pool
from amends.kit.clock import ManualClock
from amends.kit.ids import Prefix, public_id, uuid7
from amends.kit.signing import Signer
from tests.builders import make_account, make_member, make_product, make_user
from tests.cases.places import place_of
from tests.cases.table_world import NOW, Fact, ordered, passes
from tests.conftest import Cluster, Database
from tests.credentials import make_api_key

CASES = 6_000
RARE = 12  # one case of so many is unlike the others
ZONE = ZoneInfo("UTC")
SIGNER = Signer(b"a secret of the tests, long enough")
SOMEBODY = public_id(Prefix.USER, UUID(int=1))
PAYMENT_COLUMNS = (
    "account_id", "id", "pid", "external_id", "member_id", "user_id", "product_id", "status", "currency",
    "currency_exponent", "amount_minor", "paid_at", "payment_method_type", "created_at", "updated_at",
)  # fmt: skip
CASE_COLUMNS = (
    "account_id", "id", "pid", "payment_id", "member_id", "user_id", "product_id", "reason", "amount_minor",
    "currency", "currency_exponent", "policy_version", "status", "outcome", "refund", "escalated", "response_due_at",
    "assignee_id", "head_hash", "created_at", "updated_at", "last_activity_at", "closed_at", "payment_method_type",
)  # fmt: skip


class Crowd:
    """An account most of whose cases are alike."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.account: Any = None
        self.products: list[Any] = []
        self.pool: Pool

    async def fill(self, pool: Pool) -> "Crowd":
        """Write the cases."""
        self.account = account = await make_account(pool)
        self.products = [await make_product(pool, account, title=title) for title in ("Usual", "Unusual")]
        ada, bob = [await make_user(pool, name=name, username=None, email=None) for name in ("Ada", "Bob")]
        members = [await make_member(pool, account, user=user) for user in (ada, bob)]
        self.facts = [self._fact(n, members) for n in range(CASES)]
        for table, columns, row in (("payments", PAYMENT_COLUMNS, _payment), ("cases", CASE_COLUMNS, _case)):
            async with pool.acquire() as connection:
                await connection.copy_records_to_table(table, records=map(row, self.facts), columns=columns)
        await pool.execute("analyze cases")
        return self

    def _fact(self, n: int, members: list[Any]) -> Fact:
        rare = n % RARE == 0
        created = NOW - timedelta(minutes=n * 7 % 40_000)
        closed = None if rare else created + timedelta(minutes=n % 300)
        row, payment = uuid7(created), uuid7(created)
        account = self.account.id
        paid = SimpleNamespace(
            id=payment, pid=public_id(Prefix.PAYMENT, payment, account), external_id=f"p{n}",
            currency="jpy" if rare else "usd", amount_minor=4900 + n % 50,
            payment_method_type="paypal" if rare else "card",
        )  # fmt: skip
        return Fact(
            id=row, pid=public_id(Prefix.CASE, row, account), account_id=account, member=members[rare],
            payment=cast("Any", paid), product=self.products[rare], plan=None,
            reason=Reason.DUPLICATE if rare else Reason.FRAUDULENT,
            status=Status.AWAITING_MERCHANT if rare else Status.CLOSED, outcome=None if rare else Outcome.CUSTOMER_WON,
            escalated=not rare, due_at=NOW + timedelta(minutes=n) if rare else None, created_at=created,
            updated_at=(closed or created) + timedelta(minutes=n % 90), closed_at=closed,
            assignee=None if rare else SOMEBODY, reviewer=None,
        )  # fmt: skip


def _payment(fact: Fact) -> tuple[Any, ...]:
    paid, member = fact.payment, fact.member
    return (
        fact.account_id, paid.id, paid.pid, paid.external_id, member.id, member.user_id,
        fact.product and fact.product.id, "paid", paid.currency, 2, paid.amount_minor, fact.created_at,
        paid.payment_method_type, fact.created_at, fact.created_at,
    )  # fmt: skip


def _case(fact: Fact) -> tuple[Any, ...]:
    paid, member = fact.payment, fact.member
    return (
        fact.account_id, fact.id, fact.pid, paid.id, member.id, member.user_id, fact.product and fact.product.id,
        fact.reason, paid.amount_minor, paid.currency, 2, 1, fact.status, fact.outcome,
        "merchant" if fact.outcome else None, fact.escalated, fact.due_at, fact.assignee, b"", fact.created_at,
        fact.updated_at, fact.updated_at, fact.closed_at, paid.payment_method_type,
    )  # fmt: skip


@pytest.fixture(scope="module")
def filled(cluster: Cluster) -> tuple[Database, Crowd]:
    """Fill a database of the module's own, once."""
    database = cluster.create()

    async def fill() -> Crowd:
        async with create_pool(database.url, max_size=2) as pool:
            return await Crowd().fill(pool)

    return database, asyncio.run(fill())


@pytest.fixture
async def crowd(filled: tuple[Database, Crowd]) -> AsyncGenerator[Crowd]:
    database, crowd = filled
    async with create_pool(database.url, max_size=4) as pool:
        crowd.pool = pool
        yield crowd


@pytest.fixture
async def place(crowd: Crowd, clock: ManualClock) -> TablePlace:
    token = await make_api_key(crowd.pool, crowd.account, now=clock.now())
    return await place_of(crowd.pool, clock, token, crowd.account.id)


async def page_of(crowd: Crowd, place: TablePlace, query: TableQuery) -> TablePageData:
    return await load_table(crowd.pool, place, query, columns=(), zone=ZONE, now=NOW, signer=SIGNER)


def filters_of(crowd: Crowd) -> dict[str, dict[str, Any]]:
    """Return filters each of which names more than are read whole."""
    return {
        "products": {"products": (crowd.products[0].pid,)},
        "methods": {"methods": ("card",)},
        "assignee": {"assignee": SOMEBODY},
        "escalated": {"escalated": True},
        "opened": {"opened": DateRange(None, date(2026, 10, 1))},
        "closed": {"closed": DateRange(None, date(2026, 10, 1))},
        "reasons": {"reasons": (Reason.FRAUDULENT,)},
        "amount": {"currency": "usd", "amount_from": 4901},
        "currency": {"currency": "usd"},
    }


@pytest.mark.parametrize("name", filters_of(cast("Any", SimpleNamespace(products=[SimpleNamespace(pid="")]))))
async def test_filters_that_name_many(crowd: Crowd, place: TablePlace, name: str) -> None:
    filters = filters_of(crowd)[name]
    for sort in Sort:
        for direction in Direction:
            fields: dict[str, Any] = {"currency": "usd", **filters} if sort is Sort.AMOUNT else filters
            query = settled(TableQuery(**fields, sort=sort, direction=direction, size=100))
            matching = [fact for fact in crowd.facts if passes(fact, query, ZONE, me="")]
            assert len(matching) > FEW
            expected = [fact.pid for fact in ordered(matching, sort, direction)]
            first = await page_of(crowd, place, query)
            assert first.next is not None
            second = await page_of(crowd, place, first.next)
            assert second.previous is not None
            back = await page_of(crowd, place, second.previous)
            shown = [[row.pid for row in page.rows] for page in (first, second, back)]
            assert shown == [expected[:100], expected[100:200], expected[:100]], (sort, direction)


async def test_counts_stop_and_say_so(crowd: Crowd, place: TablePlace) -> None:
    rare = CASES // RARE
    for name, filters in filters_of(crowd).items():
        counts = (await page_of(crowd, place, settled(TableQuery(**filters, size=25)))).counts
        if name == "reasons":  # the counters know, and there are none here
            continue
        assert counts[Tab.CLOSED].is_capped, name
        assert 0 < counts[Tab.CLOSED].n <= MOST, name
        assert counts[Tab.ALL].is_capped, name
        assert counts[Tab.YOUR_TURN] == Count(rare if name == "opened" else 0, is_capped=False), name
    few = (await page_of(crowd, place, TableQuery(methods=("paypal",)))).counts
    assert (few[Tab.ALL], few[Tab.CLOSED]) == (Count(rare, is_capped=False), Count(0, is_capped=False))


async def test_a_search_looks_through_the_newest(crowd: Crowd, place: TablePlace) -> None:
    page = await page_of(crowd, place, TableQuery(search="ada", size=100))
    assert page.is_search_capped
    assert page.counts[Tab.ALL] == Count(MOST_FOUND, is_capped=False)
    newest = [fact for fact in ordered(crowd.facts, Sort.OPENED, Direction.DESC) if fact.member.name == "Ada"]
    assert [row.pid for row in page.rows] == [fact.pid for fact in newest[:100]]
    bob = await page_of(crowd, place, TableQuery(search="bob"))
    assert (bob.is_search_capped, bob.counts[Tab.YOUR_TURN].n) == (False, CASES // RARE)
