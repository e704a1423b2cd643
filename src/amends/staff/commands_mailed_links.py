"""Sign-in links by e-mail: for customers, and for whoever has no password or does not want to type it.

Nobody learns whether an address is known here: asking answers at once and alike, and a job looks who has it. A platform
may have several people under one address. Whoever reads the mail could be each of them, and only they know which is
meant, so each gets a mail of their own that says whom its link signs in.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from amends.access.commands_links import WHOLE_ACCOUNT, Purpose, issue_link
from amends.access.commands_sign_in import MAX_EMAIL
from amends.access.guesses import Limit, count_guess, whose
from amends.access.people import Person
from amends.access.queries_sign_in import bought_at, people_by_address
from amends.db.jobs import Job, enqueue
from amends.db.pool import Connection, Pool
from amends.db.transactions import transaction
from amends.kit.errors import RateLimited
from amends.kit.signing import Signer
from amends.notifications.commands import queue_mail
from amends.notifications.links import carry
from amends.notifications.mails import LINK, About
from amends.staff import letters
from amends.staff.queries_people import receiver_of
from amends.web import urls
from amends.web.next_path import safe_path

MAILS_TO_ADDRESS: Final = Limit("mailed-link", 3, timedelta(minutes=15))
"""Requests for one address; more are not answered with a mail, and nobody is told."""
MAILS_IN_A_DAY: Final = Limit("mailed-link-day", 12, timedelta(days=1))
"""Requests for one address in a day, wherever they come from: nobody fills another's inbox."""
MAILS_FROM_IP: Final = Limit("mailed-link-from", 30, timedelta(minutes=15))
"""Requests from one IP address."""
MAX_SHOPS: Final = 3
"""How many accounts a mail names, to tell people with one address apart."""
MAX_PEOPLE: Final = 5
"""Of one address; who was here last comes first."""
MAIL_SIGN_IN_LINKS: Final = "staff.mail_sign_in_links"


class MailSignInLinks(msgspec.Struct, frozen=True):
    """Mail a link to whoever has an address; `then` is the page that it leads to."""

    email: str
    then: str


async def ask_for_link(pool: Pool, *, email: str, then: str, address: str, now: datetime) -> None:
    """Have a sign-in link mailed to an e-mail address, if there is anybody who has it.

    Raises:
        RateLimited: `too_many_tries`, from this IP address.
    """
    email = email.strip()[:MAX_EMAIL].replace("\x00", "")
    await count_guess(pool, MAILS_FROM_IP, address, now)
    try:
        await count_guess(pool, MAILS_TO_ADDRESS, whose(email), now)
        await count_guess(pool, MAILS_IN_A_DAY, whose(email), now)
    except RateLimited:
        return
    async with transaction(pool) as connection:
        await enqueue(connection, Job(MAIL_SIGN_IN_LINKS, MailSignInLinks(email, safe_path(then))))


async def mail_sign_in_links(connection: Connection, email: str, then: str, *, signer: Signer, now: datetime) -> None:
    """Queue a mail for each person who has an address."""
    people = await people_by_address(connection, email, limit=MAX_PEOPLE)
    for person in people:
        await _mail(connection, person, then, is_one_of_several=len(people) > 1, signer=signer, now=now)


async def _mail(
    connection: Connection, person: Person, then: str, *, is_one_of_several: bool, signer: Signer, now: datetime
) -> None:
    receiver = await receiver_of(connection, person)
    if receiver is None:
        return
    shops = await bought_at(connection, person.id, limit=MAX_SHOPS) if is_one_of_several else ()
    link = carry(signer, urls.sign_in_link_url, now=now)
    await issue_link(
        connection,
        person.id,
        purpose=Purpose.SIGN_IN,
        path=then,
        lifetime=WHOLE_ACCOUNT,
        now=now,
        token=link.token,
    )
    await queue_mail(
        connection,
        receiver,
        lambda: letters.sign_in_link(
            who=person.name,
            url=LINK,
            expires_at=now + WHOLE_ACCOUNT,
            is_one_of_several=is_one_of_several,
            shops=shops,
        ),
        now=now,
        about=About(user_id=person.id),
        opens=link,
    )
