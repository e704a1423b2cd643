"""The jobs and sweeps of cases: deadlines, counters, daily digests.

A sweep only looks and enqueues. The job of a case decides again under the lock, with the Clock's time: a party that
acted meanwhile has won.
"""

from typing import Final
from uuid import UUID

import msgspec

from amends.access.scopes import system_scope
from amends.cases.commands_counters import BATCH, fold_counts
from amends.cases.commands_digests import sign_digest
from amends.cases.commands_system import expire_case
from amends.cases.queries_deadlines import accounts_to_fold, accounts_without_digest, due_cases
from amends.cases.rows import CaseRef
from amends.db.jobs import Job, JobRegistry, enqueue_many
from amends.db.transactions import transaction
from amends.services import Services

CASE_DUE: Final = "cases.due"
FOLD_COUNTS: Final = "cases.fold_counts"
SIGN_DIGEST: Final = "cases.sign_digest"
DUE_AT_ONCE: Final = 1_000
ACCOUNTS_AT_ONCE: Final = 1_000
DIGEST_SWEEP_S: Final = 900

jobs: JobRegistry[Services] = JobRegistry()


class CaseWork(msgspec.Struct, frozen=True):
    """Which case."""

    account_id: int
    case_id: UUID


class AccountWork(msgspec.Struct, frozen=True):
    """Which account."""

    account_id: int


@jobs.sweep("cases.deadlines", every_s=10)
async def enqueue_due_cases(services: Services) -> None:
    """Find cases of which a clock has run out."""
    async with transaction(services.pool) as connection:
        due = await due_cases(connection, now=services.clock.now(), limit=DUE_AT_ONCE)
        await enqueue_many(
            connection,
            [(Job(CASE_DUE, CaseWork(ref.account_id, ref.case_id)), f"{CASE_DUE}:{ref.case_id.hex}") for ref in due],
        )


@jobs.job(CASE_DUE, CaseWork)
async def act_on_due_case(services: Services, work: CaseWork) -> None:
    """Do what is due on a case, if it still is."""
    ref = CaseRef(work.account_id, work.case_id)
    async with transaction(services.pool) as connection:
        await expire_case(connection, system_scope(), ref, now=services.clock.now())


@jobs.sweep("cases.counters", every_s=30)
async def enqueue_folding(services: Services) -> None:
    """Find accounts with counter deltas."""
    async with transaction(services.pool) as connection:
        accounts = await accounts_to_fold(connection, limit=ACCOUNTS_AT_ONCE)
        await enqueue_many(
            connection, [(Job(FOLD_COUNTS, AccountWork(number)), f"{FOLD_COUNTS}:{number}") for number in accounts]
        )


@jobs.job(FOLD_COUNTS, AccountWork)
async def fold_account(services: Services, work: AccountWork) -> None:
    """Fold an account's deltas until few are left."""
    folded = BATCH
    while folded == BATCH:
        async with transaction(services.pool) as connection:
            folded = await fold_counts(connection, work.account_id)


@jobs.sweep("cases.digests", every_s=DIGEST_SWEEP_S)
async def enqueue_digests(services: Services) -> None:
    """Find accounts whose timelines have no digest of today."""
    async with transaction(services.pool) as connection:
        accounts = await accounts_without_digest(connection, day=services.clock.now().date(), limit=ACCOUNTS_AT_ONCE)
        await enqueue_many(
            connection, [(Job(SIGN_DIGEST, AccountWork(number)), f"{SIGN_DIGEST}:{number}") for number in accounts]
        )


@jobs.job(SIGN_DIGEST, AccountWork)
async def sign_account(services: Services, work: AccountWork) -> None:
    """Sign an account's digest of today."""
    async with transaction(services.pool) as connection:
        await sign_digest(connection, services.signer, work.account_id, now=services.clock.now())
