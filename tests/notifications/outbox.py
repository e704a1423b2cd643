"""What waits in the outbox: the newest mail to an address, and the link that its button leads to."""

import re

from asyncpg import Record

from amends.db.pool import Pool

_NEWEST_SQL = """
select kind, recipient, locale, subject, body_text, body_html, state
from mail
where recipient = $1
order by created_at desc, id desc
limit 1
"""


async def newest(pool: Pool, address: str) -> Record:
    """Return the newest mail to an address."""
    row = await pool.fetchrow(_NEWEST_SQL, address)
    assert row is not None, f"there is no mail to {address}"
    return row


async def count(pool: Pool) -> int:
    """Return how many mails there are."""
    return await pool.fetchval("select count(*) from mail")


def path_in(mail: Record) -> str:
    """Return the path of the address in a mail's text; its HTML must have it too."""
    [url] = re.findall(r"^https?://\S+$", mail["body_text"], re.MULTILINE)
    assert f'href="{url}"' in mail["body_html"]
    return "/" + url.split("/", 3)[3]
