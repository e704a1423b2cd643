"""From every exception to the one error shape (CONTRACT.md): ours, Litestar's, msgspec's and the database's.

Bad input is the caller's to mend and never a 5xx; what is left is a bug, logged with the request's id.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import asyncpg
import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    InternalServerException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from amends.kit.errors import (
    ApiError,
    Conflict,
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    Unavailable,
)
from amends.web.error_pages import error_page, wants_page

log = structlog.stdlib.get_logger(__name__)

_PATH: Final = re.compile(r" - at `\$\.?([^`]*)`$")
_FIELD: Final = re.compile(r"(missing required|contains unknown) field `([^`]*)`")
_MISSING: Final = re.compile(r"Missing required \w+ parameter '([^']*)'")


def invalid_body(error: msgspec.MsgspecError | RecursionError | UnicodeDecodeError) -> InvalidRequest:
    """Say what is wrong with a JSON body, and where, from msgspec's words."""
    if not isinstance(error, msgspec.ValidationError):
        return InvalidRequest("invalid_json", "The body is not JSON in UTF-8.")
    text = str(error)
    at = _PATH.search(text)
    where, what = (at[1], text[: at.start()]) if at else ("", text)
    field = _FIELD.search(what)
    if field is None:
        return InvalidRequest("invalid_parameter", f"{what}.", param=where or None)
    param = f"{where}.{field[2]}" if where else field[2]
    if field[1] == "contains unknown":
        return InvalidRequest("unknown_parameter", f"`{param}` is not a field of this request.", param=param)
    return InvalidRequest("missing_parameter", f"`{param}` is required.", param=param)


def _from_validation(error: ValidationException) -> ApiError:
    """Read Litestar's complaint about parameters: what stands in the path makes it a 404."""
    missing = _MISSING.search(error.detail)
    if missing:
        return InvalidRequest("missing_parameter", f"`{missing[1]}` is required.", param=missing[1])
    details = error.extra if isinstance(error.extra, list) else []
    first: Mapping[str, Any] = details[0] if details and isinstance(details[0], dict) else {}
    if first.get("source") == "path":
        return NotFound()
    param, message = first.get("key"), first.get("message", error.detail)
    if param == "data":
        return InvalidRequest("missing_body", "This operation needs a JSON object as its body.")
    return InvalidRequest("invalid_parameter", f"{message}.", param=param)


def _from_litestar(error: HTTPException) -> ApiError | None:
    match error:
        case ValidationException():
            return _from_validation(error)
        case NotFoundException():
            return NotFound()
        case MethodNotAllowedException():
            allow = (error.headers or {}).get("allow", "")
            return MethodNotAllowed(
                "method_not_allowed", f"This path takes {allow}.", headers={"Allow": allow} if allow else None
            )
        case RequestEntityTooLarge():
            return PayloadTooLarge("body_too_large", "The body is larger than this operation takes.")
        case InternalServerException() if "disconnected" in error.detail:
            return InvalidRequest("client_disconnected", "The connection ended before the body did.")
        case HTTPException() if error.status_code < 500:
            return InvalidRequest("invalid_request", error.detail or "The request is malformed.")
        case _:
            return None


def _from_database(error: Exception) -> ApiError | None:
    match error:
        case asyncpg.DataError():
            return InvalidRequest("invalid_value", "A value is outside what can be stored.")
        case asyncpg.QueryCanceledError():
            return Unavailable("database_too_slow", "The database took too long. Ask for less, or try again later.")
        case asyncpg.DeadlockDetectedError() | asyncpg.SerializationError():
            return Conflict("try_again", "Another change came in between. Send the request again.")
        case (
            asyncpg.CannotConnectNowError()
            | asyncpg.TooManyConnectionsError()
            | asyncpg.AdminShutdownError()
            | asyncpg.PostgresConnectionError()
            | ConnectionError()
        ):
            return Unavailable(
                "database_unavailable", "The database does not answer. Try again.", headers={"Retry-After": "1"}
            )
        case _:
            return None


def as_api_error(error: Exception) -> ApiError:
    """Return what the API answers to an exception."""
    if isinstance(error, ApiError):
        return error
    found = _from_litestar(error) if isinstance(error, HTTPException) else _from_database(error)
    if found is None and isinstance(error, msgspec.MsgspecError | RecursionError):
        found = invalid_body(error)
    return found or InternalError("internal_error", "Something went wrong on our side. Tell us the request's id.")


def answer_exception(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer an exception of a route: in the one error shape, or to a person as a page."""
    answer = as_api_error(error)
    if answer.status >= 500:
        log.error("request_failed", path=request.scope["path"], request_id=request_id(request.scope), exc_info=error)
    if wants_page(request):
        return error_page(request, answer, request_id(request.scope))
    return Response(
        error_bytes(answer), status_code=answer.status, media_type="application/json", headers=answer.headers
    )


def error_bytes(error: ApiError) -> bytes:
    """Write the body of an error."""
    return msgspec.json.encode(error.body())


def request_id(scope: Mapping[str, Any]) -> str:
    """Return the id that the answer carries in `X-Request-Id`."""
    return str(scope["state"].get("request_id", ""))
