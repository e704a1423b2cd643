"""Internal moves of a merchant's team or the platform's staff (row 27): notes and assignment.

The other side never learns of them: they are not in its timeline and change neither version nor `updated_at`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from amends.cases.acting import ActingScope, actor_of
from amends.cases.commands_apply import Applied, Request, apply
from amends.cases.moves import Move
from amends.cases.queries_team import find_colleague
from amends.cases.rows import CaseRef
from amends.cases.states import Action, Actor
from amends.cases.wording import clean
from amends.db.pool import Connection
from amends.files.commands import AttachmentInput
from amends.kit.errors import Unprocessable

ASSIGN_TO_TEAM_SQL: Final = """
update cases
set assignee_id = $3,
    assignee_name = $4
where account_id = $1
  and id = $2
"""
ASSIGN_TO_STAFF_SQL: Final = """
update cases
set reviewer_id = $3,
    reviewer_name = $4
where account_id = $1
  and id = $2
"""


async def add_note(
    connection: Connection,
    scope: ActingScope,
    ref: CaseRef,
    *,
    message: str,
    now: datetime,
    attachments: Sequence[AttachmentInput] = (),
) -> Applied:
    """Write a note that only the own side reads."""
    move = Move(action=Action.NOTE, actor=actor_of(scope), message=clean(message))
    return await apply(connection, scope, ref, Request(move=move, now=now, attachments=attachments))


async def assign_case(
    connection: Connection, scope: ActingScope, ref: CaseRef, *, assignee_pid: str | None, now: datetime
) -> Applied:
    """Make a colleague look after the case; None: nobody.

    Raises:
        Unprocessable: `assignee_unknown`, not in the account's team or on the platform's staff.
    """
    actor = actor_of(scope)
    name = None
    if assignee_pid is not None:
        colleague = await find_colleague(
            connection, assignee_pid, account_id=ref.account_id if actor is Actor.MERCHANT else None
        )
        if colleague is None:
            raise Unprocessable(
                "assignee_unknown", "A case is assigned to a person of your own team.", param="assignee_id"
            )
        name = colleague.name
    move = Move(action=Action.ASSIGN, actor=actor)
    facts = {"assignee": assignee_pid}
    applied = await apply(connection, scope, ref, Request(move=move, now=now, facts=facts))
    statement = ASSIGN_TO_TEAM_SQL if actor is Actor.MERCHANT else ASSIGN_TO_STAFF_SQL
    await connection.execute(statement, ref.account_id, ref.case_id, assignee_pid, name)
    return applied
