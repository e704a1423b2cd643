"""Who comes in by the identity provider: people of a team or the platform's staff, and nobody else.

An identity is linked to a person once, by an e-mail address that the provider has verified; from then on the provider's
own name of the person counts and no address. So whoever is given a former colleague's address is not let in as them.
Nothing that the provider says makes anybody a member of a team.
"""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import asyncpg

from amends.access import audit
from amends.access.oidc import Identity
from amends.access.people import Person
from amends.access.queries_oidc import IS_INVITED_SQL, is_linked, linked_person
from amends.access.queries_sign_in import people_of_staff
from amends.db.pool import Connection

STATE_LIFE: Final = timedelta(minutes=10)

LINK_IDENTITY_SQL: Final = """
insert into oidc_identities (issuer, subject, user_id, email, linked_at)
values ($1, $2, $3, $4, $5)
"""

TAKE_STATE_SQL: Final = """
insert into oidc_states (state_hash, expires_at)
values ($1, $2)
on conflict (state_hash) do nothing
"""

DELETE_OLD_STATES_SQL: Final = """
delete from oidc_states
where expires_at <= $1
"""


class Refused(StrEnum):
    """Why somebody whom the provider knows does not come in."""

    UNVERIFIED = "unverified"
    """There is no address, or the provider has not verified it."""
    DOMAIN = "domain"
    """The address is of another domain than those that are let in."""
    UNKNOWN = "unknown"
    """Nobody on a team or the staff has the address, or no longer."""
    INVITED = "invited"
    """As unknown, but an invitation waits: its link is needed."""
    SEVERAL = "several"
    """Several people have the address."""
    LINKED = "linked"
    """The person with the address comes in by another identity of this provider."""


async def person_of(
    connection: Connection, identity: Identity, *, domains: tuple[str, ...], now: datetime
) -> Person | Refused:
    """Return who an identity is here, linking it at the first time; or why nobody."""
    if domains and not _is_within(identity, domains):
        return Refused.DOMAIN
    known = await linked_person(connection, identity.issuer, identity.subject)
    if known is not None:
        person = Person(known["id"], known["pid"], known["name"], known["email"])
        return person if known["has_place"] else Refused.UNKNOWN
    if identity.email is None or not identity.is_email_verified:
        return Refused.UNVERIFIED
    found = await people_of_staff(connection, identity.email)
    if not found:
        invited = await connection.fetchval(IS_INVITED_SQL, identity.email, now)
        return Refused.INVITED if invited else Refused.UNKNOWN
    if len(found) > 1:
        return Refused.SEVERAL
    return found[0] if await link_identity(connection, identity, found[0], now=now) else Refused.LINKED


def _is_within(identity: Identity, domains: tuple[str, ...]) -> bool:
    _, at, domain = (identity.email or "").rpartition("@")
    return bool(at) and identity.is_email_verified and domain.casefold() in {one.casefold() for one in domains}


async def link_identity(connection: Connection, identity: Identity, person: Person, *, now: datetime) -> bool:
    """Note that an identity is a person; False: they have another one at this provider."""
    if await is_linked(connection, identity.issuer, person.id):
        return False
    try:
        async with connection.transaction():
            await connection.execute(
                LINK_IDENTITY_SQL, identity.issuer, identity.subject, person.id, identity.email, now
            )
    except asyncpg.UniqueViolationError:  # of two at once, one was first
        return False
    await audit.record(
        connection,
        principal=person.principal,
        action="oidc.linked",
        subject=person.pid,
        account_id=None,
        details={"issuer": identity.issuer, "oidc_subject": identity.subject},
        now=now,
    )
    return True


async def take_state(connection: Connection, state: str, *, now: datetime) -> bool:
    """Take the state of an attempt that has come back; False: it came back before."""
    digest = hashlib.sha256(state.encode()).digest()
    return await connection.execute(TAKE_STATE_SQL, digest, now + STATE_LIFE) == "INSERT 0 1"


async def delete_old_states(connection: Connection, *, now: datetime) -> None:
    """Forget states whose cookies are over anyway."""
    await connection.execute(DELETE_OLD_STATES_SQL, now)
