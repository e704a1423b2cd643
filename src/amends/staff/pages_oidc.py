"""Signing in with the company's account: off to the identity provider, and back.

Between the two the browser holds a signed cookie for ten minutes; an answer counts once, and only in the browser that
asked. What goes wrong is said in plain words on the sign-in page; what exactly it was is in the log.
"""

from datetime import timedelta
from typing import Any, Final

import msgspec
import structlog
from litestar import Response, get
from litestar.datastructures import Cookie

from amends.access.commands_oidc import STATE_LIFE, Refused, link_identity, person_of, take_state
from amends.access.commands_sessions import SignedInBy
from amends.access.commands_sign_in import record_failure
from amends.access.guesses import Limit, count_guess, give_back
from amends.access.oidc import Attempt, Identity, OidcClient, ProviderTrouble, Trouble, begin_attempt
from amends.access.people import Person
from amends.db.transactions import transaction
from amends.kit.errors import Conflict, NotFound, RateLimited
from amends.kit.signing import BadSignature
from amends.services import Services
from amends.staff.arrival import arrive
from amends.staff.commands_joining import accept_as_newcomer, find_invitation, is_for
from amends.staff.pages_sign_in import sign_in_trouble
from amends.staff.words import refusal_words
from amends.web import urls
from amends.web.layout import AnyRequest
from amends.web.next_path import safe_path
from amends.web.pages import redirect
from amends.web.readers import current_reader
from amends.web.session_cookie import own_cookie
from amends.web.text import _

_PUBLIC: Final[dict[str, Any]] = {"public": True}
_COOKIE: Final = "amends_oidc"
CODES_FROM_IP: Final = Limit("oidc-code-from", 50, timedelta(minutes=15))
"""Codes from one IP address that the provider did not take: nobody makes us ask it so often that it turns us away."""
_INVITATION: Final = urls.invitation_url("")
log: Final = structlog.get_logger("amends.oidc")


@get(urls.OIDC, opt=_PUBLIC, include_in_schema=False)
async def leave_for_provider(request: AnyRequest, services: Services) -> Response[Any]:
    """Send the browser to the provider."""
    client = _client(services)
    attempt = begin_attempt(safe_path(request.query_params.get("next")))
    try:
        address = await client.address(attempt)
    except ProviderTrouble as trouble:
        return _trouble(request, client, trouble, attempt.then)
    response = redirect(request, address)
    response.set_cookie(_cookie(services, attempt))
    return response


@get(urls.OIDC_CALLBACK, opt=_PUBLIC, include_in_schema=False)
async def come_back(request: AnyRequest, services: Services) -> Response[Any]:
    """Let in whom the provider vouches for, if they have a place here."""
    client, attempt = _client(services), _attempt(request, services)
    answer = request.query_params
    if attempt is None or answer.get("state") != attempt.state or not await _is_first(services, attempt):
        words = _("That took too long, or was not begun in this browser. Please try again.")
        return _over(sign_in_trouble(request, words, attempt.then if attempt else "/", status=400))
    if "error" in answer or not answer.get("code"):
        return _over(_declined(request, client, str(answer.get("error", ""))[:200], attempt.then))
    address = request.scope["client"][0] if request.scope["client"] else ""
    try:
        counted = await count_guess(services.pool, CODES_FROM_IP, address, services.clock.now())
        identity = await client.identity(attempt, str(answer["code"]), answer.get("iss"))
    except RateLimited as refusal:
        return _over(sign_in_trouble(request, refusal_words(refusal), attempt.then, status=429))
    except ProviderTrouble as trouble:
        return _over(_trouble(request, client, trouble, attempt.then))
    await give_back(services.pool, [counted])
    return _over(await _let_in(request, services, client, identity, attempt.then))


async def _let_in(
    request: AnyRequest, services: Services, client: OidcClient, identity: Identity, then: str
) -> Response[Any]:
    now = services.clock.now()
    async with transaction(services.pool) as connection:
        found = await person_of(connection, identity, domains=client.settings.domains, now=now)
    if found is Refused.INVITED:
        found = await _newcomer(services, identity, then) or found
    if isinstance(found, Refused):
        log.warning("oidc refused", reason=found.value, subject=identity.subject)
        async with transaction(services.pool) as connection:
            await record_failure(connection, None, by=SignedInBy.OIDC, now=now)
        return sign_in_trouble(request, _refusal(found, client.settings.name, identity.email), then, status=403)
    return await arrive(request, services, found, by=SignedInBy.OIDC, then=then)


