"""`amends reconcile`."""

from datetime import timedelta

import click

from amends.cli.accounts import account_number
from amends.cli.exits import Exit
from amends.cli.output import as_json, print_json, print_table
from amends.cli.runtime import with_services
from amends.kit.clock import iso
from amends.payments.reconcile import (
    NEEDS_ATTENTION,
    Difference,
    Report,
    UnappliedEvent,
    reconcile_account,
    reconcile_all,
)
from amends.services import Services


@click.command()
@click.option("--account", help="Only this account, by its biz_… id or your own id for it.")
@click.option("--days", type=click.IntRange(1, 3650), default=180, show_default=True, help="How far to look back.")
@as_json
def reconcile(account: str | None, days: int, as_json: bool) -> None:
    """Compare refunds with the payment providers, and repair.

    What a provider says has happened is recorded as if it had told us then; running this twice changes nothing more.
    What only people can resolve is listed, and makes the exit code 3.
    """

    async def work(services: Services) -> Report:
        since = services.clock.now() - timedelta(days=days)
        if account is None:
            return await reconcile_all(services, since=since)
        return await reconcile_account(services, await account_number(services.pool, account), since=since)

    report = with_services(work)
    if as_json:
        print_json(report)
    else:
        _tell(report)
    if report.needs_attention or report.unapplied_events:
        click.get_current_context().exit(Exit.FOUND)


def _tell(report: Report) -> None:
    if report.differences:
        columns = ("found", "refund", "provider", "provider's id", "minor units", "")
        print_table(columns, map(_row, report.differences), empty="")
    if report.unapplied_events:
        columns = ("message", "provider", "id", "received", "why it could not be applied")
        print_table(columns, map(_event_row, report.unapplied_events), empty="")
    click.echo(
        f"{report.compared} refunds compared: {report.agreed} agreed,"
        f" {len(report.differences) - len(report.needs_attention)} repaired,"
        f" {len(report.needs_attention)} need attention."
    )


def _row(difference: Difference) -> tuple[object, ...]:
    wants = "needs attention" if difference.finding in NEEDS_ATTENTION else "repaired"
    return (
        difference.finding.value.replace("_", " "),
        difference.refund,
        difference.provider,
        difference.provider_ref,
        difference.amount_minor,
        wants,
    )


def _event_row(event: UnappliedEvent) -> tuple[object, ...]:
    return (event.kind, event.provider, event.event_id, iso(event.received_at), event.failure)
