"""The merchant's table against a naive model: filters alone and paired, every order both ways, to the end and back."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncGenerator, Collection, Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from amends.access.permissions import ACCOUNT_PERMISSIONS, Permission
from amends.cases.filters import Direction
from amends.cases.queries_table import TABLE_SQLS
from amends.cases.queries_table_filters import Source
from amends.cases.states import Action, Outcome, Reason, Status
from amends.cases.table import Assignee, Column, Total
from amends.cases.table_dates import DateRange, Preset
from amends.cases.table_filters import NOBODY, Notice, Sort, Tab, TableQuery, settled
from amends.cases.table_page import Count, TablePageData, find_products, load_options, load_table
from amends.cases.table_values import TablePlace, shown_stages, source_of
from amends.db.pool import Pool, create_pool
from amends.kit.clock import ManualClock
from amends.kit.ids import Prefix, public_id
from amends.kit.signing import Signer
from tests.builders import make_user
from tests.cases.places import place_of
from tests.cases.table_world import NOW, TableWorld
from tests.conftest import Cluster, Database
from tests.credentials import make_api_key, make_team_member, make_user_token

PLAIN, NEW_YORK, KATHMANDU = ZoneInfo("UTC"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Kathmandu")
SIGNER = Signer(b"a secret of the tests, long enough")
ORDERS = tuple(itertools.product(Sort, Direction))

Filled = tuple[Database, TableWorld]


class Viewer:
    """Somebody who looks at the table."""

    def __init__(self, world: TableWorld, place: TablePlace, me: str) -> None:
        self.world, self.place, self.me = world, place, me

    async def page(self, query: TableQuery, zone: ZoneInfo = PLAIN, columns: Collection[Column] = ()) -> TablePageData:
        return await load_table(self.world.pool, self.place, query, columns=columns, zone=zone, now=NOW, signer=SIGNER)

    async def ids(self, query: TableQuery, zone: ZoneInfo = PLAIN) -> list[str]:
        """Return what a query shows, page by page to the end."""
        shown: list[str] = []
        following: TableQuery | None = query
        while following is not None:
            page = await self.page(following, zone)
            shown += [row.pid for row in page.rows]
            following = page.next
        return shown

    def expected(self, query: TableQuery, zone: ZoneInfo = PLAIN) -> list[str]:
        side = self.place.side.value
        email = Permission.MEMBER_EMAIL_READ in self.place.scope.permissions
        return self.world.expected(query, zone, me=self.me, side=side, email=email)


@pytest.fixture(scope="module")
def filled(cluster: Cluster) -> Filled:
    """Fill a database of the module's own, once."""
    database = cluster.create()

    async def fill() -> TableWorld:
        async with create_pool(database.url, max_size=2) as pool:
            return await TableWorld(pool).set_up()

    return database, asyncio.run(fill())


@pytest.fixture
async def world(filled: Filled) -> AsyncGenerator[TableWorld]:
    database, world = filled
    async with create_pool(database.url, max_size=4) as pool:
        world.pool = pool
        yield world


@pytest.fixture
async def viewer(world: TableWorld, clock: ManualClock) -> Viewer:
    """Give a person of the account's team: the first of those who have cases."""
    user = await make_user(world.pool, external_id="grace", name="Grace", username=None, email=None)
    await make_team_member(world.pool, world.account, user, "admin")
    place = await place_of(world.pool, clock, make_user_token(user), world.account.id)
    return Viewer(world, place, user.pid)


@pytest.fixture
async def blind(world: TableWorld, clock: ManualClock) -> Viewer:
    """Give a key that may not read e-mail addresses."""
    scopes = ACCOUNT_PERMISSIONS - {Permission.MEMBER_EMAIL_READ}
    token = await make_api_key(world.pool, world.account, scopes=scopes, now=clock.now())
    return Viewer(world, await place_of(world.pool, clock, token, world.account.id), "key")


@pytest.fixture
async def platform(world: TableWorld, clock: ManualClock) -> Viewer:
    token = await make_api_key(world.pool, now=clock.now())
    return Viewer(world, await place_of(world.pool, clock, token, world.account.id), "key")


