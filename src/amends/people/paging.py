"""The four paging parameters of every list, as one dependency."""

from dataclasses import dataclass
from typing import Any

from amends.db.keyset import Listing, read_page
from amends.db.pool import Pool
from amends.kit.pages import Cursors, PageInfo
from amends.kit.signing import Signer


@dataclass(frozen=True)
class Paging:
    """What part of a list is wanted."""

    pool: Pool
    signer: Signer
    first: int | None
    after: str | None
    last: int | None
    before: str | None

    async def read(self, listing: Listing, *parameters: Any) -> tuple[list[Any], PageInfo]:
        """Return the wanted part of a list.

        Raises:
            InvalidRequest: the parameters do not fit together or the list.
        """
        cursors = Cursors(self.signer, listing.name, listing.order.key_type)
        page = cursors.request(first=self.first, after=self.after, last=self.last, before=self.before)
        return await read_page(self.pool, listing, page, cursors, *parameters)


def provide_paging(
    pool: Pool,
    signer: Signer,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Paging:
    """Return the request's paging parameters."""
    return Paging(pool, signer, first, after, last, before)
