"""A few hundred cases in every state, at two accounts, and a naive model of what the merchant's table shows of them.

Rows are written as they are, not through commands, so that every combination comes up. The model compares dates on the
reader's clock and sorts lists; it shares nothing with the statements.
"""

import random
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from amends.cases.filters import Direction
from amends.cases.states import Outcome, Reason, Status
from amends.cases.table_dates import DateRange
from amends.cases.table_filters import STAGES_OF_TAB, Sort, Tab, TableQuery
from amends.db.pool import Pool
from amends.kit.ids import Prefix, public_id, uuid7
from amends.people.rows import AccountRow, MemberRow, PaymentRow, PlanRow, ProductRow
from tests.builders import make_account, make_member, make_payment, make_plan, make_product, make_user

NOW = datetime.fromisoformat("2026-11-23T03:30:00Z")
OUTCOMES = {
    Outcome.CUSTOMER_WON: "merchant",
    Outcome.MERCHANT_WON: "none",
    Outcome.WITHDRAWN: "none",
    Outcome.SETTLED: "merchant",
}
PRICES = (("usd", "49.00"), ("usd", "20.50"), ("usd", "120"), ("jpy", "1200"), ("eur", "9"))
METHODS = ("card", "paypal", "financing", None)
PEOPLE = (
    ("Ada Lovelace", "ada", "ada@example.com"),
    ("Adrian von Neumann", "johnny", "johnny_n@example.org"),
    ("Grace Hopper", "amazing-grace", "grace@navy.example"),
    ("Élodie O'Brien", "elodie", "elodie@example.fr"),
    ("Jean-Luc Picard", None, "jl%picard@fleet.example"),
    (None, "ghost", None),
    ("李 小龍", "bruce.lee", "bruce@example.hk"),
)
INSERT = """
insert into cases (
    account_id, id, pid, payment_id, member_id, user_id, product_id, plan_id, reason, amount_minor, currency,
    currency_exponent, policy_version, status, outcome, refund, settlement, escalated, dispute, response_due_at,
    paused_left_ms, assignee_id, assignee_name, reviewer_id, reviewer_name, head_hash, created_at, updated_at,
    last_activity_at, closed_at, payment_method_type, version
)
values (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
    '', $25, $26, $27, $28, $29, $30
)
"""
COUNT = """
insert into case_counts (account_id, status, reason, outcome, n)
select c.account_id, c.status, c.reason, coalesce(c.outcome, ''), count(*)
from cases c
group by c.account_id, c.status, c.reason, coalesce(c.outcome, '')
"""


class Fact(NamedTuple):
    """A case as the model knows it."""

    id: UUID
    pid: str
    account_id: int
    member: MemberRow
    payment: PaymentRow
    product: ProductRow | None
    plan: PlanRow | None
    reason: Reason
    status: Status
    outcome: Outcome | None
    escalated: bool
    due_at: datetime | None
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    assignee: str | None
    reviewer: str | None

    @property
    def stage(self) -> str:
        return (self.outcome or self.status).value


