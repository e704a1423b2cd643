"""`amends verify`."""

import click

from amends.cases.verify import Report, verify_accounts
from amends.cli.accounts import account_number
from amends.cli.exits import Exit
from amends.cli.output import as_json, print_json, print_table, progress
from amends.cli.runtime import with_services
from amends.services import Services


@click.command()
@click.option("--account", help="Only this account, by its biz_… id or your own id for it.")
@as_json
def verify(account: str | None, as_json: bool) -> None:
    """Check that no timeline was altered.

    Walks every chain of events, and compares it with the case's head and with the daily signed digests. Each event
    that is not as it was written is listed with its case, and makes the exit code 3.
    """

    async def work(services: Services) -> Report:
        accounts = None if account is None else [await account_number(services.pool, account)]
        with progress() as advance:
            read = 0

            def count(events: int) -> None:
                nonlocal read
                read += events
                advance("Reading events", read, None)

            return await verify_accounts(services.pool, services.signer, account_ids=accounts, progress=count)

    report = with_services(work)
    if as_json:
        print_json(report)
    else:
        _tell(report)
    if report.findings:
        click.get_current_context().exit(Exit.FOUND)


def _tell(report: Report) -> None:
    if report.findings:
        columns = ("case", "event", "position", "problem", "account")
        rows = [(found.case, found.event, found.position, found.problem, found.account) for found in report.findings]
        print_table(columns, rows, empty="")
    verdict = f"{len(report.findings)} problems." if report.findings else "all as it was written."
    click.echo(
        f"{report.events} events of {report.cases} cases in {report.accounts} accounts,"
        f" {report.digests} daily digests: {verdict}"
    )
