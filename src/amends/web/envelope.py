"""Around every request, known route or not: its id, the API's version, HEAD, the limit's headers, and the count of it.

Where it came from, and who reads it, is known inside and forgotten afterwards.

The outermost layer, plain ASGI: what it costs, every request pays.
"""

import re
import secrets
import time
from collections.abc import Iterable
from typing import Any, Final

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from amends.access.audit import called_from
from amends.kit.errors import ApiError, InvalidRequest
from amends.web.errors import error_bytes
from amends.web.metrics import RequestMetrics
from amends.web.page_admission import is_page
from amends.web.pages import SECURITY_HEADERS
from amends.web.rates import Allowance
from amends.web.readers import NOBODY, reading_as
from amends.web.versions import DEFAULT_VERSION, KNOWN_VERSION_BYTES

_VERSION: Final = b"api-version-date"
_REQUEST_ID: Final = b"x-request-id"
_DEFAULT_VERSION: Final = DEFAULT_VERSION.encode()
_ACCEPTED_ID: Final = re.compile(rb"[A-Za-z0-9_.\-]{1,100}")
_NO_SNIFFING: Final = (b"x-content-type-options", b"nosniff")
_OF_PAGES: Final = tuple(
    (name.lower().encode(), value.encode())
    for name, value in ({**SECURITY_HEADERS, "Cache-Control": "no-store"}).items()
)
_POLICY: Final = b"content-security-policy"


class Envelope:
    """Wraps the whole application."""

    def __init__(self, app: ASGIApp, metrics: RequestMetrics) -> None:
        self.app: Final = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        version, request_id = _read_headers(scope["headers"])
        state: dict[str, Any] = scope["state"]
        state["request_id"] = request_id.decode()
        head, of_page = scope["method"] == "HEAD", is_page(scope["path"])
        status = 500

        async def send_wrapped(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                missing = _missing(message["headers"], status) if of_page else ()
                message["headers"] = [*message["headers"], *missing, *_answer_headers(version, request_id, state)]
            elif head and message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        try:
            if version is None and scope["path"].startswith("/api/"):
                await _refuse(send_wrapped, _unknown_version())
                return
            if head:
                state["head"] = True  # for an answer that would go on and on
                scope["method"] = "GET"  # pyright: ignore[reportGeneralTypeIssues]
            with called_from(scope["client"][0] if scope["client"] else None), reading_as(NOBODY):
                await self.app(scope, receive, send_wrapped)
        finally:
            template = scope.get("path_template") or "unmatched"
            self._metrics.observe(f"{scope['method']} {template}", status, time.perf_counter() - started)


def _missing(headers: Iterable[tuple[bytes, bytes]], status: int) -> Iterable[tuple[bytes, bytes]]:
    """Return what protects an answer of a page and is not said yet; where a frame may go on to says its own policy."""
    said = {name.lower() for name, _ in headers}
    if 300 <= status < 400:
        said.add(_POLICY)
    return [(name, value) for name, value in _OF_PAGES if name not in said]


def _read_headers(headers: Any) -> tuple[bytes | None, bytes]:
    """Return the version asked for (None: one that is not known) and the request's id."""
    version: bytes | None = _DEFAULT_VERSION
    request_id: bytes | None = None
    for name, value in headers:
        if name == _VERSION:
            version = value if value in KNOWN_VERSION_BYTES else None
        elif name == _REQUEST_ID and _ACCEPTED_ID.fullmatch(value):
            request_id = value
    return version, request_id or b"req_" + secrets.token_hex(12).encode()


def _answer_headers(version: bytes | None, request_id: bytes, state: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    headers = [(_REQUEST_ID, request_id), (_VERSION, version or _DEFAULT_VERSION), _NO_SNIFFING]
    allowance: Allowance | None = state.get("allowance")
    if allowance is not None:
        headers += (
            (b"ratelimit-limit", b"%d" % allowance.limit),
            (b"ratelimit-remaining", b"%d" % max(0, allowance.remaining)),
            (b"ratelimit-reset", b"%d" % allowance.reset_s),
        )
    return headers


def _unknown_version() -> InvalidRequest:
    return InvalidRequest(
        "unknown_version",
        f"This Api-Version-Date is not known. Leave it out for {DEFAULT_VERSION}.",
        param="Api-Version-Date",
    )


async def _refuse(send: Send, error: ApiError) -> None:
    body = error_bytes(error)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
