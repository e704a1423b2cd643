"""Every page, and what each kind of person gets there. A page without a row fails tests/access/test_matrix.py.

To add one: a line in the list of its domain. `needs` is the permission at the account in the path: the roles that have
it may, the others get 403, and people of other accounts 404. None: everybody who is signed in may, it is their own.
`whose` says what else a page can be about: a customer's own thing, which is there for nobody else, or the platform,
where `needs` is what the staff's role must have and everybody else gets 404.
`prepare` makes what the path names, fresh for everybody who may; `form` is what a POST sends. `others` says what is
otherwise for a role. Who is not signed in is sent to the sign-in page, always; words typed into a page of ours are
shown to them first.

Kinds of people: those of `tests.staff.people_of` (viewer, support, admin, owner; reviewer, platform admin), `customer`
(the buyer: `World.user`), `foreign` (an owner of another account) and `stranger` (on no team, bought nothing).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final

from amends.access.permissions import ROLE_PERMISSIONS, STAFF_PERMISSIONS, Permission, Role, StaffRole
from amends.kit.ids import Prefix, public_id, uuid7
from tests.access.world import World
from tests.builders import make_product
from tests.staff import make_staff_person, make_team_person

Prepare = Callable[[World], Awaitable[Mapping[str, str]]]

HELD: Final = {
    **{role.value: ROLE_PERMISSIONS[role] for role in Role},
    "reviewer": STAFF_PERMISSIONS[StaffRole.REVIEWER],
    "platform admin": STAFF_PERMISSIONS[StaffRole.ADMIN],
}
STAFF: Final = ("reviewer", "platform admin")
OUTSIDERS: Final = ("foreign", "stranger", "customer")
ROLE_WORDS: Final = tuple(role.value for role in Role)


async def of_account(world: World) -> Mapping[str, str]:
    """Name the account."""
    return {"biz_pid": world.account.pid}


async def of_payment(world: World) -> Mapping[str, str]:
    """Name a payment of the customer's that has no case."""
    return {"payment_pid": (await world.payment()).pid}


async def nothing(_world: World) -> Mapping[str, str]:
    """Name nothing."""
    return {}


def of_case(state: Callable[[World], Awaitable[str]]) -> Prepare:
    """Name the account and a case of it in a state."""

    async def prepare(world: World) -> Mapping[str, str]:
        return {"biz_pid": world.account.pid, "case_pid": await state(world)}

    return prepare


def of_customers_case(state: Callable[[World], Awaitable[str]]) -> Prepare:
    """Name a case of the customer's in a state."""

    async def prepare(world: World) -> Mapping[str, str]:
        return {"case_pid": await state(world)}

    return prepare


async def of_own_offer(world: World) -> Mapping[str, str]:
    """Name a case and the merchant's offer that is open on it."""
    case, offer = await world.offered()
    return {"biz_pid": world.account.pid, "case_pid": case, "offer_pid": offer}


async def of_proposal(world: World) -> Mapping[str, str]:
    """Name a case and the customer's counter-offer that is open on it."""
    case, offer = await world.proposed()
    return {"biz_pid": world.account.pid, "case_pid": case, "offer_pid": offer}


class Whose(StrEnum):
    """What a page is about, if not an account or the reader."""

    CUSTOMER = "customer"
    PLATFORM = "platform"


@dataclass(frozen=True)
class PageRow:
    """One page."""

    method: str
    path: str
    needs: Permission | None
    prepare: Prepare = of_account
    form: Mapping[str, str] = field(default_factory=dict[str, str])
    status: int = 200
    """What who may gets."""
    others: Mapping[str, int] = field(default_factory=dict[str, int])
    whose: Whose | None = None

    def expected(self, who: str) -> int:
        """Return the status for a kind of person."""
        if who in self.others:
            return self.others[who]
        if self.whose is Whose.CUSTOMER:
            return self.status if who == "customer" else 404
        if self.whose is Whose.PLATFORM and who not in STAFF:
            return 404
        if self.needs is None:
            return self.status
        if who in OUTSIDERS:
            return 404
        return self.status if self.needs in HELD[who] else 403


