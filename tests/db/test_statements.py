"""Every SQL statement of the code: planned on the migrated schema as the application's role, and held to the rules.

A statement is a module-level constant called …_SQL, or a finite set of variants in a …_SQLS. The rules and their
reasons are in DESIGN.md, "Data". Statements that read across accounts are few; each is listed here by name.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import AsyncGenerator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import amends
from amends.db import tables
from amends.db.pool import Connection, connect
from tests.conftest import Database

SOURCE = Path(amends.__file__).parent

# Besides queries*.py and commands*.py of a domain, and everything in db/.
FILES_WITH_SQL = {
    "access/audit.py",
    "access/guesses.py",
    "access/idempotency.py",
    "access/passwords.py",
    "payments/events.py",
    "payments/jobs.py",
    "payments/reconcile.py",
    "payments/providers/sandbox_memory.py",
    "web/health.py",
    "web/status.py",
}

# Statements that read account-owned tables of many accounts at once: sweeps, and the platform's own lists.
ACROSS_ACCOUNTS = {
    "LIST_SQLS (EVERYWHERE)",  # the platform's list of cases
    "DUE_REFUNDS_SQL",
    "DUE_CREDITS_SQL",
    "COUNT_UNSETTLED_REFUNDS_SQL",
}

OWNED = "|".join(tables.ACCOUNT_OWNED)
TABLE_USE = re.compile(rf"\b(?:from|join|into|update|using)\s+(?:only\s+)?(?:public\.)?({OWNED})\b")
ACCOUNT_BOUND = re.compile(r"\baccount_id\s*(?:=|in\s*\()|\(account_id\b[^)]*\)\s*(?:=|in\b)")
UPSERT = re.compile(r"on conflict.*?do update\s+set(.*?)(?:\breturning\b|$)", re.DOTALL)
ALLOWED_IN_UPSERT = {"coalesce", "greatest", "least", "case", "nullif", "in", "and", "or", "not", "when", "then"}
UTILITY = ("listen", "notify", "truncate", "lock", "set ", "reset", "create", "alter", "drop", "copy")


def statements(broken: dict[str, str]) -> dict[str, str]:
    """Return every statement of the code by the name of its module and constant; note modules that cannot be loaded."""
    found: dict[str, str] = {}
    for module_info in pkgutil.walk_packages(amends.__path__, "amends."):
        if ".revisions" in module_info.name or ".environment" in module_info.name:
            continue
        try:
            module = importlib.import_module(module_info.name)
        except ImportError as problem:
            broken[module_info.name] = str(problem)
            continue
        for name, value in vars(module).items():
            if re.fullmatch(r"_?[A-Z0-9_]+_SQLS?", name):
                found |= {f"{module_info.name}.{name}{key}": text for key, text in texts(value)}
    known: dict[str, str] = {}  # a constant imported elsewhere is the same statement
    for name, text in sorted(found.items()):
        known.setdefault(text, name)
    return {name: text for text, name in known.items()}


def texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield the statements in a constant: a text, or a nest of mappings and sequences of them."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from texts(inner, f"{key}[{name}]")
    else:
        for number, inner in enumerate(value):
            yield from texts(inner, f"{key}[{number}]")


BROKEN: dict[str, str] = {}
STATEMENTS = statements(BROKEN)
each_statement = pytest.mark.parametrize(
    "name", sorted(STATEMENTS), ids=lambda name: re.sub(r"^amends\.|[<>' ]", "", name)
)


def plain(name: str) -> str:
    """Return a statement without its comments and text literals."""
    without_comments = re.sub(r"--[^\n]*", "", STATEMENTS[name])
    return re.sub(r"'[^']*'", "''", without_comments)


@pytest.fixture
async def application(database: Database) -> AsyncGenerator[Connection]:
    """Give a connection of the application's role that plans without looking at parameters."""
    connection = await connect(database.url)
    await connection.execute("set plan_cache_mode = force_generic_plan")
    yield connection
    await connection.close()


def test_there_are_statements() -> None:
    assert BROKEN == {}
    assert len(STATEMENTS) > 100


@each_statement
async def test_statement_fits_the_schema_and_the_rights_of_the_role(application: Connection, name: str) -> None:
    """Preparing checks names and types; explaining checks the rights too, without running anything."""
    text = STATEMENTS[name]
    parameters = (await application.prepare(text)).get_parameters()
    if plain(name).strip().lower().startswith(UTILITY):
        return
    await application.execute(f"prepare checked as {text}")
    values = f"({', '.join(['null'] * len(parameters))})" if parameters else ""
    assert await application.fetch(f"explain execute checked{values}")


