"""CSV and JSON Lines: what PostgreSQL's COPY writes goes into the store as it comes, a megabyte at a time.

The select has formatted and guarded everything, and no row is looked at here. JSON Lines is a COPY of one column in
the CSV format, with signs for delimiter and quote that JSON never contains raw: so nothing is quoted or escaped.
"""

import csv
import io
from collections.abc import Awaitable, Callable
from typing import Any, Final

from amends.db.pool import Connection
from amends.exports.queries import ExportRow
from amends.exports.queries_rows import rows_statement
from amends.exports.resources import Format
from amends.exports.steps import Steps

BYTE_ORDER_MARK: Final = "\ufeff"
"""Tells spreadsheets that a CSV file is UTF-8."""
CHUNK_BYTES: Final = 1024 * 1024
_OPTIONS: Final[dict[Format, dict[str, Any]]] = {
    Format.CSV: {"format": "csv"},
    Format.JSONL: {"format": "csv", "delimiter": "\x01", "quote": "\x02"},
}

Write = Callable[[bytes], Awaitable[int]]


async def copy_rows(
    connection: Connection, export: ExportRow, parameters: tuple[Any, ...], write: Write, steps: Steps
) -> int:
    """Write an export's rows, in the transaction of `connection`; return how many bytes they are."""
    sink = _Sink(write, steps)
    await sink.take(_head(export))
    statement = rows_statement(export.resource, export.format, export.columns)
    status = await connection.copy_from_query(statement, *parameters, output=sink.take, **_OPTIONS[export.format])
    await sink.flush()
    steps.done = int(status.rpartition(" ")[2])
    return sink.size_bytes


def _head(export: ExportRow) -> bytes:
    """Return what stands before the rows: in CSV the first row, which names the columns."""
    if export.format is not Format.CSV:
        return b""
    head = io.StringIO()
    csv.writer(head, lineterminator="\n").writerow(export.headings or export.columns)
    return (BYTE_ORDER_MARK + head.getvalue()).encode()


class _Sink:
    """Takes what comes, counts its lines, and passes it on in larger pieces."""

    def __init__(self, write: Write, steps: Steps) -> None:
        self._write = write
        self._steps = steps
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self.size_bytes = 0

    async def take(self, data: bytes) -> None:
        """Take the next bytes. A line is a row, but for texts with line breaks: the count is put right at the end."""
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        self._steps.done += data.count(b"\n")
        if self._waiting_bytes >= CHUNK_BYTES:
            await self.flush()

    async def flush(self) -> None:
        """Pass on what waits."""
        if self._waiting:
            await self._write(b"".join(self._waiting))
            self.size_bytes += self._waiting_bytes
            self._waiting, self._waiting_bytes = [], 0
