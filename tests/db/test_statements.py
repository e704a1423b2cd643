"""Every SQL statement of the code: planned on the migrated schema as the application's role, and held to the rules.

A statement is a module-level constant called …_SQL, or a finite set of variants in a …_SQLS. The rules and their
reasons are in DESIGN.md, "Data". Statements that read across accounts are few; each is listed here by name.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest

import amends
from amends.db import tables
from tests.conftest import Database

SOURCE = Path(amends.__file__).parent

# Besides queries*.py and commands*.py of a domain, and everything in db/.
FILES_WITH_SQL = {
    "access/audit.py",
    "access/guesses.py",
    "access/idempotency.py",
    "access/passwords.py",
    "demo/queue.py",
    "payments/events.py",
    "payments/jobs.py",
    "payments/reconcile.py",
    "payments/providers/sandbox_memory.py",
    "web/health.py",
    "web/status.py",
}

# Statements that read account-owned tables of many accounts at once: those that say so in their name (the platform's
# own lists and counts), and the sweeps, which only find what a job then does within one account.
EVERYWHERE = "EVERYWHERE"
SWEEPS = {
    "ACCOUNTS_TO_FOLD_SQL",
    "COUNT_UNSETTLED_REFUNDS_SQL",
    "DUE_CASES_SQL",
    "DUE_CREDITS_SQL",
    "DUE_REMINDERS_SQL",
    "DUE_REFUNDS_SQL",
    "WAITING_NOTICES_SQL",
}

OWNED = "|".join(tables.ACCOUNT_OWNED)
TABLE_USE = re.compile(rf"\b(?:from|join|into|update|using)\s+(?:only\s+)?(?:public\.)?({OWNED})\b")
ACCOUNT_BOUND = re.compile(r"\baccount_id\s*(?:=|in\s*\()|\(account_id\b[^)]*\)\s*(?:=|in\b)")
UPSERT = re.compile(r"on conflict.*?do update\s+set(.*?)(?:\breturning\b|$)", re.DOTALL)
CALLED = re.compile(r"\b([a-z_]+)\s*\(")
ALLOWED_IN_UPSERT = {"coalesce", "greatest", "least", "case", "nullif", "in", "and", "or", "not", "when", "then"}
UTILITY = ("listen", "notify", "truncate", "lock", "set ", "reset", "create", "alter", "drop", "copy", "vacuum")


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


def plain(name: str) -> str:
    """Return a statement without its comments and text literals."""
    without_comments = re.sub(r"--[^\n]*", "", STATEMENTS[name])
    return re.sub(r"'[^']*'", "''", without_comments)


PLAIN = {name: plain(name) for name in sorted(STATEMENTS)}


def matching(pattern: str, names: Iterable[str] = PLAIN) -> list[str]:
    """Return the statements in which the pattern occurs."""
    return [name for name in names if re.search(pattern, PLAIN[name])]


def constant(name: str) -> str:
    """Return the name of a constant without its module and key."""
    return name.partition("[")[0].rsplit(".", 1)[-1]


def is_across_accounts(name: str) -> bool:
    return EVERYWHERE in name.upper() or constant(name) in SWEEPS


@pytest.fixture
def application(database: Database) -> Generator[psycopg.Connection]:
    """Give a connection of the application's role that plans without looking at parameters."""
    with psycopg.connect(database.url, autocommit=True, prepare_threshold=None) as connection:
        connection.execute("set plan_cache_mode = force_generic_plan")
        yield connection


def plan(application: psycopg.Connection, name: str) -> str:
    """Prepare a statement, which checks names and types, and explain it, which checks rights; return what is wrong."""
    application.execute("deallocate all")
    try:
        application.execute(f"prepare checked as {STATEMENTS[name]}".encode())
        found = application.execute("select cardinality(parameter_types) from pg_prepared_statements").fetchone()
        values = ", ".join(["null"] * (found[0] if found else 0))
        application.execute(f"explain execute checked{f'({values})' if values else ''}".encode())
    except psycopg.Error as problem:
        return str(problem)
    return ""


def test_every_module_can_be_loaded() -> None:
    assert BROKEN == {}
    assert len(STATEMENTS) > 100


