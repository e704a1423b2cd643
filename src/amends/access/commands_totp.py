"""The verbs on the second step: begin it, confirm it with a code, take a code once, end it, make new recovery codes."""

from datetime import datetime
from typing import Final
from uuid import UUID

from amends.access import audit
from amends.access.codes import (
    hash_recovery_code,
    is_by_clock,
    matching_step,
    new_recovery_codes,
    new_secret,
    plain,
)
from amends.access.commands_sessions import SignedInBy
from amends.access.people import Person
from amends.access.queries_sign_in import read_totp
from amends.access.seals import SealBroken, seal, unseal
from amends.db.pool import Connection, Pool
from amends.kit.errors import Conflict, Unprocessable
from amends.kit.signing import Signer

_PURPOSE: Final = "totp"

BEGIN_TOTP_SQL: Final = """
insert into totp_secrets (user_id, sealed, created_at)
values ($1, $2, $3)
on conflict (user_id) do update
set sealed = excluded.sealed,
    created_at = excluded.created_at
where totp_secrets.confirmed_at is null
returning user_id
"""

CONFIRM_TOTP_SQL: Final = """
update totp_secrets
set confirmed_at = $2,
    last_step = $3
where user_id = $1
    and confirmed_at is null
returning user_id
"""

TAKE_STEP_SQL: Final = """
update totp_secrets
set last_step = $2
where user_id = $1
    and confirmed_at is not null
    and last_step < $2
returning user_id
"""

END_TOTP_SQL: Final = """
delete from totp_secrets
where user_id = $1
returning confirmed_at is not null as was_on
"""

FORGET_RECOVERY_CODES_SQL: Final = """
delete from recovery_codes
where user_id = $1
"""

STORE_RECOVERY_CODE_SQL: Final = """
insert into recovery_codes (user_id, code_hash, created_at)
values ($1, $2, $3)
"""

TAKE_RECOVERY_CODE_SQL: Final = """
update recovery_codes
set used_at = $3
where user_id = $1
    and code_hash = $2
    and used_at is null
returning user_id
"""


async def begin_totp(connection: Connection, person: Person, signer: Signer, *, now: datetime) -> str:
    """Make a secret for a person's app and return it; it counts for nothing until a code of it has been given.

    Raises:
        Conflict: `totp_is_on`.
    """
    secret = new_secret()
    sealed = seal(signer, _PURPOSE, person.id.bytes, secret.encode())
    if await connection.fetchval(BEGIN_TOTP_SQL, person.id, sealed, now) is None:
        raise Conflict("totp_is_on", "Two-step sign-in is on already. Turn it off to use another app.")
    return secret


async def pending_secret(where: Pool | Connection, person: Person, signer: Signer) -> str | None:
    """Return the secret that waits for its first code; None: there is none."""
    row = await read_totp(where, person.id)
    return _opened(signer, person.id, row["sealed"]) if row is not None and row["confirmed_at"] is None else None


async def confirm_totp(
    connection: Connection, person: Person, signer: Signer, code: str, *, now: datetime
) -> list[str]:
    """Turn the second step on, once the app gives the right code, and return the recovery codes, this once.

    Raises:
        Unprocessable: `wrong_code`.
    """
    secret = await pending_secret(connection, person, signer)
    step = None if secret is None else matching_step(secret, plain(code), now)
    if step is None or await connection.fetchval(CONFIRM_TOTP_SQL, person.id, now, step) is None:
        raise Unprocessable(
            "wrong_code", "This is not the code that the app shows now. Wait for the next one and try that.",
            param="code",
        )  # fmt: skip
    await _record(connection, person, "totp.enabled", now)
    return await _store_recovery_codes(connection, person, now)


async def renew_recovery_codes(connection: Connection, person: Person, *, now: datetime) -> list[str]:
    """Make new recovery codes and return them, this once; those of before stop working.

    Raises:
        Conflict: `totp_is_off`.
    """
    row = await read_totp(connection, person.id)
    if row is None or row["confirmed_at"] is None:
        raise Conflict("totp_is_off", "Two-step sign-in is off, so there is nothing to recover.")
    await _record(connection, person, "recovery_codes.renewed", now)
    return await _store_recovery_codes(connection, person, now)


async def _store_recovery_codes(connection: Connection, person: Person, now: datetime) -> list[str]:
    codes = new_recovery_codes()
    await connection.execute(FORGET_RECOVERY_CODES_SQL, person.id)
    await connection.executemany(
        STORE_RECOVERY_CODE_SQL, [(person.id, hash_recovery_code(person.id, code), now) for code in codes]
    )
    return codes


async def take_code(
    connection: Connection, user_id: UUID, signer: Signer, code: str, *, now: datetime
) -> SignedInBy | None:
    """Take a code of a person's app, or a recovery code: each works once. Returns which; None: it is wrong or used."""
    code = plain(code)
    if not is_by_clock(code):
        taken = await connection.fetchval(TAKE_RECOVERY_CODE_SQL, user_id, hash_recovery_code(user_id, code), now)
        return SignedInBy.RECOVERY_CODE if taken else None
    row = await read_totp(connection, user_id)
    secret = None if row is None or row["confirmed_at"] is None else _opened(signer, user_id, row["sealed"])
    step = None if secret is None else matching_step(secret, code, now)
    if step is None or await connection.fetchval(TAKE_STEP_SQL, user_id, step) is None:
        return None
    return SignedInBy.TOTP


async def end_totp(connection: Connection, person: Person, *, now: datetime) -> None:
    """Turn the second step off; doing it again changes nothing."""
    await connection.execute(FORGET_RECOVERY_CODES_SQL, person.id)
    if await connection.fetchval(END_TOTP_SQL, person.id):
        await _record(connection, person, "totp.disabled", now)


async def has_second_step(where: Pool | Connection, user_id: UUID) -> bool:
    """Tell whether a person must give a code to sign in."""
    row = await read_totp(where, user_id)
    return row is not None and row["confirmed_at"] is not None


def _opened(signer: Signer, user_id: UUID, sealed: bytes) -> str | None:
    """Open a secret; None after the secret key has changed: then a recovery code still signs in."""
    try:
        return unseal(signer, _PURPOSE, user_id.bytes, sealed).decode()
    except SealBroken:
        return None


async def _record(connection: Connection, person: Person, action: str, now: datetime) -> None:
    await audit.record(
        connection, principal=person.principal, action=action, subject=person.pid, account_id=None, now=now
    )
