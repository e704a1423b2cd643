"""The catalogue of the migrated database, held to each rule of DESIGN.md, "Data"."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg.rows import dict_row

from amends.db import tables
from amends.db.embedded import APP_ROLE
from amends.db.statements import REVISIONS

Row = dict[str, Any]

SCHEMAS = ("public", "sandbox")
ALEMBIC = "alembic_version"
# Tables whose amounts are in the currency of the row they hang on.
CURRENCY_ELSEWHERE = {"case_offers": "cases", "case_decisions": "cases"}

COLUMNS = """
    select
        case when n.nspname = 'public' then c.relname else n.nspname || '.' || c.relname end as table_name,
        a.attname as name,
        format_type(a.atttypid, a.atttypmod) as type,
        a.attnotnull as required,
        a.attidentity <> '' as is_identity,
        pg_get_expr(d.adbin, d.adrelid) as default_text
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relkind in ('r', 'p') and c.relpersistence <> 't' and n.nspname not in ('pg_catalog', 'information_schema')
    order by 1, a.attnum
"""
UNIQUE_INDEXES = """
    select
        t.relname as table_name,
        c.relname as name,
        i.indisprimary as is_primary,
        array(
            select coalesce(a.attname, '(expression)')
            from unnest(i.indkey) with ordinality as k (attnum, position)
            left join pg_attribute a on a.attrelid = t.oid and a.attnum = k.attnum and k.attnum > 0
            where k.position <= i.indnkeyatts
            order by k.position
        ) as columns
    from pg_index i
    join pg_class c on c.oid = i.indexrelid
    join pg_class t on t.oid = i.indrelid
    where t.relnamespace = 'public'::regnamespace and (i.indisunique or i.indisprimary)
"""
FOREIGN_KEYS = """
    select
        k.conname as name,
        k.conrelid::regclass::text as table_name,
        k.confrelid::regclass::text as target,
        k.confdeltype as on_delete,
        k.confupdtype as on_update,
        array(select a.attname from unnest(k.conkey) c join pg_attribute a on a.attrelid = k.conrelid and a.attnum = c)
            as columns
    from pg_constraint k
    where k.contype = 'f'
