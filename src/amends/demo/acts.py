"""From a planned step to the command that carries it out."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from amends.access.scopes import Scope
from amends.cases import commands, commands_internal, commands_offers, commands_platform
from amends.cases.commands_apply import Applied
from amends.cases.commands_offers import Terms
from amends.cases.commands_platform import Verdict
from amends.cases.moves import AppealAnswer
from amends.cases.reasons import ReasonCode
from amends.cases.rows import CaseRef
from amends.cases.states import Actor, Outcome, RefundBy
from amends.db.pool import Connection
from amends.demo.exchanges import values_of
from amends.demo.market import Sale
from amends.demo.sentences import fill
from amends.demo.story import Planned
from amends.files.commands import AttachmentInput
from amends.kit.money import exponent, major_number


async def act(
    connection: Connection,
    scope: Scope,
    ref: CaseRef,
    step: Planned,
    *,
    sale: Sale,
    files: Sequence[AttachmentInput],
    evidence: tuple[str, ...],
    assignee: str,
    reasons: Mapping[str, ReasonCode],
    now: datetime,
) -> Applied:
    """Carry out a person's step on an open or closed case."""
    message = step.message or ""
    match step.verb:
        case "accept":
            ends = bool(step.options.get("end_membership"))
            return await commands.accept_case(
                connection, scope, ref, message=step.message, end_membership=ends, attachments=files, now=now
            )
        case "request_info":
            return await commands.request_info(connection, scope, ref, message=step.message, attachments=files, now=now)
        case "escalate":
            return await commands.escalate(connection, scope, ref, message=step.message, attachments=files, now=now)
        case "withdraw":
            return await commands.withdraw_case(connection, scope, ref, message=step.message, now=now)
        case "deny" | "reply" | "comment" | "appeal":
            verbs = {
                "deny": commands.deny_case,
                "reply": commands.reply,
                "comment": commands.comment,
                "appeal": commands.appeal,
            }
            return await verbs[step.verb](connection, scope, ref, message=message, attachments=files, now=now)
        case "note":
            return await commands_internal.add_note(connection, scope, ref, message=message, now=now)
        case "assign":
            return await commands_internal.assign_case(connection, scope, ref, assignee_pid=assignee, now=now)
        case "ask":
            of = Actor(step.options["of"])
            return await commands_platform.ask(connection, scope, ref, of=of, message=message, now=now)
        case "decide":
            verdict = _verdict(step, sale, evidence, reasons[step.reason_code or "other"])
            return await commands_platform.decide(connection, scope, ref, verdict=verdict, now=now)
        case _:
            return await _bargain(connection, scope, ref, step, sale, now)


async def _bargain(
    connection: Connection, scope: Scope, ref: CaseRef, step: Planned, sale: Sale, now: datetime
) -> Applied:
    terms = Terms(amount=_amount(step, sale), remedy=step.remedy, message=step.message)
    match step.verb:
        case "make_offer":
            return await commands_offers.make_offer(connection, scope, ref, terms=terms, now=now)
        case "decline_offer":
            counter = terms if step.share is not None else None
            return await commands_offers.decline_offer(
                connection, scope, ref, message=step.message, counter=counter, now=now
            )
        case "accept_offer":
            return await commands_offers.accept_offer(connection, scope, ref, now=now)
        case "withdraw_offer":
            return await commands_offers.withdraw_offer(connection, scope, ref, now=now)
        case verb:
            raise ValueError(f"the scripts have no verb {verb}")


def share_minor(step: Planned, sale: Sale) -> int | None:
    """Return the step's share of what was paid, in minor units."""
    return None if step.share is None else max(1, round(sale.amount_minor * step.share))


def _amount(step: Planned, sale: Sale) -> int | float | None:
    minor = share_minor(step, sale)
    return None if minor is None else major_number(minor, exponent(sale.product.currency))


def _verdict(step: Planned, sale: Sale, evidence: tuple[str, ...], reason: ReasonCode) -> Verdict:
    """Return a decision with the catalogue's words for its reason."""
    outcome, payer, answer = (step.options.get(name) for name in ("outcome", "payer", "answer"))
    return Verdict(
        reason_code=reason.code,
        to_customer=fill(reason.to_customer, values_of(sale)),
        to_merchant=fill(reason.to_merchant, values_of(sale)),
        evidence=evidence,
        outcome=None if outcome is None else Outcome(outcome),
        payer=None if payer is None else RefundBy(payer),
        amount=_amount(step, sale),
        answer=None if answer is None else AppealAnswer(answer),
    )
