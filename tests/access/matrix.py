"""Every route of the application, and what each kind of caller gets there. A route without a row fails the test.

To add one: `Row(method, path, right, needs, prepare)`. `prepare` makes what the path and the body name, fresh for
this row. `right` is who may: merchant, customer or platform. Of the others nobody may write anything:

- anonymous: always 401.
- the right kind of key without `needs`: always 403.
- `foreign`, another account's key with every permission: 404, or as the row says.
- `stranger`, another user: 403 where customers never may, else 404, or as the row says.
- `others`: what else is worth saying, such as a merchant where only the platform may.

EMPTY: 200 and an empty list. OWN: the route names nothing of anybody's, so there is nothing to refuse.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from amends.access.permissions import Permission
from tests.access.world import CASES, World

Verdict = int | Literal["EMPTY", "OWN"]
EMPTY: Final = "EMPTY"
OWN: Final = "OWN"


@dataclass(frozen=True, kw_only=True)
class Call:
    """What a request to a route says."""

    path: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Any = None
    query: Mapping[str, str] = field(default_factory=dict[str, str])


Prepare = Callable[[World], Awaitable[Call]]


@dataclass(frozen=True)
class Row:
    """One route."""

    method: str
    path: str
    right: str
    needs: Permission
    prepare: Prepare
    foreign: Verdict = 404
    stranger: Verdict = 404
    others: Mapping[str, Verdict] = field(default_factory=dict[str, Verdict])


async def nothing(_world: World) -> Call:
    """Name nothing."""
    return Call()


def body(**fields: Any) -> Prepare:
    """Name nothing, send a body."""

    async def prepare(_world: World) -> Call:
        return Call(body=fields)

    return prepare


def given(path: Mapping[str, str], sent: Any = None) -> Prepare:
    """Name what is there already, and send a body."""

    async def prepare(_world: World) -> Call:
        return Call(path=path, body=sent)

    return prepare


def named(name: str, make: Callable[[World], Awaitable[str]], **fields: Any) -> Prepare:
    """Make one thing and put its id into the path; `fields` are the body."""

    async def prepare(world: World) -> Call:
        return Call(path={name: await make(world)}, body=fields or None)

    return prepare


def case_in(state: Callable[[World], Awaitable[str]], **fields: Any) -> Prepare:
    """Make a case in a state."""
    return named("case_id", state, **fields)


def offer_in(**fields: Any) -> Prepare:
    """Make a case with an open offer of the merchant's."""

    async def prepare(world: World) -> Call:
        case, offer = await world.offered()
        return Call(path={"case_id": case, "offer_id": offer}, body=fields or None)

    return prepare


async def open_case(world: World) -> Call:
    """Claim a payment."""
    payment = await world.payment()
    return Call(body={"receipt_id": payment.pid, "reason": "not_as_described", "message": "Not what I bought."})


async def decide(world: World) -> Call:
    """Decide a case before the platform."""
    case = await world.escalated()
    return Call(path={"case_id": case}, body=await world.verdict(case))


async def record_dispute(world: World) -> Call:
    """Name a payment."""
    return Call(body={"payment_id": (await world.payment()).pid})


async def of_account(world: World) -> Call:
    """Name the account."""
    return Call(path={"account_id": world.account.pid})


async def account_record(world: World) -> Call:
    """Name the account as a record."""
    return Call(path={"record_id": world.account.pid})


async def account_change(world: World) -> Call:
    """Change the account by its own id."""
    return Call(path={"record_id": world.account.external_id}, body={"title": "Renamed", "currency": "usd"})


async def user_record(world: World) -> Call:
    """Name the customer."""
    return Call(path={"record_id": world.user.pid})


async def user_change(world: World) -> Call:
    """Change the customer by their own id."""
    return Call(path={"record_id": world.user.external_id}, body={"name": "Renamed"})


async def complete_upload(world: World) -> Call:
    """Complete an upload in two parts."""
    size = 6 * 2**20
    file = await world.done("merchant", "/api/v1/files", {"filename": "a.txt", "multipart": True, "byte_size": size})
    chunk, parts = file["multipart_chunk_size"], list[dict[str, Any]]()
    for part in file["multipart_upload_urls"]:
        number = part["part_number"]
        sent = await world.http.put(part["url"], content=b"x" * min(chunk, size - chunk * (number - 1)))
        parts.append({"part_number": number, "etag": sent.headers["etag"]})
    return Call(
        path={"file_id": file["id"]},
        body={"multipart_upload_id": file["multipart_upload_id"], "multipart_parts": parts},
    )


