"""The tokens that mails carry: derived from the mail's id and the secret key, so that none stands in the database.

Whoever has the database but not the key can follow no link; a mail that is handed over again has the same one.
"""

import base64
import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from amends.kit.ids import uuid7
from amends.kit.signing import Signer
from amends.notifications.mails import TOKEN, CarriedLink

_PURPOSE: Final = "mail link"


def token_of(signer: Signer, mail_id: UUID) -> str:
    """Return the token of a mail's link: 256 bits."""
    raw = hmac.digest(signer.key(_PURPOSE), mail_id.bytes, "sha256")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def carry(signer: Signer, address: Callable[[str], str], *, now: datetime) -> CarriedLink:
    """Make the link of a mail that is about to be queued; `address` returns the path for a token.

    The caller stores the token's hash, gives the link to `queue_mail` as `opens`, and LINK as the button's address.
    """
    mail_id = uuid7(now)
    return CarriedLink(mail_id=mail_id, token=token_of(signer, mail_id), path=address(TOKEN))
