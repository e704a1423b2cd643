"""What surrounds a page: the letters that stand for a person."""

import pytest

from amends.web.layout import initials


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ada Lovelace", "AL"),
        ("ada king of lovelace", "AL"),
        ("owner@northbeam.example", "ON"),
        ("Plato", "P"),
        ("加藤 湊", "加"),
        ("이민준", "이"),
        ("", "?"),
        ("!!", "?"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters
