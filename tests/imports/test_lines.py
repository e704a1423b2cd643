"""From bytes to records: lines, rows, and what is wrong with them."""

from collections.abc import AsyncIterator, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.imports.csv_rows import BadHeader, CsvReader
from amends.imports.lines import MAX_LINE_BYTES, NumberedLine, numbered_lines
from amends.imports.records import HALF_PAIR, NUL, Bad, parse_json
from amends.people.records import Kind, Line, MemberLine, PlanLine, ProductLine


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def read(*parts: bytes) -> list[NumberedLine]:
    return [line async for lines in numbered_lines(chunks(*parts)) for line in lines]


def rows(kind: Kind, *lines: bytes | None, at_once: bool = True) -> list[tuple[int, Line | Bad]]:
    reader = CsvReader(kind)
    numbered = [NumberedLine(number, content) for number, content in enumerate(lines, 1)]
    parts: Iterable[list[NumberedLine]] = [numbered] if at_once else [[line] for line in numbered]
    return [row for part in parts for row in reader.feed(part)] + list(reader.finish())


@pytest.mark.anyio
async def test_lines_are_numbered_whatever_the_chunks() -> None:
    content = b"\xef\xbb\xbfone\r\n\n  \ntwo\nthree"
    expected = [NumberedLine(1, b"one"), NumberedLine(4, b"two"), NumberedLine(5, b"three")]
    assert await read(content) == expected
    assert await read(*(content[n : n + 1] for n in range(len(content)))) == expected


