"""The outbox at `/_outbox`: every mail, for everybody to see, where nobody delivers them. Demonstrations only.

A mail's HTML stands in a frame of its own that may run nothing and load nothing; its links open in a new window.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID

import msgspec
from asyncpg import Record
from litestar import MediaType, Response, get

from amends.kit.errors import NotFound
from amends.kit.ids import MalformedId, Prefix, parse_public_id, public_id
from amends.notifications.composing import compose, read_stored
from amends.notifications.queries import find_mail, newest_mail
from amends.services import Services
from amends.web import urls
from amends.web.layout import AnyRequest
from amends.web.pages import SECURITY_HEADERS, Page, render

SHOWN: Final = 100
_PUBLIC: Final[dict[str, Any]] = {"public": True}
MAIL_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""Mails carry their styles at each element, as mail programs need them. Nothing runs, nothing is loaded."""


class MailLine(msgspec.Struct, frozen=True, kw_only=True):
    """A mail in the list."""

    url: str
    recipient: str
    recipient_name: str | None
    subject: str
    kind: str
    created_at: datetime


class OutboxPage(Page, frozen=True, kw_only=True):
    """The newest mails."""

    template: ClassVar[str] = "notifications/outbox.html"
    mails: Sequence[MailLine]
    shown: int
    """At most so many are listed."""


class MailPage(Page, frozen=True, kw_only=True):
    """One mail, as text and as HTML."""

    template: ClassVar[str] = "notifications/mail.html"
    mail: MailLine
    text: str
    frame_url: str


@get(urls.OUTBOX, opt=_PUBLIC, include_in_schema=False)
async def outbox_page(request: AnyRequest, services: Services) -> Response[str]:
    """List the newest mails."""
    rows = await newest_mail(services.pool, SHOWN)
    return render(request, OutboxPage(mails=[_line(row) for row in rows], shown=SHOWN))


@get(urls.OUTBOX + "/{mail_id:str}", opt=_PUBLIC, include_in_schema=False)
async def mail_page(request: AnyRequest, services: Services, mail_id: str) -> Response[str]:
    """Show a mail."""
    row = await _mail(services, mail_id)
    line = _line(row)
    text = compose(read_stored(row), services.settings, services.signer).text
    return render(request, MailPage(mail=line, text=text, frame_url=f"{line.url}/html"))


@get(urls.OUTBOX + "/{mail_id:str}/html", opt=_PUBLIC, include_in_schema=False)
async def mail_html(services: Services, mail_id: str) -> Response[str]:
    """Return a mail's HTML for the frame: no scripts, nothing from elsewhere, no style but its own."""
    html = compose(read_stored(await _mail(services, mail_id)), services.settings, services.signer).html
    headers = {**SECURITY_HEADERS, "Content-Security-Policy": MAIL_POLICY, "Cache-Control": "no-store"}
    del headers["Cross-Origin-Opener-Policy"]
    return Response(html, media_type=MediaType.HTML, headers=headers)


async def _mail(services: Services, mail_id: str) -> Record:
    row = await find_mail(services.pool, _row_id(mail_id))
    if row is None:
        raise NotFound
    return row


def _row_id(mail_id: str) -> UUID:
    try:
        return parse_public_id(Prefix.MAIL, mail_id).row_id
    except MalformedId as problem:
        raise NotFound from problem


def _line(row: Record) -> MailLine:
    return MailLine(
        url=f"{urls.OUTBOX}/{public_id(Prefix.MAIL, row['id'])}",
        recipient=row["recipient"],
        recipient_name=row["recipient_name"],
        subject=row["subject"],
        kind=row["kind"],
        created_at=row["created_at"],
    )


routes: Final = [outbox_page, mail_page, mail_html]
