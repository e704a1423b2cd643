"""`amends users`: the first person of the platform's staff, and how to let somebody in who cannot sign in."""

import sys
from datetime import timedelta
from typing import Final

import click
import msgspec

from amends.access import audit
from amends.access.commands_links import WHOLE_ACCOUNT, issue_sign_in_link
from amends.access.commands_totp import end_totp
from amends.access.passwords import MIN_LENGTH, check_new_password, set_password
from amends.access.people import Person
from amends.access.permissions import StaffRole
from amends.access.queries_sign_in import people_of_staff
from amends.access.scopes import Principal
from amends.cli.exits import Failure
from amends.cli.output import as_json, print_json
from amends.cli.runtime import clock, settings_from_environment, with_pool
from amends.db.pool import Connection, Pool
from amends.db.transactions import transaction
from amends.kit.errors import Unprocessable
from amends.people.commands import set_staff, upsert_user
from amends.people.records import UserRecord

OPERATOR: Final = Principal(kind="system", id="command_line", name="command line")
"""How the audit log names what is done here."""
LONGEST_MINUTES: Final = 24 * 60


@click.group()
def users() -> None:
    """Make the first person of the platform's staff, and let people in who cannot sign in."""


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
        click.echo(f"They sign in at {settings_from_environment().base_url.rstrip('/')}/sign-in.", err=True)


@users.command("sign-in-link")
@click.argument("email")
@click.option(
    "--minutes",
    type=click.IntRange(1, LONGEST_MINUTES),
    default=int(WHOLE_ACCOUNT.total_seconds()) // 60,
    show_default=True,
    help="How long the link works.",
)
@click.option("--user", help="Which one, by user_… id, when several people have this address.")
@as_json
def sign_in_link(email: str, minutes: int, user: str | None, as_json: bool) -> None:
    """Make a link that signs in whoever has the address EMAIL, once.

    For people of a team or of the platform's staff. Whoever has the link is that person: hand it over privately. A
    second step, where it is on, is still asked for.
    """
    url = settings_from_environment().base_url.rstrip("/")

    async def work(pool: Pool) -> tuple[Person, str]:
        now = clock().now()
        async with transaction(pool) as connection:
            person = await _staff(connection, email, user)
            token = await issue_sign_in_link(connection, person.id, "/", timedelta(minutes=minutes), now)
            await _record(connection, person, "sign_in_link.made")
            return person, f"{url}/sign-in/{token}"

    person, link = with_pool(work)
    if as_json:
        print_json({"id": person.pid, "email": person.email, "name": person.name, "url": link})
    else:
        click.echo(f"Signs in {person.name or person.email}, once, within {minutes} min:", err=True)
        click.echo(link)


@users.command("end-two-step")
@click.argument("email")
@click.option("--user", help="Which one, by user_… id, when several people have this address.")
def end_two_step(email: str, user: str | None) -> None:
    """Turn two-step sign-in off for EMAIL, who has lost the phone and the recovery codes.

    Make sure that it is them who ask.
    """

    async def work(pool: Pool) -> Person:
        async with transaction(pool) as connection:
            person = await _staff(connection, email, user)
            await end_totp(connection, person, now=clock().now())
            await _record(connection, person, "totp.ended_by_operator")
            return person

    person = with_pool(work)
    click.echo(f"{person.name or person.email} signs in without a second step now.")


async def _staff(connection: Connection, email: str, user: str | None) -> Person:
    people = [person for person in await people_of_staff(connection, email) if user in {None, person.pid}]
    if not people:
        raise Failure(f"Nobody on a team or on the platform's staff has the address {email}.")
    if len(people) > 1:
        listed = ", ".join(f"{person.pid} ({person.name})" for person in people)
        raise Failure(f"Several people have the address {email}: say which with --user. They are {listed}.")
    return people[0]


async def _record(connection: Connection, person: Person, action: str) -> None:
    await audit.record(
        connection, principal=OPERATOR, action=action, subject=person.pid, account_id=None, now=clock().now()
    )


def _password(from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    if len(password) < MIN_LENGTH:
        raise Failure(f"A password has at least {MIN_LENGTH} characters.")
    try:
        check_new_password(password)
    except Unprocessable as problem:
        raise Failure(problem.message) from problem
    return password