async def dispute_outcome(world: World) -> Call:
    """Close an open dispute."""
    return Call(path={"dispute_id": await world.dispute()}, body={"won_by": "merchant"})


CASE_READ, CASE_WRITE = Permission.CASE_READ, Permission.CASE_WRITE
CASE: Final = CASES + "/{case_id}"
OFFER: Final = CASE + "/offers/{offer_id}"
SAID: Final = {"message": "Something to say."}
LISTED: Final[dict[str, Any]] = {"foreign": EMPTY, "stranger": EMPTY}

CASE_ROWS: Final = [
    Row("GET", CASES, "merchant", CASE_READ, case_in(World.case), **LISTED),
    Row("POST", CASES, "customer", CASE_WRITE, open_case, foreign=403, others={"merchant": 403, "platform": 403}),
    Row("GET", CASES + "/summary", "merchant", CASE_READ, case_in(World.case), foreign=200, stranger=200),
    Row("GET", CASE, "merchant", CASE_READ, case_in(World.case)),
    Row("GET", CASE + "/events", "customer", CASE_READ, case_in(World.case)),
    Row("GET", CASE + "/facts", "merchant", CASE_READ, case_in(World.case)),
    Row("POST", CASE + "/accept", "merchant", CASE_WRITE, case_in(World.case), others={"customer": 403}),
    Row("POST", CASE + "/deny", "merchant", CASE_WRITE, case_in(World.case, **SAID), others={"platform": 403}),
    Row("POST", CASE + "/request_info", "merchant", CASE_WRITE, case_in(World.case), others={"customer": 403}),
    Row("POST", CASE + "/reply", "customer", CASE_WRITE, case_in(World.asked, **SAID), others={"platform": 403}),
    Row("POST", CASE + "/comment", "customer", CASE_WRITE, case_in(World.case, **SAID), others={"platform": 403}),
    Row("POST", CASE + "/escalate", "customer", CASE_WRITE, case_in(World.answered), others={"merchant": 403}),
    Row("POST", CASE + "/appeal", "customer", CASE_WRITE, case_in(World.denied, **SAID), others={"platform": 403}),
    Row("POST", CASE + "/withdraw", "customer", CASE_WRITE, case_in(World.case), others={"merchant": 403}),
    Row("POST", CASE + "/notes", "merchant", CASE_WRITE, case_in(World.case, **SAID), others={"customer": 403}),
    Row("POST", CASE + "/assign", "merchant", CASE_WRITE, case_in(World.case, assignee_id=None),
        others={"customer": 403}),
    Row("POST", CASE + "/offers", "merchant", CASE_WRITE, case_in(World.case, amount=20), others={"customer": 403}),
    Row("POST", OFFER + "/accept", "customer", CASE_WRITE, offer_in(), others={"platform": 403}),
    Row("POST", OFFER + "/decline", "customer", CASE_WRITE, offer_in(), others={"platform": 403}),
    Row("POST", OFFER + "/withdraw", "merchant", CASE_WRITE, offer_in(), others={"platform": 403}),
    Row("POST", CASE + "/ask", "platform", Permission.CASE_DECIDE, case_in(World.escalated, of="merchant", **SAID),
        foreign=403, stranger=403, others={"merchant": 403, "customer": 403}),
    Row("POST", CASE + "/decide", "platform", Permission.CASE_DECIDE, decide,
        foreign=403, stranger=403, others={"merchant": 403, "customer": 403}),
]  # fmt: skip