async def _newcomer(services: Services, identity: Identity, then: str) -> Person | None:
    """Make a user of somebody who comes from the page of their invitation, which they accept by that."""
    now, token = services.clock.now(), then.removeprefix(_INVITATION)
    invitation = await find_invitation(services.pool, token, now) if then.startswith(_INVITATION) else None
    if invitation is None or not is_for(invitation, identity.email):
        return None
    name = identity.name or (identity.email or "").partition("@")[0]
    try:
        async with transaction(services.pool) as connection:
            person = await accept_as_newcomer(
                connection, invitation, token, name=name, password=None, locale=current_reader().language, now=now
            )
            if person is not None:
                await link_identity(connection, identity, person, now=now)
            return person
    except Conflict:  # somebody else joined under this address meanwhile
        return None


def _refusal(refused: Refused, provider: str, email: str | None) -> str:
    email = email or "?"
    match refused:
        case Refused.UNVERIFIED:
            return _("%(provider)s has not verified your e-mail address. Verify it there, then try again.",
                     provider=provider)  # fmt: skip
        case Refused.DOMAIN:
            return _("%(email)s is not an address of this company, so it does not open anything here.", email=email)
        case Refused.UNKNOWN:
            return _("%(email)s is on no team here. Ask an owner of the account, or an admin, to invite it.",
                     email=email)  # fmt: skip
        case Refused.INVITED:
            return _("%(email)s is invited. Open the link in the invitation’s e-mail and join from there.",
                     email=email)  # fmt: skip
        case Refused.SEVERAL:
            return _("Several people here have the address %(email)s. Ask your operator to sort it out.", email=email)
        case Refused.LINKED:
            return _("%(email)s belongs here to another identity of %(provider)s. Ask your operator to sort it out.",
                     email=email, provider=provider)  # fmt: skip


def _declined(request: AnyRequest, client: OidcClient, error: str, then: str) -> Response[Any]:
    log.warning("oidc declined", error=error)
    if error == "access_denied":
        words = _("You did not finish signing in at %(provider)s. Nothing has changed.", provider=client.settings.name)
        return sign_in_trouble(request, words, then, status=403)
    return _trouble(request, client, ProviderTrouble(Trouble.REFUSED, error), then)


def _trouble(request: AnyRequest, client: OidcClient, trouble: ProviderTrouble, then: str) -> Response[Any]:
    log.error("oidc failed", trouble=trouble.trouble.value, detail=str(trouble))
    name = client.settings.name
    match trouble.trouble:
        case Trouble.UNREACHABLE:
            words = _("%(provider)s does not answer now. Try again in a moment, or sign in another way.", provider=name)
        case Trouble.REFUSED:
            words = _("%(provider)s did not accept this. Please try again.", provider=name)
        case Trouble.UNTRUSTED:
            words = _("What %(provider)s answered could not be verified, so nobody was signed in. Tell your operator.",
                      provider=name)  # fmt: skip
    return sign_in_trouble(request, words, then, status=502)


def _client(services: Services) -> OidcClient:
    if services.oidc is None:
        raise NotFound
    return services.oidc


async def _is_first(services: Services, attempt: Attempt) -> bool:
    async with transaction(services.pool) as connection:
        return await take_state(connection, attempt.state, now=services.clock.now())


def _attempt(request: AnyRequest, services: Services) -> Attempt | None:
    token = request.cookies.get(_COOKIE)
    if token is None:
        return None
    try:
        return msgspec.json.decode(services.signer.verify(_COOKIE, token, services.clock.now()), type=Attempt)
    except BadSignature:
        return None


def _cookie(services: Services, attempt: Attempt) -> Cookie:
    token = services.signer.sign(_COOKIE, msgspec.json.encode(attempt), services.clock.now() + STATE_LIFE)
    cookie = own_cookie(_COOKIE, token, services.settings, max_age=int(STATE_LIFE.total_seconds()))
    cookie.path = urls.OIDC
    return cookie


def _over(response: Response[Any]) -> Response[Any]:
    """Have the browser forget the attempt."""
    response.delete_cookie(_COOKIE, path=urls.OIDC)
    return response


routes: Final = [leave_for_provider, come_back]
