"""The JSON route of sign-in links: the host platform's server asks for one and sends the browser there."""

from typing import Any, Final

from litestar import post
from litestar.response import Response

from amends.access.idempotency import Idempotency
from amends.access.people import Person
from amends.access.permissions import Permission
from amends.access.scopes import Caller
from amends.db.pool import Connection
from amends.kit.clock import iso
from amends.kit.errors import NotFound, Unprocessable
from amends.people.commands_users import fetch_users
from amends.people.places import is_external_id
from amends.people.records import Kind
from amends.people.references import split
from amends.services import Services
from amends.staff.commands_sign_in_links import Wish, check_wish, make_sign_in_link
from amends.staff.schemas import CreateSignInLink, SignInLink
from amends.web import urls

PATH: Final = "/api/v1/sign_in_links"
_NEEDS: Final[dict[str, Any]] = {"permission": Permission.SIGN_IN_LINK_CREATE}


@post(PATH, opt=_NEEDS, summary="Create a sign-in link", tags=["Sign-in links"])
async def create(data: CreateSignInLink, caller: Caller, idem: Idempotency, services: Services) -> Response[SignInLink]:
    """Make an address that signs a customer or merchant in, once, within 15 minutes; a replay has `url` null.

    For the platform's keys. An account's key can open one of its own cases for somebody on its own team. The platform's
    staff signs in in person. Opening the address shows a button; a second step, where it is on, is still asked for.
    With `embed` the address is the `src` of a frame on a site of AMENDS_EMBED_PARENTS.
    """
    wish, now = Wish(data.case_id, data.path, data.embed, data.locale), services.clock.now()
    async with idem.guard(services.pool) as tx:
        if tx.replay is not None:
            return tx.replay
        check_wish(caller, wish, parents=services.settings.embed_parents)
        person = await _person(tx.connection, caller, data.user_id)
        link = await make_sign_in_link(tx.connection, caller, person, wish, now=now)
        page = urls.embed_url(link.token) if data.embed else urls.sign_in_link_url(link.token)
        fields: dict[str, Any] = {
            "user_id": person.pid,
            "case_id": data.case_id,
            "embed": data.embed,
            "expires_at": iso(link.expires_at),
        }
        made = SignInLink(url=services.settings.base_url + page, **fields)
        return await tx.answer(201, made, stored=SignInLink(url=None, **fields))


async def _person(connection: Connection, caller: Caller, reference: str) -> Person:
    external_ids, row_ids = split(Kind.USER, 0, [reference] if is_external_id(reference) else [])
    rows = await fetch_users(connection, 0, external_ids, row_ids)
    if not rows and caller.only_account() is not None:
        raise NotFound
    if not rows:
        raise Unprocessable("unknown_user_id", "There is no such user here. Create the user first.", param="user_id")
    return Person(rows[0].id, rows[0].pid, rows[0].name, rows[0].email)


routes: Final = [create]
