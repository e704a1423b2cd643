"""The post of a scene's people: moves the clock past the time that events wait, and reads what was written to whom."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from amends.access.permissions import Role
from amends.db.worker import Worker
from amends.kit.signing import Signer
from amends.notifications.case_notices import HOLD
from amends.notifications.composing import compose, read_stored
from amends.people.rows import UserRow
from amends.services import Services
from tests.builders import make_user
from tests.cases.scene import Party, Scene
from tests.credentials import make_staff, make_team_member
from tests.running import SECRET_KEY

Mail = Mapping[str, Any]

_MAILS_SQL = """
select
    id, kind, notice_kind, user_id, recipient, recipient_name, locale, subject, letter, link_path, link_opens,
    account_id, case_pid, event_pid, state, due_at, created_at
from mail
order by created_at, id
"""


class Post:
    """Lets everything that is due be told, and returns the mails that came of it."""

    def __init__(self, scene: Scene, worker: Worker[Services], services: Services) -> None:
        self.scene = scene
        self._worker = worker
        self._services = services
        self._seen: set[Any] = set()

    async def work(self) -> None:
        """Let the worker look for what is due now, and do it."""
        await self._worker.sweep()
        await self._worker.run_until_idle()

    async def wait(self, span: timedelta = HOLD) -> list[Mail]:
        """Let time pass; return the mails that are new since the last look, digests aside."""
        return [mail for mail in await self.everything(span) if mail["kind"] != "digest"]

    async def everything(self, span: timedelta) -> list[Mail]:
        """Let time pass; return the mails that are new since the last look, digests included."""
        self.scene.clock.advance(span)
        await self.work()
        return await self.news()

    async def news(self) -> list[Mail]:
        """Return the mails that are new since the last look, as they will be read."""
        rows = [row for row in await self.scene.pool.fetch(_MAILS_SQL) if row["id"] not in self._seen]
        self._seen |= {row["id"] for row in rows}
        return [self._read(row) for row in rows]

    def _read(self, row: Any) -> Mail:
        read = compose(read_stored(row), self._services.settings, Signer(SECRET_KEY.encode()))
        return {**row, "text": read.text, "html": read.html}

    async def colleague(self, role: Role, name: str) -> tuple[UserRow, Party]:
        """Put a person with an address on the account's team."""
        user = await self.person(name)
        await make_team_member(self.scene.pool, self.scene.account, user, role)
        return user, self.scene.user(user)

    async def staff(self, role: str, name: str) -> tuple[UserRow, Party]:
        """Put a person with an address on the platform's staff."""
        user = await self.person(name)
        await make_staff(self.scene.pool, user, role)
        return user, self.scene.user(user)

    async def person(self, name: str) -> UserRow:
        """Make a person with an address: the first name at example.com."""
        email = f"{name.split(maxsplit=1)[0].lower()}@example.com"
        return await make_user(self.scene.pool, name=name, username=None, email=email, now=self.scene.clock.now())


def receivers(mails: list[Mail]) -> dict[str, str]:
    """Return the kind of each mail by the first name of who gets it; nobody gets two."""
    names = [mail["recipient"].partition("@")[0] for mail in mails]
    assert len(set(names)) == len(names), names
    return dict(zip(names, (mail["kind"] for mail in mails), strict=True))


def to(mails: list[Mail], name: str) -> Mail:
    """Return the only mail to somebody."""
    [mail] = [mail for mail in mails if mail["recipient"] == f"{name}@example.com"]
    return mail