def test_statements_fit_the_schema_and_the_rights_of_the_role(application: psycopg.Connection) -> None:
    plannable = [name for name in PLAIN if not PLAIN[name].strip().lower().startswith(UTILITY)]
    problems = {name: plan(application, name) for name in plannable}
    assert {name: problem for name, problem in problems.items() if problem} == {}


def test_statements_are_written_as_ours_are() -> None:
    assert matching(r"\b(SELECT|FROM|WHERE|INSERT|UPDATE|DELETE|JOIN|VALUES|ORDER|GROUP|LIMIT)\b") == []
    assert matching(r"\bselect\s+(distinct\s+)?\*|\breturning\s+\*") == []


def test_times_and_ids_are_parameters() -> None:
    assert matching(r"\b(now|random|gen_random_uuid|(clock|statement|transaction)_timestamp|uuidv7)\s*\(") == []
    assert matching(r"\b(current_timestamp|current_date|localtimestamp)\b") == []
    assert matching(r"\b(insert|update|delete)\b", matching(r"\bnextval\b")) == []


def account_uses(name: str) -> tuple[list[str], int]:
    """Return the uses of account-owned tables in a statement, and how often it binds account_id."""
    inserts = re.findall(rf"\binsert\s+into\s+(?:{OWNED})\b[^(]*\(\s*account_id\b", PLAIN[name])
    return TABLE_USE.findall(PLAIN[name]), len(ACCOUNT_BOUND.findall(PLAIN[name])) + len(inserts)


def test_account_is_in_every_use_of_an_account_owned_table() -> None:
    uses = {name: account_uses(name) for name in PLAIN if not is_across_accounts(name)}
    assert {name: (used, bound) for name, (used, bound) in uses.items() if bound < len(used)} == {}


def test_statements_across_accounts_lock_nothing() -> None:
    across = [name for name in PLAIN if is_across_accounts(name)]
    assert matching(r"\bfor (no key )?(update|share)\b", across) == []
    assert {constant(name) for name in across} >= SWEEPS


def test_locks_and_notices_stand_alone() -> None:
    alone = matching(r"\bpg_(try_)?advisory|\bpg_notify|^\s*notify")
    assert [name for name in alone if TABLE_USE.search(PLAIN[name])] == []


def test_upserts_compute_only_from_what_they_are_given() -> None:
    called = {
        name: {word for assignments in UPSERT.findall(PLAIN[name]) for word in CALLED.findall(assignments)}
        for name in PLAIN
        if TABLE_USE.search(PLAIN[name])
    }
    assert {name: words - ALLOWED_IN_UPSERT for name, words in called.items() if words - ALLOWED_IN_UPSERT} == {}


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


def sources() -> list[Path]:
    return [path for path in sorted(SOURCE.rglob("*.py")) if path.relative_to(SOURCE).parts[0] != "db"]


def is_place_for_sql(path: Path) -> bool:
    return path.name.startswith(("queries", "commands")) or str(path.relative_to(SOURCE)) in FILES_WITH_SQL


def test_sql_stands_where_it_is_looked_for() -> None:
    found = [
        f"{path.relative_to(SOURCE)}:{line}: {' '.join(text.split())[:60]}"
        for path in sources()
        if not is_place_for_sql(path)
        for line, text in sql_literals(path)
        if not text.endswith(".")  # a sentence
    ]
    assert found == []


RUNS_A_STATEMENT = {"execute", "executemany", "fetch", "fetchrow", "fetchval", "fetchmany", "prepare", "cursor"}


def run_texts(path: Path) -> Iterator[int]:
    """Yield the lines in which a text is run that is written where it is run."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in RUNS_A_STATEMENT:
            text = node.args[0] if node.args else None
            is_utility = isinstance(text, ast.Constant) and str(text.value).startswith(UTILITY)
            if isinstance(text, ast.Constant | ast.JoinedStr | ast.BinOp) and not is_utility:
                yield node.lineno


def test_sql_is_a_constant() -> None:
    """SQL written where it is run escapes the checks above."""
    assert [f"{path.relative_to(SOURCE)}:{line}" for path in sources() for line in run_texts(path)] == []
