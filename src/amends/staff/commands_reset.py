"""A forgotten password: ask for a link by e-mail, and choose a new one with it.

Nobody learns whether an address has an account here. Asking answers at once and alike; who has the address is looked up
by a job, so that not even the time tells. A queue that is lost loses such a request, which is then made again.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from amends.access.commands_links import Purpose, issue_link, use_link
from amends.access.commands_sign_in import MAX_EMAIL, replace_password
from amends.access.guesses import Limit, count_guess, whose
from amends.access.people import Person
from amends.access.queries_sign_in import people_of_staff
from amends.db.jobs import Job, enqueue
from amends.db.pool import Connection, Pool
from amends.db.transactions import transaction
from amends.kit.errors import RateLimited
from amends.kit.signing import Signer
from amends.notifications.commands import queue_mail
from amends.notifications.links import carry
from amends.notifications.mails import LINK, About, Receiver
from amends.staff import letters
from amends.staff.queries_people import receiver_of
from amends.web import urls

LIFETIME: Final = timedelta(hours=1)
RESETS_OF_ADDRESS: Final = Limit("reset", 3, timedelta(minutes=15))
"""Mails to one address; more are not sent, and nobody is told."""
RESETS_IN_A_DAY: Final = Limit("reset-day", 12, timedelta(days=1))
"""Mails to one address in a day, wherever they are asked for: nobody fills another's inbox."""
RESETS_FROM_IP: Final = Limit("reset-from", 30, timedelta(minutes=15))
"""Requests from one IP address."""
MAIL_LINKS: Final = "staff.mail_reset_links"


class MailLinks(msgspec.Struct, frozen=True):
    """Mail a link to whoever has an address."""

    email: str


async def ask_for_reset(pool: Pool, *, email: str, address: str, now: datetime) -> None:
    """Have a link mailed to an e-mail address, if there is anybody on a team or the staff who has it.

    Raises:
        RateLimited: `too_many_tries`, from this IP address.
    """
    email = email.strip()[:MAX_EMAIL].replace("\x00", "")
    await count_guess(pool, RESETS_FROM_IP, address, now)
    try:
        await count_guess(pool, RESETS_OF_ADDRESS, whose(email), now)
        await count_guess(pool, RESETS_IN_A_DAY, whose(email), now)
    except RateLimited:
        return
    async with transaction(pool) as connection:
        await enqueue(connection, Job(MAIL_LINKS, MailLinks(email)))


async def mail_reset_links(connection: Connection, email: str, *, signer: Signer, now: datetime) -> None:
    """Queue a mail for each person of a team or the staff who has an address."""
    for person in await people_of_staff(connection, email):
        receiver = await receiver_of(connection, person)
        if receiver is not None:
            await _mail_link(connection, person, receiver, signer, now)


async def _mail_link(connection: Connection, person: Person, receiver: Receiver, signer: Signer, now: datetime) -> None:
    link = carry(signer, urls.reset_password_url, now=now)
    await issue_link(
        connection,
        person.id,
        purpose=Purpose.RESET_PASSWORD,
        path=urls.SIGN_IN,
        lifetime=LIFETIME,
        now=now,
        token=link.token,
    )
    about = About(user_id=person.id)
    await queue_mail(
        connection,
        receiver,
        lambda: letters.reset_password(url=LINK, expires_at=now + LIFETIME),
        now=now,
        about=about,
        opens=link,
    )


async def reset_password(connection: Connection, token: str, password: str, *, base_url: str, now: datetime) -> bool:
    """Take a link and give its person the new password; False: the link was used, is too old or was never made.

    Raises:
        Unprocessable: see `check_new_password`; the link can still be used.
    """
    link = await use_link(connection, token, Purpose.RESET_PASSWORD, now)
    if link is None:
        return False
    await replace_password(connection, link.person, password, keep_session=None, now=now)
    await tell_password_changed(connection, link.person, base_url=base_url, now=now)
    return True


async def tell_password_changed(connection: Connection, person: Person, *, base_url: str, now: datetime) -> None:
    """Queue the mail that says so: also for changes of one's own."""
    receiver = await receiver_of(connection, person)
    if receiver is not None:
        forgot_url = base_url + urls.FORGOT_PASSWORD
        await queue_mail(
            connection,
            receiver,
            lambda: letters.password_changed(at=now, forgot_url=forgot_url),
            now=now,
            about=About(user_id=person.id),
        )
