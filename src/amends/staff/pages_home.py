"""Where somebody arrives: `/` sends each to what is theirs, and shows who is not signed in that Amends runs here.

The platform's staff goes to the review queue, a merchant to the table, a customer to their cases, or to their purchases
before the first one. Who is several of these finds the others in the menu.
"""

from typing import Any

from litestar import Request, Response, get

from amends.access.scopes import Caller
from amends.access.sessions import Session
from amends.kit.ids import Prefix, parse_public_id
from amends.services import Services
from amends.staff.queries_home import account_pid_of, has_case
from amends.web import urls
from amends.web.layout import session_of
from amends.web.pages import redirect
from amends.web.status import status_of


@get("/", opt={"public": True, "case_link": True}, include_in_schema=False)
async def home(request: Request[Any, Any, Any], services: Services) -> Response[Any]:
    """Go on to the person's own pages; 503 while the database does not answer."""
    session = session_of(request)
    if session is None:
        return await status_of(request, services.pool)
    return redirect(request, await _arrival(services, request.auth, session))


async def _arrival(services: Services, caller: Caller, session: Session) -> str:
    if session.only_case is not None:
        return await _only_case(services, session, session.only_case)
    if session.staff_role is not None:
        return urls.platform_url("queue")
    if session.teams:
        return urls.table_url(session.teams[0].account_pid) if len(session.teams) == 1 else urls.ACCOUNTS
    account_ids = caller.customer.account_ids if caller.customer else ()
    return urls.MY_CASES if await has_case(services.pool, account_ids, session.user_id) else urls.PURCHASES


async def _only_case(services: Services, session: Session, case_pid: str) -> str:
    """Return the page of the one case that a session opens: the customer's, unless its person is there to answer it."""
    if session.staff_role is None and not session.teams:
        return urls.my_case_url(case_pid)
    account_pid = await account_pid_of(services.pool, parse_public_id(Prefix.CASE, case_pid).account)
    return urls.case_url(account_pid or "", case_pid)


routes = [home]
