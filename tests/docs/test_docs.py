"""The documents tell the truth: settings, error codes and links are what the code has."""

import re
from pathlib import Path

import click
import httpx
import msgspec
import pytest

from amends.cli.root import main
from amends.settings import PREFIX, Settings
from tests.docs import error_reference

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]


EXAMPLES = {"AMENDS_KEY", "AMENDS_URL"}
"""Names that an example gives to a shell's own variables."""


def _commands(text: str) -> list[list[str]]:
    """Return what a page says to type, in words: the lines of its shell blocks, and what stands in backticks."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    typed = [*lines, *re.findall(r"`([^`\n]+)`", text)]
    return [line.split("  #")[0].split() for line in typed if line.startswith(("make ", "amends "))]


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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_exists(page: Path) -> None:
    text = page.read_text()
    settings = {PREFIX + field.name.upper() for field in msgspec.structs.fields(Settings)}
    assert set(re.findall(rf"{PREFIX}[A-Z_]+", text)) <= settings | EXAMPLES
    paths = re.findall(r"`((?:[a-z_-]+/)+(?:[a-z_.]+\.(?:py|mjs|sql|md))?)`", text)
    places = [ROOT, ROOT / "src", ROOT / "src/amends"]
    made = ("var/", "text/")
    assert [
        path for path in paths if not path.startswith(made) and not any((at / path).exists() for at in places)
    ] == []
    modules = [name.split(".") for name in re.findall(r"`(amends(?:\.[a-z_]+)+)`", text)]
    assert [name for name in modules if not list(ROOT.joinpath("src", *name[:-1]).glob(f"{name[-1]}*"))] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_says_to_type_can_be_typed(page: Path) -> None:
    verbs = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for program, *words in _commands(page.read_text()):
        if program == "make":
            assert set(words[:1]) <= verbs
            continue
        command: click.Command | None = main
        while isinstance(command, click.Group) and words and re.fullmatch("[a-z][a-z-]+", words[0]):
            command = command.get_command(click.Context(command), words.pop(0))
        assert command is not None, words
        options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
        assert {word for word in words if re.fullmatch("--[a-z-]+", word)} <= options | {"--help"}, words


async def test_every_route_that_a_page_names_is_there(http: httpx.AsyncClient) -> None:
    served = (await http.get("/api/v1/openapi.json")).json()["paths"]
    routes = {(verb, re.sub(r"{[^}]*}", "{}", path)) for path, item in served.items() for verb in item}
    pattern = r"\b(GET|POST|PUT|PATCH|DELETE) (/api/v1/[a-z_/{}]*[a-z}])(?![…a-z_/{])"
    found = [match for page in PAGES for match in re.findall(pattern, page.read_text())]
    named = {(verb.lower(), re.sub(r"{[^}]*}", "{}", path)) for verb, path in found}
    assert named - routes == set()


def test_the_house_has_these_rooms() -> None:
    [house] = re.findall(r"```\nsrc/amends/\n(.*?)```", (ROOT / "ARCHITECTURE.md").read_text(), re.DOTALL)
    inside = re.findall(r"^  ([a-z_]+(?:/|\.py)) ", house, re.MULTILINE)
    outside = re.findall(r"^([a-z_]+/) ", house, re.MULTILINE)
    assert [room for room in inside if not (ROOT / "src/amends" / room).exists()] == []
    assert [room for room in outside if not (ROOT / room).exists()] == []
    packages = {f"{path.parent.name}/" for path in (ROOT / "src/amends").glob("*/__init__.py")}
    assert packages <= set(inside)
