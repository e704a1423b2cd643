"""Pages are cut from either end of a range, and always shown in the list's order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.kit.errors import InvalidRequest
from amends.kit.pages import Cursors, PageInfo, PageRequest, cut
from amends.kit.signing import Signer

SIGNER = Signer(b"0123456789abcdef")
CURSORS = Cursors(SIGNER, "numbers:asc", tuple[int])


def read(numbers: list[int], request: PageRequest) -> tuple[list[int], bool]:
    """Read a page of ascending numbers as a list's SQL does."""
    low = request.after[0] if request.after else float("-inf")
    high = request.before[0] if request.before else float("inf")
    inside = [number for number in numbers if low < number < high]
    return cut(request, (inside[::-1] if request.from_end else inside)[: request.limit])


@given(
    numbers=st.lists(st.integers(0, 10_000), unique=True, max_size=60).map(sorted),
    size=st.integers(1, 25),
    backwards=st.booleans(),
)
def test_paging_visits_every_row_once_in_order(numbers: list[int], size: int, backwards: bool) -> None:
    seen: list[int] = []
    cursor = None
    while True:
        request = CURSORS.request(
            first=None if backwards else size,
            last=size if backwards else None,
            after=None if backwards else cursor,
            before=cursor if backwards else None,
        )
        rows, more = read(numbers, request)
        assert rows == sorted(rows)
        seen = rows + seen if backwards else seen + rows
        if not more:
            break
        cursor = CURSORS.write((rows[0] if backwards else rows[-1],))
    assert seen == numbers


def test_the_default_size_and_one_row_more_to_look_ahead() -> None:
    request = CURSORS.request(first=None, after=None, last=None, before=None)
    assert (request.size, request.limit, request.from_end) == (20, 21, False)


@pytest.mark.parametrize(
    ("first", "last", "code", "param"),
    [
        (1, 1, "first_and_last", "last"),
        (0, None, "invalid_page_size", "first"),
        (101, None, "invalid_page_size", "first"),
        (None, 0, "invalid_page_size", "last"),
        (None, -1, "invalid_page_size", "last"),
    ],
)
def test_sizes_out_of_range_are_refused(first: int | None, last: int | None, code: str, param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        CURSORS.request(first=first, after=None, last=last, before=None)
    assert (caught.value.code, caught.value.param) == (code, param)


def test_a_cursor_of_another_list_or_of_nobody_is_refused() -> None:
    for cursor in (
        Cursors(SIGNER, "numbers:desc", tuple[int]).write((1,)),
        "x",
        "",
        SIGNER.sign("cursor:numbers:asc", b'["a"]'),
    ):
        with pytest.raises(InvalidRequest) as caught:
            CURSORS.request(first=None, after=cursor, last=None, before=None)
        assert (caught.value.code, caught.value.param) == ("invalid_cursor", "after")


def test_an_address_asks_for_the_page_after_or_before_a_row_else_for_the_first() -> None:
    cursor = CURSORS.write((7,))
    first = PageRequest(size=2, from_end=False, after=None, before=None)
    assert CURSORS.asked({"after": cursor}, 2) == PageRequest(size=2, from_end=False, after=(7,), before=None)
    assert CURSORS.asked({"before": cursor}, 2) == PageRequest(size=2, from_end=True, after=None, before=(7,))
    assert CURSORS.asked({"after": "", "before": cursor}, 2) == CURSORS.asked({"before": cursor}, 2)
    assert CURSORS.asked({}, 2) == CURSORS.asked({"after": "nonsense"}, 2) == first
    assert CURSORS.asked({"before": "nonsense"}, 2) == CURSORS.asked({"after": ""}, 2) == first


def test_page_info_has_null_cursors_on_an_empty_page() -> None:
    def key(row: int) -> tuple[int]:
        return (row,)

    empty = CURSORS.page_info(list[int](), key, beyond_start=False, beyond_end=False)
    assert empty == PageInfo(None, None, has_next_page=False, has_previous_page=False)
    full = CURSORS.page_info([1, 2], key, beyond_start=True, beyond_end=False)
    assert full == PageInfo(CURSORS.write((1,)), CURSORS.write((2,)), has_next_page=False, has_previous_page=True)
