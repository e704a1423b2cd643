"""Offers and counter-offers: rows 5 to 9 of the transition table.

Amounts come in whole units of the case's currency and are read under the lock. `offer_pid` names the offer that the
caller means, so that an answer never lands on another one.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from amends.cases.acting import ActingScope, actor_of, check_permission
from amends.cases.commands_apply import Applied, Request, apply, apply_locked, lock_case
from amends.cases.moves import Move, OfferTerms
from amends.cases.rows import CaseRef, LockedCase
from amends.cases.states import Action
from amends.cases.wording import REMEDY_MAX_CHARS, amount_in_minor, clean
from amends.db.pool import Connection
from amends.files.commands import AttachmentInput


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """An offer as it is sent: money in whole units, a remedy in words, or both."""

    amount: int | float | Decimal | None = None
    remedy: str | None = None
    message: str | None = None


def _read(terms: Terms, case: LockedCase) -> OfferTerms:
    remedy = clean(terms.remedy, "remedy", max_chars=REMEDY_MAX_CHARS)
    return OfferTerms(amount_minor=amount_in_minor(terms.amount, case), remedy=remedy)


def _texts(offer: OfferTerms | None) -> dict[str, str]:
    return {"remedy": offer.remedy} if offer is not None and offer.remedy is not None else {}


async def make_offer(
    connection: Connection,
    scope: ActingScope,
    ref: CaseRef,
    *,
    terms: Terms,
    now: datetime,
    expires_in_days: int | None = None,
    attachments: Sequence[AttachmentInput] = (),
    version: int | None = None,
) -> Applied:
    """Offer the customer something between everything and nothing; replaces an open offer of the merchant."""
    check_permission(scope, Action.MAKE_OFFER)
    case = await lock_case(connection, scope, ref)
    offer = _read(terms, case)
    move = Move(
        action=Action.MAKE_OFFER,
        actor=actor_of(scope),
        message=clean(terms.message),
        terms=offer,
        expires_in_days=expires_in_days,
    )
    request = Request(move=move, now=now, version=version, attachments=attachments, texts=_texts(offer))
    return await apply_locked(connection, scope, case, request)


async def accept_offer(
    connection: Connection,
    scope: ActingScope,
    ref: CaseRef,
    *,
    now: datetime,
    offer_pid: str | None = None,
    message: str | None = None,
    version: int | None = None,
) -> Applied:
    """Accept the other side's open offer: exactly the offered amount is refunded and the case is settled."""
    move = Move(action=Action.ACCEPT_OFFER, actor=actor_of(scope), message=clean(message))
    return await apply(connection, scope, ref, Request(move=move, now=now, version=version, offer_pid=offer_pid))


async def decline_offer(
    connection: Connection,
    scope: ActingScope,
    ref: CaseRef,
    *,
    now: datetime,
    offer_pid: str | None = None,
    message: str | None = None,
    counter: Terms | None = None,
    version: int | None = None,
) -> Applied:
    """Decline the other side's open offer; the customer may answer with a counter-offer."""
    check_permission(scope, Action.DECLINE_OFFER)
    case = await lock_case(connection, scope, ref)
    offer = None if counter is None else _read(counter, case)
    words = message if counter is None or counter.message is None else counter.message
    move = Move(action=Action.DECLINE_OFFER, actor=actor_of(scope), message=clean(words), terms=offer)
    request = Request(move=move, now=now, version=version, offer_pid=offer_pid, texts=_texts(offer))
    return await apply_locked(connection, scope, case, request)


async def withdraw_offer(
    connection: Connection,
    scope: ActingScope,
    ref: CaseRef,
    *,
    now: datetime,
    offer_pid: str | None = None,
    message: str | None = None,
    version: int | None = None,
) -> Applied:
    """Take an own open offer back."""
    move = Move(action=Action.WITHDRAW_OFFER, actor=actor_of(scope), message=clean(message))
    return await apply(connection, scope, ref, Request(move=move, now=now, version=version, offer_pid=offer_pid))
