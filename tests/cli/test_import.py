"""`amends import`: what lands, what is reported, and that running it again changes nothing."""

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from amends.db.pool import Pool
from tests.builders import make_account, make_member
from tests.cli.commands import amends

LINES = [
    {"kind": "account", "id": "acme", "title": "Acme", "currency": "jpy"},
    {"kind": "user", "id": "u1", "name": "Ada", "email": "ada@example.com"},
    {"kind": "member", "account": "acme", "id": "m1", "user": "u1"},
    {"kind": "payment", "account": "acme", "id": "p1", "member": "m1", "amount": 500, "currency": "jpy"},
]


def _write(path: Path, lines: Sequence[Mapping[str, object]]) -> str:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


async def test_a_file_lands_once(pool: Pool, env: Mapping[str, str], tmp_path: Path) -> None:
    paid = {"paid_at": "2026-11-20T10:00:00Z"}
    file = _write(tmp_path / "all.ndjson", [*LINES[:3], {**LINES[3], **paid}])
    first, second = amends("import", file, env=env), amends("import", file, "--json", env=env)
    assert (first.code, first.out) == (0, "4 lines: 4 landed, 0 were there already, 0 rejected.\n")
    assert second.code == 0
    report = json.loads(second.out)
    assert (report["lines"], report["landed"], report["unchanged"], report["rejected"]) == (4, 0, 4, 0)
    assert await pool.fetchval("select amount_minor from payments") == 500


async def test_bad_lines_are_named_and_the_good_ones_land(pool: Pool, env: Mapping[str, str], tmp_path: Path) -> None:
    broken = [{**LINES[1], "id": "u2", "email": "nowhere"}, {**LINES[1], "id": "u3"}]
    ran = amends("import", _write(tmp_path / "users.ndjson", broken), env=env)
    assert ran.code == 3
    assert ran.out.splitlines()[1].split()[:2] == ["1", "email"]
    assert ran.out.endswith("2 lines: 1 landed, 0 were there already, 1 rejected.\n")
    assert [row["external_id"] for row in await pool.fetch("select external_id from users")] == ["u3"]


async def test_a_zipped_csv_is_told_by_its_name_or_by_the_caller(
    pool: Pool, env: Mapping[str, str], tmp_path: Path
) -> None:
    account = await make_account(pool, external_id="acme")
    await make_member(pool, account, external_id="m1")
    rows = "id,member,amount,currency,paid_at\np1,m1,49.00,usd,2026-11-20T10:00:00Z\n"
    (tmp_path / "payments.csv.gz").write_bytes(gzip.compress(rows.encode()))
    (tmp_path / "rows.csv").write_text(rows)
    assert amends("import", str(tmp_path / "payments.csv.gz"), "--account", "acme", env=env).code == 0
    unclear = amends("import", str(tmp_path / "rows.csv"), "--account", "acme", env=env)
    assert unclear.code == 1
    assert "does not say what it holds" in unclear.err
    again = amends("import", str(tmp_path / "rows.csv"), "--account", "acme", "--kind", "payment", "--json", env=env)
    assert json.loads(again.out)["unchanged"] == 1
    assert await pool.fetchval("select count(*) from payments") == 1


def test_a_file_that_is_not_there_is_a_mistake_in_usage(env: Mapping[str, str], tmp_path: Path) -> None:
    ran = amends("import", str(tmp_path / "none.ndjson"), env=env)
    assert ran.code == 2
    assert "does not exist" in ran.err