class TableWorld:
    """Two accounts with cases."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.random = random.Random(7)
        self.facts: list[Fact] = []
        self.accounts: list[AccountRow] = []
        self.products: dict[int, list[ProductRow]] = {}
        self.team: list[str] = []

    async def set_up(self, cases: int = 240, others: int = 40) -> "TableWorld":
        """Make everything."""
        users = [await make_user(self.pool, name=n, username=u, email=e) for n, u, e in PEOPLE]
        self.team = [public_id(Prefix.USER, UUID(int=n)) for n in (1, 2)]
        for count in (cases, others):
            account = await make_account(self.pool)
            self.accounts.append(account)
            members = [await make_member(self.pool, account, user=user) for user in users]
            products = [await make_product(self.pool, account, title=f"Course {n}") for n in range(3)]
            plans = [await make_plan(self.pool, account, product=product) for product in products]
            self.products[account.id] = products
            for n in range(count):
                self.facts.append(await self._case(account, members, products, plans, n))
        await self.pool.execute(COUNT)
        await self.pool.execute("analyze cases")
        return self

    @property
    def account(self) -> AccountRow:
        """Return the account that tests look at."""
        return self.accounts[0]

    async def _case(
        self, account: AccountRow, members: list[MemberRow], products: list[ProductRow], plans: list[PlanRow], n: int
    ) -> Fact:
        pick = self.random
        currency, amount = pick.choice(
            (("usd", "49.00"), ("usd", "20.50"), ("usd", "120"), ("jpy", "1200"), ("eur", "9"))
        )
        method = pick.choice(METHODS)
        shelf = pick.choice((0, 0, 1, 2, None))
        member = pick.choice(members)
        payment = await make_payment(
            self.pool, account, member=member, amount=amount, currency=currency, payment_method_type=method,
            card_brand="visa" if method == "card" else None, card_last4="4242" if method == "card" else None,
            product=None if shelf is None else products[shelf], plan=None if shelf is None else plans[shelf],
            paid_at=NOW - timedelta(days=90), now=NOW - timedelta(days=90),
        )  # fmt: skip
        status = pick.choice((*Status, Status.CLOSED, Status.CLOSED))
        outcome = pick.choice(list(Outcome)) if status is Status.CLOSED else None
        created = NOW - timedelta(hours=pick.randrange(0, 24 * 60))  # many share an hour
        closed = None if outcome is None else created + timedelta(hours=pick.randrange(0, 200))
        paused = status is not Status.CLOSED and pick.random() < 0.15
        due = None if closed or paused else NOW + timedelta(hours=pick.randrange(-2, 24 * 20))
        fact = Fact(
            id=(row := uuid7(created)), pid=public_id(Prefix.CASE, row, account.id), account_id=account.id,
            member=member, payment=payment, product=None if shelf is None else products[shelf],
            plan=None if shelf is None else plans[shelf], reason=pick.choice(list(Reason)), status=status,
            outcome=outcome, escalated=pick.random() < 0.2, due_at=due, created_at=created,
            updated_at=max(created, closed or created) + timedelta(hours=pick.randrange(0, 5)), closed_at=closed,
            assignee=pick.choice((None, None, *self.team)), reviewer=pick.choice((None, *self.team)),
        )  # fmt: skip
        await self._insert(fact, paused=paused, version=n + 1)
        return fact

    async def _insert(self, fact: Fact, *, paused: bool, version: int) -> None:
        payment = fact.payment
        refund = None if fact.outcome is None else OUTCOMES[fact.outcome]
        await self.pool.execute(
            INSERT, fact.account_id, fact.id, fact.pid, payment.id, fact.member.id, fact.member.user_id,
            fact.product and fact.product.id, fact.plan and fact.plan.id, fact.reason, payment.amount_minor,
            payment.currency, payment.currency_exponent, fact.status, fact.outcome, refund,
            "pending" if refund == "merchant" else "none", fact.escalated, "open" if paused else "none", fact.due_at,
            1000 if paused else None, fact.assignee, fact.assignee and "Somebody", fact.reviewer,
            fact.reviewer and "Reviewer", fact.created_at, fact.updated_at, fact.updated_at, fact.closed_at,
            payment.payment_method_type, version,
        )  # fmt: skip

    def expected(
        self, query: TableQuery, zone: ZoneInfo, *, me: str, side: str = "merchant", email: bool = True
    ) -> list[str]:
        """Return the public ids that a query shows, in order."""
        found = [
            fact for fact in self.facts
            if fact.account_id == self.account.id and passes(fact, query, zone, me=me, side=side, email=email)
            if fact.stage in STAGES_OF_TAB[query.tab]
        ]  # fmt: skip
        return [fact.pid for fact in ordered(found, *query.order)]

    def counts(self, query: TableQuery, zone: ZoneInfo, *, me: str, side: str = "merchant") -> dict[Tab, int]:
        """Return how many cases each tab has."""
        found = [
            fact.stage for fact in self.facts
            if fact.account_id == self.account.id and passes(fact, query, zone, me=me, side=side)
        ]  # fmt: skip
        return {tab: sum(stage in STAGES_OF_TAB[tab] for stage in found) for tab in Tab}


def passes(
    fact: Fact, query: TableQuery, zone: ZoneInfo, *, me: str, side: str = "merchant", email: bool = True
) -> bool:
    """Tell whether a case passes the filters, but for the tab."""
    handler = fact.reviewer if side == "platform" else fact.assignee
    amount = fact.payment.amount_minor
    return all((
        not query.statuses or fact.status in query.statuses,
        not query.outcomes or fact.outcome in query.outcomes,
        not query.reasons or fact.reason in query.reasons,
        not query.methods or fact.payment.payment_method_type in query.methods,
        not query.products or (fact.product is not None and fact.product.pid in query.products),
        query.assignee is None or handler == {"me": me, "nobody": None}.get(query.assignee, query.assignee),
        query.currency is None or fact.payment.currency == query.currency,
        query.amount_from is None or amount >= query.amount_from,
        query.amount_to is None or amount <= query.amount_to,
        query.escalated is None or fact.escalated == query.escalated,
        on_days(fact.created_at, query.opened, zone),
        on_days(fact.closed_at, query.closed, zone),
        on_days(fact.due_at, query.due, zone, ahead=True),
        not query.search or is_found(fact, query.search, email=email),
    ))  # fmt: skip


def on_days(moment: datetime | None, days: DateRange | None, zone: ZoneInfo, *, ahead: bool = False) -> bool:
    """Tell whether the date of a moment, on a clock there, is one of the days."""
    if days is None:
        return True
    if moment is None:
        return False
    first, last = days.days(NOW.astimezone(zone).date(), ahead=ahead)
    return (first or date.min) <= moment.astimezone(zone).date() <= (last or date.max)


def is_found(fact: Fact, text: str, *, email: bool) -> bool:
    """Tell whether a search finds a case."""
    joined, lowered = "".join(text.split()), text.lower()
    if joined in (fact.pid, fact.payment.pid) or text == fact.payment.external_id:
        return True
    member = fact.member
    if email and len(text) > 1 and member.email is not None and member.email.lower().startswith(lowered):
        return True
    own = f"{member.name or ''} {member.username or ''}".lower().replace("-", " ").split()
    words = [word.lstrip("@") for word in lowered.replace("-", " ").split()]
    if len(words) == 1 == len(words[0]):
        return words[0] in own
    return bool(words) and all(any(one.startswith(word) for one in own) for word in words)


def ordered(facts: Sequence[Fact], sort: Sort, direction: Direction) -> list[Fact]:
    """Sort as the table does: cases without a due time last, newest first."""
    down = direction is Direction.DESC
    keys: dict[Sort, Callable[[Fact], Any]] = {
        Sort.OPENED: lambda fact: (fact.created_at, fact.id),
        Sort.LAST_ACTIVITY: lambda fact: (fact.updated_at, fact.id),
        Sort.AMOUNT: lambda fact: (fact.payment.amount_minor, fact.id),
        Sort.DUE: lambda fact: (fact.due_at, fact.id),
    }
    if sort is not Sort.DUE:
        return sorted(facts, key=keys[sort], reverse=down)
    due = sorted((fact for fact in facts if fact.due_at), key=keys[sort], reverse=down)
    return due + sorted((fact for fact in facts if not fact.due_at), key=keys[Sort.OPENED], reverse=True)
