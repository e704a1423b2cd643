"""Compares our refunds with the providers' own lists and repairs what differs, for `amends reconcile`.

Repairs are the ordinary ones: what a provider says is applied as if it had come as an event, so that running this twice
changes nothing. What cannot be repaired, because the provider does not know of money that we say has moved, or knows of
more than we asked for, is reported for people.
"""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from amends.db.pool import Connection, Pool
from amends.db.transactions import transaction
from amends.kit.ids import MalformedId, Prefix, parse_public_id
from amends.payments.commands import lock_payment
from amends.payments.events import apply_movement, find_payment
from amends.payments.providers.port import MoneyState, Movement, PaymentProvider
from amends.services import Services

LOOK_BACK: Final = timedelta(days=180)
BATCH: Final = 500

REFUND_BY_ID_SQL: Final = """
    select id, pid, payment_id, state, amount_minor, provider_refund_ref as ref
    from refunds
    where account_id = $1 and id = $2
"""
REFUND_BY_REF_SQL: Final = """
    select id, pid, payment_id, state, amount_minor, provider_refund_ref as ref
    from refunds
    where account_id = $1 and provider = $2 and provider_refund_ref = $3
"""
SUCCEEDED_REFUNDS_SQL: Final = """
    select id, pid, amount_minor, provider_refund_ref as ref
    from refunds
    where account_id = $1 and provider = $2 and method = 'provider' and state = 'succeeded' and id > $3
        and succeeded_at >= $4
    order by id
    limit $5
"""
UNAPPLIED_EVENTS_SQL: Final = """
    select provider, event_id, kind, failure, received_at
    from provider_events
    where applied_at is null and failure is not null
    order by received_at
    limit $1
"""
ACCOUNT_IDS_SQL: Final = """
    select id
    from accounts
    order by id
"""


class Finding(StrEnum):
    """What was found about one refund."""

    RECORDED = "recorded"
    """The provider had settled it and we did not know: recorded now."""
    ELSEWHERE = "elsewhere"
    """The provider made it without us: recorded now as refunded elsewhere."""
    MISSING = "missing"
    """We say that it succeeded, the provider does not know it: needs attention."""
    MOVED_TWICE = "moved_twice"
    """The provider has more than one succeeded refund for one of ours: needs attention."""
    OTHER_AMOUNT = "other_amount"
    """The provider moved another amount than we asked for: needs attention."""
    UNKNOWN_PAYMENT = "unknown_payment"
    """The provider refunded a payment that we do not know."""


NEEDS_ATTENTION: Final = frozenset(
    {Finding.MISSING, Finding.MOVED_TWICE, Finding.OTHER_AMOUNT, Finding.UNKNOWN_PAYMENT}
)


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One refund on which we and the provider differed."""

    finding: Finding
    account_id: int | None
    refund: str | None
    """Our public id; None: we had none."""
    provider: str
    provider_ref: str | None
    amount_minor: int


class UnappliedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's message that could not be applied, and why."""

    provider: str
    event_id: str
    kind: str
    failure: str
    received_at: datetime


class Report(msgspec.Struct, kw_only=True):
    """What a reconciliation looked at and found."""

    compared: int = 0
    agreed: int = 0
    differences: list[Difference] = []
    unapplied_events: list[UnappliedEvent] = []
    """Across all accounts, so empty in the report of one."""

    @property
    def needs_attention(self) -> list[Difference]:
        """Return what only people can resolve."""
        return [difference for difference in self.differences if difference.finding in NEEDS_ATTENTION]


async def reconcile_all(services: Services, *, since: datetime | None = None) -> Report:
    """Compare every account's refunds since a time (default: 180 days back) with all providers and repair.

    Raises:
        NoAnswer: a provider did not answer; what was repaired until then stays repaired.
    """
    report = await _reconcile(services, None, since)
    report.unapplied_events = await _unapplied_events(services.pool)
    return report


async def reconcile_account(services: Services, account_id: int, *, since: datetime | None = None) -> Report:
    """Compare one account's refunds like `reconcile_all`."""
    return await _reconcile(services, account_id, since)


async def _reconcile(services: Services, account_id: int | None, since: datetime | None) -> Report:
    since = since or services.clock.now() - LOOK_BACK
    report = Report()
    for name, provider in services.providers.items():
        moved: Counter[str] = Counter()
        async for movement in provider.list_refunds(since):
            await _compare_theirs(services, name, movement, account_id, report)
            if movement.purpose is not None and movement.state is MoneyState.SUCCEEDED:
                moved[movement.purpose.our_id] += 1
                if moved[movement.purpose.our_id] == 2:
                    _report_double(name, movement, account_id, report)
        await _compare_ours(services, name, provider, moved, account_id, since, report)
    return report


