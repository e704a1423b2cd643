"""What goes over the wire: server-sent events as bytes.

An event's id is a time, in milliseconds: a stream that is opened again with it is told what happened since.
"""

from datetime import datetime
from typing import Final

import msgspec

from amends.db.notices import ExportNotice, Notice
from amends.kit.clock import EPOCH, MILLISECOND, epoch_ms, iso

RETRY_MS: Final = 2_000
LATEST_MS: Final = 253_402_300_799_999  # the year 9999
RELOAD: Final = b"event: reload\ndata: {}\n\n"
RECONNECT: Final = b"event: reconnect\ndata: {}\n\n"

_json = msgspec.json.encode


def opening(position: datetime) -> bytes:
    """Begin a stream: when to come back after it breaks, and where it stands."""
    return b"retry: %d\n" % RETRY_MS + heartbeat(position)


def heartbeat(position: datetime) -> bytes:
    """Show that the stream lives, and move the place from which it would go on."""
    return b": here\nid: %d\n\n" % epoch_ms(position)


def event(notice: Notice, account_pid: str, position: datetime) -> bytes:
    """Write a notice."""
    if isinstance(notice, ExportNotice):
        kind, data = (
            b"export",
            _json({"account_id": account_pid, "id": notice.id, "state": notice.state, "progress": notice.progress}),
        )
    else:
        kind, data = (
            b"case",
            _json(
                {
                    "account_id": account_pid,
                    "id": notice.id,
                    "event_id": notice.event_id,
                    "reporter_type": notice.actor,
                    "status": notice.status,
                    "version": notice.version,
                    "created_at": iso(notice.at),
                }
            ),
        )
    return b"event: %b\nid: %d\ndata: %b\n\n" % (kind, epoch_ms(position), data)


def read_position(text: str) -> datetime:
    """Read an event's id.

    Raises:
        ValueError: it is none of ours.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 15 and int(text) <= LATEST_MS):
        raise ValueError("not the id of an event")
    return EPOCH + int(text) * MILLISECOND
