"""The timeline's hash chain: what an event's hash covers and how it is computed. No SQL.

An event's hash is SHA-256 over the previous event's hash and the canonical JSON of its row (sorted keys, no spaces,
UTF-8, whole numbers only). Free text stands in the row as a salted digest, so that erasing a text leaves the chain
valid. The first event follows `GENESIS`; the case keeps the last hash and the number of events.
"""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from amends.access.scopes import Principal
from amends.cases.moves import NewEvent
from amends.kit.ids import Prefix, public_id

GENESIS: Final = bytes(32)
SALT_BYTES: Final = 16

_canonical = msgspec.json.Encoder(order="sorted").encode


class EventRow(msgspec.Struct, frozen=True):
    """The columns of an event that its hash covers: all but the hashes themselves."""

    account_id: int
    case_id: UUID
    id: UUID
    pid: str
    position: int
    kind: str
    actor: str
    actor_id: str | None
    actor_name: str | None
    action: str
    viewable_by_customer: bool
    viewable_by_merchant: bool
    data: Mapping[str, Any]
    text_digest: bytes | None
    created_at: datetime


EVENT_COLUMNS: Final = EventRow.__struct_fields__[2:]
"""The columns of an event besides its case's key."""


class SealedText(msgspec.Struct, frozen=True):
    """Free text on its way to its own table, with what stands for it in the chain."""

    salt: bytes
    digest: bytes


def canonical_event(row: EventRow) -> bytes:
    """Return the canonical JSON of an event's row."""
    return _canonical(
        {
            "account_id": row.account_id,
            "case_id": str(row.case_id),
            "id": str(row.id),
            "pid": row.pid,
            "position": row.position,
            "kind": row.kind,
            "actor": row.actor,
            "actor_id": row.actor_id,
            "actor_name": row.actor_name,
            "action": row.action,
            "viewable_by_customer": row.viewable_by_customer,
            "viewable_by_merchant": row.viewable_by_merchant,
            "data": row.data,
            "text_digest": row.text_digest.hex() if row.text_digest is not None else None,
            "created_at": f"{row.created_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z",
        }
    )


def event_hash(previous: bytes, row: EventRow) -> bytes:
    """Return the hash of an event that follows the event with hash `previous`."""
    return hashlib.sha256(previous + canonical_event(row)).digest()


def text_digest(salt: bytes, texts: Mapping[str, str]) -> bytes:
    """Return what stands for an event's texts in the chain."""
    return hashlib.sha256(salt + _canonical(texts)).digest()


def seal(texts: Mapping[str, str]) -> SealedText:
    """Salt and digest an event's texts."""
    salt = secrets.token_bytes(SALT_BYTES)
    return SealedText(salt=salt, digest=text_digest(salt, texts))


class TimelineEntry(msgspec.Struct, frozen=True):
    """An event ready to be written: its row, its place in the chain, and its texts with their salt."""

    row: EventRow
    previous: bytes
    hash: bytes
    salt: bytes | None
    texts: Mapping[str, str] | None

    @property
    def values(self) -> tuple[Any, ...]:
        """Return the parameters that write it: the row without the case's key, both hashes, salt and texts."""
        fields = (getattr(self.row, name) for name in EVENT_COLUMNS)
        return (*fields, self.previous, self.hash, self.salt, self.texts)


def compose(
    event: NewEvent,
    *,
    ref: tuple[int, UUID],
    position: int,
    previous: bytes,
    principal: Principal,
    event_id: UUID,
    data: Mapping[str, Any],
    texts: Mapping[str, str],
    now: datetime,
) -> TimelineEntry:
    """Put an event that the lifecycle asked for at the end of a case's chain."""
    account_id, case_id = ref
    sealed = seal(texts) if texts else None
    row = EventRow(
        account_id=account_id,
        case_id=case_id,
        id=event_id,
        pid=public_id(Prefix.EVENT, event_id, account_id),
        position=position,
        kind=event.kind.value,
        actor=event.actor.value,
        actor_id=None if principal.kind == "system" else principal.id,
        actor_name=principal.name,
        action=event.action.value,
        viewable_by_customer=event.viewable_by_customer,
        viewable_by_merchant=event.viewable_by_merchant,
        data=data,
        text_digest=sealed.digest if sealed else None,
        created_at=now,
    )
    return TimelineEntry(
        row=row,
        previous=previous,
        hash=event_hash(previous, row),
        salt=sealed.salt if sealed else None,
        texts=texts or None,
    )
