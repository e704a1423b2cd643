"""The documents tell the truth: settings, error codes and links are what the code has."""

import re
from pathlib import Path

import msgspec
import pytest

from amends.settings import PREFIX, Settings
from tests.docs import error_reference

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]


def test_every_setting_is_documented_and_no_other() -> None:
    page = (ROOT / "docs/reference/settings.md").read_text()
    assert set(re.findall(rf"`({PREFIX}[A-Z_]+)`", page)) == {
        PREFIX + field.name.upper() for field in msgspec.structs.fields(Settings)
    }


def test_the_reference_of_errors_is_what_the_source_raises() -> None:
    assert error_reference.PAGE.read_text() == error_reference.page(), "run: python -m tests.docs.error_reference"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_decision_is_in_the_list() -> None:
    listed = set(re.findall(r"\]\((\d{4}-[a-z-]+\.md)\)", (ROOT / "docs/adr/README.md").read_text()))
    assert listed == {path.name for path in (ROOT / "docs/adr").glob("0*.md")}
