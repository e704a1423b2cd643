"""The pages of an account: its cases, one by one and in the table, its exports, saved replies and team."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final

from amends.access.permissions import Permission
from amends.kit.ids import Prefix, public_id, uuid7
from tests.access.page_row import SAID, PageRow, Prepare, of_account
from tests.access.world import World
from tests.staff import make_team_person


def of_case(state: Callable[[World], Awaitable[str]]) -> Prepare:
    """Name the account and a case of it in a state."""

    async def prepare(world: World) -> Mapping[str, str]:
        return {"biz_pid": world.account.pid, "case_pid": await state(world)}

    return prepare


async def of_own_offer(world: World) -> Mapping[str, str]:
    """Name a case and the merchant's offer that is open on it."""
    case, offer = await world.offered()
    return {"biz_pid": world.account.pid, "case_pid": case, "offer_pid": offer}


async def of_proposal(world: World) -> Mapping[str, str]:
    """Name a case and the customer's counter-offer that is open on it."""
    case, offer = await world.proposed()
    return {"biz_pid": world.account.pid, "case_pid": case, "offer_pid": offer}


CASE: Final = "/accounts/{biz_pid}/cases/{case_pid}"

CASE_PAGES: Final = [
    PageRow("GET", CASE, Permission.CASE_READ, of_case(World.case)),
    PageRow("GET", f"{CASE}/log", Permission.CASE_READ, of_case(World.case)),
    PageRow("GET", f"{CASE}/payments", Permission.CASE_READ, of_case(World.case)),
    PageRow("GET", f"{CASE}/next", Permission.CASE_READ, of_case(World.case), status=303),
    PageRow("GET", f"{CASE}/previous", Permission.CASE_READ, of_case(World.case), status=303),
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


MERCHANTS: Final = {"reviewer": 403, "platform admin": 403}
"""What the platform's staff gets where only the merchant acts."""
LIMITED: Final = {**MERCHANTS, "support": 422}
"""Support may refund nothing where the account has set no limit."""

CASE_FORMS: Final = [
    *(
        PageRow("POST", f"{CASE}/{action}", Permission.CASE_WRITE, prepare, form, 303, others)
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
    ),
    PageRow("GET", f"{CASE}/replies/{{reply_pid}}", Permission.CASE_WRITE, of_reply),
    PageRow("POST", "/accounts/{biz_pid}/uploads", Permission.FILE_WRITE, of_account, SAID, 201),
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
values ($1, $2, $3, 'grace@example.com', $4, $5, 'en', 'user_1', $6, $6, $7)
"""


async def nobody_invited(world: World) -> Mapping[str, str]:
    """Name the account, which has invited nobody."""
    await world.pool.execute("delete from invitations")
    return await of_account(world)


async def of_invitation(world: World) -> Mapping[str, str]:
    """Name the account and an invitation of it."""
    names = await nobody_invited(world)
    return {**names, "invitation_pid": await invited(world, "viewer", world.account.id)}


async def invited(world: World, role: str, account_id: int | None) -> str:
    """Invite somebody to an account, or to the platform's staff, and return the invitation's id."""
    now = world.clock.now()
    row_id = uuid7(now)
    pid = public_id(Prefix.INVITATION, row_id, account_id or 0)
    expires_at = now + timedelta(days=7)
    await world.pool.execute(_INVITE_SQL, row_id, pid, account_id, role, row_id.bytes, now, expires_at)
    return pid


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
