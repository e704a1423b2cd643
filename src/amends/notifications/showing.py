"""How a mail is shown on a page: in a frame of its own, in which nothing runs and nothing is loaded."""

from typing import Final
from uuid import UUID

from litestar import MediaType, Response

from amends.kit.errors import NotFound
from amends.kit.ids import MalformedId, Prefix, parse_public_id
from amends.web.pages import SECURITY_HEADERS

MAIL_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""Mails carry their styles at each element, as mail programs need them; links open in a new window."""


def mail_frame(html: str) -> Response[str]:
    """Answer with a mail's HTML for the frame."""
    headers = {**SECURITY_HEADERS, "Content-Security-Policy": MAIL_POLICY, "Cross-Origin-Opener-Policy": "unsafe-none"}
    return Response(html, media_type=MediaType.HTML, headers=headers)


def mail_id_of(mail_pid: str) -> UUID:
    """Return the id of a mail.

    Raises:
        NotFound: the text is none.
    """
    try:
        return parse_public_id(Prefix.MAIL, mail_pid).row_id
    except MalformedId as problem:
        raise NotFound from problem
