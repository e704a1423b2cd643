"""How the platform's lists are read: the page that the address asks for, the first one for a cursor that is none."""

from typing import Any, Final

from asyncpg import Record

from amends.db.keyset import Listing, read_page
from amends.kit.pages import Cursors, PageInfo
from amends.platform.standing import AnyPage
from amends.services import Services

SIZE: Final = 50


async def read_here(
    request: AnyPage, services: Services, listing: Listing, *parameters: Any, size: int = SIZE
) -> tuple[list[Record], PageInfo]:
    """Return the rows of the page that the address asks for; `parameters` are the list's own."""
    cursors = Cursors(services.signer, listing.name, listing.order.key_type)
    page = cursors.asked(request.query_params, size)
    return await read_page(services.pool, listing, page, cursors, *parameters)
