"""What the platform does: ask a side (row 17), decide with reasons (row 18 and the answers to an appeal).

Whoever decided first does not decide the appeal; where nobody else may, an admin does, with a recorded override. A key
counts as its maker: what it decided, its maker decided, and the other way round. It overrides nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec

from amends.access.permissions import Permission
from amends.access.queries import who_is_behind
from amends.cases.acting import ActingScope, actor_of, check_permission
from amends.cases.commands_apply import Applied, Request, apply, apply_locked, check_version, lock_case
from amends.cases.commands_effects import Ruling
from amends.cases.moves import AppealAnswer, Move
from amends.cases.queries_events import known_evidence
from amends.cases.queries_reasons import list_reasons
from amends.cases.queries_reviewers import other_reviewers
from amends.cases.reasons import DecidedAs, check_reason
from amends.cases.rows import CaseRef, LockedCase
from amends.cases.states import Action, Actor, Outcome, RefundBy
from amends.cases.wording import amount_in_minor, clean, need
from amends.db.pool import Connection
from amends.files.commands import AttachmentInput
from amends.kit.errors import Forbidden, Unprocessable

OVERRIDE_MAX_CHARS: Final = 2_000


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A decision as it is sent. On a merchant's appeal only `answer` says how; else `outcome`, `payer`, `amount`."""

    reason_code: str
    to_customer: str
    to_merchant: str
    evidence: tuple[str, ...]
    outcome: Outcome | None = None
    payer: RefundBy | None = None
    amount: int | float | Decimal | None = None
    answer: AppealAnswer | None = None
    override_note: str | None = None


async def ask(
    connection: Connection,
    scope: ActingScope,
    ref: CaseRef,
    *,
    of: Actor,
    message: str,
    now: datetime,
    attachments: Sequence[AttachmentInput] = (),
    version: int | None = None,
) -> Applied:
    """Ask the customer or the merchant a question; the review waits for the answer."""
    move = Move(action=Action.ASK, actor=actor_of(scope), message=clean(message), ask_of=of)
    return await apply(connection, scope, ref, Request(move=move, now=now, version=version, attachments=attachments))


async def decide(
    connection: Connection,
    scope: ActingScope,
    ref: CaseRef,
    *,
    verdict: Verdict,
    now: datetime,
    attachments: Sequence[AttachmentInput] = (),
    version: int | None = None,
) -> Applied:
    """Decide a case under review, or an appeal, with reasons for both sides."""
    check_permission(scope, Action.DECIDE)
    case = await lock_case(connection, scope, ref)
    await check_version(connection, scope, case, version, now)
    note = clean(verdict.override_note, "override_note", max_chars=OVERRIDE_MAX_CHARS)
    override_note = await _second_reviewer(connection, scope, case, note)
    limit = case.policy.message_max_chars
    ruling = Ruling(
        reason_code=need(verdict.reason_code, "reason_code", max_chars=64),
        to_customer=need(verdict.to_customer, "to_customer", max_chars=limit),
        to_merchant=need(verdict.to_merchant, "to_merchant", max_chars=limit),
        evidence=await _evidence(connection, ref, verdict.evidence),
        override_note=override_note,
    )
    check_reason(await list_reasons(connection), ruling.reason_code, _decided_as(case, verdict))
    move = Move(
        action=Action.DECIDE,
        actor=actor_of(scope),
        outcome=verdict.outcome,
        payer=verdict.payer,
        amount_minor=amount_in_minor(verdict.amount, case),
        answer=verdict.answer,
    )
    texts = {"to_customer": ruling.to_customer, "to_merchant": ruling.to_merchant}
    request = Request(move=move, now=now, version=version, attachments=attachments, texts=texts, ruling=ruling)
    return await apply_locked(connection, scope, case, request)


def _decided_as(case: LockedCase, verdict: Verdict) -> DecidedAs | None:
    """Return what a reason has to fit; None: that is not said, which the lifecycle refuses."""
    said = verdict.answer if case.state.merchant_appealed else verdict.outcome
    return DecidedAs(said.value) if said is not None and said in set(DecidedAs) else None


async def _evidence(connection: Connection, ref: CaseRef, evidence: Sequence[str]) -> tuple[str, ...]:
    """Check that a decision relies on events of this case, or files attached to them, which both sides can see."""
    if not evidence:
        raise Unprocessable(
            "evidence_required",
            "Name at least one event, or attached file, that the decision relies on.",
            param="evidence",
        )
    known = await known_evidence(connection, ref)
    for position, one in enumerate(evidence):
        if one not in known:
            raise Unprocessable(
                "evidence_unknown",
                "The evidence names events of this case, or files attached to them, that both sides can see.",
                param=f"evidence[{position}]",
            )
    return tuple(dict.fromkeys(evidence))


async def _second_reviewer(
    connection: Connection, scope: ActingScope, case: LockedCase, override_note: str | None
) -> str | None:
    """Refuse on an appeal whoever decided first, by a key, too; an admin may go on with a note where nobody else may.

    Returns the note to record.
    """
    first = case.first_reviewer_id
    if first is None or not case.state.appealed:
        return None
    behind = await who_is_behind(connection, {first, scope.principal.id})
    if behind[first].isdisjoint(behind[scope.principal.id]):
        return None
    others = await other_reviewers(connection, but=behind[first], buyer=case.user_id, account_id=case.account_id)
    permissions = getattr(scope, "permissions", frozenset[Permission]())
    may_override = scope.principal.kind == "user" and Permission.POLICY_MANAGE in permissions
    if override_note is not None and not others and may_override:
        return override_note
    raise Forbidden(
        "second_reviewer_needed",
        "You decided this case before the appeal, so somebody else decides it now. A person and the API keys they made"
        " count as one. Only where nobody else may, a platform admin decides alone, with an `override_note`; a key"
        " cannot.",
        details={"reviewers": [{"id": one.pid, "name": one.name} for one in others]},
    )
