"""The pages of the platform's staff: reviews, the queue, what needs attention, the policy, accounts, mail and more."""

from collections.abc import Mapping
from typing import Final

from amends.access.permissions import Permission
from amends.kit.ids import Prefix, public_id, uuid7
from tests.access.page_matrix_merchant import CASE, invited, nobody_invited, of_case
from tests.access.page_row import SAID, PageRow, Whose, nothing
from tests.access.world import World
from tests.staff import make_staff_person

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
_POLICY: Final = Permission.POLICY_MANAGE

REVIEW_PAGES: Final = [
    PageRow("POST", f"{CASE}/decide", _DECIDE, of_case(World.escalated), SAID, 422),
    PageRow("POST", f"{CASE}/ask", _DECIDE, of_case(World.escalated), {**SAID, "of": "customer"}, 303),
    PageRow("GET", f"{CASE}/reasons/{{code}}", _DECIDE, of_reason),
    PageRow("GET", "/platform", Permission.CASE_READ, nothing, status=303, whose=Whose.PLATFORM),
    PageRow("GET", "/platform/queue", Permission.CASE_READ, nothing, whose=Whose.PLATFORM),
    PageRow("GET", _REASONS, Permission.CASE_READ, nothing, whose=Whose.PLATFORM),
    PageRow("POST", _REASONS, _POLICY, no_reason, _FORM_OF_TAXES, 303, whose=Whose.PLATFORM),
    PageRow("GET", f"{_REASONS}/new-reason", _POLICY, nothing, whose=Whose.PLATFORM),
    PageRow("GET", f"{_REASONS}/{{code}}", Permission.CASE_READ, of_own_reason, whose=Whose.PLATFORM),
    PageRow("POST", f"{_REASONS}/{{code}}", _POLICY, of_own_reason, _FORM_OF_TAXES, 303, whose=Whose.PLATFORM),
    PageRow("POST", f"{_REASONS}/{{code}}/retire", _POLICY, of_own_reason, {"retired": "1"}, 303, whose=Whose.PLATFORM),
]

_ATTENTION: Final = "/platform/attention"
_TEAM: Final = Permission.TEAM_MANAGE
_STAFF_INVITATIONS: Final = "/platform/reviewers/invitations"
BY_HAND: Final = {"note": "In cash."}


async def of_failed_credit(world: World) -> Mapping[str, str]:
    """Name a merchant credit that the provider refused."""
    return {"credit_pid": await world.failed_credit()}


async def of_staff_invitation(world: World) -> Mapping[str, str]:
    """Name an invitation to the platform's staff."""
    await nobody_invited(world)
    return {"invitation_pid": await invited(world, "reviewer", None)}


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
        ("POST", _STAFF_INVITATIONS, _TEAM, nobody_invited, {"email": "a@b.example", "role": "reviewer"}, 303),
        ("POST", f"{_STAFF_INVITATIONS}/{{invitation_pid}}/resend", _TEAM, of_staff_invitation, {}, 303),
        ("POST", f"{_STAFF_INVITATIONS}/{{invitation_pid}}/withdraw", _TEAM, of_staff_invitation, {}, 303),
        ("POST", "/platform/reviewers/{user_pid}/role", _TEAM, of_colleague, {"role": "admin"}, 303),
        ("POST", "/platform/reviewers/{user_pid}/remove", _TEAM, of_colleague, {}, 303),
        ("GET", "/platform/audit", Permission.AUDIT_READ, nothing, {}, 200),
        ("GET", "/platform/audit.csv", Permission.AUDIT_READ, nothing, {}, 200),
        ("GET", "/platform/policy", _POLICY, nothing, {}, 200),
        ("POST", "/platform/policy", _POLICY, nothing, {"version": "1", "time_zone": "UTC"}, 422),
    )
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
    PageRow("GET", "/platform/mail", Permission.CASE_READ, nothing, whose=Whose.PLATFORM),
    PageRow("GET", _MAIL, Permission.CASE_READ, of_mail, whose=Whose.PLATFORM),
    PageRow("GET", f"{_MAIL}/html", Permission.CASE_READ, of_mail, whose=Whose.PLATFORM),
    PageRow("POST", f"{_MAIL}/again", Permission.POLICY_MANAGE, of_mail, {}, 303, whose=Whose.PLATFORM),
]
