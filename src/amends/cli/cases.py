"""`amends cases`: what the operator wants to look up without a browser. Reads as the platform sees it."""

from typing import Any, Final

import click
import msgspec

from amends.cases.filters import CaseFilter, Direction, Order
from amends.cases.listing import Listed, Place, list_cases
from amends.cases.queries_case import View, case_json
from amends.cases.queries_events import events_page
from amends.cases.rows import CaseRef
from amends.cases.states import Actor, Reason, Status
from amends.cli.accounts import account_number
from amends.cli.exits import Failure
from amends.cli.output import as_json, print_facts, print_json, print_table
from amends.cli.runtime import clock, with_pool
from amends.db.pool import Pool
from amends.kit.ids import MalformedId, Prefix, parse_public_id
from amends.kit.money import exponent, major_text, to_minor
from amends.kit.pages import PageRequest

SEEN: Final = View(Actor.PLATFORM, with_email=True, user_id=None)
EVENTS_SHOWN: Final = 500


@click.group()
def cases() -> None:
    """List cases, show one."""


@cases.command("list")
@click.option("--account", help="Only this account's, by its biz_… id or your own id for it.")
@click.option("--status", multiple=True, type=click.Choice([s.value for s in Status]), help="Repeat for more.")
@click.option("--reason", multiple=True, type=click.Choice([r.value for r in Reason]), help="Repeat for more.")
@click.option("--due", is_flag=True, help="Those due first come first, instead of the newest.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@as_json
def list_(
    account: str | None, status: tuple[str, ...], reason: tuple[str, ...], due: bool, limit: int, as_json: bool
) -> None:
    """List cases."""

    async def work(pool: Pool) -> Listed:
        account_id = None if account is None else await account_number(pool, account)
        wanted = CaseFilter(
            account_id=account_id, status=[Status(s) for s in status], reason=[Reason(r) for r in reason]
        )
        return await list_cases(
            pool,
            [Place(SEEN, None if account_id is None else (account_id,))],
            wanted,
            order=Order.RESPONSE_DUE_AT if due else Order.CREATED_AT,
            direction=Direction.ASC if due else Direction.DESC,
            page=PageRequest(size=limit, from_end=False, after=None, before=None),
            now=clock().now(),
        )

    listed = [msgspec.json.decode(body) for body in with_pool(work).bodies]
    if as_json:
        print_json({"data": listed})
        return
    columns = ("case", "opened", "status", "due", "reason", "amount", "customer", "account")
    print_table(columns, map(_row, listed), empty="There are no such cases.")


@cases.command()
@click.argument("case_id")
@as_json
def show(case_id: str, as_json: bool) -> None:
    """Show the case CASE_ID (reso_…) and its timeline."""

    async def work(pool: Pool) -> dict[str, Any]:
        try:
            ref = CaseRef(*parse_public_id(Prefix.CASE, case_id))
            shown = msgspec.json.decode(await case_json(pool, ref, SEEN, now=clock().now()))
        except (MalformedId, LookupError) as problem:
            raise Failure(f"There is no case {case_id}. `amends cases list` shows their ids.") from problem
        return {**shown, "events": await _events(pool, ref)}

    case = with_pool(work)
    if as_json:
        print_json(case)
    else:
        _tell(case)


async def _events(pool: Pool, ref: CaseRef) -> list[dict[str, Any]]:
    """Return the newest events of a timeline, oldest first."""
    rows = await events_page(
        pool,
        ref,
        viewer=Actor.PLATFORM,
        after=None,
        before=None,
        limit=EVENTS_SHOWN,
        from_end=False,
    )
    bodies = [row["body"] + "}" for row in rows if row["id"] is not None]
    return [msgspec.json.decode(body) for body in reversed(bodies)]


def _row(case: dict[str, Any]) -> tuple[Any, ...]:
    return (
        case["id"],
        _minute(case["created_at"]),
        _standing(case),
        _minute(case["response_due_at"]),
        case["reason"].replace("_", " "),
        _money(case["amount"], case["currency"]),
        case["buyer"]["name"],
        case["account"]["title"],
    )


def _tell(case: dict[str, Any]) -> None:
    buyer, payment = case["buyer"], case["payment"]
    print_facts(
        (
            ("Case", case["id"]),
            ("Status", _standing(case)),
            ("Due", _minute(case["response_due_at"])),
            ("Appeal until", _minute(case["appeal_due_at"])),
            ("Reason", case["reason"].replace("_", " ")),
            ("Amount", _money(case["amount"], case["currency"])),
            ("Refund", None if case["refund"] in (None, "none") else f"by the {case['refund']}, {case['settlement']}"),
            ("Account", f"{case['account']['title']} ({case['account']['id']})"),
            ("Customer", f"{buyer['name']} <{buyer['email']}> ({buyer['user_id']})"),
            ("Payment", f"{payment['id']}, {_minute(payment['created_at'])}"),
            ("Opened", _minute(case["created_at"])),
            ("Version", case["version"]),
        )
    )
    click.echo()
    columns = ("when", "who", "what", "said")
    print_table(columns, map(_event_row, case["events"]), empty="The timeline is empty.")


def _event_row(event: dict[str, Any]) -> tuple[Any, ...]:
    name = event["reporter_name"]
    who = event["reporter_type"] if name is None else f"{name} ({event['reporter_type']})"
    said = event["details"] or ""
    return (_minute(event["created_at"]), who, event["action"].replace("_", " "), said)


def _standing(case: dict[str, Any]) -> str:
    """Return status, or the outcome of a closed case, in words."""
    words = case["outcome"] or case["status"]
    return (
        f"{words.replace('_', ' ')}, escalated"
        if case["escalated"] and not case["outcome"]
        else words.replace("_", " ")
    )


def _money(amount: float, currency: str) -> str:
    return f"{major_text(to_minor(amount, currency), exponent(currency))} {currency.upper()}"


def _minute(moment: str | None) -> str | None:
    return None if moment is None else moment[:16].replace("T", " ")
