"""The SQL of a request, recorded from the server's own log, as a pgbench script that replays it for other cases.

What two requests sent alike stays a literal. What differs comes, for each transaction, from one row of a table: there
the ids of the recorded case are replaced by another case's, and every other uuid by a fresh one. So pgbench sends the
statements that Amends sends, and one more that reads that row.
"""

import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import psycopg

TABLE: Final = "bench_replay"
_EXECUTED: Final = re.compile(r"^(?:execute [^:]+|statement): (?P<sql>.*)$", re.DOTALL)
_PARAMETER: Final = re.compile(r"\$\d+ = (NULL|'(?:[^']|'')*')")
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_PLACEHOLDER: Final = re.compile(r"\$(\d+)")
_COLON_IN_TEXT: Final = re.compile(r"(?<!:):(?=[A-Za-z0-9_])")


class Statement(NamedTuple):
    """One statement as it was executed: its text and its parameters as text."""

    sql: str
    parameters: tuple[str | None, ...]


def executed(logs: Path, marker: str) -> Iterator[Statement]:
    """Yield the statements of the transaction of the backend that ran most, after the last one with `marker`."""
    by_backend: dict[int, list[Statement]] = {}
    for backend, statement in recorded(logs, marker):
        by_backend.setdefault(backend, []).append(statement)
    yield from _transaction(max(by_backend.values(), key=len))


def recorded(logs: Path, marker: str) -> Iterator[tuple[int, Statement]]:
    """Yield every statement of Amends that the log has after the last one with `marker`, with its backend's number."""
    entries = [json.loads(line) for log in sorted(logs.glob("*.json")) for line in log.read_text().splitlines()]
    starts = [n for n, entry in enumerate(entries) if marker in entry.get("message", "")]
    for entry in entries[starts[-1] + 1 :]:
        match = _EXECUTED.match(entry.get("message", ""))
        if match and entry.get("user") == "amends_app":
            yield entry["pid"], Statement(match["sql"], _parameters(entry.get("detail", "")))


def _transaction(statements: list[Statement]) -> Iterator[Statement]:
    """Yield what is from BEGIN to COMMIT: before it may stand the look-up of a credential, which is remembered."""
    inside = False
    for statement in statements:
        inside = inside or statement.sql.startswith("BEGIN")
        if inside:
            yield statement
        if statement.sql.startswith("COMMIT"):
            return


def _parameters(detail: str) -> tuple[str | None, ...]:
    return tuple(None if text == "NULL" else text[1:-1].replace("''", "'") for text in _PARAMETER.findall(detail))


class Script(NamedTuple):
    """A pgbench script and the recorded values of its variables."""

    text: str
    variables: dict[str, str]


def script(one: list[Statement], other: list[Statement]) -> Script:
    """Write the script of two recordings of the same request.

    pgbench is given `first`, the row of the first case, and `each`, how many cases a client has.
    """
    if [statement.sql for statement in one] != [statement.sql for statement in other]:
        raise RuntimeError("two accepts did not send the same statements")
    variables: dict[str, str] = {}
    lines: list[str] = []
    for a, b in zip(one, other, strict=True):
        words = [_word(x, y, variables) for x, y in zip(a.parameters, b.parameters, strict=True)]
        sql = _COLON_IN_TEXT.sub("'||chr(58)||'", a.sql)
        sql = _PLACEHOLDER.sub(lambda found, words=words: words[int(found[1]) - 1], sql)
        lines.append(sql.strip().rstrip(";") + ";")
    columns = ", ".join(variables)
    head = [
        "\\set n :first + :client_id * :each + :i",
        "\\set i :i + 1",
        f"select {columns} from {TABLE} where n = :n \\gset",
    ]
    return Script("\n".join([*head, *lines, ""]), variables)


def _word(one: str | None, other: str | None, variables: dict[str, str]) -> str:
    """Return what stands in the script for a parameter; remember it when it is a variable."""
    if one is None or other is None:
        return "null"
    if one == other and ":" not in one:
        return "'" + one.replace("'", "''") + "'"
    name = f"v{len(variables)}"
    variables[name] = one
    return f":{name}"


def fill(
    owner_url: str, variables: Mapping[str, str], recorded: Mapping[str, str], cases: Iterable[Mapping[str, str]]
) -> int:
    """Write the table: a row for each case, in which its ids stand where the recorded ones did. Return how many."""
    columns = ", ".join(f"{name} text" for name in variables)
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(f"drop table if exists {TABLE}".encode())
        connection.execute(f"create table {TABLE} (n integer primary key, {columns})".encode())
        connection.execute(f"grant select on {TABLE} to amends_app".encode())
        n = 0
        with connection.cursor().copy(f"copy {TABLE} from stdin".encode()) as copy:
            for n, case in enumerate(cases, start=1):
                copy.write_row((n, *_values(variables, recorded, case)))
        connection.execute(f"vacuum analyze {TABLE}".encode())
    return n


def _values(variables: Mapping[str, str], recorded: Mapping[str, str], case: Mapping[str, str]) -> Iterator[str]:
    fresh = {recorded[name]: case[name] for name in recorded}
    words = re.compile(r"(?<!\w)(?:" + "|".join(re.escape(known) for known in fresh) + r")(?!\w)")
    for text in variables.values():
        own = words.sub(lambda found: fresh[found[0]], text)
        yield _UUID.sub(lambda found: found[0] if found[0] in case.values() else _new(fresh, found[0]), own)


def _new(fresh: dict[str, str], recorded: str) -> str:
    return fresh.setdefault(recorded, str(uuid.uuid4()))
