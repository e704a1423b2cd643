"""Opening a case (row 1): who may, on which payment, and what is written.

The payment's row is locked first, so that two requests on one payment cannot both open a case. Which payments are
eligible: `eligibility`. A payment of somebody else is not there.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from amends.access.scopes import CustomerScope
from amends.cases import lifecycle
from amends.cases.acting import check_permission, owner_of, refusal
from amends.cases.claims import Answer, Remedy, kept_answers, kept_remedy
from amends.cases.commands_attachments import bind_files, show_files
from amends.cases.commands_event import EVENT, EVENT_PARTS, event_values, notice_of, numbered
from amends.cases.eligibility import eligibility
from amends.cases.errors import CaseError
from amends.cases.moves import Move
from amends.cases.policy import Policy
from amends.cases.reminding import first_reminder
from amends.cases.rows import STATE_FIELDS, CaseRef, read_policy, state_values
from amends.cases.states import Action, Actor, CaseState, Reason
from amends.cases.timeline import GENESIS, TimelineEntry, compose
from amends.cases.wording import clean
from amends.db.notices import tell
from amends.db.pool import Connection
from amends.files.commands import AttachmentInput
from amends.kit.errors import NotFound
from amends.kit.ids import Prefix, public_id, uuid7
from amends.payments.commands import LockedPayment, lock_payment

OPENING_CONTEXT_SQL: Final = """
select
    v.version,
    v.policy::text as policy,
    (
        select c.pid
        from cases c
        where c.account_id = $1
          and c.payment_id = $2
    ) as existing
from policy_versions v
order by v.version desc
limit 1
"""

_COLUMNS: Final = (
    "pid", "payment_id", "member_id", "user_id", "product_id", "plan_id", "currency", "currency_exponent",
    "payment_method_type", "answers", "requested_remedy", "policy_version", "deadline_at", "remind_at",
)  # fmt: skip
_CASE: Final = numbered((*_COLUMNS, *STATE_FIELDS), after=len(EVENT))

INSERT_CASE_SQL: Final = f"""
with opened as (
    insert into cases (
        account_id, id, reason, {", ".join(_CASE)},
        created_at, updated_at, last_activity_at, event_count, head_hash
    )
    values (
        $1, $2, {EVENT["reason"]}, {", ".join(_CASE.values())},
        {EVENT["created_at"]}, {EVENT["created_at"]}, {EVENT["created_at"]}, {EVENT["position"]}, {EVENT["hash"]}
    )
),
{EVENT_PARTS}
"""  # noqa: S608 (columns of the structs)


class Opened(msgspec.Struct, frozen=True):
    """A new case."""

    ref: CaseRef
    pid: str
    event_pid: str
    state: CaseState


async def open_case(
    connection: Connection,
    scope: CustomerScope,
    *,
    account_id: int,
    payment_id: UUID,
    reason: Reason,
    message: str,
    now: datetime,
    attachments: Sequence[AttachmentInput] = (),
    answers: Mapping[str, Answer] | None = None,
    remedy: Remedy | None = None,
    auto_accept_at: datetime | None = None,
) -> Opened:
    """Open a case on one of the customer's own payments.

    Raises:
        NotFound: no such payment, or not the customer's.
        Conflict, Unprocessable: the payment is not eligible; see `eligibility`.
    """
    check_permission(scope, Action.OPEN)
    payment = await _own_payment(connection, scope, account_id, payment_id)
    policy, policy_version = await _policy_for(connection, payment, now)
    move = Move(
        action=Action.OPEN,
        actor=Actor.CUSTOMER,
        message=clean(message),
        amount_minor=payment.amount_minor,
        auto_accept_at=auto_accept_at,
    )
    decided = _decide(move, payment, policy, now)
    ref, event_id = CaseRef(account_id, uuid7(now)), uuid7(now)
    bound = await bind_files(
        connection, ref, event_id=event_id, owner=owner_of(scope),
        attachments=attachments, files_max=policy.files_max, now=now,
    )  # fmt: skip
    entry = compose(
        decided.event,
        ref=ref,
        position=1,
        previous=GENESIS,
        principal=scope.principal,
        event_id=event_id,
        data={**decided.event.data, "reason": reason.value, **bound.facts},
        texts={"message": move.message or ""},
        now=now,
    )
    pid = public_id(Prefix.CASE, ref.case_id, account_id)
    kept = {
        "pid": pid,
        "answers": kept_answers(answers),
        "requested_remedy": kept_remedy(remedy, payment),
        "policy_version": policy_version,
    }
    await _insert(connection, payment, decided, entry, reason=reason, kept=kept)
    tell(connection, notice_of(entry, pid, payment.user_id, decided.state, version=1))
    await show_files(connection, ref, decided.event, bound, now=now)
    return Opened(ref, pid, entry.row.pid, decided.state)


async def _own_payment(
    connection: Connection, scope: CustomerScope, account_id: int, payment_id: UUID
) -> LockedPayment:
    try:
        payment = await lock_payment(connection, account_id, payment_id)
    except LookupError as error:
        raise NotFound from error
    if payment.user_id != scope.user_id:
        raise NotFound
    return payment


async def _policy_for(connection: Connection, payment: LockedPayment, now: datetime) -> tuple[Policy, int]:
    """Return the policy that a case on the payment keeps, with its version.

    Raises:
        Conflict, Unprocessable: the payment is not eligible.
    """
    context = await connection.fetchrow(OPENING_CONTEXT_SQL, payment.account_id, payment.id)
    if context is None:
        raise LookupError("there is no policy; the database was not migrated")
    policy = read_policy(context["policy"])
    refused = eligibility(payment, case_pid=context["existing"], policy=policy, now=now)
    if refused is not None:
        raise refused
    return policy, context["version"]


def _decide(move: Move, payment: LockedPayment, policy: Policy, now: datetime) -> lifecycle.Decided:
    try:
        return lifecycle.decide(None, move, now=now, policy=policy, refundable_minor=payment.refundable_minor)
    except CaseError as error:
        raise refusal(error) from error


def _from_payment(payment: LockedPayment) -> dict[str, Any]:
    """Return what a case takes over from its payment and keeps, whatever becomes of that."""
    names = ("member_id", "user_id", "product_id", "plan_id", "currency", "currency_exponent", "payment_method_type")
    return {"payment_id": payment.id, **{name: getattr(payment, name) for name in names}}


async def _insert(
    connection: Connection,
    payment: LockedPayment,
    decided: lifecycle.Decided,
    entry: TimelineEntry,
    *,
    reason: Reason,
    kept: Mapping[str, Any],
) -> None:
    """Write the case, its first event with the text, its notice, and the counter delta, in one statement."""
    now = entry.row.created_at
    columns = {
        **kept,
        **_from_payment(payment),
        "deadline_at": lifecycle.next_deadline(decided.state),
        "remind_at": first_reminder(decided.state, now=now),
    }
    await connection.execute(
        INSERT_CASE_SQL,
        *event_values(entry, decided, reason=reason.value, before=None),
        *(columns[name] for name in _COLUMNS),
        *state_values(decided.state),
    )