def singles(world: TableWorld) -> Iterator[dict[str, Any]]:
    """Yield every kind of filter, some with more than one value."""
    products = [product.pid for product in world.products[world.account.id]]
    foreign = world.products[world.accounts[1].id][0].pid
    yield from ({"statuses": (status,)} for status in Status)
    yield from ({"outcomes": (outcome,)} for outcome in Outcome)
    yield from ({"reasons": (reason,)} for reason in Reason)
    yield {"statuses": (Status.UNDER_REVIEW, Status.CLOSED), "outcomes": (Outcome.SETTLED,)}
    yield {"reasons": (Reason.DUPLICATE, Reason.FRAUDULENT)}
    yield from ({"methods": methods} for methods in (("card",), ("card", "paypal"), ("cash",)))
    yield from ({"products": chosen} for chosen in ((products[0],), tuple(products[:2]), (foreign,)))
    yield from ({"assignee": who} for who in (NOBODY, world.team[0], "me"))
    yield from ({"currency": code} for code in ("usd", "jpy", "gbp"))
    yield {"currency": "usd", "amount_from": 2050}
    yield {"currency": "usd", "amount_from": 2050, "amount_to": 4900}
    yield {"currency": "jpy", "amount_to": 1199}
    yield from ({"escalated": escalated} for escalated in (True, False))
    for field in ("opened", "due", "closed"):
        yield from ({field: DateRange(preset)} for preset in Preset)
        yield {field: DateRange(None, date(2026, 10, 31), date(2026, 11, 2))}
        yield {field: DateRange(None, date(2026, 11, 20))}
        yield {field: DateRange(None, None, date(2026, 11, 10))}
    yield from ({"search": text} for text in ("ad", "grace hop", "nobody at all"))


def asked(*parts: dict[str, Any], **more: Any) -> TableQuery:
    """Return the query with the fields of all parts; later ones win."""
    fields: dict[str, Any] = {}
    for part in (*parts, more):
        fields |= part
    return settled(TableQuery(**fields))


def queries(filters: dict[str, Any]) -> Iterator[TableQuery]:
    """Yield the filters in every order that they allow."""
    for sort, direction in ORDERS:
        query = asked(filters, sort=sort, direction=direction)
        if query.may_sort(sort):
            yield query


async def test_each_filter_alone_in_every_order(viewer: Viewer) -> None:
    wrong, seen = list[str](), Counter[int]()
    for filters in [{}, *singles(viewer.world)]:
        for query in queries(filters):
            shown = await viewer.ids(query)
            seen[len(shown)] += 1
            if shown != viewer.expected(query):
                wrong.append(query.query_string())
    assert wrong == []
    assert len(seen) > 25  # many different answers, so many different questions


async def test_filters_in_pairs_and_tabs(viewer: Viewer) -> None:
    wrong, nonempty = list[str](), 0
    pairs = itertools.combinations(singles(viewer.world), 2)
    for n, (one, other) in enumerate(pairs):
        tab = list(Tab)[n % len(Tab)]
        sort, direction = ORDERS[n % len(ORDERS)]
        query = asked({"tab": tab}, one, other, sort=sort, direction=direction, size=100)
        page = await viewer.page(query)
        expected = viewer.expected(query)
        nonempty += bool(expected)
        if [row.pid for row in page.rows] != expected[:100]:
            wrong.append(query.query_string())
    assert wrong == []
    assert nonempty > 600


async def test_counts_of_tabs_under_filters(viewer: Viewer) -> None:
    wrong = list[str]()
    chosen: list[dict[str, Any]] = [{}, *singles(viewer.world)]
    for one, other in [*((one, {}) for one in chosen), *itertools.combinations(chosen[::3], 2)]:
        query = asked(one, other, size=25, tab=Tab.CLOSED)
        counts = (await viewer.page(query)).counts
        if counts != {
            tab: Count(n, is_capped=False) for tab, n in viewer.world.counts(query, PLAIN, me=viewer.me).items()
        }:
            wrong.append(query.query_string())
    assert wrong == []