STAFF_PAGES: Final = [
    PageRow("GET", "/me", None, nothing),
    PageRow("POST", "/me", None, nothing, {"name": "Renamed"}, 303),
    PageRow("GET", "/me/security", None, nothing),
    PageRow("POST", "/me/security/sessions", None, nothing, {}, 303),
    PageRow("POST", "/me/security/two-step", None, nothing, {}, 303),
    PageRow("GET", "/me/security/two-step", None, nothing, {}, 200),
    PageRow("POST", "/me/security/two-step/confirm", None, nothing, {"code": "12345"}, 422),
    PageRow("POST", "/me/security/two-step/codes", None, nothing, {}, 303),
    PageRow("POST", "/me/security/two-step/codes/file", None, nothing, {"codes": "abcd-efgh-jkmn-pqrs"}),
    PageRow("POST", "/me/security/two-step/off", None, nothing, {}, 303),
    PageRow("POST", "/me/security/password", None, nothing, {"password": "a horse of the matrix"}, 303),
    PageRow("GET", "/accounts", None, nothing, others=dict.fromkeys((*ROLE_WORDS, "foreign"), 303)),
    PageRow("GET", "/accounts/{biz_pid}", Permission.CASE_READ, status=303),
]

_CASE: Final = "/accounts/{biz_pid}/cases/{case_pid}"

CASE_PAGES: Final = [
    PageRow("GET", _CASE, Permission.CASE_READ, of_case(World.case)),
    PageRow("GET", f"{_CASE}/log", Permission.CASE_READ, of_case(World.case)),
    PageRow("GET", f"{_CASE}/payments", Permission.CASE_READ, of_case(World.case)),
    PageRow("GET", f"{_CASE}/next", Permission.CASE_READ, of_case(World.case), status=303),
    PageRow("GET", f"{_CASE}/previous", Permission.CASE_READ, of_case(World.case), status=303),
]

_TABLE: Final = "/accounts/{biz_pid}/cases"
_VIEW: Final = "/accounts/{biz_pid}/views/{view_pid}"


async def of_new_view(world: World) -> Mapping[str, str]:
    """Name a view that nobody has."""
    return {"biz_pid": world.account.pid, "view_pid": public_id(Prefix.SAVED_VIEW, uuid7(world.clock.now()), 1)}


TABLE_PAGES: Final = [
    PageRow("GET", _TABLE, Permission.CASE_READ),
    PageRow("GET", f"{_TABLE}/live", Permission.CASE_READ),
    PageRow("GET", f"{_TABLE}/products", Permission.CASE_READ),
    PageRow("GET", f"{_TABLE}/columns", Permission.CASE_READ),
    PageRow("POST", f"{_TABLE}/columns", Permission.CASE_READ, form={"columns": "email"}, status=303),
    PageRow("POST", f"{_TABLE}/bulk", Permission.CASE_WRITE, form={"action": "accept"}, status=303),
    PageRow("POST", f"{_TABLE}/bulk/run", Permission.CASE_WRITE, form={"action": "assign", "token": "t"}),
    PageRow("GET", "/accounts/{biz_pid}/views", Permission.CASE_READ),
    PageRow("POST", "/accounts/{biz_pid}/views", Permission.CASE_READ, form={"name": "Mine"}, status=303),
    PageRow("POST", _VIEW, Permission.CASE_READ, of_new_view, {"name": "Yours"}, 404),
    PageRow("POST", f"{_VIEW}/delete", Permission.CASE_READ, of_new_view, {}, 404),
]

_SAVE_REPLY_SQL: Final = """
insert into saved_replies (account_id, id, pid, title, title_key, body, updated_by, created_at, updated_at)
values ($1, $2, $3, $3, $3, 'Hello.', 'user_1', $4, $4)
"""


async def of_reply(world: World) -> Mapping[str, str]:
    """Name a case and a saved reply of the account."""
    row_id, now = uuid7(world.clock.now()), world.clock.now()
    pid = public_id(Prefix.SAVED_REPLY, row_id, world.account.id)
    await world.pool.execute(_SAVE_REPLY_SQL, world.account.id, row_id, pid, now)
    return {"biz_pid": world.account.pid, "case_pid": await world.case(), "reply_pid": pid}


SAID: Final = {"message": "Something to say."}
MERCHANTS: Final = {"reviewer": 403, "platform admin": 403}
"""What the platform's staff gets where only the merchant acts."""
LIMITED: Final = {**MERCHANTS, "support": 422}
"""Support may refund nothing where the account has set no limit."""

