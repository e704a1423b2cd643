"""What the tests of mails share: a mail server on loopback, and an Amends that hands its mails over there."""

import socket
from collections.abc import AsyncGenerator, Generator

import httpx
import msgspec
import pytest

from amends.app import open_services
from amends.db.pool import Pool
from amends.db.worker import Worker
from amends.kit.clock import ManualClock
from amends.services import Services
from amends.settings import Settings
from tests.cases.scene import Scene
from tests.notifications.mail_server import Inbox, listening
from tests.notifications.post import Post

FROM = "Amends Café <no-reply@mail.example>"


@pytest.fixture
def mail_listener() -> Generator[socket.socket]:
    """Give a socket for a mail server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def patience_s() -> int:
    """Give for how long a mail server is waited for: longer than a busy machine takes."""
    return 30


@pytest.fixture
def mail_settings(settings: Settings, mail_listener: socket.socket, patience_s: int) -> Settings:
    """Give the settings of an Amends that sends mails."""
    url = f"smtp://127.0.0.1:{mail_listener.getsockname()[1]}?timeout={patience_s}"
    return msgspec.structs.replace(settings, smtp_url=url, mail_from=FROM)


@pytest.fixture
async def inbox(mail_listener: socket.socket) -> AsyncGenerator[Inbox]:
    """Give a mail server that runs."""
    inbox = Inbox()
    async with listening(mail_listener, inbox):
        yield inbox


@pytest.fixture
async def mailing(pool: Pool, mail_settings: Settings, clock: ManualClock) -> AsyncGenerator[Services]:
    """Give the parts of an Amends that sends mails."""
    async with open_services(mail_settings, clock=clock) as services:
        yield services


@pytest.fixture
async def scene(pool: Pool, http: httpx.AsyncClient, clock: ManualClock) -> Scene:
    """Give a marketplace with its people."""
    return await Scene(pool, http, clock).set_up()


@pytest.fixture
def post(scene: Scene, worker: Worker[Services], services: Services) -> Post:
    """Give the post of the scene's people."""
    return Post(scene, worker, services)