@pytest.mark.parametrize("zone", [NEW_YORK, KATHMANDU], ids=str)
async def test_days_are_the_reader_s(viewer: Viewer, zone: ZoneInfo) -> None:
    differences = 0
    for field in ("opened", "due", "closed"):
        days = [date(2026, 10, 28) + timedelta(days=n) for n in range(40)]
        for chosen in [DateRange(preset) for preset in Preset] + [DateRange(None, day, day) for day in days]:
            query = asked({field: chosen}, size=100)
            shown = await viewer.ids(query, zone)
            assert shown == viewer.expected(query, zone), query.query_string()
            differences += shown != viewer.expected(query, PLAIN)
    assert differences > 30


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: f"{order[0]}-{order[1]}")
@pytest.mark.parametrize("filters", [
    {}, {"tab": Tab.YOUR_TURN}, {"tab": Tab.CLOSED}, {"escalated": True}, {"reasons": (Reason.DUPLICATE,)},
    {"search": "ad"},
], ids=str)  # fmt: skip
async def test_paging_to_the_end_and_back(
    viewer: Viewer, order: tuple[Sort, Direction], filters: dict[str, Any]
) -> None:
    sort, direction = order
    query = asked(filters, sort=sort, direction=direction, size=7, currency="usd")
    expected = viewer.expected(query)
    pages = [await viewer.page(query)]
    assert pages[0].previous is None
    while (following := pages[-1].next) is not None:
        pages.append(await viewer.page(following))
    forth = [[row.pid for row in page.rows] for page in pages]
    assert forth == [expected[n : n + 7] for n in range(0, max(len(expected), 1), 7)]
    back = [forth[-1]]
    page = pages[-1]
    while page.previous is not None:
        page = await viewer.page(page.previous)
        assert page.next is not None
        back.insert(0, [row.pid for row in page.rows])
    # Going back, pages are cut from where one stands; the first one is whole again.
    assert back[0] == expected[:7]
    assert sorted({pid for rows in back for pid in rows}) == sorted(expected)


def sources_used(world: TableWorld, place: TablePlace) -> set[tuple[Source, Sort]]:
    used: set[tuple[Source, Sort]] = set()
    chosen: list[dict[str, Any]] = [{}, *({"tab": tab} for tab in Tab), *singles(world)]
    for filters in [*chosen, *({"currency": "usd", **filters} for filters in chosen)]:
        for query in queries(filters):
            stages = shown_stages(query)
            if stages:
                source = source_of(place, query, stages=stages, is_search=bool(query.search))
                used.add((source, query.order[0]))
    return used


async def test_every_statement_is_used_by_these_tests(viewer: Viewer) -> None:
    made = {(source, sort) for source, sort, _, _ in TABLE_SQLS}
    assert made == sources_used(viewer.world, viewer.place)


async def test_filters_within_one_currency_by_amount(viewer: Viewer) -> None:
    wrong = list[str]()
    for filters in itertools.chain([{"tab": Tab.YOUR_TURN}], singles(viewer.world)):
        for direction in Direction:
            query = asked({"currency": "usd"}, filters, sort=Sort.AMOUNT, direction=direction)
            if await viewer.ids(query) != viewer.expected(query):
                wrong.append(query.query_string())
    assert wrong == []


@pytest.mark.parametrize(("text", "people"), [
    ("ada", {"ada"}),
    ("ADA LOVE", {"ada"}),
    ("lovelace ada", {"ada"}),
    ("@ada", {"ada"}),
    ("von neu", {"johnny"}),
    ("hopper-g", {"amazing-grace"}),
    ("éLO", {"elodie"}),
    ("o'br", {"elodie"}),
    ("luc", {"jl"}),
    ("jl%p", {"jl"}),
    ("johnny_n@", {"johnny"}),
    ("johnny-n@", set()),
    ("grace@navy.example", {"amazing-grace"}),
    ("navy", set()),
    ("李", {"bruce.lee"}),
    ("bruce.l", {"bruce.lee"}),
    ("gh", {"ghost"}),
    ("a", set()),
    ("'; drop table cases; --", set()),
    ("\\ ' & | ! :* <->", set()),
    ("(", set()),
])  # fmt: skip
async def test_people_are_found_by_beginnings_of_words(viewer: Viewer, text: str, people: set[str]) -> None:
    query = TableQuery(search=text, size=100)
    shown = await viewer.ids(query)
    assert shown == viewer.expected(query)
    of = {fact.pid: fact.member for fact in viewer.world.facts}
    names = {of[pid].username or (of[pid].email or "").partition("%")[0] for pid in shown}
    assert names == people


