"""Two accounts, their people and everything that can be named in a path: what the matrix asks about."""

from typing import Any
from uuid import UUID

import httpx
import psycopg
from psycopg import sql

from amends.access.permissions import ACCOUNT_PERMISSIONS, ALL_PERMISSIONS, Permission
from amends.db import tables
from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.kit.ids import Prefix, parse_public_id, public_id, uuid7
from amends.people.rows import AccountRow, MemberRow, PaymentRow, PlanRow, ProductRow, UserRow
from tests.builders import make_account, make_activity, make_member, make_payment, make_plan, make_product, make_user
from tests.credentials import bearer, make_api_key, make_user_token

CASES = "/api/v1/resolution_center_cases"


class World:
    """A marketplace on a running server: `merchant` sells to `customer`; `foreign` and `stranger` are others."""

    def __init__(self, pool: Pool, http: httpx.AsyncClient, clock: ManualClock, owner: psycopg.Connection) -> None:
        self.pool = pool
        self.http = http
        self.clock = clock
        self._owner = owner
        self.tokens: dict[str, str] = {}
        self._warm: set[str | None] = {None}
        self.account: AccountRow
        self.product: ProductRow
        self.plan: PlanRow
        self.user: UserRow
        self.newcomer: UserRow
        self.member: MemberRow

    async def set_up(self) -> "World":
        """Make everybody."""
        pool = self.pool
        self.account, other = await make_account(pool), await make_account(pool)
        self.user, stranger, self.newcomer = [await make_user(pool) for _ in range(3)]
        self.product = await make_product(pool, self.account)
        self.plan = await make_plan(pool, self.account, product=self.product)
        self.member = await make_member(pool, self.account, user=self.user)
        await make_payment(pool, other)
        self.tokens = {
            "merchant": await make_api_key(pool, self.account, name="merchant"),
            "platform": await make_api_key(pool, name="platform"),
            "foreign": await make_api_key(pool, other, name="foreign"),
            "customer": make_user_token(self.user),
            "stranger": make_user_token(stranger),
        }
        return self

    async def without(self, kind: str, permission: Permission) -> str:
        """Return the token of a key like the merchant's or the platform's that lacks one permission."""
        name = f"{kind} without {permission}"
        if name not in self.tokens:
            platform = kind == "platform"
            every = ALL_PERMISSIONS if platform else ACCOUNT_PERMISSIONS
            scopes = every - {permission}
            self.tokens[name] = await make_api_key(self.pool, None if platform else self.account, scopes=scopes)
        return self.tokens[name]

    async def call(
        self, token: str | None, method: str, path: str, body: Any = None, query: dict[str, Any] | None = None
    ) -> httpx.Response:
        """Send one request; an answer without end is not waited for."""
        headers = {} if token is None else bearer(token)
        async with self.http.stream(method, path, json=body, params=query, headers=headers) as answer:
            if not answer.headers.get("content-type", "").startswith("text/event-stream"):
                await answer.aread()
        return answer

    async def warm_up(self, token: str | None) -> None:
        """Let a key's first use be over, which is written down."""
        if token not in self._warm:
            self._warm.add(token)
            await self.call(token, "GET", "/api/v1/api_keys")

    async def done(self, who: str, path: str, body: Any = None, method: str = "POST") -> dict[str, Any]:
        """Send a request that must succeed, and return what it answered."""
        answer = await self.call(self.tokens[who], method, path, body)
        assert answer.is_success, f"{who} {method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def facts(self) -> dict[str, tuple[int, str | None]]:
        """Return count and digest of every table, to tell whether anything was written."""
        one = sql.SQL("select {name}, count(*), md5(string_agg(t::text, '' order by t::text)) from {table} t")
        parts = [
            one.format(name=sql.Literal(name), table=sql.Identifier(*name.split(".")))
            for name in (*tables.ALL, *tables.QUEUE, *tables.SANDBOX)
        ]
        return {row[0]: (row[1], row[2]) for row in self._owner.execute(sql.SQL(" union all ").join(parts))}

    # What can be named

    async def payment(self, **more: Any) -> PaymentRow:
        """Make a payment of the customer's."""
        fields: dict[str, Any] = {"member": self.member, "product": self.product, "plan": self.plan, **more}
        return await make_payment(self.pool, self.account, **fields)

    async def activity(self) -> str:
        """Make a line of the customer's log; returns its public id."""
        return (await make_activity(self.pool, self.account, member=self.member)).pid

    async def case(self) -> str:
        """Open a case; returns its public id."""
        payment = await self.payment()
        body = {"receipt_id": payment.pid, "reason": "not_as_described", "message": "Not what I bought."}
        return (await self.done("customer", CASES, body))["id"]

    async def reported(self) -> str:
        """Open a case; returns the payment's public id."""
        payment = await self.payment()
        body = {"receipt_id": payment.pid, "reason": "duplicate", "message": "I paid twice."}
        await self.done("customer", CASES, body)
        return payment.pid

    async def asked(self) -> str:
        """Open a case in which the merchant has asked the customer."""
        case = await self.case()
        await self.done("merchant", f"{CASES}/{case}/request_info", {"message": "Which one?"})
        return case

    async def denied(self) -> str:
        """Open a case that the merchant has denied."""
        case = await self.case()
        await self.done("merchant", f"{CASES}/{case}/deny", {"message": "It is as described."})
        return case

    async def answered(self) -> str:
        """Open a case that the merchant has commented on, so that it can be escalated."""
        case = await self.case()
        await self.done("merchant", f"{CASES}/{case}/comment", {"message": "We are looking into it."})
        return case

    async def escalated(self) -> str:
        """Open a case that is before the platform."""
        case = await self.answered()
        await self.done("customer", f"{CASES}/{case}/escalate")
        return case

    async def offered(self) -> tuple[str, str]:
        """Open a case with an offer of the merchant's; returns both public ids."""
        case = await self.case()
        answer = await self.done("merchant", f"{CASES}/{case}/offers", {"amount": 20})
        return case, next(offer["id"] for offer in answer["offers"] if offer["status"] == "open")

    async def proposed(self) -> tuple[str, str]:
        """Open a case with a counter-offer of the customer's; returns both public ids."""
        case, offer = await self.offered()
        answer = await self.done("customer", f"{CASES}/{case}/offers/{offer}/decline", {"counter": {"amount": 30}})
        return case, next(offer["id"] for offer in answer["offers"] if offer["status"] == "open")

    async def questioned(self) -> str:
        """Open a case in which the platform has asked the merchant."""
        case = await self.escalated()
        await self.done("platform", f"{CASES}/{case}/ask", {"of": "merchant", "message": "Which one?"})
        return case

    async def lost(self) -> str:
        """Open a case that the platform has decided at the merchant's cost."""
        case = await self.escalated()
        await self.done("platform", f"{CASES}/{case}/decide", await self.verdict(case))
        return case

    async def verdict(self, case: str) -> dict[str, Any]:
        """Return the body of a decision."""
        created = (await self.done("platform", f"{CASES}/{case}", method="GET"))["events"][-1]["id"]
        return {
            "outcome": "customer_won",
            "reason_code": "not_as_described",
            "to_customer": "You are right.",
            "to_merchant": "The photos show it.",
            "evidence": [created],
        }

    async def failed_refund(self) -> str:
        """Make a refund that the provider refused; returns its public id."""
        case = await self.case()
        refunds = (await self.done("merchant", f"{CASES}/{case}/accept"))["refunds"]
        parsed = parse_public_id(Prefix.REFUND, refunds[0]["id"])
        await self.pool.execute(
            "update refunds set state = 'failed', failure_code = 'declined' where account_id = $1 and id = $2",
            parsed.account,
            parsed.row_id,
        )
        return refunds[0]["id"]

    async def failed_credit(self) -> str:
        """Make a credit that the provider refused; returns its public id."""
        case = parse_public_id(Prefix.CASE, await self.escalated())
        row_id = uuid7(self.clock.now())
        pid = public_id(Prefix.MERCHANT_CREDIT, row_id, case.account)
        await self._credit(row_id, pid, case.account, case.row_id)
        return pid

    async def _credit(self, row_id: UUID, pid: str, account_id: int, case_id: UUID) -> None:
        await self.pool.execute(
            """
            insert into merchant_credits
                (account_id, id, pid, case_id, amount_minor, currency, currency_exponent, state, provider,
                created_at, updated_at)
            values ($1, $2, $3, $4, 4900, 'usd', 2, 'failed', 'sandbox', $5, $5)
            """,
            account_id,
            row_id,
            pid,
            case_id,
            self.clock.now(),
        )

    async def dead_job(self) -> int:
        """Make a job that failed as often as it may; returns its number."""
        return await self.pool.fetchval(
            """
            insert into jobs.pgqueuer (priority, entrypoint, payload, status, attempts)
            values (0, 'refund', '{}', 'failed', 10)
            returning id
            """
        )

    async def dispute(self) -> str:
        """Record an open bank dispute; returns its public id."""
        payment = await self.payment()
        return (await self.done("platform", "/api/v1/disputes", {"payment_id": payment.pid}))["id"]

    async def api_key(self) -> str:
        """Make a key of the account; returns its public id."""
        return (await self.done("merchant", "/api/v1/api_keys", {"name": "k", "scopes": ["case:read"]}))["id"]

    async def imported(self) -> str:
        """Import a bad line; returns the report's public id."""
        return (await self.done("merchant", "/api/v1/imports", {"kind": "case"}))["id"]

    async def export(self) -> str:
        """Ask for an export, which waits, after all others; returns its public id."""
        await self.pool.execute("update exports set state = 'failed', error_code = 'canceled' where state = 'pending'")
        return (await self.done("merchant", "/api/v1/exports", {"resource": "resolution_center_cases"}))["id"]

    async def failed_export(self) -> str:
        """Ask for an export and cancel it; returns its public id."""
        export = await self.export()
        await self.done("merchant", f"/api/v1/exports/{export}/cancel")
        return export

    async def file(self, who: str = "merchant") -> str:
        """Make a file that is still to be uploaded; returns its public id."""
        return (await self.done(who, "/api/v1/files", {"filename": "a.png"}))["id"]
