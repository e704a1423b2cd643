"""The whole demo, loaded once: what it shows, and that its books and timelines are in order."""

from collections.abc import Generator
from datetime import datetime, timedelta

import psycopg
import pytest
from psycopg.rows import tuple_row

from amends.cases.states import Outcome, Reason, RefundBy, Settlement, Status
from amends.cli.runtime import embedded_server
from amends.kit.clock import parse_time
from tests.cli.commands import amends
from tests.demo.running import Demo, running_demo

NOW = "2027-02-05T16:30:00Z"  # a Friday afternoon: review targets lie behind a week-end
RATE = """
select max(100 * c.n / p.n)
from (select account_id, count(*) n from cases where created_at > '{since}' group by 1) c
join (select account_id, count(*) n from payments where paid_at > '{since}' group by 1) p
    on p.account_id = c.account_id
"""
"""How many of a hundred payments of an account became cases lately, where it is most."""
Row = tuple[object, ...]


class Full:
    """The full demo, stopped, and its database."""

    def __init__(self, demo: Demo, database: psycopg.Connection[Row]) -> None:
        self.demo = demo
        self.database = database

    def column(self, query: str) -> set[object]:
        """Return the distinct values of a query's only column."""
        return {row[0] for row in self.database.execute(query.encode())}

    def number(self, query: str) -> int:
        """Return a query's only value."""
        row = self.database.execute(query.encode()).fetchone()
        assert row is not None
        assert isinstance(row[0], int)
        return row[0]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Generator[Full]:
    data = tmp_path_factory.mktemp("full") / "var"
    with running_demo(data, "--now", NOW) as demo:
        assert demo.process.stop() == 0
    with (
        embedded_server(data) as server,
        psycopg.connect(server.migrate_url, autocommit=True, row_factory=tuple_row) as database,
    ):
        yield Full(demo, database)


@pytest.mark.slow
def test_the_full_demo(full: Full) -> None:
    _sizes(full)
    _states(full)
    _clocks(full, parse_time(NOW))
    _desks(full)
    _books(full)


def _sizes(full: Full) -> None:
    assert full.number("select count(*) from accounts") == 3
    assert full.number("select count(*) from products") == 40
    assert 19_900 <= full.number("select count(*) from payments") <= 20_100
    assert 850 <= full.number("select count(*) from cases") <= 1000
    assert full.number("select count(distinct (account_id, created_at)) - count(*) from cases") == 0
    assert full.number("select count(*) from files where upload_status = 'ready' and attached_to is not null") > 100
    assert full.column("select distinct content_type from files") == {
        "application/pdf",
        "image/jpeg",
        "image/png",
        "text/plain",
    }
    assert (
        full.number("select max(n) from (select count(*) n from payments where is_renewal group by member_id) m") >= 14
    )


def _states(full: Full) -> None:
    assert full.column("select status from cases") == {status.value for status in Status}
    assert full.column("select outcome from cases where outcome is not null") == {outcome.value for outcome in Outcome}
    assert full.column("select refund from cases where refund is not null") == {by.value for by in RefundBy}
    assert full.column("select settlement from cases") == {settlement.value for settlement in Settlement}
    assert full.column("select reason from cases") == {reason.value for reason in Reason}
    assert full.column("select currency from cases") == {"usd", "eur", "gbp", "jpy", "kwd"}
    assert full.column("select dispute from cases") == {"none", "open", "won", "lost"}
    assert full.column("select status from case_offers") == {
        "open", "accepted", "declined", "replaced", "withdrawn", "expired", "lapsed",
    }  # fmt: skip
    for side in ("customer", "merchant"):
        for status in ("under_review", "closed"):
            where = f"{side}_appealed and status = '{status}'"
            assert full.number(f"select count(*) from cases where {where}") > 0
    assert full.number("select count(*) from cases where escalated and status = 'awaiting_customer'") > 0
    assert full.number("select count(*) from merchant_credits where state = 'succeeded'") > 0
    assert full.number("select max(length(texts ->> 'message')) from case_event_texts") == 4000


def _clocks(full: Full, now: datetime) -> None:
    """Nothing is overdue, and nothing runs out in the first hours."""
    for column in ("deadline_at", "appeal_due_at", "response_due_at"):
        late = now + timedelta(hours=2)
        since = "'-infinity'" if column == "deadline_at" else f"'{now}'"
        assert full.number(f"select count(*) from cases where {column} between {since} and '{late}'") == 0
    soon = f"select count(*) from cases where response_due_at < '{now + timedelta(hours=8)}'"
    assert full.number(soon) >= 10


def _desks(full: Full) -> None:
    """Each page has something to show, and the accounts' rates are those of a marketplace."""
    assert full.number("select count(*) from saved_views") >= 6
    assert full.column("select state from exports") == {"completed"}
    assert full.number("select max(version) from policy_versions") == 2
    assert full.number("select count(*) from accounts where auto_respond_locked") == 1
    assert full.number("select count(*) from reason_codes where code = 'taken_off_sale'") == 1
    assert full.number("select count(*) from refunds where state = 'failed'") == 7
    since = parse_time(NOW) - timedelta(days=30)
    assert full.number(RATE.format(since=since)) < 12


def _books(full: Full) -> None:
    verified = amends("verify", env=full.demo.env)
    assert (verified.code, verified.out.strip().endswith("all as it was written.")) == (0, True)
    reconciled = amends("reconcile", "--days", "3650", env=full.demo.env)
    assert reconciled.code == 0
    assert " 0 repaired, 0 need attention." in reconciled.out
    assert full.number("select count(*) from jobs.pgqueuer where status = 'failed'") == 0