async def _compare_theirs(
    services: Services, name: str, movement: Movement, only_account: int | None, report: Report
) -> None:
    """Compare one movement of a provider's list with our row, and apply it if we did not know."""
    async with services.pool.acquire() as connection:
        found = await find_payment(connection, name, movement.target_ref)
    if only_account is not None and (found is None or found.account != only_account):
        return
    report.compared += 1
    if found is None:
        report.differences.append(_difference(Finding.UNKNOWN_PAYMENT, None, None, name, movement))
        return
    async with transaction(services.pool) as connection:
        try:
            payment = await lock_payment(connection, found.account, found.row_id)
        except LookupError:
            report.differences.append(_difference(Finding.UNKNOWN_PAYMENT, found.account, None, name, movement))
            return
        before = await _ours(connection, found.account, name, movement)
        await apply_movement(connection, services.case_notices, payment, movement, services.clock.now())
        after = await _ours(connection, found.account, name, movement)
    if after is not None and after.amount_minor != movement.amount_minor:
        report.differences.append(_difference(Finding.OTHER_AMOUNT, found.account, after.pid, name, movement))
    elif before is None and after is not None:
        report.differences.append(_difference(Finding.ELSEWHERE, found.account, after.pid, name, movement))
    elif before is not None and after is not None and before.state != after.state:
        report.differences.append(_difference(Finding.RECORDED, found.account, after.pid, name, movement))
    else:
        report.agreed += 1


class _Ours(msgspec.Struct, frozen=True):
    """Our row for a movement."""

    pid: str
    state: str
    amount_minor: int


async def _ours(connection: Connection, account_id: int, name: str, movement: Movement) -> _Ours | None:
    row = None
    if movement.purpose is not None:
        try:
            parsed = parse_public_id(Prefix.REFUND, movement.purpose.our_id)
            row = await connection.fetchrow(REFUND_BY_ID_SQL, account_id, parsed.row_id)
        except MalformedId:
            row = None
    if row is None:
        row = await connection.fetchrow(REFUND_BY_REF_SQL, account_id, name, movement.ref)
    return None if row is None else _Ours(pid=row["pid"], state=row["state"], amount_minor=row["amount_minor"])


def _report_double(name: str, movement: Movement, only_account: int | None, report: Report) -> None:
    our_id = movement.purpose.our_id if movement.purpose is not None else ""
    account_id = parse_public_id(Prefix.REFUND, our_id).account
    if only_account in (None, account_id):
        report.differences.append(_difference(Finding.MOVED_TWICE, account_id, our_id, name, movement))


async def _compare_ours(
    services: Services,
    name: str,
    provider: PaymentProvider,
    moved: Counter[str],
    only_account: int | None,
    since: datetime,
    report: Report,
) -> None:
    """Ask the provider for every refund that we say has succeeded and that its list does not have."""
    accounts = [only_account] if only_account is not None else await _account_ids(services.pool)
    for account_id in accounts:
        async for pid, amount_minor, ref in _succeeded(services.pool, account_id, name, since):
            if moved[pid] or any(
                movement.state is MoneyState.SUCCEEDED for movement in await provider.find_refunds(pid)
            ):
                continue
            report.compared += 1
            report.differences.append(
                Difference(
                    finding=Finding.MISSING,
                    account_id=account_id,
                    refund=pid,
                    provider=name,
                    provider_ref=ref,
                    amount_minor=amount_minor,
                )
            )


async def _unapplied_events(pool: Pool) -> list[UnappliedEvent]:
    return [UnappliedEvent(**dict(row)) for row in await pool.fetch(UNAPPLIED_EVENTS_SQL, BATCH)]


async def _account_ids(pool: Pool) -> list[int]:
    return [row["id"] for row in await pool.fetch(ACCOUNT_IDS_SQL)]


async def _succeeded(
    pool: Pool, account_id: int, name: str, since: datetime
) -> AsyncIterator[tuple[str, int, str | None]]:
    after = UUID(int=0)
    while True:
        rows = await pool.fetch(SUCCEEDED_REFUNDS_SQL, account_id, name, after, since, BATCH)
        for row in rows:
            yield row["pid"], row["amount_minor"], row["ref"]
        if len(rows) < BATCH:
            return
        after = rows[-1]["id"]


def _difference(
    finding: Finding, account_id: int | None, refund: str | None, name: str, movement: Movement
) -> Difference:
    return Difference(
        finding=finding,
        account_id=account_id,
        refund=refund,
        provider=name,
        provider_ref=movement.ref,
        amount_minor=movement.amount_minor,
    )
