"""Rows of a CSV file (RFC 4180: commas, quotes doubled inside quotes, line breaks only inside quotes).

The first row names the columns. A quote that is never closed costs only its own line: once MAX_ROW_BYTES or the end
of the file is reached, the row is reported and reading goes on with the line after it.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from amends.imports.lines import NumberedLine
from amends.imports.records import LINE_TYPES, NOT_UTF8, TOO_LONG, Bad, convert_row
from amends.people.records import Kind, Line

MAX_ROW_BYTES: Final = 64 * 1024
UNBALANCED: Final = "A quote is not closed."
_JSON_COLUMNS: Final = frozenset({"line_items", "details", "support_limits"})
_DATE_LENGTH: Final = len("2026-11-23")


class BadHeader(ValueError):
    """The first row does not name the columns of a kind; `field` says which it does not know."""

    def __init__(self, field: str | None, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


class CsvReader:
    """Reads the rows of one file, of which it is given the lines bit by bit."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._known = {field.encode_name for field in msgspec.structs.fields(LINE_TYPES[kind])}
        self._times = {name for name in self._known if name.endswith(("_at", "period_start", "period_end"))}
        self._columns: list[str] | None = None
        self._waiting: deque[NumberedLine] = deque()
        """The lines of a row whose quote is still open."""

    def feed(self, lines: Iterable[NumberedLine]) -> Iterator[tuple[int, Line | Bad]]:
        """Return the rows that are complete now, by the number of their first line.

        Raises:
            BadHeader: from the first row.
        """
        self._waiting.extend(lines)
        yield from self._read(is_end=False)

    def finish(self) -> Iterator[tuple[int, Line | Bad]]:
        """Return the rest, after the last line."""
        yield from self._read(is_end=True)

    def _read(self, *, is_end: bool) -> Iterator[tuple[int, Line | Bad]]:
        while self._waiting:
            number = self._waiting[0].number
            taken, cells = self._next_row()
            if cells is None and not is_end:
                return
            for _ in range(taken):
                self._waiting.popleft()
            if cells is None or isinstance(cells, Bad):
                yield number, cells or Bad(None, UNBALANCED)
            elif self._columns is None:
                self._columns = self._header(cells)
            else:
                yield number, self._record(self._columns, cells)

    def _next_row(self) -> tuple[int, list[str] | Bad | None]:
        """Return the first waiting row: how many lines it takes, and its cells; None: its quote is still open."""
        parts, size, quotes = list[bytes](), 0, 0
        for count, line in enumerate(self._waiting, 1):
            if line.content is None:
                return 1, Bad(None, TOO_LONG if count == 1 else UNBALANCED)
            parts.append(line.content)
            size += len(line.content)
            quotes += line.content.count(b'"')
            if quotes % 2 == 0:
                return self._closed_row(count, b"\n".join(parts))
            if size > MAX_ROW_BYTES:
                return 1, Bad(None, UNBALANCED)
        return 1, None

    def _closed_row(self, count: int, content: bytes) -> tuple[int, list[str] | Bad]:
        """Return a row with all quotes closed. One of several lines that does not fit was closed by another's quote."""
        cells = _cells(content)
        if count > 1 and (isinstance(cells, Bad) or (self._columns and len(cells) != len(self._columns))):
            return 1, Bad(None, UNBALANCED)
        return count, cells

    def _header(self, cells: Sequence[str]) -> list[str]:
        columns = [cell.strip() for cell in cells]
        if self._kind is Kind.ACTIVITY:
            columns = ["activity" if column == "kind" else column for column in columns]
        for column in columns:
            if column not in self._known:
                raise BadHeader(column, f"{column!r} is not a field of {self._kind}.")
            if columns.count(column) > 1:
                raise BadHeader(column, f"{column!r} is there twice.")
        return columns

    def _record(self, columns: Sequence[str], cells: Sequence[str]) -> Line | Bad:
        if len(cells) != len(columns):
            return Bad(None, f"The row has {len(cells)} cells, the header {len(columns)}.")
        given: dict[str, Any] = {}
        for column, cell in zip(columns, cells, strict=True):
            if cell == "":
                continue
            if column in _JSON_COLUMNS:
                try:
                    given[column] = msgspec.json.decode(cell)
                except (msgspec.DecodeError, RecursionError):
                    return Bad(column, "The cell is not JSON.")
            elif column in self._times and len(cell) == _DATE_LENGTH:
                given[column] = f"{cell}T00:00:00Z"
            else:
                given[column] = cell
        return convert_row(self._kind, given)


def _cells(content: bytes) -> list[str] | Bad:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return Bad(None, NOT_UTF8)
    if '"' not in text:
        return text.split(",")
    try:
        [cells] = csv.reader([text], strict=True)
    except (csv.Error, ValueError):
        return Bad(None, "A quote stands where none may.")
    return cells
