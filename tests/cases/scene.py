"""A marketplace with one account and its people, acting on cases over HTTP; builders of cases in any state."""

from datetime import timedelta
from typing import Any

import httpx
import msgspec

from amends.cases.rows import CaseRef
from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.kit.ids import Prefix, parse_public_id
from amends.people.rows import AccountRow, MemberRow, PaymentRow, PlanRow, ProductRow, UserRow
from tests.builders import make_account, make_member, make_payment, make_plan, make_product, make_user
from tests.credentials import bearer, make_api_key, make_staff, make_team_member, make_user_token

CASES = "/api/v1/resolution_center_cases"
EVIDENCE_KINDS = ("created",)


class Answer(msgspec.Struct, frozen=True):
    """What the server answered."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def code(self) -> str:
        """Return the error's code."""
        return self.body["error"]["code"]

    @property
    def actions(self) -> list[str]:
        """Return what a conflict says would work."""
        return self.body["error"]["details"]["available_actions"]


class Party:
    """Somebody with a credential, talking to the server."""

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        self._http = http
        self.token = token

    async def call(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None, **query: Any
    ) -> Answer:
        """Send a request to a path below the cases."""
        sent = await self._http.request(
            method,
            CASES + path,
            json=body,
            params={name: value for name, value in query.items() if value is not None},
            headers={**bearer(self.token), **(headers or {})},
        )
        return Answer(sent.status_code, sent.json(), dict(sent.headers))

    async def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a command."""
        return await self.call("POST", path, body, headers=headers)

    async def get(self, path: str = "", **query: Any) -> Answer:
        """Read."""
        return await self.call("GET", path, **query)

    async def done(self, path: str, body: Any = None) -> dict[str, Any]:
        """Send a command that must succeed, and return the case."""
        answer = await self.post(path, body)
        assert answer.status in {200, 201}, answer.body
        return answer.body

    async def act(self, case: dict[str, Any] | str, action: str, **body: Any) -> dict[str, Any]:
        """Do something to a case that must succeed; return the case."""
        return await self.done(f"/{case if isinstance(case, str) else case['id']}/{action}", body)

    async def refused(self, case: dict[str, Any] | str, action: str, **body: Any) -> Answer:
        """Do something to a case that must not succeed; return the error."""
        answer = await self.post(f"/{case if isinstance(case, str) else case['id']}/{action}", body)
        assert answer.status >= 400, answer.body
        return answer

    async def read(self, case: dict[str, Any] | str) -> dict[str, Any]:
        """Return a case as this party sees it."""
        answer = await self.get(f"/{case if isinstance(case, str) else case['id']}")
        assert answer.status == 200, answer.body
        return answer.body

    async def kinds(self, case: dict[str, Any]) -> list[str]:
        """Return the kinds of the events that this party sees, oldest first."""
        return [event["action"] for event in reversed((await self.read(case))["events"])]


class Scene:
    """One account that sells, Ada who buys, the platform; and whatever a test adds."""

    def __init__(self, pool: Pool, http: httpx.AsyncClient, clock: ManualClock) -> None:
        self.pool = pool
        self.http = http
        self.clock = clock
        self.account: AccountRow
        self.product: ProductRow
        self.plan: PlanRow
        self.ada: UserRow
        self.member: MemberRow
        self.customer: Party
        self.merchant: Party
        self.platform: Party

    async def set_up(self) -> "Scene":
        """Make everybody."""
        now = self.clock.now()
        self.account = await make_account(self.pool, title="Acme", now=now)
        self.product = await make_product(self.pool, self.account, now=now)
        self.plan = await make_plan(self.pool, self.account, product=self.product, now=now)
        self.ada = await make_user(self.pool, now=now)
        self.member = await make_member(self.pool, self.account, user=self.ada, now=now)
        self.customer = self.user(self.ada)
        self.merchant = Party(self.http, await make_api_key(self.pool, self.account, now=now))
        self.platform = Party(self.http, await make_api_key(self.pool, name="platform", now=now))
        return self

    def user(self, user: UserRow) -> Party:
        """Return a user's party."""
        return Party(self.http, make_user_token(user, now=self.clock.now(), lifetime=timedelta(days=400)))

    async def colleague(self, role: str, *, name: str = "Grace Hopper") -> tuple[UserRow, Party]:
        """Put a person on the account's team."""
        user = await make_user(self.pool, name=name, username=None, email=None, now=self.clock.now())
        await make_team_member(self.pool, self.account, user, role)
        return user, self.user(user)

    async def reviewer(self, role: str = "reviewer", *, name: str = "Rosa Review") -> tuple[UserRow, Party]:
        """Put a person on the platform's staff."""
        user = await make_user(self.pool, name=name, username=None, email=None, now=self.clock.now())
        await make_staff(self.pool, user, role)
        return user, self.user(user)

    async def payment(self, **more: Any) -> PaymentRow:
        """Make a payment of Ada's."""
        fields: dict[str, Any] = {"member": self.member, "product": self.product, "plan": self.plan, **more}
        return await make_payment(self.pool, self.account, now=self.clock.now(), **fields)

    async def case(self, payment: PaymentRow | None = None, **body: Any) -> dict[str, Any]:
        """Open a case as Ada."""
        payment = payment or await self.payment()
        return await self.customer.done(
            "", {"receipt_id": payment.pid, "reason": "not_as_described", "message": "It is not what I bought.", **body}
        )

    async def under_review(self, **more: Any) -> dict[str, Any]:
        """Open a case and bring it before the platform."""
        case = await self.case(**more)
        await self.merchant.act(case, "comment", message="We do not see what is wrong.")
        return await self.customer.act(case, "escalate")

    async def verdict(self, case: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Return the body of a decision, for the customer unless `more` says otherwise."""
        created = (await self.platform.read(case))["events"][-1]["id"]
        for_merchant = more.get("answer") == "reversed" or more.get("outcome") == "merchant_won"
        return {
            "outcome": "customer_won",
            "reason_code": "as_described" if for_merchant else "not_as_described",
            "to_customer": "You are right.",
            "to_merchant": "The photos show it.",
            "evidence": [created],
            **more,
        }

    async def sum_of_refunds(self, payment: PaymentRow) -> dict[str, int]:
        """Return the refunds of a payment by state, in minor units."""
        rows = await self.pool.fetch(
            """
            select state, sum(amount_minor)::bigint as minor
            from refunds
            where account_id = $1 and payment_id = $2
            group by state
            """,
            self.account.id,
            payment.id,
        )
        return {row["state"]: row["minor"] for row in rows}


def ref_of(case: dict[str, Any]) -> CaseRef:
    """Return the row of a case from its public id."""
    return CaseRef(*parse_public_id(Prefix.CASE, case["id"]))
