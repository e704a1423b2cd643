"""A customer at work on a case of theirs: the forms as the page has them, filled in and sent as a browser does."""

from typing import Any

import httpx

from amends.people.rows import UserRow
from tests.cases.desk import Worker
from tests.cases.scene import Scene
from tests.staff import sign_in


class Buyer(Worker):
    """Somebody signed in who bought something."""

    def page(self, case: dict[str, Any]) -> str:
        """Return the address of a case's page."""
        return f"/cases/{case['id']}"


async def seat(scene: Scene, url: str, user: UserRow) -> Buyer:
    """Sign a person in as a customer."""
    cookies = await sign_in(scene.pool, user, scene.clock)
    http = httpx.AsyncClient(base_url=url, timeout=60, verify=False, cookies=cookies, headers={"Accept": "text/html"})
    return Buyer(http, scene.account, user)
