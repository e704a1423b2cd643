"""Mails for tests: a letter with everything in it, queued to somebody, and what became of it."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.notifications.commands import queue_mail
from amends.notifications.hand_over import hand_over_due
from amends.notifications.jobs import sweep_due_mail
from amends.notifications.mails import LINK, Button, Fact, Letter, Quote, Receiver
from amends.services import Services
from tests.builders import NOW

ADA = Receiver(email="ada@example.com", name="Ada Lovelace", locale="en", time_zone="Asia/Tokyo")
LETTER = Letter(
    kind="test",
    subject="Fish & <chips>",
    paragraphs=("It is <b>yours</b>.",),
    quote=Quote("First line\nsecond line with {token} and amends:link", "Northbeam"),
    facts=(Fact("Amount", "$49.00"), Fact("Answer by", "Tue 24 Nov, 14:00 JST")),
    button=Button("Open the case", "https://amends.example/a?b=1&c=2"),
    small_print=("Small.",),
)
LINKED = msgspec.structs.replace(LETTER, button=Button("Open the case", LINK))


async def queue(pool: Pool, receiver: Receiver = ADA, letter: Letter = LETTER, **how: Any) -> Any:
    """Queue a mail and return its id."""
    async with transaction(pool) as connection:
        return await queue_mail(connection, receiver, lambda: letter, now=NOW, **how)


async def go(services: Services) -> None:
    """Have what is due handed over, as the sweep and its jobs do."""
    await sweep_due_mail(services)
    await hand_over_due(services)


async def standing(pool: Pool) -> tuple[str, int, int | None, str | None]:
    """Return where the only mail stands: its state, attempts, and the server's last answer."""
    row = await pool.fetchrow("select state, attempts, answer_code, answer from mail")
    assert row is not None
    return tuple(row)  # pyright: ignore[reportReturnType]


async def wait_until_due(pool: Pool, now: datetime) -> timedelta:
    """Return how long the only mail waits for its next attempt."""
    return await pool.fetchval("select next_try_at from mail") - now