"""


@pytest.fixture
def catalogue(owner: psycopg.Connection) -> psycopg.Cursor[Row]:
    """Give a cursor on the catalogue, with rows as dictionaries."""
    return owner.cursor(row_factory=dict_row)


def read(catalogue: psycopg.Cursor[Row], query: LiteralString) -> list[Row]:
    return catalogue.execute(query).fetchall()


@pytest.fixture
def columns(catalogue: psycopg.Cursor[Row]) -> dict[str, dict[str, Row]]:
    """Give the columns of every table, in their order."""
    found: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in read(catalogue, COLUMNS):
        found[row["table_name"]][row["name"]] = row
    return found


@pytest.fixture
def unique_indexes(catalogue: psycopg.Cursor[Row]) -> list[Row]:
    return read(catalogue, UNIQUE_INDEXES)


@pytest.fixture
def foreign_keys(catalogue: psycopg.Cursor[Row]) -> list[Row]:
    return read(catalogue, FOREIGN_KEYS)


def test_every_table_is_in_exactly_one_list(columns: dict[str, dict[str, Row]]) -> None:
    lists = (tables.ACCOUNT_OWNED, tables.REFERENCE, tables.ORDINARY, tables.QUEUE, tables.SANDBOX)
    assert sorted(name for names in lists for name in names) == sorted(set(columns) - {ALEMBIC})
    assert set(tables.APPEND_ONLY) <= set(tables.OURS)
    assert set(tables.TIME_GROWN) <= set(tables.ACCOUNT_OWNED)


@pytest.mark.parametrize("table", tables.ACCOUNT_OWNED)
class TestAccountOwned:
    def test_account_comes_first(self, columns: dict[str, dict[str, Row]], table: str) -> None:
        name, column = next(iter(columns[table].items()))
        assert (name, column["type"], column["required"]) == ("account_id", "bigint", True)

    def test_account_is_in_every_key(self, unique_indexes: list[Row], table: str) -> None:
        keys = [row for row in unique_indexes if row["table_name"] == table]
        primary = [row for row in keys if row["is_primary"]]
        assert [row["name"] for row in primary] == [f"{table}_pk"]
        assert primary[0]["columns"][0] == "account_id"
        assert [row["name"] for row in keys if "account_id" not in row["columns"]] == []

    def test_foreign_keys_stay_within_the_account(self, foreign_keys: list[Row], table: str) -> None:
        for key in (row for row in foreign_keys if row["table_name"] == table):
            assert "account_id" in key["columns"], key
            assert key["target"] in (*tables.ACCOUNT_OWNED, "accounts"), key

    def test_id_is_made_by_the_application(self, columns: dict[str, dict[str, Row]], table: str) -> None:
        found = columns[table].get("id")
        assert found is None or (found["type"], found["required"], found["default_text"]) == ("uuid", True, None)


@pytest.mark.parametrize("table", tables.TIME_GROWN)
def test_time_grown_tables_can_be_partitioned(unique_indexes: list[Row], table: str) -> None:
    keys = [row["columns"] for row in unique_indexes if row["table_name"] == table]
    assert [key for key in keys if "created_at" not in key] == []


def test_foreign_keys_are_named_and_plain(foreign_keys: list[Row]) -> None:
    assert len(foreign_keys) > 15
    for key in foreign_keys:
        table = key["table_name"].rsplit(".", 1)[-1]
        assert re.fullmatch(rf"{table}_[a-z]+_fk", key["name"]), key
        assert key["on_delete"] in ("a", "r", "c"), f"on delete set null or default: {key}"
        assert key["on_update"] in ("a", "r"), f"on update cascade: {key}"


def test_only_tables_of_one_kind_refer_to_each_other(foreign_keys: list[Row]) -> None:
    for key in (row for row in foreign_keys if row["table_name"] not in tables.ACCOUNT_OWNED):
        assert key["target"] in (*tables.ORDINARY, *tables.REFERENCE, *tables.SANDBOX), key


def test_nothing_happens_behind_a_statement(catalogue: psycopg.Cursor[Row]) -> None:
    """No triggers, rules, functions or views of ours: what a statement does is what it says."""
    assert read(catalogue, "select tgname, tgrelid::regclass::text from pg_trigger where not tgisinternal") == []
    schemas = "('public', 'sandbox', 'jobs')"
    for query in (
        f"select rulename from pg_rules where schemaname in {schemas}",
        f"select viewname from pg_views where schemaname in {schemas}",
        f"select proname from pg_proc p join pg_namespace n on n.oid = pronamespace where nspname in {schemas}",
        "select extname from pg_extension where extname <> 'plpgsql'",
    ):
        assert read(catalogue, query) == [], query


def test_defaults_are_constants(columns: dict[str, dict[str, Row]]) -> None:
    """No identity, serial, now() or random: ids and times are parameters."""
    for table in tables.OURS + tables.SANDBOX:
        for column in columns[table].values():
            assert not column["is_identity"], column
            assert "(" not in (column["default_text"] or ""), column


def test_times_have_a_zone(columns: dict[str, dict[str, Row]]) -> None:
    found = [
        (table, name)
        for table in tables.OURS + tables.SANDBOX
        for name, column in columns[table].items()
        if column["type"].startswith("timestamp") and column["type"] != "timestamp with time zone"
    ]
    assert found == []


@pytest.mark.parametrize("table", tables.OURS)
def test_money_is_whole_minor_units_of_a_currency(columns: dict[str, dict[str, Row]], table: str) -> None:
    amounts = [column for name, column in columns[table].items() if name.endswith("_minor") or "amount" in name]
    for column in amounts:
        assert (column["name"][-6:], column["type"]) == ("_minor", "bigint"), column
    if not amounts:
        return
    held = columns[CURRENCY_ELSEWHERE.get(table, table)]
    assert (held["currency"]["type"], held["currency"]["required"]) == ("character(3)", True)
    assert (held["currency_exponent"]["type"], held["currency_exponent"]["required"]) == ("smallint", True)


def revision_files() -> list[Path]:
    return sorted(REVISIONS.glob("sql/*/*.sql"))


@pytest.mark.parametrize("file", revision_files(), ids=lambda file: file.name)
def test_amounts_say_from_whose_perspective(file: Path) -> None:
    silent = [
        line for line in file.read_text().splitlines() if re.match(r"\s+\w+_minor bigint", line) and "--" not in line
    ]
    assert silent == []


@pytest.mark.parametrize("file", revision_files(), ids=lambda file: file.name)
def test_foreign_keys_are_added_by_statements_of_their_own(file: Path) -> None:
    lines = [line for line in file.read_text().splitlines() if re.search(r" references \w+ \(", line)]
    assert [line for line in lines if not re.match(r"alter table \S+ add constraint \w+_fk foreign key ", line)] == []


def test_application_has_exactly_the_rights_it_needs(catalogue: psycopg.Cursor[Row]) -> None:
    rights = ("select", "insert", "update", "delete", "truncate", "references", "trigger")
    for table in tables.ALL:
        query = "select " + ", ".join(f"has_table_privilege(%s, %s, '{right}') as {right}" for right in rights)
        found = catalogue.execute(query, [APP_ROLE, table] * len(rights)).fetchone() or {}
        expected = {"select", "insert"} if table in tables.APPEND_ONLY else {"select", "insert", "update", "delete"}
        assert {right for right, held in found.items() if held} == expected, table


def test_application_may_not_create(catalogue: psycopg.Cursor[Row]) -> None:
    for schema in ("public", *tables.SCHEMAS):
        row = catalogue.execute("select has_schema_privilege(%s, %s, 'create') as may", [APP_ROLE, schema]).fetchone()
        assert row == {"may": False}, schema
