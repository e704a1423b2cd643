"""docs/reference/records.md names every field of every record, and every fact."""

import re
from pathlib import Path

import msgspec
import pytest

from amends.imports.records import LINE_TYPES
from amends.people.facts import FactCode
from amends.people.records import Kind

PAGE = (Path(__file__).parents[2] / "docs/reference/records.md").read_text()


def fields_of(kind: Kind) -> set[str]:
    """Return the fields that the page's table gives a kind."""
    [table] = re.findall(r"## Fields\n\n(.*?)\n\n## ", PAGE, re.DOTALL)
    found: set[str] = set()
    current = ""
    for row in table.splitlines()[2:]:
        cells = row.split("|")
        current = cells[1].strip() or current
        if current == kind:
            found |= set(re.findall(r"`(\w+)`", cells[2]))
    return found


@pytest.mark.parametrize("kind", Kind)
def test_every_field_is_described(kind: Kind) -> None:
    fields = {field.encode_name for field in msgspec.structs.fields(LINE_TYPES[kind])} - {"id", "account"}
    if kind is Kind.ACTIVITY:
        fields = fields - {"activity"} | {"kind"}
    assert fields_of(kind) == fields


def test_every_fact_is_described() -> None:
    [table] = re.findall(r"## Facts\n.*", PAGE, re.DOTALL)
    codes = {
        code for row in table.splitlines() for code in re.findall(r"`(\w+)`", row.split("|")[1] if "|" in row else "")
    }
    assert codes - {"code"} == set(FactCode)
