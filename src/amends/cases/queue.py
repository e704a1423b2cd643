"""What of the review queue is wanted, as an address says it. Pure.

The queue is one list: overdue reviews first, then by their target; what is paused by a bank dispute last. It can be
narrowed to overdue ones, appeals, or one's own, and to an account. What the platform has asked stands apart.
"""

from collections.abc import Mapping
from enum import StrEnum
from urllib.parse import parse_qsl, urlencode

import msgspec

_LONGEST = 1_000


class Show(StrEnum):
    """A part of the queue."""

    REVIEW = "review"
    OVERDUE = "overdue"
    APPEALS = "appeals"
    MINE = "mine"
    ASKED = "asked"


class QueueQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of the queue, and where its page begins or ends."""

    show: Show = Show.REVIEW
    account: str | None = None
    """An account's public id."""
    after: str | None = None
    before: str | None = None

    def query(self) -> str:
        """Return the query string that names this part of the queue, from its beginning."""
        fields = {"show": self.show.value, "account": self.account}
        return urlencode({name: value for name, value in fields.items() if value})


def queue_query_of(params: Mapping[str, str]) -> QueueQuery:
    """Read an address; what it says wrongly is left out."""
    show = params.get("show", "")
    return QueueQuery(
        show=Show(show) if show in set(Show) else Show.REVIEW,
        account=params.get("account", "")[:_LONGEST] or None,
        after=params.get("after", "")[:_LONGEST] or None,
        before=params.get("before", "")[:_LONGEST] or None,
    )


def parse_queue_query(text: str) -> QueueQuery:
    """Read a query string that stands in another address, where U+0000 is written in a way that its door lets in."""
    return queue_query_of({name: value.replace("\x00", "") for name, value in parse_qsl(text[:_LONGEST])})
