"""`amends import`."""

from pathlib import Path

import click

from amends.access.scopes import system_scope
from amends.cli.accounts import account_number
from amends.cli.exits import Exit, Failure
from amends.cli.output import as_json, print_json, print_table, progress
from amends.cli.runtime import clock, with_pool
from amends.db.pool import Pool
from amends.imports.commands import Counts
from amends.imports.files import UnknownFileKind
from amends.imports.files import import_file as run_import_file
from amends.imports.queries import first_rejections, get_import
from amends.imports.schemas import Import, import_shape
from amends.people.records import Kind

SHOWN_REJECTIONS = 20


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--account", help="The account of lines that name none, by its biz_… id or your own id for it.")
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in Kind]),
    help="What the rows of a CSV are, where its name does not say (payments.csv).",
)
@as_json
def import_file(file: Path, account: str | None, kind: str | None, as_json: bool) -> None:
    """Import accounts, users, products, plans, members, payments and activity from FILE.

    FILE is JSON lines or CSV, gzipped or not. Good lines land, bad ones are listed with their number and make the exit
    code 3. Running the same file again changes nothing.
    """

    size = file.stat().st_size

    async def work(pool: Pool) -> Import:
        account_id = None if account is None else await account_number(pool, account)
        with progress() as advance:

            def count(counts: Counts, read: int) -> None:
                advance(f"{counts.lines} lines, bytes", read, size)

            import_id = await run_import_file(
                pool,
                clock(),
                file,
                scope=system_scope(),
                account_id=account_id,
                kind=None if kind is None else Kind(kind),
                progress=count,
            )
        row = await get_import(pool, import_id, None)
        if row is None:
            raise LookupError(f"import {import_id}")
        return import_shape(row, await first_rejections(pool, import_id, SHOWN_REJECTIONS))

    try:
        report = with_pool(work)
    except UnknownFileKind as problem:
        raise Failure(f"{problem}") from problem
    if as_json:
        print_json(report)
    else:
        _tell(report)
    if report.failure is not None:
        raise Failure(report.failure)
    if report.rejected:
        click.get_current_context().exit(Exit.FOUND)


def _tell(report: Import) -> None:
    if report.rejections:
        rows = [(line.line, line.field, line.reason) for line in report.rejections]
        print_table(("line", "field", "reason"), rows, empty="")
        if report.rejected > len(report.rejections):
            click.echo(f"… and {report.rejected - len(report.rejections)} more (import {report.id}).")
    click.echo(
        f"{report.lines} lines: {report.landed} landed, {report.unchanged} were there already,"
        f" {report.rejected} rejected."
    )
