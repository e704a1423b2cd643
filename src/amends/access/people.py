"""A person who signs in, as the commands of signing in are given one."""

from uuid import UUID

import msgspec

from amends.access.scopes import Principal


class Person(msgspec.Struct, frozen=True):
    """A user who may sign in."""

    id: UUID
    pid: str
    name: str | None
    email: str | None

    @property
    def principal(self) -> Principal:
        """Return how the audit log names the person."""
        return Principal(kind="user", id=self.pid, name=self.name)
