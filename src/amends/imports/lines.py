"""A stream of bytes as numbered lines, never more than a line of it beyond a chunk in memory.

A line ends with LF or CRLF; a byte order mark is dropped; blank lines are numbered and skipped. A line above
MAX_LINE_BYTES is reported by its number and skipped to its end.
"""

from collections.abc import AsyncIterable, AsyncIterator
from typing import Final, NamedTuple

MAX_LINE_BYTES: Final = 256 * 1024
BOM: Final = b"\xef\xbb\xbf"


class NumberedLine(NamedTuple):
    """A line without its end, by its number from 1; None: it was too long."""

    number: int
    content: bytes | None


async def numbered_lines(chunks: AsyncIterable[bytes]) -> AsyncIterator[list[NumberedLine]]:
    """Cut a stream into lines, a list for each chunk."""
    number, rest, is_skipping = 0, b"", False
    async for chunk in chunks:
        pieces = (rest + chunk).split(b"\n")
        rest = pieces.pop()
        lines: list[NumberedLine] = []
        for piece in pieces:
            number += 1
            if is_skipping:
                lines.append(NumberedLine(number, None))
                is_skipping = False
            elif piece.strip():
                lines.append(_line(number, piece))
        if len(rest) > MAX_LINE_BYTES:
            rest, is_skipping = b"", True
        if lines:
            yield lines
    if is_skipping or rest.strip():
        yield [NumberedLine(number + 1, None) if is_skipping else _line(number + 1, rest)]


def _line(number: int, piece: bytes) -> NumberedLine:
    if number == 1:
        piece = piece.removeprefix(BOM)
    return NumberedLine(number, piece.removesuffix(b"\r") if len(piece) <= MAX_LINE_BYTES else None)
