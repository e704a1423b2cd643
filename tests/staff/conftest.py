"""Fixtures of the pages' tests: a person of a team, and a browser in which nobody is signed in."""

from collections.abc import AsyncGenerator

import httpx
import pytest

from amends.db.pool import Pool
from amends.people.rows import AccountRow, UserRow
from tests.builders import make_account
from tests.running import Server
from tests.staff import browser, make_team_person


@pytest.fixture
async def account(pool: Pool) -> AccountRow:
    """Give an account."""
    return await make_account(pool, title="Northbeam Academy")


@pytest.fixture
async def person(pool: Pool, account: AccountRow) -> UserRow:
    """Give an owner of the account, without a password."""
    return await make_team_person(pool, account, "owner")


@pytest.fixture
async def nobody(server: Server) -> AsyncGenerator[httpx.AsyncClient]:
    """Give a browser in which nobody is signed in."""
    async with browser(server.url) as http:
        yield http
