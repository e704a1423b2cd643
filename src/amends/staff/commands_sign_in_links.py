"""The verb behind `POST /api/v1/sign_in_links`: whom a key may sign in, and how far.

Least power. The platform's key signs in customers and merchants, never the platform's staff, who would bring more than
a key for links may have. An account's key signs in people of its own team for one of its own cases, and no customer:
it would see what the customer bought elsewhere, and could answer the merchant's own offers. People make no links for
others. In a frame everybody is a customer.
"""

from datetime import datetime
from typing import Final, NamedTuple

from amends.access import audit
from amends.access.commands_links import WHOLE_ACCOUNT, Purpose, issue_link
from amends.access.commands_preferences import set_preferences
from amends.access.people import Person
from amends.access.queries_team import find_teammate
from amends.access.scopes import Caller, MerchantScope
from amends.cases.queries_case import buyer_of
from amends.cases.rows import CaseRef
from amends.db.pool import Connection
from amends.kit.errors import Forbidden, InvalidRequest, NotFound, Unprocessable
from amends.kit.ids import MalformedId, Prefix, parse_public_id
from amends.staff.queries_case_links import is_staff
from amends.staff.queries_home import account_pid_of
from amends.web import urls
from amends.web.next_path import safe_path

CUSTOMERS_PAGES: Final = (urls.PURCHASES, urls.MY_CASES)


class Wish(NamedTuple):
    """What a link is asked to do."""

    case_pid: str | None
    path: str | None
    embed: bool
    locale: str | None = None
    """In which the person reads on the platform's site; None: it does not say."""


class MadeLink(NamedTuple):
    """A link just made, with the only copy of its token."""

    token: str
    expires_at: datetime


async def make_sign_in_link(
    connection: Connection, caller: Caller, person: Person, wish: Wish, *, now: datetime
) -> MadeLink:
    """Make a link that signs a person in, once, within 15 minutes.

    Raises:
        Forbidden: `staff_sign_in_themselves` or `own_payment`.
        NotFound: no such case, or not one of this person's.
        Unprocessable: `path_not_ours`.
    """
    account = caller.only_account()
    if wish.case_pid is None:
        path = _checked_path(wish)
    else:
        path = await _case_path(connection, account, person, wish.case_pid, embed=wish.embed)
    if not wish.embed and await is_staff(connection, person.id):
        raise Forbidden("staff_sign_in_themselves", "This is somebody of the platform's staff, who signs in in person.")
    purpose = Purpose.EMBED if wish.embed else Purpose.SIGN_IN
    token = await issue_link(
        connection, person.id, purpose=purpose, path=path, lifetime=WHOLE_ACCOUNT, now=now, case_pid=wish.case_pid
    )
    if wish.locale is not None:
        await set_preferences(connection, person.id, now=now, told_locale=wish.locale)
    await _record(connection, caller, account, person, wish, now)
    return MadeLink(token, now + WHOLE_ACCOUNT)


def _checked_path(wish: Wish) -> str:
    path = wish.path or (urls.PURCHASES if wish.embed else "/")
    if safe_path(path) != path or (wish.embed and not path.startswith(CUSTOMERS_PAGES)):
        where = "a customer's page, such as /purchases" if wish.embed else "the path of a page here, such as /cases"
        raise Unprocessable("path_not_ours", f"`path` is {where}.", param="path")
    return path


async def _case_path(
    connection: Connection, account: MerchantScope | None, person: Person, case_pid: str, *, embed: bool
) -> str:
    """Return the person's page of a case that they take part in, as the caller may know."""
    ref = _case_ref(case_pid)
    if account is not None and account.account_id != ref.account_id:
        raise NotFound
    buyer = await buyer_of(connection, ref)
    if buyer == person.id and account is None:
        return urls.my_case_url(case_pid)
    if buyer is None or embed or await find_teammate(connection, ref.account_id, person.pid) is None:
        raise NotFound
    if buyer == person.id:
        raise Forbidden("own_payment", "This person is the customer of the case, so that they cannot answer it.")
    return urls.case_url(await account_pid_of(connection, ref.account_id) or "", case_pid)


def _case_ref(case_pid: str) -> CaseRef:
    try:
        parsed = parse_public_id(Prefix.CASE, case_pid)
    except MalformedId as problem:
        raise NotFound from problem
    return CaseRef(parsed.account, parsed.row_id)


def check_wish(caller: Caller, wish: Wish, *, parents: tuple[str, ...]) -> None:
    """Refuse what cannot be, whoever is to come in.

    Raises:
        Forbidden: `key_needed` or `case_needed`.
        InvalidRequest: `invalid_parameter`, both a case and a path.
        Unprocessable: `embedding_is_off`.
    """
    if caller.principal.kind != "api_key":
        raise Forbidden("key_needed", "Sign-in links are made with an API key: nobody signs in as somebody else.")
    if caller.only_account() is not None and (wish.case_pid is None or wish.embed):
        raise Forbidden(
            "case_needed", "An account's key opens one of its cases for somebody on its team: send `case_id` alone."
        )
    if wish.case_pid is not None and wish.path is not None:
        raise InvalidRequest("invalid_parameter", "Send `case_id` or `path`: a case has its own page.", param="path")
    if wish.embed and not parents:
        raise Unprocessable(
            "embedding_is_off", "No site may show pages in a frame: set AMENDS_EMBED_PARENTS.", param="embed"
        )


async def _record(
    connection: Connection, caller: Caller, account: MerchantScope | None, person: Person, wish: Wish, now: datetime
) -> None:
    case = {"case": wish.case_pid} if wish.case_pid else {}
    await audit.record(
        connection,
        principal=caller.principal,
        action="sign_in_link.made",
        subject=person.pid,
        account_id=account.account_id if account else None,
        details=case | ({"embed": True} if wish.embed else {}),
        now=now,
    )
