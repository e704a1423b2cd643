"""The documents tell the truth: settings, error codes and links are what the code has."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from amends.kit import errors
from amends.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES += sorted((ROOT / "docs").rglob("*.md"))
ERRORS_PAGE = ROOT / "docs/reference/errors.md"

RAISERS = {name for name, thing in vars(errors).items() if isinstance(thing, type) and issubclass(thing, errors.ApiError)}
RAISERS |= {"ActionNotAllowed", "ActorNotAllowed", "MoveInvalid"}


def raised_codes() -> Iterator[str]:
    """Yield the code of every error that the source constructs with a literal one."""
    for path in (ROOT / "src/amends").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            code = node.args[0]
            if name in RAISERS and isinstance(code, ast.Constant) and isinstance(code.value, str):
                yield code.value


def test_every_setting_is_documented_and_no_other() -> None:
    page = (ROOT / "docs/reference/settings.md").read_text()
    assert set(re.findall(rf"`({PREFIX}[A-Z_]+)`", page)) == {
        PREFIX + field.name.upper() for field in msgspec.structs.fields(Settings)
    }


def test_every_error_code_is_documented_and_no_other() -> None:
    documented = set(re.findall(r"^\| `([a-z0-9_]+)` \|", ERRORS_PAGE.read_text(), re.MULTILINE))
    assert documented == set(raised_codes()) | {"not_found"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_decision_is_in_the_list() -> None:
    listed = set(re.findall(r"\]\((\d{4}-[a-z-]+\.md)\)", (ROOT / "docs/adr/README.md").read_text()))
    assert listed == {path.name for path in (ROOT / "docs/adr").glob("0*.md")}