CASE_FORMS: Final = [
    PageRow("POST", f"{_CASE}/{action}", Permission.CASE_WRITE, prepare, form, 303, others)
    for action, prepare, form, others in (
        ("accept", of_case(World.case), {}, LIMITED),
        ("deny", of_case(World.case), SAID, MERCHANTS),
        ("request-info", of_case(World.case), {}, MERCHANTS),
        ("offer", of_case(World.case), {"remedy": "A new one."}, MERCHANTS),
        ("offers/{offer_pid}/accept", of_proposal, {}, LIMITED),
        ("offers/{offer_pid}/decline", of_proposal, {}, MERCHANTS),
        ("offers/{offer_pid}/withdraw", of_own_offer, {}, MERCHANTS),
        ("appeal", of_case(World.lost), SAID, MERCHANTS),
        ("reply", of_case(World.questioned), SAID, MERCHANTS),
        ("comment", of_case(World.case), SAID, MERCHANTS),
        ("note", of_case(World.case), SAID, {}),
        ("assign", of_case(World.case), {}, {}),
    )
]
CASE_FORMS.append(PageRow("GET", f"{_CASE}/replies/{{reply_pid}}", Permission.CASE_WRITE, of_reply))
CASE_FORMS.append(PageRow("POST", "/accounts/{biz_pid}/uploads", Permission.FILE_WRITE, of_account, SAID, 201))

_DECIDE: Final = Permission.CASE_DECIDE


async def of_reason(world: World) -> Mapping[str, str]:
    """Name a case and a reason for its decision."""
    return {**await of_case(World.escalated)(world), "code": "not_delivered"}


async def no_reason(world: World) -> Mapping[str, str]:
    """Name nothing; the catalogue is as it was at the beginning."""
    await world.pool.execute("delete from reason_codes where updated_by <> 'amends'")
    return {}


async def of_own_reason(world: World) -> Mapping[str, str]:
    """Name a reason that was added to the catalogue."""
    await no_reason(world)
    await world.done("platform", "/api/v1/reason_codes/taxes", {**TAXES, "fits": ["merchant_won"]}, method="PUT")
    return {"code": "taxes"}


TAXES: Final = {"title": "Taxes", "when_to_use": "When taxes decide it."}
_FORM_OF_TAXES: Final = {**TAXES, "fits": "merchant_won", "code": "taxes"}
_REASONS: Final = "/platform/reasons"
_KEEP: Final = Permission.POLICY_MANAGE

REVIEW_PAGES: Final = [
    PageRow("POST", f"{_CASE}/decide", _DECIDE, of_case(World.escalated), SAID, 422),
    PageRow("POST", f"{_CASE}/ask", _DECIDE, of_case(World.escalated), {**SAID, "of": "customer"}, 303),
    PageRow("GET", f"{_CASE}/reasons/{{code}}", _DECIDE, of_reason),
    PageRow("GET", "/platform", Permission.CASE_READ, nothing, status=303, whose=Whose.PLATFORM),
    PageRow("GET", "/platform/queue", Permission.CASE_READ, nothing, whose=Whose.PLATFORM),
    PageRow("GET", _REASONS, Permission.CASE_READ, nothing, whose=Whose.PLATFORM),
    PageRow("POST", _REASONS, _KEEP, no_reason, _FORM_OF_TAXES, 303, whose=Whose.PLATFORM),
    PageRow("GET", f"{_REASONS}/new-reason", _KEEP, nothing, whose=Whose.PLATFORM),
    PageRow("GET", f"{_REASONS}/{{code}}", Permission.CASE_READ, of_own_reason, whose=Whose.PLATFORM),
    PageRow("POST", f"{_REASONS}/{{code}}", _KEEP, of_own_reason, _FORM_OF_TAXES, 303, whose=Whose.PLATFORM),
    PageRow("POST", f"{_REASONS}/{{code}}/retire", _KEEP, of_own_reason, {"retired": "1"}, 303, whose=Whose.PLATFORM),
]

_REPLIES: Final = "/accounts/{biz_pid}/replies"
_REPLY: Final = _REPLIES + "/{reply_pid}"


async def no_replies(world: World) -> Mapping[str, str]:
    """Name the account, which has saved no reply."""
    await world.pool.execute("delete from saved_replies")
    return await of_account(world)


