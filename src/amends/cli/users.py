"""`amends users`: the first person of the platform's staff, whom nobody on the web could invite."""

import sys

import click
import msgspec

from amends.access.passwords import MIN_LENGTH, set_password
from amends.access.permissions import StaffRole
from amends.cli.exits import Failure
from amends.cli.output import as_json, print_json
from amends.cli.runtime import clock, with_pool
from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.people.commands import set_staff, upsert_user
from amends.people.records import UserRecord


@click.group()
def users() -> None:
    """Make the first person of the platform's staff."""


@users.command("create-admin")
@click.option("--email", required=True, help="The address to sign in with.")
@click.option("--name", required=True, help="The name that timelines and the audit log show.")
@click.option(
    "--id", "external_id", help="The platform's own id of this person, the subject of its tokens; else the e-mail."
)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
@as_json
def create_admin(email: str, name: str, external_id: str | None, password_stdin: bool, as_json: bool) -> None:
    """Make a person an admin of the platform, or give an existing one that role and a new password."""
    password = _password(password_stdin)
    try:
        record = msgspec.convert({"name": name, "email": email}, UserRecord)
    except msgspec.ValidationError as problem:
        raise Failure(f"This person cannot be recorded: {problem}.") from problem

    async def work(pool: Pool) -> str:
        now = clock().now()
        async with transaction(pool) as connection:
            user = await upsert_user(connection, external_id or email, record, now=now)
            await set_staff(connection, user.id, StaffRole.ADMIN, now=now)
            await set_password(connection, user.id, password, now=now)
            return user.pid

    user_id = with_pool(work)
    if as_json:
        print_json({"id": user_id, "email": email, "name": name, "role": StaffRole.ADMIN})
    else:
        click.echo(f"{name} <{email}> is an admin of the platform ({user_id}).")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    if len(password) < MIN_LENGTH:
        raise Failure(f"A password has at least {MIN_LENGTH} characters.")
    return password
