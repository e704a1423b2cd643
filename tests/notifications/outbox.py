"""What waits in the outbox: the newest mail to an address as it would be read, and where its button leads."""

import re
from collections.abc import Mapping
from typing import Any

from amends.db.pool import Pool
from amends.kit.signing import Signer
from amends.notifications.composing import compose, read_stored
from amends.settings import Settings
from tests.running import SECRET_KEY

_NEWEST_SQL = """
select
    id, kind, notice_kind, user_id, recipient, recipient_name, locale, subject, letter, link_path, link_opens,
    account_id, case_pid, event_pid, state, due_at, created_at
from mail
where recipient = $1
order by created_at desc, id desc
limit 1
"""


async def newest(pool: Pool, address: str, *, settings: Settings | None = None) -> Mapping[str, Any]:
    """Return the newest mail to an address: its columns, `body_text` and `body_html`."""
    row = await pool.fetchrow(_NEWEST_SQL, address)
    assert row is not None, f"there is no mail to {address}"
    read = compose(read_stored(row), settings or Settings(), Signer(SECRET_KEY.encode()))
    return {**row, "body_text": read.text, "body_html": read.html}


async def count(pool: Pool) -> int:
    """Return how many mails there are."""
    return await pool.fetchval("select count(*) from mail")


def path_in(mail: Mapping[str, Any]) -> str:
    """Return the path of the address that stands alone in a mail's text; its HTML must have it too."""
    [url] = re.findall(r"^https?://\S+$", mail["body_text"], re.MULTILINE)
    assert f'href="{url}"' in mail["body_html"]
    return "/" + url.split("/", 3)[3]
