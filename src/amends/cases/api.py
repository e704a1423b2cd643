"""The JSON routes that read cases: list, summary, one case, its timeline. Commands are in `api_commands`."""

from typing import Any, Final
from uuid import UUID

from litestar import get
from litestar.response import Response

from amends.access.permissions import Permission
from amends.access.scopes import Caller
from amends.cases import api_commands, api_offers, api_platform, api_reasons, api_replies, api_views
from amends.cases.api_reading import (
    case_cursors,
    event_cursors,
    json_answer,
    page_answer,
    readable,
    ref_of,
    time_of,
    timeline_page,
)
from amends.cases.filters import CaseFilter, Direction, Order
from amends.cases.listing import Place, list_cases, places_of, view_in
from amends.cases.queries_case import case_json
from amends.cases.queries_places import account_exists, accounts_of_user
from amends.cases.schemas import CasePage, CaseSummary, EventPage, WholeCase
from amends.cases.states import Outcome, Reason, Status
from amends.cases.summary import Group, summarize
from amends.db.pool import Pool
from amends.files.links import Links
from amends.kit.clock import Clock
from amends.kit.errors import InvalidRequest, NotFound
from amends.kit.ids import MalformedId, Prefix, parse_public_id
from amends.kit.pages import PageRequest
from amends.kit.signing import Signer
from amends.services import Services
from amends.settings import Settings

PATH: Final = "/api/v1/resolution_center_cases"
_NEEDS: Final[dict[str, Any]] = {"permission": Permission.CASE_READ}
_TAGS: Final = ["Cases"]
ALL_EVENTS: Final = 10_000
NOBODY: Final = UUID(int=0)  # no user has it: ids are uuids v7


@get(PATH, opt=_NEEDS, summary="List cases", tags=_TAGS)
async def list_(
    caller: Caller,
    services: Services,
    account_id: str | None = None,
    user_id: str | None = None,
    status: list[Status] | None = None,
    reason: list[Reason] | None = None,
    outcome: list[Outcome] | None = None,
    created_before: str | None = None,
    created_after: str | None = None,
    order: Order = Order.CREATED_AT,
    direction: Direction = Direction.DESC,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Response[CasePage]:
    """List every case that you can read: your own as a customer, and those of the accounts that you are part of.

    `user_id` narrows to one buyer; for an id that names nobody whose cases you can read the list is empty.
    """
    pool = services.pool
    cursors = case_cursors(services.signer, order, direction)
    page = cursors.request(first=first, after=after, last=last, before=before)
    wanted = CaseFilter(
        account_id=_account(account_id),
        user_id=_user(caller, user_id),
        status=status or (),
        reason=reason or (),
        outcome=outcome or (),
        created_after=time_of(created_after, "created_after"),
        created_before=time_of(created_before, "created_before"),
    )
    places = await _places(pool, caller, wanted, account_id)
    listed = await list_cases(
        pool, places, wanted, order=order, direction=direction, page=page, now=services.clock.now()
    )
    info = cursors.page_info(
        listed.ends, lambda key: key, beyond_start=listed.beyond_start, beyond_end=listed.beyond_end
    )
    return page_answer(listed.bodies, info)


@get(PATH + "/summary", opt=_NEEDS, summary="Count cases", tags=_TAGS)
async def summary(
    caller: Caller,
    pool: Pool,
    groups: list[Group] | None = None,
    account_id: str | None = None,
    user_id: str | None = None,
    status: list[Status] | None = None,
    reason: list[Reason] | None = None,
    outcome: list[Outcome] | None = None,
    created_before: str | None = None,
    created_after: str | None = None,
) -> CaseSummary:
    """Count the cases that the list shows under the same filters, by status, reason and outcome."""
    wanted = CaseFilter(
        account_id=_account(account_id),
        user_id=_user(caller, user_id),
        status=status or (),
        reason=reason or (),
        outcome=outcome or (),
        created_after=time_of(created_after, "created_after"),
        created_before=time_of(created_before, "created_before"),
    )
    places = await _places(pool, caller, wanted, account_id)
    return await summarize(pool, places, wanted, groups=groups or tuple(Group))


@get(PATH + "/{case_id:str}", opt=_NEEDS, summary="Retrieve a case", tags=_TAGS)
async def retrieve(
    case_id: str, caller: Caller, pool: Pool, clock: Clock, signer: Signer, settings: Settings
) -> Response[WholeCase]:
    """Return one case with its money and its whole timeline, newest first."""
    ref, now = ref_of(Prefix.CASE, case_id), clock.now()
    scope = await readable(pool, caller, ref)
    body = await case_json(pool, ref, view_in(scope), now=now)
    page = PageRequest(size=ALL_EVENTS, from_end=False, after=None, before=None)
    events, _ = await timeline_page(
        pool,
        scope,
        ref,
        cursors=event_cursors(signer, ref.case_id),
        page=page,
        links=Links(signer, settings.base_url),
        now=now,
    )
    return json_answer(f'{body[:-1]},"events":[{",".join(events)}]}}'.encode())


@get(PATH + "/{case_id:str}/events", opt=_NEEDS, summary="List a case's timeline", tags=_TAGS)
async def events(
    case_id: str,
    caller: Caller,
    pool: Pool,
    clock: Clock,
    signer: Signer,
    settings: Settings,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Response[EventPage]:
    """List a case's events, newest first, without those that you may not see."""
    ref = ref_of(Prefix.CASE, case_id)
    cursors = event_cursors(signer, ref.case_id)
    page = cursors.request(first=first, after=after, last=last, before=before)
    scope = await readable(pool, caller, ref)
    shown, info = await timeline_page(
        pool, scope, ref, cursors=cursors, page=page, links=Links(signer, settings.base_url), now=clock.now()
    )
    return page_answer(shown, info)


def _account(account_id: str | None) -> int | None:
    return None if account_id is None else ref_of(Prefix.ACCOUNT, account_id).account_id


def _user(caller: Caller, user_id: str | None) -> UUID | None:
    """Read the wanted buyer: a user's id, or `me`. A malformed id is nobody's, and as unknown as any other."""
    if user_id is None:
        return None
    if user_id != "me":
        try:
            parsed = parse_public_id(Prefix.USER, user_id)
        except MalformedId:
            return NOBODY
        return NOBODY if parsed.account else parsed.row_id
    if caller.customer is None:
        raise InvalidRequest(
            "me_needs_a_user", "`me` is the user of a user's token; an API key has none. Name a user.", param="user_id"
        )
    return caller.customer.user_id


async def _places(pool: Pool, caller: Caller, wanted: CaseFilter, account_id: str | None) -> list[Place]:
    """Return where to look; an account that the caller can never see is not there."""
    accounts: tuple[int, ...] = ()
    if caller.platform is not None:
        if account_id is not None and not await account_exists(pool, account_id):
            raise NotFound
        if wanted.user_id is not None and wanted.account_id is None:
            accounts = await accounts_of_user(pool, wanted.user_id)
    elif wanted.account_id is not None:
        merchant = caller.merchant(wanted.account_id)
        if not (caller.customer is not None if merchant is None else merchant.account_pid == account_id):
            raise NotFound
    return places_of(caller, wanted, buyer_accounts=accounts)


routes: Final = [
    list_,
    summary,
    retrieve,
    events,
    *api_commands.routes,
    *api_offers.routes,
    *api_platform.routes,
    *api_reasons.routes,
    *api_replies.routes,
    *api_views.routes,
]
