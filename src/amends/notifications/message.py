"""A mail as it goes over the wire: headers, and text and HTML as alternatives (RFC 5322, 2046).

The Message-ID is the mail's own, the date is when it became due: handing over again sends the same. Addresses and
names are encoded by the standard library, which lets no line break into a header.
"""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8, EmailPolicy
from typing import Any, Final
from uuid import UUID

from amends.kit.ids import Prefix, public_id
from amends.kit.smtp import Mailbox
from amends.notifications.composing import ComposedMail
from amends.notifications.mailer import Message

_ADDRESSES: Final = frozenset({"list-unsubscribe"})


class _MailPolicy(EmailPolicy):
    """Leaves addresses of the web whole: the standard library would encode a long one, which nobody could follow."""

    def fold(self, name: str, value: Any) -> str:
        if name.lower() in _ADDRESSES:
            return f"{name}: {value}{self.linesep}"
        return super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() in _ADDRESSES:
            return self.fold(name, value).encode("ascii")
        return super().fold_binary(name, value)


_POLICY: Final = _MailPolicy(linesep=SMTP.linesep)
_INTERNATIONAL_POLICY: Final = _MailPolicy(linesep=SMTP.linesep, utf8=SMTPUTF8.utf8)


def message_id(mail_id: UUID, sender: Mailbox) -> str:
    """Return the Message-ID of a mail, the same at each attempt."""
    return f"<{public_id(Prefix.MAIL, mail_id)}@{sender.domain}>"


def write_message(
    mail: ComposedMail,
    *,
    mail_id: UUID,
    sender: Mailbox,
    recipient: Mailbox,
    due_at: datetime,
    case_pid: str | None = None,
) -> Message:
    """Write a mail down; those about one case refer to one message, so that mail programs show them together."""
    international = not recipient.local.isascii()
    message = EmailMessage(_INTERNATIONAL_POLICY if international else _POLICY)
    message["From"] = _shown(sender)
    message["To"] = _shown(recipient)
    message["Subject"] = mail.subject
    message["Date"] = due_at
    message["Message-ID"] = message_id(mail_id, sender)
    if case_pid is not None:
        message["References"] = f"<{case_pid}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if mail.unsubscribe_url:
        message["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    message.set_boundary(f"amends-{mail_id.hex}")
    return Message(sender.address, recipient.address, message.as_bytes(), international)


def _shown(box: Mailbox) -> Address:
    return Address(display_name=box.name, username=box.local, domain=box.domain)