@pytest.mark.anyio
@pytest.mark.parametrize("size", [MAX_LINE_BYTES // 3, 10 * MAX_LINE_BYTES])
async def test_long_line_is_skipped_and_the_next_is_read(size: int) -> None:
    content = b"a\n" + b"x" * (MAX_LINE_BYTES + 1) + b"\nb\n" + b"y" * MAX_LINE_BYTES
    parts = [content[n : n + size] for n in range(0, len(content), size)]
    assert await read(*parts) == [
        NumberedLine(1, b"a"),
        NumberedLine(2, None),
        NumberedLine(3, b"b"),
        NumberedLine(4, b"y" * MAX_LINE_BYTES),
    ]


@pytest.mark.anyio
async def test_long_last_line() -> None:
    assert await read(b"a\n", b"x" * (MAX_LINE_BYTES + 1), b"x") == [NumberedLine(1, b"a"), NumberedLine(2, None)]


@pytest.mark.parametrize(
    ("line", "bad"),
    [
        (b"{", Bad(None, "The line is not JSON: Input data was truncated.")),
        (b'{"kind":"product","id":"x","title":"\xff"}', Bad(None, "The line is not UTF-8.")),
        (b'{"kind":"product","id":"x","title":"\\ud800"}', Bad(None, HALF_PAIR)),
        (b'{"kind":"product","id":"x","title":"\\udc00\\ud800!"}', Bad(None, HALF_PAIR)),
        (b'{"kind":"product","id":"x","title":"\\ud8', Bad(None, "The line is not JSON: Input data was truncated.")),
        (b'{"kind":"product","id":"x","title":"a\\u0000b"}', Bad("title", NUL)),
        (
            b'{"kind":"product","id":"a b","title":"T"}',
            Bad("id", "Your own id has no spaces, no slashes and no control characters."),
        ),
        (b'{"kind":"user","id":"x","email":"x"}', Bad("email", "Expected `str` of length >= 3.")),
        (b'{"kind":"user","id":"x","email":"x y@z"}', Bad("email", "That is not an e-mail address.")),
        (b"[]", Bad(None, "Expected `object`, got `array`.")),
        (b'{"id":"x"}', Bad("kind", "Object missing required field `kind`.")),
        (b'{"kind":"case","id":"x"}', Bad("kind", "Invalid value 'case'.")),
        (b'{"kind":"product","id":"x"}', Bad("title", "Object missing required field `title`.")),
        (
            b'{"kind":"product","id":"x","title":"T","colour":1}',
            Bad("colour", "Object contains unknown field `colour`."),
        ),
        (b'{"kind":"product","id":"x","title":7}', Bad("title", "Expected `str`, got `int`.")),
        (
            b'{"kind":"payment","id":"x","member":"m","amount":1,"currency":"usd","line_items":[{"label":"L"}]}',
            Bad("line_items[0].subtotal", "Object missing required field `subtotal`."),
        ),
        (b'{"kind":"activity","member":"m","activity":"x","details":' + b"[" * 9000, None),
    ],
)
def test_bad_json(line: bytes, bad: Bad | None) -> None:
    found = parse_json(line)
    assert isinstance(found, Bad)
    assert bad is None or found == bad


@given(st.binary(max_size=200))
def test_no_bytes_are_too_strange(line: bytes) -> None:
    assert isinstance(parse_json(line), Bad)


def test_every_pattern_is_explained_in_words() -> None:
    words = {
        parse_json(line)
        for line in (
            b'{"kind":"user","id":"x","locale":"?"}',
            b'{"kind":"account","id":"x","title":"T","currency":"us"}',
            b'{"kind":"activity","member":"m","activity":"No"}',
            b'{"kind":"payment","id":"x","member":"m","amount":1,"currency":"usd","provider":"No"}',
            b'{"kind":"payment","id":"x","member":"m","amount":1,"currency":"usd","card_last4":"x"}',
            b'{"kind":"product","id":"x","title":"T","account":"a\\u0000"}',
        )
    }
    assert len(words) == 6
    assert all(isinstance(bad, Bad) and "regex" not in bad.reason for bad in words)


def test_csv_cells_become_typed() -> None:
    header = b"id,product,title,billing_period_days,cancel_before_hours"
    assert rows(Kind.PLAN, header, b'monthly,course,"A ""good"", plan",30,') == [
        (2, PlanLine(id="monthly", product="course", title='A "good", plan', billing_period_days=30))
    ]


def test_csv_dates_and_json_cells() -> None:
    [(_, member)] = rows(Kind.MEMBER, b"id,user,joined_at", b"m,u,2026-01-31")
    assert isinstance(member, MemberLine)
    assert str(member.joined_at) == "2026-01-31 00:00:00+00:00"
    header = b"member,kind,details"
    [(_, log), (_, bad)] = rows(Kind.ACTIVITY, header, b'm,login,"{""a"": 1}"', b"m,login,{")
    assert getattr(log, "details", None) == {"a": 1}
    assert bad == Bad("details", "The cell is not JSON.")


@pytest.mark.parametrize("at_once", [True, False])
def test_csv_row_may_span_lines(at_once: bool) -> None:
    found = rows(Kind.PRODUCT, b"id,title", b'x,"one', b'two"', b"y,three", at_once=at_once)
    assert found == [(2, ProductLine(id="x", title="one\ntwo")), (4, ProductLine(id="y", title="three"))]


@pytest.mark.parametrize("at_once", [True, False])
def test_unclosed_quote_costs_only_its_own_line(at_once: bool) -> None:
    lines = [b"id,title", b'x,"one', b"y,two", b'z,"a, b"', b'w,"three', b"v,four"]
    assert rows(Kind.PRODUCT, *lines, at_once=at_once) == [
        (2, Bad(None, "A quote is not closed.")),
        (3, ProductLine(id="y", title="two")),
        (4, ProductLine(id="z", title="a, b")),
        (5, Bad(None, "A quote is not closed.")),
        (6, ProductLine(id="v", title="four")),
    ]


def test_unclosed_quote_in_a_long_file() -> None:
    lines = [b"id,title", b'x,"one', *(b"n%d,%s" % (n, b"t" * 400) for n in range(400))]
    found = rows(Kind.PRODUCT, *lines, at_once=False)
    assert [row for row in found if isinstance(row[1], Bad)] == [(2, Bad(None, "A quote is not closed."))]
    assert len(found) == 401


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"x", "The row has 1 cells, the header 2."),
        (b"x,y,z", "The row has 3 cells, the header 2."),
        (b'x,"y"z', "A quote stands where none may."),
        (b"x,\xff", "The line is not UTF-8."),
        (None, "The line is too long."),
    ],
)
def test_bad_rows(line: bytes | None, reason: str) -> None:
    assert rows(Kind.PRODUCT, b"id,title", line, b"y,good") == [
        (2, Bad(None, reason)),
        (3, ProductLine(id="y", title="good")),
    ]


@pytest.mark.parametrize(("header", "field"), [(b"id,colour", "colour"), (b"id,title,id", "id"), (b"id,", "")])
def test_bad_header(header: bytes, field: str) -> None:
    with pytest.raises(BadHeader) as caught:
        rows(Kind.PRODUCT, header, b"x,y")
    assert caught.value.field == field
