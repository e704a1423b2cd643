"""docs/reference/lifecycle.md is what the code says."""

from pathlib import Path

import msgspec

from amends.cases import lifecycle as lc
from amends.cases import lifecycle_docs as docs

ROOT = Path(__file__).parents[2]


def test_the_page_is_up_to_date() -> None:
    """If this fails: `python -m amends.cases.lifecycle_docs`."""
    assert (ROOT / docs.PAGE).read_text(encoding="utf-8") == docs.page()


def test_every_number_of_the_policy_is_explained() -> None:
    assert list(docs.POLICY_WORDS) == [field.name for field in msgspec.structs.fields(lc.Policy)]


def test_the_page_names_everything() -> None:
    page = docs.page()
    for words in (lc.Action, lc.EventKind, lc.Status, lc.Actor, lc.Outcome):
        assert all(word.value in page for word in words)
    assert all(f"`{code}`" in page for code in lc.CODES)
    assert all(f"| {number} |" in page for number in range(1, 28))
