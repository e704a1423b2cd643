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
from amends.cases.commands_attachments import bind_files, show_files
from amends.cases.commands_write import count_deltas, notice_of
from amends.cases.eligibility import eligibility
from amends.cases.errors import CaseError
from amends.cases.moves import Move
from amends.cases.policy import Policy
from amends.cases.reminding import first_reminder
from amends.cases.rows import STATE_FIELDS, CaseRef, read_policy, state_values
from amends.cases.states import Action, Actor, CaseState, Reason
from amends.cases.timeline import GENESIS, EventRow, TimelineEntry, compose
from amends.cases.wording import clean
from amends.db.notices import tell
from amends.db.pool import Connection
from amends.files.commands import AttachmentInput
from amends.kit.errors import NotFound, Unprocessable
from amends.kit.ids import Prefix, public_id, uuid7
from amends.kit.money import InexactAmount, to_minor
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

_OPENING_COLUMNS: Final = (
    "pid", "payment_id", "member_id", "user_id", "product_id", "plan_id", "reason", "currency", "currency_exponent",
    "payment_method_type", "answers", "requested_remedy", "policy_version", "deadline_at", "remind_at", "created_at",
    *STATE_FIELDS,
)  # fmt: skip
_EVENT_FIELDS: Final = EventRow.__struct_fields__[2:]
_EVENT_AT: Final = 3 + len(_OPENING_COLUMNS)
_AFTER: Final = _EVENT_AT + len(_EVENT_FIELDS)
_CREATED_AT: Final = 3 + _OPENING_COLUMNS.index("created_at")

INSERT_CASE_SQL: Final = f"""
with opened as (
    insert into cases (
        account_id, id, {", ".join(_OPENING_COLUMNS)}, updated_at, last_activity_at, event_count, head_hash
    )
    values (
        $1, $2, {", ".join(f"${3 + n}" for n in range(len(_OPENING_COLUMNS)))},
        ${_CREATED_AT}, ${_CREATED_AT}, 1, ${_AFTER + 1}
    )
),
told as (
    insert into case_events (account_id, case_id, {", ".join(_EVENT_FIELDS)}, previous_hash, hash)
    values ($1, $2, {", ".join(f"${_EVENT_AT + n}" for n in range(len(_EVENT_FIELDS)))}, ${_AFTER}, ${_AFTER + 1})
),
worded as (
    insert into case_event_texts (account_id, case_id, event_id, salt, texts)
    select $1, $2, ${_EVENT_AT}, ${_AFTER + 2}::bytea, ${_AFTER + 3}::jsonb
    where ${_AFTER + 2}::bytea is not null
),
noticed as (
    insert into case_notices (account_id, case_id, event_id, transition, created_at)
    values ($1, $2, ${_EVENT_AT}, ${_AFTER + 8}, ${_CREATED_AT})
)
insert into case_count_deltas (account_id, id, status, reason, outcome, n)
select $1, d.id, d.status, ${3 + _OPENING_COLUMNS.index("reason")}, d.outcome, d.n
from unnest(
    ${_AFTER + 4}::uuid[], ${_AFTER + 5}::text[], ${_AFTER + 6}::text[], ${_AFTER + 7}::smallint[]
) as d (id, status, outcome, n)
"""  # noqa: S608 (columns of the structs)

ANSWERS_MAX_BYTES: Final = 10_000
Answer = str | int | float | bool | None


class Remedy(msgspec.Struct, frozen=True, kw_only=True):
    """What the customer asks for; `amount` in whole units."""

    kind: str
    amount: int | float | None = None
    text: str | None = None


REMEDY_KINDS: Final = ("full_refund", "partial_refund", "other")


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
    case_id, event_id = uuid7(now), uuid7(now)
    bound = await bind_files(
        connection, (account_id, case_id), event_id=event_id, owner=owner_of(scope),
        attachments=attachments, files_max=policy.files_max, now=now,
    )  # fmt: skip
    entry = compose(
        decided.event,
        ref=(account_id, case_id),
        position=1,
        previous=GENESIS,
        principal=scope.principal,
        event_id=event_id,
        data={**decided.event.data, "reason": reason.value, **bound.facts},
        texts={"message": move.message or ""},
        now=now,
    )
    pid = public_id(Prefix.CASE, case_id, account_id)
    columns = {
        "pid": pid,
        "reason": reason.value,
        "answers": _answers(answers),
        "requested_remedy": _remedy(remedy, payment),
        "policy_version": policy_version,
        "deadline_at": lifecycle.next_deadline(decided.state),
        "remind_at": first_reminder(decided.state, now=now),
        "created_at": now,
        **_from_payment(payment),
    }
    await _insert(connection, (account_id, case_id), columns, decided, entry)
    tell(connection, notice_of(entry, pid, payment.user_id, decided.state, version=1))
    await show_files(connection, (account_id, case_id), decided.event, bound, now=now)
    return Opened(CaseRef(account_id, case_id), pid, entry.row.pid, decided.state)


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


def _answers(answers: Mapping[str, Answer] | None) -> dict[str, Answer] | None:
    if not answers:
        return None
    kept = {key: clean(value, "answers") if isinstance(value, str) else value for key, value in answers.items()}
    if any("\x00" in key for key in kept) or len(msgspec.json.encode(kept)) > ANSWERS_MAX_BYTES:
        raise Unprocessable("answers_invalid", "The answers are too long or hold U+0000.", param="answers")
    return kept


def _remedy(remedy: Remedy | None, payment: LockedPayment) -> dict[str, Any] | None:
    """Check what the customer asks for; an amount is above nothing and at most what was paid."""
    if remedy is None:
        return None
    if remedy.kind not in REMEDY_KINDS:
        raise Unprocessable("remedy_invalid", f"It is one of {', '.join(REMEDY_KINDS)}.", param="remedy.kind")
    try:
        amount = None if remedy.amount is None else to_minor(remedy.amount, payment.currency)
    except InexactAmount as error:
        raise Unprocessable("inexact_amount", str(error), param="remedy.amount") from error
    if amount is not None and not 0 < amount <= payment.amount_minor:
        raise Unprocessable(
            "amount_invalid", "Ask for more than nothing and at most for what was paid.", param="remedy.amount"
        )
    return {"kind": remedy.kind, "amount_minor": amount, "text": clean(remedy.text, "remedy.text", max_chars=2_000)}


async def _insert(
    connection: Connection,
    ref: tuple[int, UUID],
    columns: Mapping[str, Any],
    decided: lifecycle.Decided,
    entry: TimelineEntry,
) -> None:
    """Write the case, its first event with the text, its notice, and the counter delta, in one statement."""
    values = [columns[name] for name in _OPENING_COLUMNS if name in columns]
    await connection.execute(
        INSERT_CASE_SQL,
        *ref,
        *values,
        *state_values(decided.state),
        *entry.values,
        *count_deltas(None, decided.state, columns["created_at"]),
        decided.row,
    )
