"""Byte ranges of a download (RFC 9110, section 14): one range is honoured, anything else means the whole."""

import re
from typing import Final, NamedTuple

from amends.kit.errors import ApiError

_ONE_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class RangeNotSatisfiable(ApiError):
    """The range lies outside the file."""

    status = 416
    type = "invalid_request"


class ByteRange(NamedTuple):
    """From `start` up to, not including, `end`."""

    start: int
    end: int


def asked_range(header: str | None, size: int) -> ByteRange | None:
    """Return what part of `size` bytes a Range header asks for; None: the whole.

    Raises:
        RangeNotSatisfiable: `range_not_satisfiable`, nothing of the range exists.
    """
    match = _ONE_RANGE.fullmatch((header or "").replace(" ", ""))
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), size if not last else min(int(last) + 1, size)
        if last and int(last) < start:
            return None
    if start >= end:
        raise RangeNotSatisfiable(
            "range_not_satisfiable",
            f"The file has {size} bytes, none of them in this range.",
            headers={"Content-Range": f"bytes */{size}"},
        )
    return ByteRange(start, end)