async def test_cases_and_payments_are_found_by_their_ids(viewer: Viewer) -> None:
    own = next(fact for fact in viewer.world.facts if fact.account_id == viewer.world.account.id)
    foreign = next(fact for fact in viewer.world.facts if fact.account_id != viewer.world.account.id)
    for text in (own.pid, own.payment.pid, own.payment.external_id, f" {own.pid[:9]} {own.pid[9:]} "):
        assert await viewer.ids(TableQuery(search=text)) == [own.pid], text
    for text in (foreign.pid, foreign.payment.pid, own.pid + "x", own.member.pid):
        assert await viewer.ids(TableQuery(search=text)) == [], text


async def test_addresses_are_neither_shown_nor_searched_without_the_right(viewer: Viewer, blind: Viewer) -> None:
    query = TableQuery(search="ada@example.com", size=100)
    assert len(await viewer.ids(query)) > 0
    assert await blind.ids(query) == []
    assert await blind.ids(TableQuery(search="ada")) == blind.expected(TableQuery(search="ada")) != []
    everything = TableQuery(size=100)
    assert {row.customer.email is None for row in (await blind.page(everything)).rows} == {True}
    assert {row.customer.email is None for row in (await viewer.page(everything)).rows} == {True, False}


async def test_the_platform_sees_the_account_with_its_own_assignees(platform: Viewer) -> None:
    for query in (TableQuery(size=100), TableQuery(assignee=platform.world.team[1]), TableQuery(assignee=NOBODY)):
        assert await platform.ids(query) == platform.expected(query)
        counts = {tab: count.n for tab, count in (await platform.page(query)).counts.items()}
        assert counts == platform.world.counts(query, PLAIN, me="", side="platform")
    reviewers = {fact.pid: fact.reviewer for fact in platform.world.facts}
    for row in (await platform.page(TableQuery(size=100))).rows:
        assert row.assignee == (None if reviewers[row.pid] is None else Assignee(str(reviewers[row.pid]), "Reviewer"))
        assert row.is_viewers_turn == (row.status is Status.UNDER_REVIEW)


async def test_rows_have_everything_that_a_column_shows(viewer: Viewer) -> None:
    columns = (Column.CUSTOMER_CASES, Column.CUSTOMER_SPEND)
    facts = {fact.pid: fact for fact in viewer.world.facts}
    own = [fact for fact in viewer.world.facts if fact.account_id == viewer.world.account.id]
    for row in (await viewer.page(TableQuery(size=100), columns=columns)).rows:
        fact = facts[row.pid]
        payment, member = fact.payment, fact.member
        assert (row.amount_minor, row.currency, row.exponent, row.payment_pid, row.paid_at) == (
            payment.amount_minor, payment.currency, payment.currency_exponent, payment.pid, payment.paid_at,
        )  # fmt: skip
        assert (row.method.kind, row.method.brand, row.method.last4) == (
            payment.payment_method_type, payment.card_brand, payment.card_last4,
        )  # fmt: skip
        assert (row.customer.name, row.customer.username, row.customer.email, row.customer.since) == (
            member.name, member.username, member.email, member.joined_at,
        )  # fmt: skip
        assert (row.customer.member_pid, row.customer.user_pid) == (member.pid, member.user_pid)
        assert (row.product and row.product.title, row.plan and row.plan.pid) == (
            fact.product and fact.product.title, fact.plan and fact.plan.pid,
        )  # fmt: skip
        assert (row.reason, row.status, row.outcome, row.escalated) == (
            fact.reason, fact.status, fact.outcome, fact.escalated,
        )  # fmt: skip
        assert (row.opened_at, row.due_at, row.last_activity_at, row.closed_at) == (
            fact.created_at, fact.due_at, fact.updated_at, fact.closed_at,
        )  # fmt: skip
        assert row.assignee == (None if fact.assignee is None else Assignee(fact.assignee, "Somebody"))
        assert row.is_viewers_turn == (fact.status is Status.AWAITING_MERCHANT)
        paused = fact.closed_at is None and fact.due_at is None
        assert (Action.ACCEPT in row.available_actions) == (fact.closed_at is None and not paused)
        theirs = [other for other in own if other.member == member]
        assert row.customer_cases == len(theirs)
        spend = Counter[tuple[str, int]]()
        for other in theirs:
            spend[other.payment.currency, other.payment.currency_exponent] += other.payment.amount_minor
        assert sorted(row.customer_spend or (), key=lambda total: total.currency) == [
            Total(currency, places, minor) for (currency, places), minor in sorted(spend.items())
        ]
    plain = (await viewer.page(TableQuery())).rows[0]
    assert (plain.customer_cases, plain.customer_spend) == (None, None)


