"""The errors that the API answers with.

ApiError
├── InvalidRequest    400  malformed: the request itself must change
├── Unauthorized      401  who are you
├── Forbidden         403  never allowed to this caller
├── NotFound          404  not there, or not visible to you: always the same answer
├── MethodNotAllowed  405  the path is there, the method is not
├── Conflict          409  not now: the state forbids it
├── PayloadTooLarge   413
├── UnsupportedMediaType 415  the body is not JSON
├── Unprocessable     422  well-formed, but cannot be
├── RateLimited       429
├── InternalError     500  a bug of ours
└── Unavailable       503  a part that is needed does not answer

`code` is stable and documented in docs/reference/errors.md; `message` says what to do.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class ApiError(Exception):
    """An answer that is not a success."""

    status: ClassVar[int] = 500
    type: ClassVar[str] = "internal"

    def __init__(
        self,
        code: str,
        message: str,
        *,
        param: str | None = None,
        details: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param
        self.details = details
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """Return the JSON that the API answers."""
        error: dict[str, Any] = {"type": self.type, "code": self.code, "message": self.message}
        if self.param is not None:
            error["param"] = self.param
        if self.details is not None:
            error["details"] = dict(self.details)
        return {"error": error}


class InvalidRequest(ApiError):
    """The request is malformed."""

    status = 400
    type = "invalid_request"


class Unauthorized(ApiError):
    """The caller could not be recognised."""

    status = 401
    type = "unauthorized"


class Forbidden(ApiError):
    """This caller may never do this."""

    status = 403
    type = "forbidden"


class NotFound(ApiError):
    """Nothing there that this caller may see; unknown, malformed and foreign ids answer alike."""

    status = 404
    type = "not_found"

    def __init__(self) -> None:
        super().__init__("not_found", "Nothing was found here. Check the id, and that your credential may see it.")


class MethodNotAllowed(ApiError):
    """The path exists, the method does not."""

    status = 405
    type = "invalid_request"


class Conflict(ApiError):
    """The state forbids it now."""

    status = 409
    type = "conflict"


class PayloadTooLarge(ApiError):
    """The body is larger than this operation takes."""

    status = 413
    type = "invalid_request"


class UnsupportedMediaType(ApiError):
    """The body is not JSON."""

    status = 415
    type = "invalid_request"


class Unprocessable(ApiError):
    """Well-formed values that cannot be."""

    status = 422
    type = "unprocessable"


class RateLimited(ApiError):
    """Too many requests; `Retry-After` says when to come back."""

    status = 429
    type = "rate_limited"


class InternalError(ApiError):
    """A bug of ours."""

    status = 500
    type = "internal"


class Unavailable(ApiError):
    """A part that is needed does not answer."""

    status = 503
    type = "internal"