MONEY_ROWS: Final = [
    Row("GET", "/api/v1/refunds", "merchant", Permission.PAYMENT_READ, named("_", World.failed_refund), **LISTED),
    Row("GET", "/api/v1/refunds/{refund_id}", "merchant", Permission.PAYMENT_READ,
        named("refund_id", World.failed_refund)),
    Row("POST", "/api/v1/refunds/{refund_id}/retry", "platform", Permission.REFUND_WRITE,
        named("refund_id", World.failed_refund), others={"merchant": 403, "customer": 403}),
    Row("POST", "/api/v1/refunds/{refund_id}/close", "platform", Permission.REFUND_WRITE,
        named("refund_id", World.failed_refund, note="Refunded elsewhere."), others={"merchant": 403, "customer": 403}),
    Row("POST", "/api/v1/refunds/{refund_id}/resolve", "platform", Permission.REFUND_WRITE,
        named("refund_id", World.failed_refund, note="Paid in cash."), others={"merchant": 403, "customer": 403}),
    Row("GET", "/api/v1/merchant_credits", "merchant", Permission.PAYMENT_READ,
        named("_", World.failed_credit), **LISTED),
    Row("GET", "/api/v1/merchant_credits/{credit_id}", "merchant", Permission.PAYMENT_READ,
        named("credit_id", World.failed_credit), others={"customer": 404}),
    Row("POST", "/api/v1/merchant_credits/{credit_id}/retry", "platform", Permission.REFUND_WRITE,
        named("credit_id", World.failed_credit), others={"merchant": 403, "customer": 403}),
    Row("POST", "/api/v1/merchant_credits/{credit_id}/resolve", "platform", Permission.REFUND_WRITE,
        named("credit_id", World.failed_credit, note="Paid by hand."), others={"merchant": 403, "customer": 403}),
    Row("GET", "/api/v1/disputes", "merchant", Permission.DISPUTE_READ, named("_", World.dispute), foreign=EMPTY),
    Row("GET", "/api/v1/disputes/{dispute_id}", "merchant", Permission.DISPUTE_READ,
        named("dispute_id", World.dispute)),
    Row("POST", "/api/v1/disputes", "platform", Permission.DISPUTE_WRITE, record_dispute,
        others={"merchant": 403, "customer": 403}),
    Row("POST", "/api/v1/disputes/{dispute_id}/close", "platform", Permission.DISPUTE_WRITE, dispute_outcome,
        others={"merchant": 403, "customer": 403}),
]  # fmt: skip

ACCESS_ROWS: Final = [
    Row("GET", "/api/v1/api_keys", "merchant", Permission.KEY_MANAGE, nothing, foreign=OWN),
    Row("POST", "/api/v1/api_keys", "merchant", Permission.KEY_MANAGE, body(name="k", scopes=["case:read"]),
        foreign=OWN),
    Row("GET", "/api/v1/api_keys/{key_id}", "merchant", Permission.KEY_MANAGE, named("key_id", World.api_key)),
    Row("DELETE", "/api/v1/api_keys/{key_id}", "merchant", Permission.KEY_MANAGE, named("key_id", World.api_key)),
    Row("GET", "/api/v1/audit_log", "platform", Permission.AUDIT_READ, nothing, foreign=403, others={"merchant": 403}),
    Row("GET", "/api/v1/mails", "platform", Permission.AUDIT_READ, nothing, foreign=403, others={"merchant": 403}),
    Row("GET", "/api/v1/policy", "platform", Permission.POLICY_MANAGE, nothing, foreign=403, others={"merchant": 403}),
    Row("PUT", "/api/v1/policy", "platform", Permission.POLICY_MANAGE, body(version=1, merchant_days=9), foreign=403,
        others={"merchant": 403, "customer": 403}),
]  # fmt: skip


async def sign_in_link(world: World) -> Call:
    """Name the customer."""
    return Call(body={"user_id": world.user.external_id})


LINK_ROWS: Final = [
    Row("POST", "/api/v1/sign_in_links", "platform", Permission.SIGN_IN_LINK_CREATE, sign_in_link, foreign=403,
        others={"merchant": 403, "customer": 403}),
]  # fmt: skip

FILE_ROWS: Final = [
    Row("GET", "/api/v1/files", "merchant", Permission.FILE_WRITE, named("_", World.file), **LISTED),
    Row("POST", "/api/v1/files", "merchant", Permission.FILE_WRITE, body(filename="a.png"), foreign=OWN, stranger=OWN),
    Row("GET", "/api/v1/files/{file_id}", "merchant", Permission.FILE_WRITE, named("file_id", World.file),
        others={"customer": 404}),
    Row("POST", "/api/v1/files/{file_id}/complete", "merchant", Permission.FILE_WRITE, complete_upload),
]  # fmt: skip


def owned(kind: str, permission: Permission, record: dict[str, Any], one: Prepare) -> list[Row]:
    """Return the rows of a kind of record that accounts own, under both of its addresses."""

    async def put(world: World) -> Call:
        fields = {
            name: getattr(world, value[1:]).pid if str(value)[0] == "@" else value for name, value in record.items()
        }
        return Call(path={"record_id": f"mine-{kind}"}, body=fields)

    def at_account(prepare: Prepare) -> Prepare:
        async def prepared(world: World) -> Call:
            call = await prepare(world)
            return Call(path={**call.path, "account_id": world.account.pid}, body=call.body)

        return prepared

    reads = Permission.PAYMENT_READ if kind == "payments" else CASE_READ
    at, named_at = f"/api/v1/{kind}", f"/api/v1/accounts/{{account_id}}/{kind}"
    return [
        Row("GET", at, "merchant", reads, nothing, foreign=OWN),
        Row("GET", at + "/{record_id}", "merchant", reads, one),
        Row("PUT", at + "/{record_id}", "merchant", permission, put, foreign=OWN),
        Row("GET", named_at, "platform", reads, of_account),
        Row("GET", named_at + "/{record_id}", "platform", reads, at_account(one)),
        Row("PUT", named_at + "/{record_id}", "platform", permission, at_account(put)),
    ]