async def of_saved_reply(world: World) -> Mapping[str, str]:
    """Name the account and a saved reply of it."""
    names = await no_replies(world)
    reply = await world.done("merchant", "/api/v1/saved_replies", {"title": "Thanks", "body": "Thank you."})
    return {**names, "reply_pid": reply["id"]}


WRITTEN: Final = {"title": "Hello", "body": "Hello {customer_name}"}

REPLY_PAGES: Final = [
    PageRow("GET", _REPLIES, Permission.CASE_READ, of_saved_reply),
    PageRow("POST", _REPLIES, Permission.RULE_MANAGE, no_replies, WRITTEN, 303),
    PageRow("GET", _REPLIES + "/new", Permission.RULE_MANAGE),
    PageRow("POST", _REPLIES + "/preview", Permission.CASE_READ, form=WRITTEN),
    PageRow("GET", _REPLY, Permission.CASE_READ, of_saved_reply),
    PageRow("POST", _REPLY, Permission.RULE_MANAGE, of_saved_reply, WRITTEN, 303),
    PageRow("POST", _REPLY + "/delete", Permission.RULE_MANAGE, of_saved_reply, {}, 303),
]

_TEAM: Final = "/accounts/{biz_pid}/team"
_INVITATION: Final = _TEAM + "/invitations/{invitation_pid}"
_MANAGE: Final = Permission.TEAM_MANAGE

_INVITE_SQL: Final = """
insert into invitations
    (id, pid, account_id, email, role, token_hash, locale, invited_by, created_at, sent_at, expires_at)
values ($1, $2, $3, 'grace@example.com', 'viewer', $4, 'en', 'user_1', $5, $5, $6)
"""


async def nobody_invited(world: World) -> Mapping[str, str]:
    """Name the account, which has invited nobody."""
    await world.pool.execute("delete from invitations")
    return await of_account(world)


async def of_invitation(world: World) -> Mapping[str, str]:
    """Name the account and an invitation of it."""
    names, now = await nobody_invited(world), world.clock.now()
    row_id = uuid7(now)
    pid = public_id(Prefix.INVITATION, row_id, world.account.id)
    await world.pool.execute(_INVITE_SQL, row_id, pid, world.account.id, row_id.bytes, now, now + timedelta(days=7))
    return {**names, "invitation_pid": pid}


async def of_teammate(world: World) -> Mapping[str, str]:
    """Name the account and somebody on its team."""
    user = await make_team_person(world.pool, world.account, "viewer")
    return {"biz_pid": world.account.pid, "user_pid": user.pid}


TEAM_PAGES: Final = [
    PageRow("GET", _TEAM, Permission.CASE_READ),
    PageRow("POST", _TEAM + "/invitations", _MANAGE, nobody_invited, {"email": "a@b.example", "role": "viewer"}, 303),
    PageRow("POST", _INVITATION + "/resend", _MANAGE, of_invitation, {}, 303),
    PageRow("POST", _INVITATION + "/withdraw", _MANAGE, of_invitation, {}, 303),
    PageRow("POST", _TEAM + "/{user_pid}/role", _MANAGE, of_teammate, {"role": "support"}, 303),
    PageRow("POST", _TEAM + "/{user_pid}/remove", _MANAGE, of_teammate, {}, 303),
    PageRow("POST", _TEAM + "/limits", _MANAGE, of_account, {"currency": "usd", "amount": "50"}, 303),
    PageRow("POST", _TEAM + "/leave", Permission.CASE_READ, status=303,  # the last one: they are off the team then
        others={"owner": 409, "reviewer": 404, "platform admin": 404}),
]  # fmt: skip

_EXPORTS: Final = "/accounts/{biz_pid}/exports"
_EXPORT: Final = f"{_EXPORTS}/{{export_pid}}"


async def of_export(world: World) -> Mapping[str, str]:
    """Name the account and an export of it that waits."""
    return {"biz_pid": world.account.pid, "export_pid": await world.export()}


async def of_failed_export(world: World) -> Mapping[str, str]:
    """Name the account and an export of it that was canceled."""
    return {"biz_pid": world.account.pid, "export_pid": await world.failed_export()}


OTHER_SIDE: Final = {"reviewer": 404, "platform admin": 404}
"""What the platform's staff gets of an export that the merchant has asked for."""

