"""Files that a browser sends ahead of the form that names them: one request a file, its body the bytes.

The file is the sender's own until an event carries it. Bytes go to disk as they come.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from litestar import Request, Response, post

from amends.access.permissions import Permission
from amends.access.scopes import Caller
from amends.cases.case_acting_view import kept_file
from amends.cases.case_refusals import refusal_words
from amends.cases.case_sending import waiting_files
from amends.files.landing import body_of
from amends.files.uploads import add_file
from amends.kit.errors import ApiError, InvalidRequest, PayloadTooLarge, Unprocessable
from amends.services import Services
from amends.web.places import place_of
from amends.web.text import file_size

_ROUTE: Final[dict[str, Any]] = {
    "opt": {"permission": Permission.FILE_WRITE, "case_link": True},
    "include_in_schema": False,
}


AnyRequest = Request[Any, Caller, Any]


@post("/accounts/{biz_pid:str}/uploads", **_ROUTE)
async def upload(
    request: AnyRequest, services: Services, biz_pid: str, filename: str = "file"
) -> Response[dict[str, Any]]:
    """Keep a file of somebody on an account's team, and say how a form names it."""
    place = await place_of(request, biz_pid, Permission.FILE_WRITE)
    return await keep_upload(request, services, filename, partial(refusal_words, home=place.account.currency))


async def keep_upload(
    request: AnyRequest, services: Services, filename: str, refused: Callable[[ApiError], str]
) -> Response[dict[str, Any]]:
    """Keep a file as the caller's own, and say how a form names it; or why not, in the words of `refused`."""
    now = services.clock.now()
    try:
        row = await add_file(services, owner=request.auth.owner, filename=filename, data=body_of(request), now=now)
    except (InvalidRequest, PayloadTooLarge, Unprocessable) as problem:
        return Response({"error": refused(problem)}, status_code=problem.status)
    (ready,) = await waiting_files(services, request.auth, [row.pid])
    file = kept_file(ready, services)
    body = {"id": file.pid, "name": file.name, "size": file_size(file.size_bytes), "thumbnail_url": file.thumbnail_url}
    return Response(body, status_code=201)


routes: Final = [upload]
