"""A form with files, read as it comes: files go to disk, and what was typed is bounded before it is held in memory.

Litestar's own reader bounds the parts and the whole alone, so that a request which may carry large files may carry as
much text.
"""

from collections.abc import AsyncIterator
from typing import Any, Final

from litestar.datastructures import UploadFile
from multipart import MultipartSegment, ParserError, ParserLimitReached, PushMultipartParser

from amends.kit.errors import InvalidRequest, PayloadTooLarge

MAX_PARTS: Final = 1000
MAX_TEXT_BYTES: Final = 1024 * 1024
"""Of all fields without a file together."""


class _Parts:
    """The parts that have come, and the one that is coming."""

    def __init__(self) -> None:
        self.fields: dict[str, list[str | UploadFile]] = {}
        self._segment: MultipartSegment | None = None
        self._data: UploadFile | bytearray = bytearray()
        self._text_bytes = 0

    def begin(self, segment: MultipartSegment) -> None:
        """Begin a part: a file where it has a name of one."""
        self._segment = segment
        self._data = bytearray()
        if segment.filename:
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
        """Keep the part that has come."""
        if self._segment is None:
            raise ParserError("a part has no head")
        part = self._data
        if isinstance(part, UploadFile):
            await part.seek(0)
        kept = part if isinstance(part, UploadFile) else part.decode(self._segment.charset or "utf-8")
        self.fields.setdefault(self._segment.name or "", []).append(kept)
        self._segment, self._data = None, bytearray()

    async def close(self) -> None:
        """Give back the files that have come."""
        for value in (*(value for values in self.fields.values() for value in values), self._data):
            if isinstance(value, UploadFile):
                await value.close()


async def read_multipart(stream: AsyncIterator[bytes], boundary: str) -> dict[str, Any]:
    """Return the fields of a form: one value, or a list where the name comes several times.

    Raises:
        InvalidRequest: `invalid_request`, it is no such form, or ends too early.
        PayloadTooLarge: `body_too_large`.
        UnicodeDecodeError: a field is not text.
    """
    parts = _Parts()
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
    with PushMultipartParser(boundary.encode(), max_segment_count=MAX_PARTS) as parser:
        async for chunk in stream:
            for piece in parser.parse(chunk) if chunk and not parser.closed else ():
                if isinstance(piece, MultipartSegment):
                    parts.begin(piece)
                elif piece:
                    await parts.add(piece)
                else:
                    await parts.end()
