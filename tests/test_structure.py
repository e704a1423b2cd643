"""The tree is what it says: a file's name tells what it may import, and where SQL may stand.

The contracts of import-linter (pyproject.toml) hold the parts apart; this holds the families of files inside them:
api | pages | jobs → commands → queries, by the first word of the file's name.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "amends"
RANKS = {"queries": 1, "commands": 2, "api": 3, "pages": 3, "jobs": 3}
COMPOSERS = {"amends.app", "amends.serving", "amends.services"}
COMPOSING_PARTS = {"cli", "demo"}


def family(module: str) -> str:
    """Return the first word of a module's name: what kind of file it is."""
    return module.rsplit(".", 1)[-1].split("_", maxsplit=1)[0]


def part(module: str) -> str:
    """Return the package below `amends` that a module is in."""
    return module.split(".")[1] if "." in module else ""


@pytest.fixture(scope="module")
def imports() -> set[tuple[str, str]]:
    """Give every import of one of our modules by another."""
    graph = grimp.build_graph("amends", exclude_type_checking_imports=True, cache_dir=None)
    return {(a, b) for a in graph.modules for b in graph.find_modules_directly_imported_by(a)}


def test_files_import_only_down_their_families(imports: set[tuple[str, str]]) -> None:
    wrong = [
        f"{importer} → {imported}"
        for importer, imported in sorted(imports)
        if part(imported) not in {"db", "kit"}
        if family(importer) in RANKS and RANKS[family(importer)] < RANKS.get(family(imported), 0)
    ]
    assert wrong == []


def test_routes_and_jobs_are_imported_only_where_all_is_put_together(imports: set[tuple[str, str]]) -> None:
    wrong = [
        f"{importer} → {imported}"
        for importer, imported in sorted(imports)
        if RANKS.get(family(imported)) == 3
        if part(imported) not in {"db", "kit", "web"}
        if importer not in COMPOSERS
        and part(importer) not in COMPOSING_PARTS
        and family(importer) not in {"api", "jobs", "pages"}
    ]
    assert wrong == []


def test_queries_do_not_write() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in sorted(SOURCE.glob("*/queries*.py"))
        for word in ("insert into ", "update ", "delete from ")
        for line in path.read_text().splitlines()
        if line.strip().lower().startswith(word)
    ]
    assert wrong == []


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_module_says_what_it_owns(path: Path) -> None:
    text = path.read_text()
    assert text.startswith('"""'), "a module begins with its docstring"
    lines = [line for line in text.split('"""')[1].strip().splitlines() if not line.startswith(("├", "└"))]  # a tree
    assert len(lines) <= 15, "a module's docstring has ten lines or so"


def held(block: ast.AsyncWith) -> bool:
    """Tell whether a block holds a connection of the pool."""
    opens = ("acquire(", "transaction(", "guard(")
    return any(word in ast.unparse(item.context_expr) for item in block.items for word in opens)


def asked(block: ast.AsyncWith) -> Iterator[str]:
    """Return the calls of a block that are given the pool, or ask it."""
    for call in (node for part in block.body for node in ast.walk(part) if isinstance(node, ast.Call)):
        given = [call.func, *call.args, *(one.value for one in call.keywords)]
        if any(ast.unparse(one).startswith(("pool.", "services.pool")) or ast.unparse(one) == "pool" for one in given):
            yield f"{call.lineno}: {ast.unparse(call)}"


def test_whoever_holds_a_connection_asks_the_pool_for_no_other() -> None:
    """Many who do so at once take all that there are, and each waits for one more."""
    wrong = [
        f"{path.relative_to(SOURCE)}:{call}"
        for path in sorted(SOURCE.rglob("*.py"))
        for block in ast.walk(ast.parse(path.read_text()))
        if isinstance(block, ast.AsyncWith) and held(block)
        for call in asked(block)
        if not call.endswith("announce(pool, told)")
    ]
    assert wrong == []
