"""Keyset pages: what to ask for, where a page begins and ends. No offsets, so that inserts never shift a page.

Rows always come in the list's order, whichever end a page is cut from. A cursor is opaque, signed, and bound to one
list and its order; `after` and `before` may be combined with `first` or `last` and bound the range.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from amends.kit.errors import InvalidRequest
from amends.kit.signing import BadSignature, Signer

Row = TypeVar("Row")
Key = tuple[Any, ...]

DEFAULT_SIZE = 20
MAX_SIZE = 100


class PageInfo(msgspec.Struct, frozen=True):
    """Where a page begins and ends; cursors are null on an empty page, both `has_` are true facts."""

    start_cursor: str | None
    end_cursor: str | None
    has_next_page: bool
    has_previous_page: bool


class Page(msgspec.Struct, Generic[Row], frozen=True):
    """A page of rows in the list's order."""

    data: list[Row]
    page_info: PageInfo


class PageRequest(msgspec.Struct, frozen=True):
    """What part of a list is wanted. `after` and `before` are the keys inside the cursors."""

    size: int
    from_end: bool
    after: Key | None
    before: Key | None

    @property
    def limit(self) -> int:
        """Return how many rows to fetch: one more than shown tells whether there are others."""
        return self.size + 1


class Cursors:
    """Writes and reads the cursors of one list.

    `key_type` is the msgspec type of a key, such as `tuple[datetime, UUID]`; `name` names the list with its order.
    """

    def __init__(self, signer: Signer, name: str, key_type: Any) -> None:
        self._signer = signer
        self._purpose = f"cursor:{name}"
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(key_type)

    def write(self, key: Key) -> str:
        """Return the cursor of a row with this key."""
        return self._signer.sign(self._purpose, msgspec.json.encode(key))

    def read(self, cursor: str, param: str) -> Key:
        """Return the key in a cursor.

        Raises:
            InvalidRequest: not a cursor of this list in this order.
        """
        try:
            return self._decoder.decode(self._signer.verify(self._purpose, cursor))
        except (BadSignature, msgspec.MsgspecError) as error:
            raise InvalidRequest(
                "invalid_cursor",
                f"`{param}` is not a cursor of this list in this order. Take it from `page_info` of an answer.",
                param=param,
            ) from error

    def request(
        self,
        *,
        first: int | None,
        after: str | None,
        last: int | None,
        before: str | None,
        default: int = DEFAULT_SIZE,
        maximum: int = MAX_SIZE,
    ) -> PageRequest:
        """Check the four paging parameters.

        Raises:
            InvalidRequest: both `first` and `last`, a size out of range, or a cursor that is none.
        """
        if first is not None and last is not None:
            raise InvalidRequest("first_and_last", "Send `first` or `last`, not both.", param="last")
        for param, size in (("first", first), ("last", last)):
            if size is not None and not 1 <= size <= maximum:
                raise InvalidRequest("invalid_page_size", f"`{param}` is from 1 to {maximum}.", param=param)
        return PageRequest(
            size=first or last or default,
            from_end=last is not None,
            after=self.read(after, "after") if after is not None else None,
            before=self.read(before, "before") if before is not None else None,
        )

    def asked(self, address: Mapping[str, str], size: int) -> PageRequest:
        """Return the page of `size` rows that the address of one of our pages asks for by `after` or `before`.

        It is the first page for a cursor that is none: an old bookmark leads somewhere.
        """
        after, before = address.get("after") or None, address.get("before") or None
        first, last = (None, size) if before and not after else (size, None)
        try:
            return self.request(first=first, after=after, last=last, before=before)
        except InvalidRequest:
            return self.request(first=size, after=None, last=None, before=None)

    def page_info(
        self, rows: Sequence[Row], key: Callable[[Row], Key], *, beyond_start: bool, beyond_end: bool
    ) -> PageInfo:
        """Describe a page of rows in the list's order; the caller has asked what lies beyond its ends."""
        return PageInfo(
            start_cursor=self.write(key(rows[0])) if rows else None,
            end_cursor=self.write(key(rows[-1])) if rows else None,
            has_next_page=beyond_end,
            has_previous_page=beyond_start,
        )


def cut(request: PageRequest, fetched: Sequence[Row]) -> tuple[list[Row], bool]:
    """Return the rows to show in the list's order, and whether the range goes on past the cut.

    `fetched` are up to `request.limit` rows read from the asked end: in the list's order for `first`, in the
    opposite order for `last`.
    """
    more = len(fetched) > request.size
    rows = list(fetched[: request.size])
    return (rows[::-1] if request.from_end else rows), more
