"""A worker as a process hands mails over, and one that is killed in the midst of it loses none."""

import signal
import socket
from collections.abc import Mapping
from pathlib import Path

import anyio
import pytest

from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.kit.clock import SystemClock
from amends.notifications.commands import queue_mail
from amends.notifications.retries import CLAIM
from tests.cli.commands import running
from tests.notifications.mail_server import Inbox, Stall, listening, read
from tests.notifications.writing import ADA, LETTER, standing

WITHIN_S = 300


@pytest.fixture
def mail_env(env: Mapping[str, str], mail_listener: socket.socket) -> Mapping[str, str]:
    """Give the environment of a worker that hands mails over."""
    port = mail_listener.getsockname()[1]
    return {
        **env,
        "AMENDS_SMTP_URL": f"smtp://127.0.0.1:{port}",
        "AMENDS_MAIL_FROM": "Amends <no-reply@mail.example>",
    }


@pytest.fixture
def mail_listener() -> socket.socket:
    """Give a socket for a mail server, which closes it."""
    return socket.create_server(("127.0.0.1", 0))


async def test_a_worker_that_is_killed_in_a_hand_over(
    pool: Pool, mail_env: Mapping[str, str], mail_listener: socket.socket, tmp_path: Path
) -> None:
    inbox = Inbox()
    take, inbox.data = inbox.data, Stall()
    stall = inbox.data
    async with transaction(pool) as connection:
        await queue_mail(connection, ADA, lambda: LETTER, now=SystemClock().now())
    async with listening(mail_listener, inbox):
        with running(tmp_path / "first", "worker", env=mail_env) as first:
            with anyio.fail_after(WITHIN_S):
                await stall.reached.wait()
            first.stop(signal.SIGKILL)
        assert await standing(pool) == ("handing_over", 1, None, None)
        inbox.data = take
        later = {**mail_env, "AMENDS_CLOCK_OFFSET_S": str(int(CLAIM.total_seconds()) + 60)}
        with running(tmp_path / "second", "worker", env=later), anyio.fail_after(WITHIN_S):
            while (await standing(pool))[0] != "handed_over":  # noqa: ASYNC110 (no event tells us)
                await anyio.sleep(0.1)
    assert (await standing(pool))[:2] == ("handed_over", 2)
    given, taken = (read(envelope)["Message-ID"] for envelope in (stall.asked, inbox.envelopes[0]))
    assert given == taken