def record_of(make: Callable[[World], Awaitable[str]]) -> Prepare:
    """Name a record by its public id."""
    return named("record_id", make)


async def _product(world: World) -> str:
    return world.product.pid


async def _plan(world: World) -> str:
    return world.plan.pid


async def _member(world: World) -> str:
    return world.member.pid


async def _payment(world: World) -> str:
    return (await world.payment()).pid


PEOPLE_ROWS: Final = [
    Row("GET", "/api/v1/accounts", "platform", CASE_READ, nothing, foreign=OWN, stranger=EMPTY),
    Row("GET", "/api/v1/accounts/{record_id}", "merchant", CASE_READ, account_record),
    Row("PUT", "/api/v1/accounts/{record_id}", "platform", Permission.ACCOUNT_WRITE, account_change),
    Row("GET", "/api/v1/users", "platform", CASE_READ, nothing, foreign=403, stranger=403, others={"merchant": 403}),
    Row("GET", "/api/v1/users/{record_id}", "platform", CASE_READ, user_record, others={"merchant": 404}),
    Row("PUT", "/api/v1/users/{record_id}", "platform", Permission.USER_WRITE, user_change, foreign=403,
        others={"merchant": 403, "customer": 403}),
    Row("GET", "/api/v1/users/{record_id}/payments", "customer", Permission.PAYMENT_READ, user_record),
    Row("GET", "/api/v1/withdrawals", "merchant", Permission.PAYMENT_READ, nothing, foreign=OWN),
    Row("GET", "/api/v1/accounts/{account_id}/withdrawals", "platform", Permission.PAYMENT_READ, of_account),
    *owned("products", Permission.PRODUCT_WRITE, {"title": "T"}, record_of(_product)),
    *owned("plans", Permission.PRODUCT_WRITE, {"title": "T", "product": "@product"}, record_of(_plan)),
    *owned("members", Permission.MEMBER_WRITE, {"user": "@newcomer"}, record_of(_member)),
    *owned("payments", Permission.PAYMENT_WRITE, {"member": "@member", "amount": "5", "currency": "usd",
        "paid_at": "2026-11-20T00:00:00Z"}, record_of(_payment)),
    *owned("activity", Permission.ACTIVITY_WRITE, {"member": "@member", "kind": "login"}, record_of(World.activity)),
]  # fmt: skip


async def import_payment(_world: World) -> Call:
    """Send a file of one payment, which nobody knows the member of."""
    payment = {"kind": "payment", "id": "p", "member": "nobody", "amount": 1, "currency": "usd"}
    return Call(body=payment, query={"kind": "payment"})


IMPORT_ROWS: Final = [
    Row("POST", "/api/v1/imports", "merchant", Permission.PAYMENT_WRITE, import_payment, foreign=OWN),
    Row("GET", "/api/v1/imports", "merchant", CASE_READ, named("_", World.imported), **LISTED),
    Row("GET", "/api/v1/imports/{import_id}", "merchant", CASE_READ, named("import_id", World.imported)),
    Row("GET", "/api/v1/imports/{import_id}/rejections", "merchant", CASE_READ, named("import_id", World.imported)),
]

EXPORT_ROWS: Final = [
    Row("GET", "/api/v1/exports", "merchant", Permission.EXPORT_READ, named("_", World.export), foreign=EMPTY),
    Row("POST", "/api/v1/exports", "merchant", Permission.EXPORT_READ, body(resource="receipts"), foreign=OWN),
    Row("GET", "/api/v1/exports/{export_id}", "merchant", Permission.EXPORT_READ, named("export_id", World.export)),
    Row("POST", "/api/v1/exports/{export_id}/cancel", "merchant", Permission.EXPORT_READ,
        named("export_id", World.export)),
    Row("POST", "/api/v1/exports/{export_id}/retry", "merchant", Permission.EXPORT_READ,
        named("export_id", World.failed_export)),
]  # fmt: skip


async def of_case(world: World) -> Call:
    """Name a case in the query."""
    return Call(query={"case_id": await world.case()})


