"""The table's query: from an address and back, in one canonical form, whatever stands in the address."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.cases.filters import Direction
from amends.cases.states import Outcome, Reason, Status
from amends.cases.table import COLUMNS, DEFAULT_COLUMNS, Column, columns_from
from amends.cases.table_address import clean_search, is_method, parse_query
from amends.cases.table_dates import FIRST_DAY, LAST_DAY, DateRange, Preset, days_between, start_of
from amends.cases.table_filters import (
    SIZES,
    STAGES_OF_TAB,
    Filter,
    Notice,
    Sort,
    Tab,
    TableQuery,
    chips,
    settled,
)
from amends.kit.ids import Prefix, public_id

NEW_YORK, KATHMANDU, UTC_ZONE = ZoneInfo("America/New_York"), ZoneInfo("Asia/Kathmandu"), ZoneInfo("UTC")
NOW = datetime(2026, 11, 23, 3, 30, tzinfo=UTC)  # still the 22nd in New York, 09:15 in Kathmandu
PRODUCT = public_id(Prefix.PRODUCT, UUID(int=1), 1001)
USER = public_id(Prefix.USER, UUID(int=2))
VIEW = public_id(Prefix.SAVED_VIEW, UUID(int=3), 1001)

Draw = Callable[[st.SearchStrategy[Any]], Any]


def ids(prefix: Prefix, account: int = 0) -> st.SearchStrategy[str]:
    return st.uuids().map(lambda row: public_id(prefix, row, account)).filter(lambda pid: not pid.endswith("_"))


def some(values: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    """Return a subset of an enum's words, in the enum's order."""
    return st.sets(st.sampled_from(list(values))).map(lambda chosen: tuple(one for one in values if one in chosen))


def texts(of: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sets(of, max_size=4).map(lambda chosen: tuple(sorted(chosen)))


days = st.dates(FIRST_DAY, LAST_DAY)
ranges = st.none() | st.sampled_from(Preset).map(lambda preset: DateRange(preset=preset)) | st.builds(
    days_between, st.none() | days, st.none() | days
)  # fmt: skip
cursors = st.from_regex(r"[A-Za-z0-9_.=-]{1,80}", fullmatch=True)


@st.composite
def queries(draw: Draw) -> TableQuery:
    """Return any query in canonical form."""
    bounds = sorted(draw(st.lists(st.integers(1, 10**12), min_size=2, max_size=2)))
    ends = [draw(st.none() | st.just(bound)) for bound in bounds]
    cursor = draw(st.sampled_from(("after", "before", None)))
    return settled(
        TableQuery(
            tab=draw(st.sampled_from(Tab)),
            search=clean_search(draw(st.text(max_size=250))),
            opened=draw(ranges),
            due=draw(ranges),
            closed=draw(ranges),
            statuses=draw(some(Status)),
            reasons=draw(some(Reason)),
            outcomes=draw(some(Outcome)),
            methods=draw(texts(st.text(min_size=1, max_size=20).filter(is_method).filter(str.strip))),
            products=draw(texts(ids(Prefix.PRODUCT, 1001))),
            assignee=draw(st.none() | st.sampled_from(("me", "nobody")) | ids(Prefix.USER)),
            currency=draw(st.sampled_from((None, "usd", "jpy", "kwd"))),
            amount_from=ends[0],
            amount_to=ends[1],
            escalated=draw(st.none() | st.booleans()),
            view=draw(st.none() | ids(Prefix.SAVED_VIEW, 1001)),
            sort=draw(st.none() | st.sampled_from(Sort)),
            direction=draw(st.none() | st.sampled_from(Direction)),
            size=draw(st.sampled_from(SIZES)),
            **{cursor: draw(cursors)} if cursor else {},
        )
    )


def read(text: str) -> TableQuery:
    return parse_query(parse_qsl(text, keep_blank_values=True))


@given(queries())
def test_an_address_reads_back_to_the_same_query(query: TableQuery) -> None:
    assert read(query.query_string()) == query
    first = read(query.query_string(cursors=False))
    assert first == settled(query.changed())


@given(queries())
def test_each_chip_takes_away_one_value(query: TableQuery) -> None:
    shown = chips(query)
    for chip in shown:
        left = [(other.filter, other.value) for other in chips(chip.without)]
        gone = [(other.filter, other.value) for other in shown if (other.filter, other.value) not in left]
        assert (chip.filter, chip.value) in gone
        # Bounds of an amount mean nothing without their currency; all else stands for itself.
        assert {kind for kind, _ in gone} <= {chip.filter} | (
            {Filter.AMOUNT} if chip.filter is Filter.CURRENCY else set()
        )
        assert (chip.without.tab, chip.without.after, chip.without.before) == (query.tab, None, None)
    assert query.is_filtered == bool(shown)
    assert not query.without_filters().is_filtered


NAMES = (
    *(name.value for name in Filter), "tab", "sort", "size", "after", "before", "view", "opened_from", "opened_to",
    "amount_min", "amount_max", "other",
)  # fmt: skip
VALUES = ("custom", "..", "1..", "..x", "usd", "-amount", "2026-01-01..", "yes")
params = st.tuples(st.sampled_from(NAMES) | st.text(max_size=9), st.sampled_from(VALUES) | st.text(max_size=30))


@given(st.lists(params))
def test_no_address_fails_and_what_is_read_is_canonical(params: list[tuple[str, str]]) -> None:
    query = parse_query(params)
    assert read(query.query_string()) == query.changed(after=query.after, before=query.before)


@pytest.mark.parametrize(("text", "fields"), [
    ("", {}),
    ("tab=your_turn&reason=fraudulent&opened=30d&q=ada", {
        "tab": Tab.YOUR_TURN, "reasons": (Reason.FRAUDULENT,), "opened": DateRange(Preset.DAYS_30), "search": "ada",
    }),
    ("opened=2026-11-20..2026-11-01", {"opened": DateRange(None, date(2026, 11, 1), date(2026, 11, 20))}),
    ("opened=custom&opened_from=2026-11-01&opened_to=", {"opened": DateRange(None, date(2026, 11, 1))}),
    ("currency=USD&amount=10..49.50", {"currency": "usd", "amount_from": 1000, "amount_to": 4950}),
    ("currency=jpy&amount_min=50&amount_max=10", {"currency": "jpy", "amount_from": 10, "amount_to": 50}),
    ("currency=usd&amount=49", {"currency": "usd", "amount_from": 4900, "amount_to": 4900}),
    ("currency=usd&amount=0..", {"currency": "usd"}),
    ("currency=kwd&sort=-amount", {"currency": "kwd", "sort": Sort.AMOUNT, "direction": Direction.DESC}),
    ("sort=-opened", {}),
    ("tab=your_turn&sort=due", {"tab": Tab.YOUR_TURN}),
    ("tab=your_turn&sort=-opened", {"tab": Tab.YOUR_TURN, "sort": Sort.OPENED, "direction": Direction.DESC}),
    ("status=closed&status=awaiting_merchant&status=closed", {"statuses": (Status.AWAITING_MERCHANT, Status.CLOSED)}),
    (f"assignee=me&product={PRODUCT}&view={VIEW}&escalated=no&size=100", {
        "assignee": "me", "products": (PRODUCT,), "view": VIEW, "escalated": False, "size": 100,
    }),
    ("q=++Ada%00%0ALovelace++", {"search": "Ada Lovelace"}),
    ("after=abc.def&before=xyz", {"after": "abc.def"}),
    ("reason=&status=&q=&amount_min=&opened=", {}),
])  # fmt: skip
def test_addresses(text: str, fields: dict[str, Any]) -> None:
    assert read(text) == TableQuery(**fields)


@pytest.mark.parametrize(("text", "notices"), [
    ("tab=mine", [("tab", "mine")]),
    ("reason=fraudulent&reason=other", [("reason", "other")]),
    ("opened=yesterday", [("opened", "yesterday")]),
    ("opened=2026-02-30..", [("opened", "2026-02-30..")]),
    ("due_from=0001-01-01&due_to=soon", [("due_from", "0001-01-01"), ("due_to", "soon")]),
    ("amount=10..50", [("amount", "10"), ("amount", "50")]),
    ("currency=usd&amount=ten..50.005", [("amount", "ten"), ("amount", "50.005")]),
    ("currency=dollars", [("currency", "dollars")]),
    ("sort=amount", [("sort", "amount")]),
    ("sort=name&size=1000", [("size", "1000"), ("sort", "name")]),
    (f"product={USER}&assignee={PRODUCT}", [("product", USER), ("assignee", PRODUCT)]),
    ("escalated=maybe&utm_source=mail", [("escalated", "maybe"), ("utm_source", "mail")]),
    ("after=%3Cscript%3E", [("after", "<script>")]),
    ("q=" + "x" * 300, []),
])  # fmt: skip
def test_what_is_not_understood_is_left_out_and_named(text: str, notices: list[tuple[str, str]]) -> None:
    assert [(notice.param, notice.value) for notice in read(text).notices] == notices


def test_notices_are_few_and_short() -> None:
    query = parse_query([(f"p{n}" * 200, "v" * 5000) for n in range(50)])
    assert len(query.notices) == 10
    assert all(len(notice.param) <= 100 >= len(notice.value) for notice in query.notices)
    assert query.notices[0] == Notice(("p0" * 200)[:100], "v" * 100)


def test_tabs_and_filters_meet_in_stages() -> None:
    assert read("tab=closed&outcome=settled").stages == ("settled",)
    assert read("tab=your_turn&outcome=settled").stages == ()
    assert read("status=closed&outcome=withdrawn").stages == ("withdrawn",)
    assert read("status=under_review").stages == ("under_review",)
    assert set(STAGES_OF_TAB[Tab.ALL]) == {stage for tab in Tab if tab is not Tab.ALL for stage in STAGES_OF_TAB[tab]}


def test_sorting_toggles_and_amount_needs_its_currency() -> None:
    query = read("currency=usd&reason=duplicate&after=abc")
    by_amount = query.sort_toggled(Sort.AMOUNT)
    assert by_amount.query_string() == "reason=duplicate&currency=usd&sort=-amount"
    assert by_amount.sort_toggled(Sort.AMOUNT).query_string() == "reason=duplicate&currency=usd&sort=amount"
    assert by_amount.changed(currency=None).query_string() == "reason=duplicate"
    assert by_amount.without_filters().query_string() == ""
    assert not read("").may_sort(Sort.AMOUNT)
    assert read("sort=due").order == (Sort.DUE, Direction.ASC)
    assert read("sort=due").url("/accounts/biz_1/cases") == "/accounts/biz_1/cases?sort=due"


@pytest.mark.parametrize(("preset", "zone", "ahead", "first", "last"), [
    (Preset.TODAY, NEW_YORK, False, "2026-11-22T05:00", "2026-11-23T05:00"),
    (Preset.TODAY, KATHMANDU, False, "2026-11-22T18:15", "2026-11-23T18:15"),
    (Preset.DAYS_7, UTC_ZONE, False, "2026-11-17T00:00", "2026-11-24T00:00"),
    (Preset.DAYS_7, UTC_ZONE, True, "2026-11-23T00:00", "2026-11-30T00:00"),
    (Preset.DAYS_30, NEW_YORK, False, "2026-10-24T04:00", "2026-11-23T05:00"),  # over the end of summer time
    (Preset.THIS_MONTH, NEW_YORK, False, "2026-11-01T04:00", "2026-12-01T05:00"),
    (Preset.THIS_MONTH, KATHMANDU, True, "2026-10-31T18:15", "2026-11-30T18:15"),
])  # fmt: skip
def test_presets_are_days_of_the_reader(preset: Preset, zone: ZoneInfo, ahead: bool, first: str, last: str) -> None:
    start, end = DateRange(preset).instants(zone, NOW, ahead=ahead)
    assert [f"{one:%Y-%m-%dT%H:%M}" for one in (start, end) if one is not None] == [first, last]


@pytest.mark.parametrize(("day", "zone", "instant"), [
    ("2026-03-08", "America/New_York", "2026-03-08T05:00"),
    ("2026-03-09", "America/New_York", "2026-03-09T04:00"),
    ("2026-11-02", "America/New_York", "2026-11-02T05:00"),
    ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00"),  # midnight is skipped
    ("2018-02-18", "America/Sao_Paulo", "2018-02-18T03:00"),  # midnight goes back into the day before
    ("2023-11-05", "America/Havana", "2023-11-05T04:00"),  # one o'clock goes back to midnight
    ("2011-12-30", "Pacific/Apia", "2011-12-30T10:00"),  # the day that never was
    ("2011-12-31", "Pacific/Apia", "2011-12-30T10:00"),
])  # fmt: skip
def test_days_begin_when_their_date_does(day: str, zone: str, instant: str) -> None:
    assert f"{start_of(date.fromisoformat(day), ZoneInfo(zone)):%Y-%m-%dT%H:%M}" == instant


@given(days, st.sampled_from((NEW_YORK, KATHMANDU, ZoneInfo("Europe/London"), ZoneInfo("Australia/Lord_Howe"))))
def test_days_leave_no_gap(day: date, zone: ZoneInfo) -> None:
    start = start_of(day, zone)
    assert start.astimezone(zone).date() == day
    assert (start - timedelta(milliseconds=1)).astimezone(zone).date() == day - timedelta(days=1)
    _, end = DateRange(None, day, day).instants(zone, NOW)
    assert end == start_of(day + timedelta(days=1), zone)


def test_columns_are_kept_in_order_and_checked() -> None:
    assert tuple(Column(word) for word in (
        "case", "customer", "product", "reason", "status", "amount", "opened", "due",
    )) == DEFAULT_COLUMNS  # fmt: skip
    assert columns_from(None, with_email=True) == columns_from((), with_email=False) == DEFAULT_COLUMNS
    assert columns_from(("status", "email", "gone", "case", "status"), with_email=True) == (
        Column.CASE, Column.STATUS, Column.EMAIL,
    )  # fmt: skip
    assert columns_from(("status", "email"), with_email=False) == (Column.CASE, Column.STATUS)
    assert columns_from(("email",), with_email=False) == columns_from(("case",), with_email=True) == DEFAULT_COLUMNS
    assert len(COLUMNS) == 23
