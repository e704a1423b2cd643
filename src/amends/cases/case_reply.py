"""A saved reply, filled in for one case and the person who sends it, and what of it nobody knows."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from amends.cases.page_rows import CaseRow
from amends.cases.queries_reading import how_customer_reads
from amends.cases.queries_replies import find_reply
from amends.cases.replies import MEANINGS, About, Placeholder, placeholders_in, render_reply
from amends.kit.errors import NotFound
from amends.kit.ids import MalformedId, Prefix, parse_public_id
from amends.services import Services
from amends.web.places import Place
from amends.web.text import _

_UNKNOWN: Final[Mapping[Placeholder, str]] = {
    Placeholder.CUSTOMER_NAME: "customer_name",
    Placeholder.PRODUCT: "product",
    Placeholder.DUE: "due",
    Placeholder.AGENT_NAME: "agent_name",
}
"""What may not be known, with the field of `About` that says so."""


class FilledReply(NamedTuple):
    """A reply as the customer will read it; `remark` names what could not be filled in, or is empty."""

    text: str
    remark: str


async def fill_reply(
    services: Services, place: Place, case: CaseRow, reply_pid: str, *, agent_name: str | None
) -> FilledReply:
    """Fill a saved reply of the account in.

    Raises:
        NotFound: the account has no such reply.
    """
    try:
        parsed = parse_public_id(Prefix.SAVED_REPLY, reply_pid)
    except MalformedId as problem:
        raise NotFound from problem
    row = await find_reply(services.pool, place.account_id, parsed.row_id)
    if row is None or parsed.account != place.account_id:
        raise NotFound
    reading = await how_customer_reads(services.pool, case.user_id)
    about = About(
        customer_name=case.name,
        product=case.product_title,
        amount_minor=case.amount_minor,
        currency=case.currency,
        places=case.places,
        case_id=case.pid,
        due=case.response_due_at,
        agent_name=agent_name,
        account=place.account.title,
        home=place.account.currency,
        locale=reading.locale,
        time_zone=reading.time_zone(case.time_zone),
    )
    return FilledReply(render_reply(row["body"], about, services.clock.now()), _remark(row["body"], about))


def _remark(body: str, about: Any) -> str:
    missing = [one for one in placeholders_in(body) if one in _UNKNOWN and not getattr(about, _UNKNOWN[one])]
    if not missing:
        return ""
    names = ", ".join(f"{one.written} ({MEANINGS[one]})" for one in missing)
    return _("Not known here, so check the words that stand for it: %(names)s", names=names)