STREAM_ROWS: Final = [Row("GET", "/api/v1/stream", "merchant", CASE_READ, of_case)]


async def of_own_account(world: World) -> Call:
    """Name the account in the query."""
    return Call(query={"account_id": world.account.pid})


async def new_view(world: World) -> Call:
    """Name the account in the body."""
    return Call(body={"name": "Mine", "query": "tab=your_turn", "account_id": world.account.pid})


def view_called(name: str) -> Prepare:
    """Save a view under a name, and change its columns."""

    async def prepare(world: World) -> Call:
        saved = await world.done("merchant", "/api/v1/saved_views", {"name": name, "account_id": world.account.pid})
        return Call(path={"view_id": saved["id"]}, body={"columns": ["case", "status"]})

    return prepare


VIEW_ROWS: Final = [
    Row("GET", "/api/v1/saved_views", "merchant", CASE_READ, of_own_account),
    Row("POST", "/api/v1/saved_views", "merchant", CASE_READ, new_view),
    Row("PUT", "/api/v1/saved_views/{view_id}", "merchant", CASE_READ, view_called("One"), others={"platform": 404}),
    Row("DELETE", "/api/v1/saved_views/{view_id}", "merchant", CASE_READ, view_called("Two"), others={"platform": 404}),
]


async def saved_reply(world: World) -> str:
    """Save a reply; returns its public id."""
    await world.pool.execute("delete from saved_replies")
    return (await world.done("merchant", "/api/v1/saved_replies", {"title": "Thanks", "body": "Thank you."}))["id"]


REASON_CODE: Final = {"title": "Taxes", "when_to_use": "When taxes decide.", "fits": ["merchant_won"]}
REASON_ROWS: Final = [
    Row("GET", "/api/v1/reason_codes", "platform", CASE_READ, nothing, foreign=OWN, stranger=OWN),
    Row("GET", "/api/v1/reason_codes/{code}", "platform", CASE_READ, given({"code": "other"}), foreign=OWN,
        stranger=OWN),
    Row("PUT", "/api/v1/reason_codes/{code}", "platform", Permission.POLICY_MANAGE,
        given({"code": "taxes"}, REASON_CODE), foreign=403, stranger=403, others={"merchant": 403}),
]  # fmt: skip

REPLY_ROWS: Final = [
    Row("GET", "/api/v1/saved_replies", "merchant", CASE_READ, named("_", saved_reply), foreign=EMPTY,
        others={"platform": 400}),
    Row("POST", "/api/v1/saved_replies", "merchant", Permission.RULE_MANAGE, body(title="New", body="Hello"),
        foreign=OWN, others={"platform": 400}),
    Row("GET", "/api/v1/saved_replies/{reply_id}", "merchant", CASE_READ, named("reply_id", saved_reply)),
    Row("PATCH", "/api/v1/saved_replies/{reply_id}", "merchant", Permission.RULE_MANAGE,
        named("reply_id", saved_reply, title="Renamed"), others={"customer": 403}),
    Row("DELETE", "/api/v1/saved_replies/{reply_id}", "merchant", Permission.RULE_MANAGE,
        named("reply_id", saved_reply), others={"customer": 403}),
]  # fmt: skip

ROWS: Final = {
    "cases": CASE_ROWS,
    "money": MONEY_ROWS,
    "access": ACCESS_ROWS,
    "links": LINK_ROWS,
    "files": FILE_ROWS,
    "people": PEOPLE_ROWS,
    "reasons": REASON_ROWS,
    "imports": IMPORT_ROWS,
    "replies": REPLY_ROWS,
    "views": VIEW_ROWS,
    "stream": STREAM_ROWS,
    "exports": EXPORT_ROWS,
}

PUBLIC: Final = {
    ("GET", "/api"): 200,
    ("GET", "/api/docs"): 200,
    ("GET", "/api/v1/openapi.json"): 200,
    ("GET", "/api/v1/downloads/{token}"): 403,
    ("GET", "/api/v1/export_files/{token}"): 403,
    ("PUT", "/api/v1/uploads/{token}"): 403,
    ("POST", "/providers/{name}/webhook"): 404,
    ("GET", "/favicon.ico"): 200,
    ("GET", "/healthz"): 200,
    ("GET", "/readyz"): 200,
    ("GET", "/metrics"): 200,
    ("GET", "/static/{file_path}"): 404,
    ("HEAD", "/static/{file_path}"): 404,
}
"""Routes without a credential, and what they answer to one who knows no token."""
