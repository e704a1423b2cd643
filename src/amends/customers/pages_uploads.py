"""Files that a customer's browser sends ahead of the form that names them: for a case, or for a problem to report."""

from typing import Any, Final

from litestar import Request, Response, post

from amends.access.permissions import Permission
from amends.access.scopes import Caller
from amends.cases.pages_uploads import keep_upload
from amends.customers.refusals import customer_refusal
from amends.services import Services
from amends.web import urls


@post(f"{urls.MY_CASES}/uploads", opt={"permission": Permission.FILE_WRITE, "case_link": True}, include_in_schema=False)
async def upload(
    request: Request[Any, Caller, Any], services: Services, filename: str = "file"
) -> Response[dict[str, Any]]:
    """Keep a file of a customer, and say how a form names it."""
    return await keep_upload(request, services, filename, customer_refusal)


routes: Final = [upload]
