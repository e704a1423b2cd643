"""How a JSON body is read: once, straight from the bytes into the handler's own type, strictly. And how large
it may be.

Litestar would convert a decoded body loosely ("5" passes for 5); here a value of another type is a 400 that names it.
Whatever a route takes in files, what is read as a whole is small, and so is what a form says besides its files: reading
millions of fields would hold everybody up.
"""

import re
from typing import Any, Final

import msgspec
from litestar import Request
from litestar.datastructures import FormMultiDict
from litestar.enums import RequestEncodingType
from litestar.types import Empty

from amends.kit.errors import InvalidRequest, PayloadTooLarge, UnsupportedMediaType
from amends.web.errors import invalid_body
from amends.web.multipart_form import WANTED, Wanted, read_multipart

MAX_BODY_BYTES: Final = 1024 * 1024
MAX_FIELDS: Final = 1000
"""Of a form without files; one with files is `multipart_form`'s matter."""
_ESCAPED_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


class ApiRequest(Request[Any, Any, Any]):
    """A request whose JSON is decoded into the type of the handler's `data`."""

    async def body(self) -> bytes:
        """Return the whole body.

        Raises:
            PayloadTooLarge: `body_too_large`, also where the route takes larger files.
        """
        if self._connection_state.body is Empty:
            body = bytearray()
            async for chunk in self.stream():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise _too_large()
            self._connection_state.body = bytes(body)
        return await super().body()

    async def form(self) -> FormMultiDict:
        """Return the fields and files of a form.

        Raises:
            PayloadTooLarge: `body_too_large`. InvalidRequest: it cannot be read.
            Forbidden: `form_expired`, files come and the token that the page wants does not.
        """
        kind, options = self.content_type
        if kind == RequestEncodingType.URL_ENCODED and (await self.body()).count(b"&") >= MAX_FIELDS:
            raise _too_large()
        if kind == RequestEncodingType.MULTI_PART and self._connection_state.form is Empty:
            # A redirect leads on with the headers of the form that it answers, and without its body.
            is_sent = self.method not in {"GET", "HEAD"}
            boundary = options.get("boundary", "")
            wanted: Wanted | None = self.scope["state"].get(WANTED)
            self._connection_state.form = await read_multipart(self.stream(), boundary, wanted) if is_sent else {}
        return await super().form()

    async def json(self) -> Any:
        """Return the body as the type that the handler declares for `data`.

        Raises:
            InvalidRequest: not JSON, not that type, or text that PostgreSQL cannot hold.
            UnsupportedMediaType: a Content-Type other than JSON.
        """
        _check_media_type(self.headers.get("content-type"))
        body = await self.body()
        if b"\\u0000" in body and _ESCAPED_NUL.search(body):
            raise InvalidRequest("invalid_character", "Text cannot contain the character U+0000.")
        try:
            return self._decoder().decode(body)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise invalid_body(error) from error

    def _decoder(self) -> msgspec.json.Decoder[Any]:
        field = self.route_handler.parsed_fn_signature.parameters.get("data")
        wanted = Any if field is None else field.annotation
        decoder = _decoders.get(wanted)
        if decoder is None:
            decoder = _decoders[wanted] = msgspec.json.Decoder(wanted)
        return decoder


def _too_large() -> PayloadTooLarge:
    return PayloadTooLarge("body_too_large", "The body is larger than this operation takes.")


def _check_media_type(content_type: str | None) -> None:
    if content_type is None:
        return
    kind, _, parameters = content_type.partition(";")
    kind, charset = kind.strip().lower(), parameters.strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise UnsupportedMediaType("unsupported_media_type", "Send the body as Content-Type: application/json.")
    if charset.startswith("charset=") and charset.removeprefix("charset=").strip('"') not in {"utf-8", "utf8"}:
        raise UnsupportedMediaType("unsupported_media_type", "Send the body in UTF-8.")