EXPORT_PAGES: Final = [
    PageRow("GET", _EXPORTS, Permission.EXPORT_READ),
    PageRow("GET", f"{_EXPORTS}/new", Permission.EXPORT_READ),
    PageRow("POST", _EXPORTS, Permission.EXPORT_READ, form={"format": "csv"}, status=303),
    PageRow("GET", _EXPORT, Permission.EXPORT_READ, of_export, status=303, others=OTHER_SIDE),
    PageRow("GET", f"{_EXPORT}/download", Permission.EXPORT_READ, of_export, status=303, others=OTHER_SIDE),
    PageRow("POST", f"{_EXPORT}/cancel", Permission.EXPORT_READ, of_export, {}, 303, OTHER_SIDE),
    PageRow("POST", f"{_EXPORT}/retry", Permission.EXPORT_READ, of_failed_export, {}, 303, OTHER_SIDE),
]

_MY_CASE: Final = "/cases/{case_pid}"


async def of_offer_to_customer(world: World) -> Mapping[str, str]:
    """Name a case and the merchant's offer that is open on it."""
    case, offer = await world.offered()
    return {"case_pid": case, "offer_pid": offer}


async def of_customers_proposal(world: World) -> Mapping[str, str]:
    """Name a case and the customer's own counter-offer."""
    case, offer = await world.proposed()
    return {"case_pid": case, "offer_pid": offer}


CUSTOMER_CASE_PAGES: Final = [
    PageRow("POST", "/cases/uploads", None, nothing, SAID, 201),
    PageRow("GET", "/cases", None, nothing),
    PageRow("GET", _MY_CASE, None, of_customers_case(World.case), whose=Whose.CUSTOMER),
    *(
        PageRow("POST", f"{_MY_CASE}/{action}", None, prepare, form, 303, whose=Whose.CUSTOMER)
        for action, prepare, form in (
            ("reply", of_customers_case(World.asked), SAID),
            ("comment", of_customers_case(World.case), SAID),
            ("escalate", of_customers_case(World.answered), {}),
            ("appeal", of_customers_case(World.denied), SAID),
            ("withdraw", of_customers_case(World.case), {}),
            ("offers/{offer_pid}/accept", of_offer_to_customer, {}),
            ("offers/{offer_pid}/decline", of_offer_to_customer, {}),
            ("offers/{offer_pid}/counter", of_offer_to_customer, {"amount": "30"}),
            ("offers/{offer_pid}/withdraw", of_customers_proposal, {}),
        )
    ),
]

_ATTENTION: Final = "/platform/attention"
_POLICY: Final = Permission.POLICY_MANAGE
_STAFF_INVITATIONS: Final = "/platform/reviewers/invitations"
BY_HAND: Final = {"note": "In cash."}


async def of_failed_credit(world: World) -> Mapping[str, str]:
    """Name a merchant credit that the provider refused."""
    return {"credit_pid": await world.failed_credit()}


async def of_staff_invitation(world: World) -> Mapping[str, str]:
    """Name an invitation to the platform's staff."""
    await nobody_invited(world)
    now = world.clock.now()
    row_id = uuid7(now)
    pid = public_id(Prefix.INVITATION, row_id)
    await world.pool.execute(
        _INVITE_SQL.replace("'viewer'", "'reviewer'"), row_id, pid, None, row_id.bytes, now, now + timedelta(days=7)
    )
    return {"invitation_pid": pid}


async def of_colleague(world: World) -> Mapping[str, str]:
    """Name somebody else on the platform's staff."""
    return {"user_pid": (await make_staff_person(world.pool, "reviewer")).pid}


async def of_failed_refund(world: World) -> Mapping[str, str]:
    """Name a refund that the provider refused."""
    return {"refund_pid": await world.failed_refund()}


async def of_rated_account(world: World) -> Mapping[str, str]:
    """Name the account, whose auto-respond is not locked."""
    await world.pool.execute("update accounts set auto_respond_locked = false")
    return {"account_pid": world.account.pid}


async def of_locked_account(world: World) -> Mapping[str, str]:
    """Name the account, whose auto-respond is locked."""
    await world.pool.execute("update accounts set auto_respond_locked = true")
    return {"account_pid": world.account.pid}


async def of_dead_job(world: World) -> Mapping[str, str]:
    """Name a job that gave up."""
    return {"job_id": str(await world.dead_job())}


