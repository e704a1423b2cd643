"""The outbox at `/_outbox`: every mail with its links, for everybody to see. Demonstrations only.

It does not matter whether a mail server is set: what is shown here is what its receiver gets.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

import msgspec
from asyncpg import Record
from litestar import Response, get

from amends.db.transactions import transaction
from amends.kit.errors import NotFound
from amends.kit.ids import Prefix, public_id
from amends.notifications.composing import compose, read_stored
from amends.notifications.hand_over import open_link
from amends.notifications.queries import find_mail, newest_mail
from amends.notifications.showing import mail_frame, mail_id_of
from amends.services import Services
from amends.web import urls
from amends.web.layout import AnyRequest, initials
from amends.web.pages import Page, render

SHOWN: Final = 100
OFTEN: Final = 8
_MAX_TYPED: Final = 320
_PUBLIC: Final[dict[str, Any]] = {"public": True}


class MailLine(msgspec.Struct, frozen=True, kw_only=True):
    """A mail in the list."""

    url: str
    recipient: str
    recipient_name: str | None
    initials: str
    to_url: str
    subject: str
    kind: str
    case_pid: str | None
    created_at: datetime


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """An address that got mails lately."""

    email: str
    name: str | None
    count: int
    url: str


class OutboxPage(Page, frozen=True, kw_only=True):
    """The newest mails."""

    template: ClassVar[str] = "notifications/outbox.html"
    mails: Sequence[MailLine]
    recipients: Sequence[Recipient]
    """Who got most of them."""
    to: str
    """The one address whose mails are listed, or nothing."""
    shown: int
    """At most so many are listed."""
    has_server: bool


class MailPage(Page, frozen=True, kw_only=True):
    """One mail, as text and as HTML."""

    template: ClassVar[str] = "notifications/mail.html"
    mail: MailLine
    text: str
    frame_url: str


@get(urls.OUTBOX, opt=_PUBLIC, include_in_schema=False)
async def outbox_page(request: AnyRequest, services: Services, to: str = "") -> Response[str]:
    """List the newest mails, or those to one address."""
    to = to.strip()[:_MAX_TYPED]
    rows = await newest_mail(services.pool, SHOWN, to or None)
    page = OutboxPage(
        mails=[_line(row) for row in rows],
        recipients=_recipients(rows),
        to=to,
        shown=SHOWN,
        has_server=services.mailer is not None,
    )
    return render(request, page)


@get(urls.OUTBOX + "/{mail_id:str}", opt=_PUBLIC, include_in_schema=False)
async def mail_page(request: AnyRequest, services: Services, mail_id: str) -> Response[str]:
    """Show a mail, whose link works from now on, as if it had been delivered."""
    row = await _mail(services, mail_id)
    async with transaction(services.pool) as connection:
        await open_link(connection, services, row)
    line = _line(row)
    text = compose(read_stored(row), services.settings, services.signer).text
    return render(request, MailPage(mail=line, text=text, frame_url=f"{line.url}/html"))


@get(urls.OUTBOX + "/{mail_id:str}/html", opt=_PUBLIC, include_in_schema=False)
async def mail_html(services: Services, mail_id: str) -> Response[str]:
    """Return a mail's HTML for the frame."""
    row = await _mail(services, mail_id)
    return mail_frame(compose(read_stored(row), services.settings, services.signer).html)


async def _mail(services: Services, mail_id: str) -> Record:
    row = await find_mail(services.pool, mail_id_of(mail_id))
    if row is None:
        raise NotFound
    return row


def _recipients(rows: Sequence[Record]) -> list[Recipient]:
    names = {row["recipient"]: row["recipient_name"] for row in rows}
    counted = Counter(row["recipient"] for row in rows).most_common(OFTEN)
    return [Recipient(email=email, name=names[email], count=n, url=_url(email)) for email, n in counted]


def _url(to: str) -> str:
    return urls.with_query(urls.OUTBOX, urlencode({"to": to}))


def _line(row: Record) -> MailLine:
    return MailLine(
        url=f"{urls.OUTBOX}/{public_id(Prefix.MAIL, row['id'])}",
        recipient=row["recipient"],
        recipient_name=row["recipient_name"],
        initials=initials(row["recipient_name"] or row["recipient"]),
        to_url=_url(row["recipient"]),
        subject=row["subject"],
        kind=row["kind"],
        case_pid=row["case_pid"],
        created_at=row["created_at"],
    )


routes: Final = [outbox_page, mail_page, mail_html]