async def test_cursors_are_of_one_table_in_one_order(viewer: Viewer, world: TableWorld, clock: ManualClock) -> None:
    first = await viewer.page(TableQuery(size=25))
    assert first.next is not None
    cursor = first.next.after
    token = await make_api_key(world.pool, world.accounts[1], now=clock.now())
    other = Viewer(world, await place_of(world.pool, clock, token, world.accounts[1].id), "key")
    for looking, query in (
        (viewer, TableQuery(size=25, after="abc")),
        (viewer, TableQuery(size=25, sort=Sort.DUE, direction=Direction.ASC, after=cursor)),
        (viewer, TableQuery(size=25, before=f"{cursor}x")),
        (other, TableQuery(size=25, after=cursor)),
    ):
        page = await looking.page(query)
        whole = await looking.page(query.changed())
        assert (page.rows, page.next, page.previous) == (whole.rows, whole.next, None)
        assert page.notices == (Notice("after" if query.after else "before", ""),)


async def test_another_account_shows_its_own_cases_alone(world: TableWorld, clock: ManualClock) -> None:
    token = await make_api_key(world.pool, world.accounts[1], now=clock.now())
    other = Viewer(world, await place_of(world.pool, clock, token, world.accounts[1].id), "key")
    theirs = {fact.pid for fact in world.facts if fact.account_id == world.accounts[1].id}
    for query in (TableQuery(), TableQuery(search="ada"), TableQuery(escalated=True), TableQuery(currency="usd")):
        shown = set(await other.ids(query))
        assert shown
        assert shown <= theirs


async def test_filters_offer_what_the_account_has(viewer: Viewer) -> None:
    products = viewer.world.products[viewer.world.account.id]
    chosen = (products[1].pid, public_id(Prefix.PRODUCT, UUID(int=9), viewer.world.account.id))
    options = await load_options(viewer.world.pool, viewer.place, TableQuery(products=chosen))
    assert options.methods == ("card", "financing", "paypal")
    assert options.currencies == ("eur", "jpy", "usd")
    assert [one.title for one in options.products] == ["Course 0", "Course 1", "Course 2"]
    assert [one.pid for one in options.chosen_products] == [products[1].pid]
    assert [one.name for one in options.assignees] == ["Grace"]
    assert [one.title for one in await find_products(viewer.world.pool, viewer.place, "SE 2")] == ["Course 2"]
    assert await find_products(viewer.world.pool, viewer.place, "%") == ()
    assert len(await find_products(viewer.world.pool, viewer.place, "", limit=2)) == 2


async def test_a_new_account_has_an_empty_table(pool: Pool, clock: ManualClock) -> None:
    world = TableWorld(pool)
    await world.set_up(cases=0, others=1)
    place = await place_of(pool, clock, await make_api_key(pool, world.account, now=clock.now()), world.account.id)
    page = await Viewer(world, place, "key").page(TableQuery())
    assert (page.rows, page.next, page.previous) == ((), None, None)
    assert page.counts == dict.fromkeys(Tab, Count(0, is_capped=False))
    options = await load_options(pool, place, TableQuery())
    assert (options.methods, options.currencies, options.assignees) == ((), (), ())
