"""Verifies timelines: walks every chain, compares it with the case's head and with the daily signed digests.

Finds any change of any column of any event, of a text or its salt, of a head or of the case's status, outcome and
refund, and a missing, added or moved event; an erased text is no fault, its digest stands in the event. Streams; memory
does not grow with the number of events.
"""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from amends.cases.queries_verify import Head, all_accounts, chain, digests, heads, heads_as_of, stray_texts
from amends.cases.timeline import GENESIS, EventRow, event_hash, text_digest
from amends.db.pool import Connection, Pool
from amends.db.transactions import snapshot
from amends.kit.clock import iso
from amends.kit.signing import BadSignature, Signer

DIGEST_PURPOSE: Final = "chain-digest"
PROGRESS_EVERY: Final = 1_000

Progress = Callable[[int], None]
Standing = tuple[str, str | None, str | None]  # status, outcome, refund


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is not as it was written."""

    account: str
    case: str | None  # public id; None: of the account as a whole
    event: str | None  # public id, where one event is at fault
    position: int | None
    problem: str


class Report(msgspec.Struct, kw_only=True):
    """What a verification read and found."""

    accounts: int = 0
    cases: int = 0
    events: int = 0
    digests: int = 0
    findings: list[Finding] = []


class HeadsDigest(msgspec.Struct, frozen=True):
    """The heads of an account's timelines at a moment, in one hash."""

    heads_hash: bytes
    cases: int


async def verify_accounts(
    pool: Pool, signer: Signer, *, account_ids: Iterable[int] | None = None, progress: Progress | None = None
) -> Report:
    """Verify the timelines of some accounts, or of all; `progress` is told how many events were read since."""
    report = Report(findings=[])
    wanted = None if account_ids is None else set(account_ids)
    for account_id, pid in await all_accounts(pool):
        if wanted is None or account_id in wanted:
            async with snapshot(pool) as connection:
                await verify_account(connection, signer, account_id, pid, report, progress=progress)
    return report


async def verify_account(
    connection: Connection,
    signer: Signer,
    account_id: int,
    account_pid: str,
    report: Report,
    *,
    progress: Progress | None = None,
) -> None:
    """Verify one account's timelines within a read-only transaction, adding to `report`."""
    walk = _Walk(account_pid, report)
    events = _by_case(chain(connection, account_id))
    ahead = await anext(events, None)
    since = 0
    async for head in heads(connection, account_id):
        while ahead is not None and ahead[0] < head.id:
            walk.stray_event(ahead[1])
            ahead = await anext(events, None)
        walk.begin(head)
        while ahead is not None and ahead[0] == head.id:
            walk.event(ahead[1])
            since += 1
            if progress is not None and since == PROGRESS_EVERY:
                progress(since)
                since = 0
            ahead = await anext(events, None)
        walk.end()
    while ahead is not None:
        walk.stray_event(ahead[1])
        ahead = await anext(events, None)
    for case_pid, event_id in await stray_texts(connection, account_id):
        walk.found("a text belongs to no event", case=case_pid, event=str(event_id))
    await _verify_digests(connection, signer, account_id, walk)
    report.accounts += 1
    if progress is not None and since:
        progress(since)


async def _by_case(rows: AsyncIterator[asyncpg.Record]) -> AsyncGenerator[tuple[UUID, asyncpg.Record]]:
    async for row in rows:
        yield row["case_id"], row


class _Walk:
    """Follows the chains of one account, one case after the other."""

    def __init__(self, account_pid: str, report: Report) -> None:
        self._account = account_pid
        self._report = report
        self._head: Head | None = None
        self._position = 0
        self._hash = GENESIS
        self._standing: Standing | None = None

    def found(
        self, problem: str, *, case: str | None = None, event: str | None = None, position: int | None = None
    ) -> None:
        """Add a finding."""
        case = case or (self._head.pid if self._head else None)
        self._report.findings.append(
            Finding(account=self._account, case=case, event=event, position=position, problem=problem)
        )

    def begin(self, head: Head) -> None:
        """Start on a case."""
        self._head, self._position, self._hash, self._standing = head, 0, GENESIS, None
        self._report.cases += 1

    def event(self, row: asyncpg.Record) -> None:
        """Check the next event of the case."""
        self._report.events += 1
        self._position += 1
        for problem in self._problems(row):
            self.found(problem, event=row["pid"], position=row["position"])
        # Goes on from what is stored, so that one changed event is one finding and not one for each that follows.
        self._position, self._hash = row["position"], row["hash"]
        data = row["data"]
        if "status" in data:
            self._standing = data["status"], data.get("outcome"), data.get("refund")

    def _problems(self, row: asyncpg.Record) -> Iterable[str]:
        if row["position"] != self._position:
            yield f"position {row['position']} follows {self._position - 1}"
        if row["previous_hash"] != self._hash:
            yield "it does not follow the event before it"
        fields: dict[str, Any] = {name: row[name] for name in EventRow.__struct_fields__}
        if event_hash(row["previous_hash"], EventRow(**fields)) != row["hash"]:
            yield "its hash is not that of what it says"
        if row["salt"] is not None and text_digest(row["salt"], row["texts"]) != row["text_digest"]:
            yield "its text is not the one that was written"

    def end(self) -> None:
        """Compare the case's head with the end of its chain."""
        head = self._head
        if head is not None:
            if head.event_count != self._position:
                self.found(f"the case counts {head.event_count} events, the timeline ends at {self._position}")
            if head.head_hash != self._hash:
                self.found("the case's head is not the hash of its last event")
            if self._standing not in {None, (head.status, head.outcome, head.refund)}:
                self.found("the case's status, outcome or refund is not what its timeline says")
        self._head = None

    def digest(self) -> None:
        """Count a digest."""
        self._report.digests += 1

    def stray_event(self, row: asyncpg.Record) -> None:
        """Note an event of a case that is not there."""
        self._report.events += 1
        self.found("it belongs to no case", event=row["pid"], position=row["position"])


async def heads_digest(connection: Connection, account_id: int, moment: datetime) -> HeadsDigest:
    """Digest the heads of an account's timelines as they were at a moment; inside a transaction."""
    digest, cases = hashlib.sha256(), 0
    async for case_id, position, head in heads_as_of(connection, account_id, moment):
        digest.update(case_id.bytes + position.to_bytes(4, "big") + head)
        cases += 1
    return HeadsDigest(digest.digest(), cases)


def digest_payload(account_id: int, digest: HeadsDigest, moment: datetime) -> bytes:
    """Return what a day's signature signs."""
    return msgspec.json.encode([account_id, iso(moment), digest.cases, digest.heads_hash.hex()])


async def _verify_digests(connection: Connection, signer: Signer, account_id: int, walk: _Walk) -> None:
    for row in await digests(connection, account_id):
        walk.digest()
        stored = HeadsDigest(row["heads_hash"], row["cases"])
        try:
            signed = signer.verify(DIGEST_PURPOSE, row["signature"].decode("ascii", "replace"))
        except BadSignature:
            signed = b""
        if signed != digest_payload(account_id, stored, row["created_at"]):
            walk.found(f"the digest of {row['day']} is not the one that was signed")
        elif await heads_digest(connection, account_id, row["created_at"]) != stored:
            walk.found(f"the timelines are not as the signed digest of {row['day']} has them")
