"""XLSX: rows are read in batches and written by XlsxWriter row by row, so that memory stays flat; then the file is put.

Cells are what they look like: amounts and times are numbers with a format, texts are texts. No cell is ever a formula,
and one that would become one when somebody edits it is marked as a text. A sheet has at most 1 048 576 rows; then the
next begins, with the same first row. The work is done in a thread: a second's rows keep nobody waiting.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import anyio.to_thread
import xlsxwriter
from asyncpg import Record
from xlsxwriter.format import Format as CellFormat
from xlsxwriter.worksheet import Worksheet

from amends.db.pool import Connection
from amends.exports.queries import ExportRow
from amends.exports.queries_columns import COLUMNS, Kind
from amends.exports.queries_rows import rows_statement
from amends.exports.resources import FILE_WORDS
from amends.exports.steps import Steps

SHEET_ROWS: Final = 1_048_576
EXACT_DIGITS: Final = 15
"""A cell's number is a float: longer amounts are written as text rather than changed."""
BATCH_ROWS: Final = 2_000
_WIDTHS: Final = {Kind.TEXT: 24, Kind.WORD: 20, Kind.NUMBER: 10, Kind.AMOUNT: 14, Kind.TIME: 20, Kind.FLAG: 10}
_DANGEROUS: Final = tuple("=+-@\t\r\n\u2212\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20")

Batch = Sequence[Record]


class Book:
    """A workbook that grows by batches of rows."""

    def __init__(self, export: ExportRow, path: Path, *, sheet_rows: int = SHEET_ROWS) -> None:
        options = {"constant_memory": True, "tmpdir": str(path.parent)}
        self._book = xlsxwriter.Workbook(str(path), options)
        self._book.use_zip64()
        self._columns = [COLUMNS[export.resource][key] for key in export.columns]
        self._headings = _headings(export)
        self._title = FILE_WORDS[export.resource].capitalize()
        self._sheet_rows = sheet_rows
        self._heading = self._book.add_format({"bold": True})
        self._quoted = self._book.add_format({"quote_prefix": True})
        self._time = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._amounts: dict[int, CellFormat] = {}
        self._sheets = 0
        self._sheet, self._row = self._next_sheet(), 1
        self._writers = [self._writer(column.kind) for column in self._columns]

    def write(self, rows: Batch) -> None:
        """Write rows, beginning another sheet where one is full."""
        for row in rows:
            if self._row == self._sheet_rows:
                self._sheet, self._row = self._next_sheet(), 1
            for column, (write, value) in enumerate(zip(self._writers, row, strict=True)):
                if value is not None:
                    write(column, value)
            self._row += 1

    def close(self) -> None:
        """Put the file together."""
        self._book.close()

    def _next_sheet(self) -> Worksheet:
        self._sheets += 1
        sheet = self._book.add_worksheet(self._title if self._sheets == 1 else f"{self._title} {self._sheets}")
        sheet.freeze_panes(1, 0)
        for number, column in enumerate(self._columns):
            sheet.set_column(number, number, _WIDTHS[column.kind])
        for number, heading in enumerate(self._headings):
            sheet.write_string(0, number, heading, self._heading)
        return sheet

    def _writer(self, kind: Kind) -> Callable[[int, Any], object]:
        return {
            Kind.TEXT: self._write_text,
            Kind.WORD: self._write_text,
            Kind.NUMBER: self._write_number,
            Kind.AMOUNT: self._write_amount,
            Kind.TIME: self._write_time,
            Kind.FLAG: self._write_flag,
        }[kind]

    def _write_text(self, column: int, value: str) -> None:
        dangerous = value.lstrip().startswith(_DANGEROUS) or value.startswith(_DANGEROUS)
        self._sheet.write_string(self._row, column, value, self._quoted if dangerous else None)

    def _write_number(self, column: int, value: int) -> None:
        self._sheet.write_number(self._row, column, value)

    def _write_amount(self, column: int, value: Decimal) -> None:
        _, digits, power = value.as_tuple()
        if len(digits) > EXACT_DIGITS:
            self._sheet.write_string(self._row, column, str(value))
        else:
            self._sheet.write_number(self._row, column, float(value), self._amount_format(-int(power)))

    def _amount_format(self, decimals: int) -> CellFormat:
        found = self._amounts.get(decimals)
        if found is None:
            pattern = f"#,##0.{'0' * decimals}" if decimals else "#,##0"
            found = self._amounts[decimals] = self._book.add_format({"num_format": pattern})
        return found

    def _write_time(self, column: int, value: float) -> None:
        self._sheet.write_number(self._row, column, value, self._time)

    def _write_flag(self, column: int, value: bool) -> None:
        self._sheet.write_boolean(self._row, column, value)


def _headings(export: ExportRow) -> list[str]:
    """Return the first row; a time's says in which zone it is, which its cells cannot."""
    words = export.headings or export.columns
    kinds = [COLUMNS[export.resource][key].kind for key in export.columns]
    return [
        f"{word} ({export.time_zone})" if kind is Kind.TIME else word for word, kind in zip(words, kinds, strict=True)
    ]


async def fill_book(
    book: Book, connection: Connection, export: ExportRow, parameters: tuple[Any, ...], steps: Steps
) -> None:
    """Write an export's rows into a book, in the transaction of `connection`.

    What a thread still does for a run that has ended is lost with the book's folder.
    """
    statement = rows_statement(export.resource, export.format, export.columns)
    cursor = await connection.cursor(statement, *parameters)
    while batch := await cursor.fetch(BATCH_ROWS):
        await anyio.to_thread.run_sync(book.write, batch, abandon_on_cancel=True)
        steps.done += len(batch)


async def close_book(book: Book) -> None:
    """Put a book's file together."""
    await anyio.to_thread.run_sync(book.close, abandon_on_cancel=True)
