"""How a person proves who they are: a password, then a code where they want one. Each try is counted first.

Nobody learns whether an address has an account here: an unknown one takes as long, is counted alike, and gets the same
answer. Argon2 runs between transactions, not inside one.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from amends.access import audit
from amends.access.commands_links import end_links
from amends.access.commands_sessions import SignedInBy, revoke_other_sessions
from amends.access.commands_totp import take_code
from amends.access.guesses import CODES_OF_USER, PASSWORDS_FROM_IP, PASSWORDS_OF_ADDRESS, count_guess, give_back, whose
from amends.access.passwords import check_new_password, is_right, refresh_hash, set_password
from amends.access.people import Person
from amends.access.queries_sign_in import people_with_password, read_password
from amends.access.scopes import Principal
from amends.db.pool import Connection, Pool
from amends.db.transactions import transaction
from amends.kit.errors import Unprocessable
from amends.kit.signing import Signer

MAX_EMAIL: Final = 320
NOBODY: Final = Principal(kind="system", id="sign_in", name=None)
"""Who tried, as the audit log names somebody of whom nothing is known."""


async def prove_password(pool: Pool, *, email: str, password: str, address: str, now: datetime) -> Person | None:
    """Return who has this e-mail address and password; None: nobody.

    Raises:
        RateLimited: `too_many_tries`, for the e-mail address or from the IP address.
    """
    email = email.strip()[:MAX_EMAIL].replace("\x00", "")
    counted = [
        await count_guess(pool, PASSWORDS_OF_ADDRESS, whose(email), now),
        await count_guess(pool, PASSWORDS_FROM_IP, address, now),
    ]
    known = await people_with_password(pool, email)
    for person, stored in known:
        if await is_right(password, stored):
            await give_back(pool, counted)
            await refresh_hash(pool, person.id, password, stored)
            return person
    if not known:
        await is_right(password, None)
    async with transaction(pool) as connection:
        await record_failure(connection, known[0][0] if known else None, by=SignedInBy.PASSWORD, now=now)
    return None


async def prove_code(pool: Pool, person: Person, code: str, signer: Signer, *, now: datetime) -> SignedInBy | None:
    """Take a person's code of the second step, once; None: it is wrong or used.

    Raises:
        RateLimited: `too_many_tries`.
    """
    counted = await count_guess(pool, CODES_OF_USER, str(person.id), now)
    async with transaction(pool) as connection:
        by = await take_code(connection, person.id, signer, code, now=now)
        if by is None:
            await record_failure(connection, person, by=SignedInBy.TOTP, now=now)
        else:
            await give_back(connection, [counted])
    return by


async def record_failure(connection: Connection, person: Person | None, *, by: SignedInBy, now: datetime) -> None:
    """Note in the audit log that somebody tried in vain."""
    await audit.record(
        connection,
        principal=NOBODY,
        action="sign_in.failed",
        subject=person.pid if person else None,
        account_id=None,
        details={"by": by.value},
        now=now,
    )


async def check_own_password(pool: Pool, person: Person, password: str, *, now: datetime) -> None:
    """Ask somebody who is signed in for their password again, counted like a sign-in; without one, nothing is asked.

    Raises:
        Unprocessable: `wrong_password`; `param` is `current_password`.
        RateLimited: `too_many_tries`.
    """
    stored = await read_password(pool, person.id)
    if stored is None:
        return
    counted = await count_guess(pool, PASSWORDS_OF_ADDRESS, whose(person.email or person.pid), now)
    if not await is_right(password, stored):
        raise Unprocessable("wrong_password", "This is not your current password.", param="current_password")
    await give_back(pool, [counted])


async def replace_password(
    connection: Connection, person: Person, password: str, *, keep_session: UUID | None, now: datetime
) -> None:
    """Give a person a new password, sign them out everywhere but in one session, and end links that wait.

    Raises:
        Unprocessable: see `check_new_password`.
    """
    check_new_password(password, person)
    await set_password(connection, person.id, password, now=now)
    await revoke_other_sessions(connection, person, keep_session, now=now)
    await end_links(connection, [person.id], now=now)
    await audit.record(
        connection,
        principal=person.principal,
        action="password.changed",
        subject=person.pid,
        account_id=None,
        now=now,
    )
