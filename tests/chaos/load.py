"""The load: customers who open cases and merchants who accept them, over HTTP, against processes that die.

Whatever is not answered is asked again, with the same Idempotency-Key at another process, and sometimes twice at once
or once more without a key. What was answered with a 2xx is written down: it must be there in the end.
"""

import asyncio
import itertools
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from amends.db.pool import Pool
from amends.payments.providers.sandbox import SandboxProvider
from amends.payments.providers.sandbox_memory import Kind
from amends.people.rows import AccountRow, MemberRow
from tests.builders import make_account, make_member, make_payment, make_user
from tests.chaos.fleet import Fleet
from tests.credentials import bearer, make_api_key, make_user_token

CASES: Final = "/api/v1/resolution_center_cases"
REASONS: Final = ("product_not_received", "not_as_described", "product_unacceptable", "duplicate")
TIMEOUT_S: Final = 10.0
GETS_ON_WITHIN_S: Final = 600
BEHAVIOURS: Final[tuple[tuple[Kind, dict[str, Any]], ...]] = (
    (Kind.SLOW, {"delay_ms": 300}),
    (Kind.TIMEOUT_AFTER_REFUND, {}),
    (Kind.TIMEOUT_AFTER_REFUND, {"times": 2}),
    (Kind.FAIL_N_TIMES, {"times": 1}),
    (Kind.FAIL_N_TIMES, {"times": 2}),
    (Kind.LATE_EVENT, {"delay_ms": 3000}),
    (Kind.ANSWER_TWICE, {}),
)


class Misbehaviour(Exception):
    """An answer that must not be, whatever dies."""


@dataclass(frozen=True)
class Buyer:
    """A customer of one account, with both sides' credentials."""

    account: AccountRow
    member: MemberRow
    customer: dict[str, str]
    merchant: dict[str, str]


@dataclass
class Noted:
    """What was acknowledged, by public id, and what happened on the way."""

    opened: set[str] = field(default_factory=set[str])
    accepted: set[str] = field(default_factory=set[str])
    unanswered: int = 0
    repeated: int = 0
    server_errors: list[str] = field(default_factory=list[str])


class Load:
    """Lives of cases, one after another in each of several tasks."""

    def __init__(self, pool: Pool, sandbox: SandboxProvider, fleet: Fleet, dice: random.Random) -> None:
        self.noted = Noted()
        self._pool = pool
        self._sandbox = sandbox
        self._fleet = fleet
        self._dice = dice
        self._numbers = itertools.count(1)
        self._stopping = False
        self._buyers: list[Buyer] = []
        self._http = httpx.AsyncClient(timeout=TIMEOUT_S, limits=httpx.Limits(max_keepalive_connections=16))

    async def prepare(self, *, accounts: int = 2, buyers: int = 3) -> None:
        """Make the people."""
        now = datetime.now(UTC)
        for _ in range(accounts):
            account = await make_account(self._pool)
            merchant = bearer(await make_api_key(self._pool, account))
            for _ in range(buyers):
                user = await make_user(self._pool)
                member = await make_member(self._pool, account, user=user)
                self._buyers.append(Buyer(account, member, bearer(make_user_token(user, now=now)), merchant))

    def stop(self) -> None:
        """Begin no more lives; those that have begun go on to their end."""
        self._stopping = True

    async def gets_on(self, *, accepted: int) -> None:
        """Wait until so many cases have been accepted."""
        async with asyncio.timeout(GETS_ON_WITHIN_S):
            while len(self.noted.accepted) < accepted:  # noqa: ASYNC110 (no event tells us)
                await asyncio.sleep(0.05)

    async def run(self, *, clients: int, rest_s: float) -> None:
        """Live lives in `clients` tasks until stopped, with a rest between any two."""
        async with self._http, asyncio.TaskGroup() as tasks:
            for _ in range(clients):
                tasks.create_task(self._live(rest_s))

    async def _live(self, rest_s: float) -> None:
        while not self._stopping:
            await self._one_case(next(self._numbers))
            await asyncio.sleep(rest_s)

    async def _one_case(self, number: int) -> None:
        buyer = self._dice.choice(self._buyers)
        now = datetime.now(UTC)
        payment = await make_payment(self._pool, buyer.account, member=buyer.member, now=now)
        if self._dice.random() < 0.4:
            kind, options = self._dice.choice(BEHAVIOURS)
            await self._sandbox.behave(payment.pid, kind, **options)
        body = {"receipt_id": payment.pid, "reason": self._dice.choice(REASONS), "message": "It never arrived."}
        case_id = await self._ask(CASES, buyer.customer, f"open-{number}", body)
        self.noted.opened.add(case_id)
        path = f"{CASES}/{case_id}/accept"
        if self._dice.random() < 0.2:
            self.noted.repeated += 1
            await asyncio.gather(*(self._ask(path, buyer.merchant, f"accept-{number}", {}) for _ in range(2)))
        else:
            await self._ask(path, buyer.merchant, f"accept-{number}", {})
        self.noted.accepted.add(case_id)
        if self._dice.random() < 0.1:
            self.noted.repeated += 1
            await self._ask(path, buyer.merchant, None, {}, refused=409)

    async def _ask(
        self,
        path: str,
        credential: dict[str, str],
        key: str | None,
        body: dict[str, Any],
        *,
        refused: int | None = None,
    ) -> str:
        """Ask until there is an answer, and return the case's id; `refused`: the status that must come instead."""
        headers = {**credential, **({"Idempotency-Key": key} if key else {})}
        while True:
            url = f"http://127.0.0.1:{self._dice.choice(self._fleet.ports)}{path}"
            try:
                answer = await self._http.post(url, json=body, headers=headers)
            except httpx.TransportError:
                self.noted.unanswered += 1
                await asyncio.sleep(self._dice.uniform(0.02, 0.2))
                continue
            if answer.status_code >= 500:
                self.noted.server_errors.append(f"{answer.status_code} {path}: {answer.text[:300]}")
                await asyncio.sleep(0.2)
            elif answer.status_code == 409 and answer.json()["error"]["code"] == "idempotency_key_in_use":
                await asyncio.sleep(0.1)
            elif answer.is_success and refused is None:
                return answer.json()["id"]
            elif answer.status_code == refused:
                return ""
            else:
                raise Misbehaviour(f"{answer.status_code} for {path} with key {key}: {answer.text[:500]}")