@each_statement
def test_statement_is_written_as_ours_are(name: str) -> None:
    text = plain(name)
    assert not re.search(r"\b(SELECT|FROM|WHERE|INSERT|UPDATE|DELETE|JOIN|VALUES|ORDER|GROUP|LIMIT)\b", text), (
        "lower case"
    )
    assert not re.search(r"\bselect\s+(distinct\s+)?\*", text), "named columns"
    assert not re.search(r"\breturning\s+\*", text), "named columns"


@each_statement
def test_times_and_ids_are_parameters(name: str) -> None:
    forbidden = r"\b(now|random|gen_random_uuid|clock_timestamp|statement_timestamp|transaction_timestamp|uuidv7)\s*\("
    assert not re.search(forbidden, plain(name))
    assert not re.search(r"\b(current_timestamp|current_date|localtimestamp)\b", plain(name))
    if "nextval" in plain(name):
        assert not re.search(r"\b(insert|update|delete)\b", plain(name)), "not in a write"


@each_statement
def test_account_is_in_every_use_of_an_account_owned_table(name: str) -> None:
    text = plain(name)
    used = TABLE_USE.findall(text)
    inserts = re.findall(rf"\binsert\s+into\s+(?:{OWNED})\b[^(]*\(\s*account_id\b", text)
    bound = len(ACCOUNT_BOUND.findall(text)) + len(inserts)
    if short(name) in ACROSS_ACCOUNTS:
        assert not re.search(r"\bfor (no key )?update\b", text), "no locks across accounts"
        assert bound < len(used), "it names its account after all: take it off the list"
    else:
        assert bound >= len(used), f"{used} but {bound} times account_id = …"


def short(name: str) -> str:
    """Return the name of a constant without its module, and with the first word in capitals of its key."""
    constant, _, key = name.partition("[")
    variant = re.search(r"\.([A-Z_]+)", key)
    return constant.rsplit(".", 1)[-1] + (f" ({variant[1]})" if variant else "")


def test_every_listed_exception_is_there() -> None:
    assert {short(name) for name in STATEMENTS} >= ACROSS_ACCOUNTS


@each_statement
def test_locks_and_notices_stand_alone(name: str) -> None:
    text = plain(name)
    if re.search(r"\bpg_(try_)?advisory|\bpg_notify|^\s*notify", text):
        assert not TABLE_USE.search(text)


@each_statement
def test_upserts_compute_only_from_what_they_are_given(name: str) -> None:
    text = plain(name)
    if not TABLE_USE.search(text):
        return
    for assignments in UPSERT.findall(text):
        assert set(re.findall(r"\b([a-z_]+)\s*\(", assignments)) <= ALLOWED_IN_UPSERT, assignments


SQL = re.compile(
    r"\s*(select\s.*\sfrom\s|insert into \w|update [\w.]+\s+(as \w+\s+)?set\s|delete from \w"
    r"|with (recursive )?\w+ as\b)",
    re.IGNORECASE | re.DOTALL,
)


def sql_literals(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the texts in a file that read as SQL, with their lines."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value):
            yield node.lineno, node.value


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_sql_stands_where_it_is_looked_for(path: Path) -> None:
    place = path.relative_to(SOURCE)
    if place.parts[0] == "db" or place.name.startswith(("queries", "commands")) or str(place) in FILES_WITH_SQL:
        return
    found = [(line, " ".join(text.split())[:60]) for line, text in sql_literals(path)]
    prose = [(line, text) for line, text in found if text.endswith((".", "!")) or text.istitle()]
    assert [entry for entry in found if entry not in prose] == []


RUNS_A_STATEMENT = {"execute", "executemany", "fetch", "fetchrow", "fetchval", "fetchmany", "prepare", "cursor"}


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_sql_is_a_constant(path: Path) -> None:
    """SQL written where it is run escapes the checks above: outside db/ it is a constant of its module."""
    if path.relative_to(SOURCE).parts[0] == "db":
        return
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    statements_run = [
        call.args[0]
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr in RUNS_A_STATEMENT and call.args
    ]
    assert [node.lineno for node in statements_run if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp)] == []
