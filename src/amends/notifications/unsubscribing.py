"""The token of an unsubscribe link: it names a user and a kind of notice, and can do nothing but switch that kind.

It is signed, needs no sign-in and never ends (RFC 8058): whoever holds a forwarded mail can spare its receiver mails
of the kind, and the receiver can switch them on again.
"""

from typing import Final
from uuid import UUID

import msgspec

from amends.kit.signing import BadSignature, Signer
from amends.notifications.kinds import NoticeKind

_PURPOSE: Final = "unsubscribe"
_UUID_BYTES: Final = 16


class Subscription(msgspec.Struct, frozen=True):
    """A kind of notice for a user."""

    user_id: UUID
    kind: NoticeKind


def unsubscribe_token(signer: Signer, user_id: UUID, kind: NoticeKind) -> str:
    """Return the token of a user's link for a kind."""
    return signer.sign(_PURPOSE, user_id.bytes + kind.value.encode())


def read_unsubscribe_token(signer: Signer, token: str) -> Subscription | None:
    """Return what a token names; None: not one of ours, or of a kind that is no more."""
    try:
        payload = signer.verify(_PURPOSE, token)
        return Subscription(UUID(bytes=payload[:_UUID_BYTES]), NoticeKind(payload[_UUID_BYTES:].decode()))
    except (BadSignature, ValueError):
        return None