ADMINISTRATION_PAGES: Final = [
    PageRow(method, path, needs, prepare, form, status, whose=Whose.PLATFORM)
    for method, path, needs, prepare, form, status in (
        ("GET", _ATTENTION, _POLICY, nothing, {}, 200),
        ("POST", f"{_ATTENTION}/refunds/{{refund_pid}}/retry", _POLICY, of_failed_refund, {}, 303),
        ("POST", f"{_ATTENTION}/refunds/{{refund_pid}}/resolve", _POLICY, of_failed_refund, {"note": "In cash."}, 303),
        ("POST", f"{_ATTENTION}/refunds/{{refund_pid}}/close", _POLICY, of_failed_refund, {"note": "Elsewhere."}, 303),
        ("POST", f"{_ATTENTION}/jobs/{{job_id}}/run-again", _POLICY, of_dead_job, {}, 303),
        ("POST", f"{_ATTENTION}/jobs/{{job_id}}/forget", _POLICY, of_dead_job, {}, 303),
        ("GET", "/platform/accounts", Permission.CASE_READ, nothing, {}, 200),
        ("GET", "/platform/accounts/{account_pid}", Permission.CASE_READ, of_rated_account, {}, 200),
        ("POST", "/platform/accounts/{account_pid}/lock", _POLICY, of_rated_account, {"reason": "Refunds all."}, 303),
        ("POST", "/platform/accounts/{account_pid}/unlock", _POLICY, of_locked_account, {}, 303),
        ("GET", "/platform/credits", Permission.PAYMENT_READ, of_failed_credit, {}, 200),
        ("POST", "/platform/credits/{credit_pid}/retry", Permission.REFUND_WRITE, of_failed_credit, {}, 303),
        ("POST", "/platform/credits/{credit_pid}/resolve", Permission.REFUND_WRITE, of_failed_credit, BY_HAND, 303),
        ("GET", "/platform/reviewers", Permission.CASE_READ, nothing, {}, 200),
        ("POST", _STAFF_INVITATIONS, _MANAGE, nobody_invited, {"email": "a@b.example", "role": "reviewer"}, 303),
        ("POST", f"{_STAFF_INVITATIONS}/{{invitation_pid}}/resend", _MANAGE, of_staff_invitation, {}, 303),
        ("POST", f"{_STAFF_INVITATIONS}/{{invitation_pid}}/withdraw", _MANAGE, of_staff_invitation, {}, 303),
        ("POST", "/platform/reviewers/{user_pid}/role", _MANAGE, of_colleague, {"role": "admin"}, 303),
        ("POST", "/platform/reviewers/{user_pid}/remove", _MANAGE, of_colleague, {}, 303),
        ("GET", "/platform/audit", Permission.AUDIT_READ, nothing, {}, 200),
        ("GET", "/platform/audit.csv", Permission.AUDIT_READ, nothing, {}, 200),
        ("GET", "/platform/policy", _POLICY, nothing, {}, 200),
        ("POST", "/platform/policy", _POLICY, nothing, {"version": "1", "time_zone": "UTC"}, 422),
    )
]


async def of_first_step(world: World) -> Mapping[str, str]:
    """Name a payment of the customer's and the first step of reporting a problem with it."""
    return {**await of_payment(world), "step": "reason"}


async def of_reported(world: World) -> Mapping[str, str]:
    """Name a payment of the customer's on which a case was just opened."""
    return {"payment_pid": await world.reported()}


_REPORT: Final = "/purchases/{payment_pid}/report"

PURCHASE_PAGES: Final = [
    PageRow("GET", "/purchases", None, nothing),
    *(
        PageRow(method, path, None, prepare, form, status, whose=Whose.CUSTOMER)
        for method, path, prepare, form, status in (
            ("GET", _REPORT, of_payment, {}, 303),
            ("GET", f"{_REPORT}/{{step}}", of_first_step, {}, 200),
            ("POST", f"{_REPORT}/{{step}}", of_first_step, {"reason": "duplicate"}, 303),
            ("POST", f"{_REPORT}/discard", of_payment, {}, 303),
            ("GET", "/purchases/{payment_pid}/reported", of_reported, {}, 200),
        )
    ),
]

