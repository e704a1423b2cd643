"""The JSON routes of offers: make, accept, decline (with a counter-offer), withdraw."""

from typing import Final

from litestar import post
from litestar.response import Response

from amends.cases import commands_offers
from amends.cases.api_answering import Desk, carry_out
from amends.cases.api_commands import ONE, ROUTE
from amends.cases.commands_offers import Terms
from amends.cases.schemas import ChangedCase
from amends.cases.schemas_requests import AnswerOffer, DeclineOffer, MakeOffer
from amends.cases.states import Action

OFFERS: Final = ONE + "/offers"
OFFER: Final = OFFERS + "/{offer_id:str}"


@post(OFFERS, status_code=200, summary="Make an offer", **ROUTE)
async def make(case_id: str, desk: Desk, data: MakeOffer) -> Response[ChangedCase]:
    """Offer the customer money, a remedy in words, or both, as the merchant."""
    terms = Terms(amount=data.amount, remedy=data.remedy, message=data.message)
    return await carry_out(
        desk,
        case_id,
        Action.MAKE_OFFER,
        lambda connection, scope, ref: commands_offers.make_offer(
            connection,
            scope,
            ref,
            terms=terms,
            expires_in_days=data.expires_in_days,
            attachments=data.attachments or (),
            version=data.version,
            now=desk.clock.now(),
        ),
    )


@post(OFFER + "/accept", status_code=200, summary="Accept an offer", **ROUTE)
async def accept(case_id: str, offer_id: str, desk: Desk, data: AnswerOffer | None = None) -> Response[ChangedCase]:
    """Accept the other side's offer: exactly its amount is refunded and the case is settled."""
    asked = data or AnswerOffer()
    return await carry_out(
        desk,
        case_id,
        Action.ACCEPT_OFFER,
        lambda connection, scope, ref: commands_offers.accept_offer(
            connection,
            scope,
            ref,
            offer_pid=offer_id,
            message=asked.message,
            version=asked.version,
            now=desk.clock.now(),
        ),
    )


@post(OFFER + "/decline", status_code=200, summary="Decline an offer", **ROUTE)
async def decline(case_id: str, offer_id: str, desk: Desk, data: DeclineOffer | None = None) -> Response[ChangedCase]:
    """Decline the other side's offer; the customer may say in `counter` what would do."""
    asked = data or DeclineOffer()
    said = asked.counter
    counter = None if said is None else Terms(amount=said.amount, remedy=said.remedy, message=said.message)
    return await carry_out(
        desk,
        case_id,
        Action.DECLINE_OFFER,
        lambda connection, scope, ref: commands_offers.decline_offer(
            connection,
            scope,
            ref,
            offer_pid=offer_id,
            message=asked.message,
            counter=counter,
            version=asked.version,
            now=desk.clock.now(),
        ),
    )


@post(OFFER + "/withdraw", status_code=200, summary="Withdraw an offer", **ROUTE)
async def withdraw(case_id: str, offer_id: str, desk: Desk, data: AnswerOffer | None = None) -> Response[ChangedCase]:
    """Take your own open offer back."""
    asked = data or AnswerOffer()
    return await carry_out(
        desk,
        case_id,
        Action.WITHDRAW_OFFER,
        lambda connection, scope, ref: commands_offers.withdraw_offer(
            connection,
            scope,
            ref,
            offer_pid=offer_id,
            message=asked.message,
            version=asked.version,
            now=desk.clock.now(),
        ),
    )


routes: Final = [make, accept, decline, withdraw]
