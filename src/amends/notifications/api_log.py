"""The JSON route of the log of mails: for the platform alone, read only, without their texts."""

from typing import Annotated, Final

import msgspec
from asyncpg import Record
from litestar import get
from litestar.di import Provide
from litestar.params import Parameter

from amends.access.permissions import Permission
from amends.access.scopes import Caller
from amends.cases.closed_cases import closed_to
from amends.kit.clock import iso
from amends.kit.errors import NotFound
from amends.kit.ids import Prefix, public_id
from amends.kit.pages import Page
from amends.notifications.queries_log import MAIL_LOG, begins_with
from amends.notifications.retries import MailState
from amends.people.paging import Paging, provide_paging
from amends.people.schemas import Time


class MailLine(msgspec.Struct, frozen=True, kw_only=True):
    """An e-mail, and what became of it."""

    id: str
    kind: str | None
    """What it is about: `reset_password`, `invitation` …

    Null, with `recipient`, `subject` and `answer`: it is about a case of the caller's own, or of an account whose team
    they are on.
    """
    recipient: str | None
    subject: str | None
    account_id: str | None
    case_id: str | None
    state: MailState
    attempts: int
    next_try_at: Time | None
    """While it waits or is on its way; null: it has ended."""
    answer_code: int | None
    """The number in front of the mail server's last answer (RFC 5321); null: it said nothing."""
    answer: str | None
    created_at: Time
    ended_at: Time | None


@get(
    "/api/v1/mails",
    opt={"permission": Permission.AUDIT_READ},
    dependencies={"paging": Provide(provide_paging, sync_to_thread=False)},
    summary="List e-mails",
    tags=["E-mails"],
)
async def list_mails(
    caller: Caller,
    paging: Paging,
    case_id: Annotated[str | None, Parameter(description="Only those about this case.")] = None,
    recipient: Annotated[
        str | None, Parameter(description="Only those to addresses that begin so, in upper or lower case.")
    ] = None,
    in_state: Annotated[MailState | None, Parameter(query="state", description="Only those in this state.")] = None,
) -> Page[MailLine]:
    """List what was written by e-mail in the last 30 days, and what became of it, newest first."""
    if caller.platform is None:
        raise NotFound
    states = None if in_state is None else [in_state]
    rows, info = await paging.read(MAIL_LOG, case_id, begins_with(recipient), states, None)
    closed = await closed_to(paging.pool, caller, (row["case_pid"] for row in rows))
    shown = [row for row in rows if not (recipient and row["case_pid"] in closed)]
    return Page([_line(row, is_closed=row["case_pid"] in closed) for row in shown], info)


def _line(row: Record, *, is_closed: bool) -> MailLine:
    return MailLine(
        id=public_id(Prefix.MAIL, row["id"]),
        kind=None if is_closed else row["kind"],
        recipient=None if is_closed else row["recipient"],
        subject=None if is_closed else row["subject"],
        account_id=row["account_pid"],
        case_id=row["case_pid"],
        state=MailState(row["state"]),
        attempts=row["attempts"],
        next_try_at=iso(row["next_try_at"]) if row["next_try_at"] else None,
        answer_code=row["answer_code"],
        answer=None if is_closed else row["answer"],
        created_at=iso(row["created_at"]),
        ended_at=iso(row["ended_at"]) if row["ended_at"] else None,
    )


routes: Final = [list_mails]
