"""The texts of a reason, filled in for one case: to the customer as they read, to the merchant as the account does."""

from collections.abc import Collection
from typing import NamedTuple

from amends.cases.page_rows import CaseRow
from amends.cases.queries_reading import SidesReading, how_sides_read
from amends.cases.queries_reasons import find_reason, list_reasons
from amends.cases.reasons import ReasonCode, fill
from amends.cases.replies import About
from amends.kit.errors import NotFound
from amends.services import Services
from amends.web.places import Place


class ReasonTexts(NamedTuple):
    """What a reviewer starts from; empty: the reason brings no text."""

    to_customer: str
    to_merchant: str


async def fill_reason(services: Services, place: Place, case: CaseRow, code: str) -> ReasonTexts:
    """Fill the texts of a reason in.

    Raises:
        NotFound: there is no such reason, or it is retired.
    """
    reason = await find_reason(services.pool, code)
    if reason is None or reason.is_retired:
        raise NotFound
    return _filled(services, place, case, reason, await _readings(services, place, case))


async def _readings(services: Services, place: Place, case: CaseRow) -> SidesReading:
    return await how_sides_read(services.pool, place.account_id, case.user_id)


async def put_texts(services: Services, place: Place, case: CaseRow, code: str, *, written: ReasonTexts) -> ReasonTexts:
    """Return the texts of a reason in the place of what was written; what somebody wrote themselves stays above.

    Raises:
        NotFound: as of `fill_reason`.
    """
    texts = await fill_reason(services, place, case, code)
    readings = await _readings(services, place, case)
    ready = [_filled(services, place, case, one, readings) for one in await list_reasons(services.pool)]
    return ReasonTexts(
        _below(written.to_customer, texts.to_customer, {one.to_customer for one in ready}),
        _below(written.to_merchant, texts.to_merchant, {one.to_merchant for one in ready}),
    )


def _below(written: str, text: str, ready: Collection[str]) -> str:
    own = written.strip()
    if not own or own in ready:
        return text
    return own if not text or text in own else f"{own}\n\n{text}"


def _filled(services: Services, place: Place, case: CaseRow, reason: ReasonCode, readings: SidesReading) -> ReasonTexts:
    now, (customer, merchant) = services.clock.now(), readings
    to_customer = _about(place, case, locale=customer.locale, time_zone=customer.time_zone(case.time_zone))
    to_merchant = _about(place, case, locale=merchant.locale, time_zone=place.account.time_zone)
    return ReasonTexts(fill(reason, "to_customer", to_customer, now), fill(reason, "to_merchant", to_merchant, now))


def _about(place: Place, case: CaseRow, *, locale: str | None, time_zone: str | None) -> About:
    return About(
        customer_name=case.name,
        product=case.product_title,
        amount_minor=case.amount_minor,
        currency=case.currency,
        places=case.places,
        case_id=case.pid,
        due=None,
        agent_name=None,
        account=place.account.title,
        home=place.account.currency,
        locale=locale,
        time_zone=time_zone,
    )
