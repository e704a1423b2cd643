"""What the address of a case's page says: which case, for whoever reads it, and which parts of the page.

A reader finds a case here or nowhere: one of another account, or their own purchase, is not there.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from amends.access.permissions import Permission
from amends.access.resolve import refuse_own_payment
from amends.access.scopes import Caller
from amends.cases.acting import actor_of
from amends.cases.page_member import Address
from amends.cases.page_rows import CaseOutline, CaseRow
from amends.cases.queries_page import get_case_outline, get_case_row
from amends.cases.rows import CaseRef
from amends.kit.errors import NotFound
from amends.kit.ids import MalformedId, Prefix, parse_public_id
from amends.services import Services
from amends.web import urls
from amends.web.places import Place

_FROM_MAX: Final = 2000


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """Which parts of the page are asked for, as its address says; what it says wrongly is left out."""

    table: str = ""
    """The query string of the table that one comes from."""
    queue: str = ""
    """The query string of the review queue that one comes from."""
    kind: str = ""
    log_from: str = ""
    payments_from: str = ""
    before: str = ""
    panel: str = ""
    """Which form is open."""

    def query(self, **changes: str) -> str:
        """Return the query string of the page with some parameters changed."""
        fields = {
            "from": self.table,
            "queue": self.queue,
            "kind": self.kind,
            "log_from": self.log_from,
            "payments_from": self.payments_from,
        }
        return urlencode({name: value for name, value in {**fields, **changes}.items() if value})


def shown_of(params: Mapping[str, str]) -> Shown:
    """Read which parts of the page an address asks for."""
    return Shown(
        table=params.get("from", "")[:_FROM_MAX],
        queue=params.get("queue", "")[:_FROM_MAX],
        kind=params.get("kind", "")[:64],
        log_from=params.get("log_from", "")[:100],
        payments_from=params.get("payments_from", "")[:100],
        before=params.get("before", "")[:100],
        panel=params.get("panel", "")[:20],
    )


def address_of(place: Place, case_pid: str, shown: Shown) -> tuple[str, Address]:
    """Return the path of a case's page, and what gives its address with some parameters changed."""
    path = urls.case_url(place.account.pid, case_pid)

    def address(**changes: str) -> str:
        return urls.with_query(path, shown.query(**changes))

    return path, address


async def find_case_row(
    services: Services, caller: Caller, place: Place, case_pid: str, *, before: str = ""
) -> CaseRow:
    """Return a case of the account that the reader works for.

    Raises:
        NotFound: malformed, unknown or of another account. Forbidden: `own_payment`.
    """
    case_id = row_of(Prefix.CASE, case_pid, place)
    if case_id is None:
        raise NotFound
    row = await get_case_row(
        services.pool,
        CaseRef(place.account_id, case_id),
        viewer=actor_of(place.scope),
        with_email=Permission.MEMBER_EMAIL_READ in place.scope.permissions,
        now=services.clock.now(),
        before=row_of(Prefix.EVENT, before, place),
    )
    if row is None:
        raise NotFound
    _refuse_customer(caller, row.user_id)
    return row


async def find_outline(services: Services, caller: Caller, place: Place, case_pid: str) -> CaseOutline:
    """Return the outline of a case of the account that the reader works for.

    Raises:
        NotFound, Forbidden: as the page does.
    """
    case_id = row_of(Prefix.CASE, case_pid, place)
    case = None if case_id is None else await get_case_outline(services.pool, CaseRef(place.account_id, case_id))
    if case is None:
        raise NotFound
    _refuse_customer(caller, case.user_id)
    return case


def row_of(prefix: Prefix, pid: str, place: Place) -> UUID | None:
    """Return the row that a public id of the account names; None: it names none."""
    try:
        parsed = parse_public_id(prefix, pid)
    except MalformedId:
        return None
    return parsed.row_id if parsed.account == place.account_id else None


def _refuse_customer(caller: Caller, buyer: UUID) -> None:
    if caller.customer is not None and caller.customer.user_id == buyer:
        refuse_own_payment()
