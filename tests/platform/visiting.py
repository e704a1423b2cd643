"""What tests of the platform's pages look at: a page's words, and the audit log."""

import html
import re

import httpx

from amends.db.pool import Pool

HIDDEN = re.compile(r"<(script|style|template)\b.*?</\1>", re.DOTALL)
TAG = re.compile(r"<[^>]+>")


def text_of(answer: httpx.Response) -> str:
    """Return a page's words, one space between them."""
    return " ".join(html.unescape(TAG.sub(" ", HIDDEN.sub(" ", answer.text))).split())


async def audited(pool: Pool, like: str) -> list[tuple[str, str, str | None]]:
    """Return action, principal and subject of what the audit log has of some actions, oldest first."""
    rows = await pool.fetch(
        """
        select action, principal, subject
        from audit_log
        where action like $1
        order by created_at, id
        """,
        like,
    )
    return [tuple(row) for row in rows]
