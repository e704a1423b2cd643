"""Formula injection: whatever a text is, no cell of a CSV file is a formula, however a spreadsheet splits it."""

import re

import psycopg
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from amends.exports.queries_guard import guarded

SIGNS = "=+-@\u2212\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20"
BLANKS = " \t\r\n\v\f\u00a0\u00ad\u2003\u200b\u200f\u2028\u202f\u2060\u3000\ufeff\x01\x7f\u0085"
SEPARATORS = re.compile("[;\t\n\v\f\r\u0085\u2028\u2029]")
TEXTS = st.text(
    st.one_of(st.sampled_from(SIGNS + BLANKS + ";,\"'|ax1"), st.characters(exclude_categories=("Cs",))), max_size=20
).filter(lambda text: "\x00" not in text)


def guard(owner: psycopg.Connection, text: str) -> str:
    """Return a text as the database writes it into a cell."""
    query = f"select {guarded('t.x')} from (select %s::text as x) t"
    row = owner.execute(query.encode(), [text]).fetchone()
    assert row is not None
    return row[0]


def is_formula(cell: str) -> bool:
    """Tell whether a spreadsheet could take a cell for a formula: a sign first, but for blanks."""
    return cell.lstrip(BLANKS)[:1] in set(SIGNS)


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(text=TEXTS)
@example(text="=1+1")
@example(text="  \u3000=cmd|' /C calc'!A0")
@example(text='a;=HYPERLINK("http://x")')
@example(text="a\n@SUM(1)")
@example(text="\uff1d1+1")
@example(text="\t=1")
@example(text="-5")
def test_no_cell_is_a_formula(owner: psycopg.Connection, text: str) -> None:
    cell = guard(owner, text)
    assert not any(map(is_formula, [cell, *SEPARATORS.split(cell)]))
    assert cell[:1] not in {"\t", "\r", "\n"}
    assert len(cell.replace("'", "")) == len(text.replace("'", ""))
    assert guard(owner, cell) == cell


def test_what_is_harmless_stays_as_it_is(owner: psycopg.Connection) -> None:
    for text in (
        "",
        "Ada",
        "O'Neill",
        "ada@example.com",
        "A - B",
        "50% off; now",
        "a\n\nb",
        "中村 健太郎",
        "1+1",
        "'=1",
    ):
        assert guard(owner, text) == text
