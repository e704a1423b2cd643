"""How a JSON body is read: once, straight from the bytes into the handler's own type, strictly.

Litestar would convert a decoded body loosely ("5" passes for 5); here a value of another type is a 400 that names it.
"""

import re
from typing import Any, Final

import msgspec
from litestar import Request

from amends.kit.errors import InvalidRequest, UnsupportedMediaType
from amends.web.errors import invalid_body

MAX_BODY_BYTES: Final = 1024 * 1024
_ESCAPED_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


class ApiRequest(Request[Any, Any, Any]):
    """A request whose JSON is decoded into the type of the handler's `data`."""

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


def _check_media_type(content_type: str | None) -> None:
    if content_type is None:
        return
    kind, _, parameters = content_type.partition(";")
    kind, charset = kind.strip().lower(), parameters.strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise UnsupportedMediaType("unsupported_media_type", "Send the body as Content-Type: application/json.")
    if charset.startswith("charset=") and charset.removeprefix("charset=").strip('"') not in {"utf-8", "utf8"}:
        raise UnsupportedMediaType("unsupported_media_type", "Send the body in UTF-8.")
