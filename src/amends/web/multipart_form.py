"""A form with files, read as it comes: files go to disk, and what was typed is bounded before it is held in memory.

Litestar's own reader bounds the parts and the whole alone, so that a request which may carry large files may carry as
much text. Where a page wants a token, it stands before the files: none is taken before it has been seen to be right.
"""

from collections.abc import AsyncIterator, Callable
from typing import Any, Final, NamedTuple

from litestar.datastructures import UploadFile
from multipart import MultipartSegment, ParserError, ParserLimitReached, PushMultipartParser

from amends.kit.errors import Forbidden, InvalidRequest, PayloadTooLarge

MAX_PARTS: Final = 1000
MAX_TEXT_BYTES: Final = 1024 * 1024
"""Of all fields without a file together."""
MAX_BEFORE_TOKEN: Final = 64 * 1024
"""How much of a form is read in search of its token."""
WANTED: Final = "form_token_wanted"
"""Where a request's state keeps the `Wanted` of a form with files."""


class Wanted(NamedTuple):
    """The field that must come before any file, and what tells whether its value is right."""

    field: str
    is_right: Callable[[str], bool]


class _Parts:
    """The parts that have come, and the one that is coming."""

    def __init__(self, wanted: Wanted | None) -> None:
        self.fields: dict[str, list[str | UploadFile]] = {}
        self.is_admitted = wanted is None
        self._wanted = wanted
        self._segment: MultipartSegment | None = None
        self._data: UploadFile | bytearray = bytearray()
        self._text_bytes = 0

    def begin(self, segment: MultipartSegment) -> None:
        """Begin a part: a file where it has a name of one.

        Raises:
            Forbidden: `form_expired`, a file comes before the token.
        """
        self._segment = segment
        self._data = bytearray()
        if segment.filename:
            if not self.is_admitted:
                raise form_expired()
            kind = segment.content_type or "text/plain"
            self._data = UploadFile(content_type=kind, filename=segment.filename, headers=dict(segment.headerlist))

    async def add(self, piece: bytes | bytearray) -> None:
        """Add to the part that is coming.

        Raises:
            PayloadTooLarge: `body_too_large`, more was typed than any form takes.
        """
        if isinstance(self._data, UploadFile):
            await self._data.write(bytes(piece))
            return
        self._text_bytes += len(piece)
        if self._text_bytes > MAX_TEXT_BYTES:
            raise PayloadTooLarge("body_too_large", "The body is larger than this operation takes.")
        self._data.extend(piece)

    async def end(self) -> None:
        """Keep the part that has come.

        Raises:
            Forbidden: `form_expired`, it is the token, and not the right one.
        """
        if self._segment is None:
            raise ParserError("a part has no head")
        part = self._data
        if isinstance(part, UploadFile):
            await part.seek(0)
        kept = part if isinstance(part, UploadFile) else part.decode(self._segment.charset or "utf-8")
        if self._wanted is not None and self._segment.name == self._wanted.field:
            if not isinstance(kept, str) or not self._wanted.is_right(kept):
                raise form_expired()
            self.is_admitted = True
        self.fields.setdefault(self._segment.name or "", []).append(kept)
        self._segment, self._data = None, bytearray()

    async def close(self) -> None:
        """Give back the files that have come."""
        for value in (*(value for values in self.fields.values() for value in values), self._data):
            if isinstance(value, UploadFile):
                await value.close()


def form_expired() -> Forbidden:
    """Make the refusal of a form whose token is not there, or not the right one."""
    return Forbidden(
        "form_expired",
        "This page was open for so long that its form has expired. Nothing was sent. Reload it and try again.",
    )


async def read_multipart(stream: AsyncIterator[bytes], boundary: str, wanted: Wanted | None = None) -> dict[str, Any]:
    """Return the fields of a form: one value, or a list where the name comes several times.

    Raises:
        Forbidden: `form_expired`, as soon as it shows that the token is not there or not right.
        InvalidRequest: `invalid_request`, it is no such form, or ends too early.
        PayloadTooLarge: `body_too_large`.
        UnicodeDecodeError: a field is not text.
    """
    parts = _Parts(wanted)
    try:
        await _read(stream, boundary, parts)
    except ParserLimitReached as problem:
        await parts.close()
        raise PayloadTooLarge("body_too_large", "The body is larger than this operation takes.") from problem
    except (ParserError, LookupError) as problem:
        await parts.close()
        raise InvalidRequest("invalid_request", "The form could not be read.") from problem
    except BaseException:
        await parts.close()
        raise
    return {name: values if len(values) > 1 else values[0] for name, values in parts.fields.items()}


async def _read(stream: AsyncIterator[bytes], boundary: str, parts: _Parts) -> None:
    looked_at = 0
    with PushMultipartParser(boundary.encode(), max_segment_count=MAX_PARTS) as parser:
        async for chunk in stream:
            looked_at += len(chunk)
            for piece in parser.parse(chunk) if chunk and not parser.closed else ():
                if isinstance(piece, MultipartSegment):
                    parts.begin(piece)
                elif piece:
                    await parts.add(piece)
                else:
                    await parts.end()
            if not parts.is_admitted and looked_at > MAX_BEFORE_TOKEN:
                raise form_expired()
