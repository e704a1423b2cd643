"""Reads a workbook with what Python has: the cells of each sheet, with their type and the format of their number."""

import io
import re
import zipfile
from typing import Any, NamedTuple
from xml.etree import ElementTree

NAMESPACE = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


class Cell(NamedTuple):
    """A cell's value, the format of its number, and whether what is typed into it stays a text."""

    value: Any
    format: str
    quoted: bool


class Workbook:
    """A workbook."""

    def __init__(self, content: bytes) -> None:
        self._archive = zipfile.ZipFile(io.BytesIO(content))
        assert self._archive.testzip() is None
        self._styles = self._read_styles()

    @property
    def names(self) -> list[str]:
        """Return the names of the sheets."""
        book = self._tree("xl/workbook.xml")
        return [sheet.attrib["name"] for sheet in book.iterfind(".//m:sheet", NAMESPACE)]

    @property
    def text(self) -> str:
        """Return everything as it stands in the file."""
        return "".join(self._archive.read(name).decode() for name in self._archive.namelist() if name.endswith(".xml"))

    def rows(self, sheet: int = 1) -> list[list[Cell | None]]:
        """Return the rows of a sheet; None where a cell is empty."""
        found: list[list[Cell | None]] = []
        for row in self._tree(f"xl/worksheets/sheet{sheet}.xml").iterfind(".//m:sheetData/m:row", NAMESPACE):
            cells = {_column(cell.attrib["r"]): self._cell(cell) for cell in row.iterfind("m:c", NAMESPACE)}
            found.append([cells.get(n) for n in range(max(cells, default=-1) + 1)])
        return found

    def _cell(self, cell: ElementTree.Element) -> Cell:
        style, quoted = self._styles[int(cell.attrib.get("s", "0"))]
        kind = cell.attrib.get("t", "n")
        if kind == "inlineStr":
            return Cell("".join(part.text or "" for part in cell.iterfind(".//m:t", NAMESPACE)), style, quoted)
        value = cell.findtext("m:v", namespaces=NAMESPACE)
        assert value is not None
        return Cell(value == "1" if kind == "b" else float(value), style, quoted)

    def _read_styles(self) -> list[tuple[str, bool]]:
        tree = self._tree("xl/styles.xml")
        formats = {one.attrib["numFmtId"]: one.attrib["formatCode"] for one in tree.iterfind(".//m:numFmt", NAMESPACE)}
        built_in = {"3": "#,##0", "4": "#,##0.00"}
        return [
            ({**built_in, **formats}.get(one.attrib["numFmtId"], ""), one.attrib.get("quotePrefix") == "1")
            for one in tree.iterfind("m:cellXfs/m:xf", NAMESPACE)
        ]

    def _tree(self, name: str) -> ElementTree.Element:
        return ElementTree.fromstring(self._archive.read(name))


def _column(reference: str) -> int:
    """Return the number of a cell's column: `B7` is 1."""
    letters = re.sub(r"\d", "", reference)
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