_WITHDRAWAL: Final = "/purchases/{payment_pid}/withdrawal"
STATED: Final = {"name": "Ada", "email": "ada@example.com"}


async def of_withdrawable_payment(world: World) -> Mapping[str, str]:
    """Name a payment of the customer's, for a product that one may withdraw from."""
    await make_product(world.pool, world.account, external_id=world.product.external_id, withdrawal_right=True)
    return await of_payment(world)


WITHDRAWAL_PAGES: Final = [
    PageRow("GET", _WITHDRAWAL, None, of_withdrawable_payment, whose=Whose.CUSTOMER),
    PageRow("POST", _WITHDRAWAL, None, of_withdrawable_payment, STATED, whose=Whose.CUSTOMER),
    PageRow("POST", f"{_WITHDRAWAL}/confirm", None, of_withdrawable_payment, STATED, 303, whose=Whose.CUSTOMER),
]

_QUEUE_MAIL_SQL: Final = """
insert into mail (id, kind, recipient, subject, letter, state, due_at, ended_at, created_at)
values ($1, 'test', 'a@b.example', 'Hello', $2, 'refused', $3, $3, $3)
"""
LETTER: Final = {"kind": "test", "subject": "Hello", "paragraphs": ["Hello."]}


async def of_mail(world: World) -> Mapping[str, str]:
    """Name a mail that was refused."""
    mail_id = uuid7(world.clock.now())
    await world.pool.execute(_QUEUE_MAIL_SQL, mail_id, LETTER, world.clock.now())
    return {"mail_pid": public_id(Prefix.MAIL, mail_id)}


_MAIL: Final = "/platform/mail/{mail_pid}"
MAIL_PAGES: Final = [
    PageRow("GET", "/me/notifications", None, nothing),
    PageRow("POST", "/me/notifications", None, nothing, {"on": "reminder"}, 303),
    PageRow("GET", "/platform/mail", Permission.CASE_READ, nothing, whose=Whose.PLATFORM),
    PageRow("GET", _MAIL, Permission.CASE_READ, of_mail, whose=Whose.PLATFORM),
    PageRow("GET", f"{_MAIL}/html", Permission.CASE_READ, of_mail, whose=Whose.PLATFORM),
    PageRow("POST", f"{_MAIL}/again", Permission.POLICY_MANAGE, of_mail, {}, 303, whose=Whose.PLATFORM),
]

PAGES: Final = {
    "administration": ADMINISTRATION_PAGES,
    "customers' cases": CUSTOMER_CASE_PAGES,
    "case forms": CASE_FORMS,
    "exports": EXPORT_PAGES,
    "mail": MAIL_PAGES,
    "purchases": PURCHASE_PAGES,
    "case": CASE_PAGES,
    "staff": STAFF_PAGES,
    "replies": REPLY_PAGES,
    "reviews": REVIEW_PAGES,
    "table": TABLE_PAGES,
    "team": TEAM_PAGES,
    "withdrawals": WITHDRAWAL_PAGES,
}

PUBLIC_PAGES: Final = {
    ("GET", "/"): 200,
    ("GET", "/sign-in"): 200,
    ("POST", "/sign-in"): 422,
    ("GET", "/sign-in/code"): 303,
    ("POST", "/sign-in/code"): 303,
    ("GET", "/sign-in/{token}"): 404,
    ("POST", "/sign-in/{token}"): 404,
    ("POST", "/sign-out"): 303,
    ("GET", "/open/{token}"): 404,
    ("GET", "/sign-in/oidc"): 404,
    ("GET", "/sign-in/oidc/callback"): 404,
    ("GET", "/sign-in/email"): 200,
    ("POST", "/sign-in/email"): 422,
    ("GET", "/embed/{token}"): 404,
    ("POST", "/embed/{token}"): 404,
    ("POST", "/open/{token}"): 404,
    ("GET", "/forgot-password"): 200,
    ("POST", "/forgot-password"): 422,
    ("GET", "/reset-password/{token}"): 404,
    ("POST", "/reset-password/{token}"): 404,
    ("GET", "/invitations/{token}"): 404,
    ("POST", "/invitations/{token}"): 404,
    ("GET", "/unsubscribe/{token}"): 404,
    ("POST", "/unsubscribe/{token}"): 404,
}
"""Pages for everybody, and what they answer to who is not signed in and knows no token."""
