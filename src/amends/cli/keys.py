"""`amends keys`: API keys made by the operator, who needs no key to make one."""

from datetime import timedelta
from typing import Any, Final

import click

from amends.access.commands import NewKey, issue_api_key, revoke_api_key
from amends.access.permissions import ACCOUNT_PERMISSIONS, ALL_PERMISSIONS, Permission
from amends.access.queries import get_key, list_keys
from amends.access.scopes import Principal
from amends.cli.accounts import account_number
from amends.cli.exits import Failure
from amends.cli.output import as_json, print_json, print_table
from amends.cli.runtime import clock, with_pool
from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.kit.clock import iso
from amends.kit.ids import MalformedId, Prefix, parse_public_id
from amends.kit.pages import PageRequest

OPERATOR: Final = Principal(kind="system", id="command_line", name="command line")
"""How the audit log names what is done here."""


@click.group()
def keys() -> None:
    """Create, list and revoke API keys."""


@keys.command()
@click.option("--name", required=True, help="What the key is for, as the list will show it.")
@click.option("--account", help="The account, by its biz_… id or your own id for it. Without: the whole platform.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([permission.value for permission in Permission]),
    help="What the key may do; repeat for more. Without: everything that such a key can.",
)
@click.option("--expires-in-days", type=click.IntRange(1, 3650), help="Without: it does not expire.")
@as_json
def create(name: str, account: str | None, scopes: tuple[str, ...], expires_in_days: int | None, as_json: bool) -> None:
    """Create a key and print it, once."""

    async def work(pool: Pool) -> NewKey:
        account_id = await account_number(pool, account) if account is not None else None
        everything = ALL_PERMISSIONS if account_id is None else ACCOUNT_PERMISSIONS
        granted = frozenset(Permission(scope) for scope in scopes) or everything
        if wrong := sorted(granted - everything):
            raise Failure(f"A key of an account cannot have {', '.join(wrong)}; leave out --account.")
        now = clock().now()
        async with transaction(pool) as connection:
            return await issue_api_key(
                connection,
                principal=OPERATOR,
                account_id=account_id,
                name=name,
                scopes=sorted(granted),
                expires_at=now + timedelta(days=expires_in_days) if expires_in_days else None,
                now=now,
            )

    made = with_pool(work)
    if as_json:
        print_json({"id": made.pid, "token": made.token})
    else:
        click.echo(f"Keep this token, it is not shown again ({made.pid}):", err=True)
        click.echo(made.token)


@keys.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that were revoked.")
@as_json
def list_(everything: bool, as_json: bool) -> None:
    """List the keys, newest first."""
    rows = [row for row in with_pool(_all_keys) if everything or row["revoked_at"] is None]
    if as_json:
        print_json({"data": rows})
        return
    columns = ("id", "account", "name", "token", "scopes", "created", "last used", "expires", "revoked")
    print_table(columns, map(_row, rows), empty="There are no keys. `amends keys create` makes one.")


@keys.command()
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """Revoke the key KEY_ID (key_…) for good. It stops working within five seconds."""

    async def work(pool: Pool) -> None:
        try:
            row_id = parse_public_id(Prefix.KEY, key_id).row_id
        except MalformedId:
            row_id = None
        if row_id is None or await get_key(pool, row_id, account_ids=None) is None:
            raise Failure(f"There is no key {key_id}. `amends keys list` shows their ids.")
        async with transaction(pool) as connection:
            await revoke_api_key(connection, key_id=row_id, principal=OPERATOR, now=clock().now())

    with_pool(work)
    click.echo(f"{key_id} is revoked.")


async def _all_keys(pool: Pool) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    after = None
    while True:
        page = PageRequest(size=100, from_end=False, after=after, before=None)
        found = await list_keys(pool, account_ids=None, page=page)
        rows += [_shown(row) for row in found[: page.size]]
        if len(found) <= page.size:
            return rows
        after = (found[page.size - 1]["created_at"], found[page.size - 1]["id"])


def _shown(row: Any) -> dict[str, Any]:
    times = ("created_at", "last_used_at", "expires_at", "revoked_at")
    return {
        "id": row["pid"],
        "account_id": row["account_pid"],
        "name": row["name"],
        "token_hint": row["token_hint"],
        "scopes": row["scopes"],
        **{name: iso(row[name]) if row[name] is not None else None for name in times},
    }


def _row(key: dict[str, Any]) -> tuple[Any, ...]:
    full = ALL_PERMISSIONS if key["account_id"] is None else ACCOUNT_PERMISSIONS
    scopes = "all" if len(key["scopes"]) == len(full) else " ".join(key["scopes"])
    return (
        key["id"],
        key["account_id"] or "platform",
        key["name"],
        f"…{key['token_hint']}",
        scopes,
        *(_day(key[name]) for name in ("created_at", "last_used_at", "expires_at", "revoked_at")),
    )


def _day(moment: str | None) -> str | None:
    return None if moment is None else moment[:16].replace("T", " ")
