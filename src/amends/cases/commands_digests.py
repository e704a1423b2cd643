"""Writes a day's signed digest of an account's timelines: what a later verification compares with.

It covers what was written up to some minutes ago, so that no transaction still running can add to that.
"""

from datetime import datetime, timedelta
from typing import Final

from amends.cases.verify import DIGEST_PURPOSE, digest_payload, heads_digest
from amends.db.pool import Connection
from amends.kit.signing import Signer

INSERT_DIGEST_SQL: Final = """
insert into chain_digests (account_id, day, heads_hash, cases, signature, created_at)
values ($1, $2, $3, $4, $5, $6)
on conflict (account_id, day) do nothing
"""
SETTLED: Final = timedelta(minutes=10)


async def sign_digest(connection: Connection, signer: Signer, account_id: int, *, now: datetime) -> None:
    """Sign the heads of an account's timelines, once a day; inside a transaction."""
    moment = now - SETTLED
    digest = await heads_digest(connection, account_id, moment)
    signature = signer.sign(DIGEST_PURPOSE, digest_payload(account_id, digest, moment))
    await connection.execute(
        INSERT_DIGEST_SQL, account_id, now.date(), digest.heads_hash, digest.cases, signature.encode(), moment
    )
