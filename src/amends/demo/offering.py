"""What the demo hands out when it is ready: links, keys, tokens, and purchases on which cases can be opened."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from amends.access.commands_links import WHOLE_ACCOUNT, issue_sign_in_link
from amends.access.passwords import set_password
from amends.db.pool import Connection, Pool
from amends.db.transactions import transaction
from amends.demo.catalogue import ACCOUNTS, STAFF
from amends.demo.credentials import Platform, replace_keys
from amends.demo.market import BUYER_PURCHASES, BUYERS, Market, add_purchases, staff_id
from amends.demo.queries import Account, User, all_accounts, claimable, colleague, users_by_key
from amends.demo.showcase import ID as SHOWN
from amends.demo.showcase import SPANISH_ID
from amends.kit.clock import epoch_ms
from amends.people.commands import upsert_payment

_PLATFORM_ROLES: Final = {"admin": "platform admin", "reviewer": "reviewer"}
CLAIMABLE_FOR: Final = timedelta(days=100)
"""How old a purchase may be to be handed out; cases can be opened until 120 days after it."""


class AccountOffer(msgspec.Struct, frozen=True):
    """A merchant and its API key."""

    id: str
    title: str
    api_key: str


class Purchase(msgspec.Struct, frozen=True):
    """A payment on which a case can be opened."""

    id: str
    account_id: str


class UserOffer(msgspec.Struct, frozen=True):
    """A customer, a token to act as that customer, and what can be claimed."""

    id: str
    name: str
    token: str
    claimable_payments: list[Purchase]


class SignIn(msgspec.Struct, frozen=True):
    """Where each side begins in a browser, by links that work once: an owner, a customer, an admin."""

    merchant: str
    customer: str
    platform: str


class Colleague(msgspec.Struct, frozen=True):
    """Somebody to sign in as: one for each role of the first account and of the platform."""

    role: str
    name: str
    email: str
    url: str
    """A link that works once."""


class Offering(msgspec.Struct, frozen=True):
    """What `amends demo --json` prints."""

    url: str
    platform_key: str
    accounts: list[AccountOffer]
    users: list[UserOffer]
    sign_in: SignIn
    staff: list[Colleague]
    customers: list[Colleague]
    """Customers to look around as: the first has purchases and cases in every state, the second reads Spanish."""
    password: str
    """Of everybody in `staff`, unless they have chosen another."""


async def prepare_offering(pool: Pool, platform: Platform, url: str, *, password: str, now: datetime) -> Offering:
    """Make this start's keys, tokens and links, and see that every buyer has enough purchases left to claim."""
    async with transaction(pool) as connection:
        known = {account.key: account for account in await all_accounts(connection)}
        accounts = [known[account.key] for account in ACCOUNTS]
        keys = await replace_keys(connection, {account.id: account.title for account in accounts}, now=now)
        staff = await _staff(connection, url, password, now)
        customers = [await _colleague(connection, "customer", key, url, now) for key in (SHOWN, SPANISH_ID)]
        begins = [
            await colleague(connection, key) for key in (staff_id(ACCOUNTS[0].key, 0), SHOWN, staff_id("platform", 0))
        ]
        links = [await _link(connection, person.id, url, now) for person in begins]
    users = [await _user_offer(pool, platform, accounts, user, now) for user in await _buyers(pool)]
    return Offering(
        url=url,
        platform_key=keys.platform,
        accounts=[AccountOffer(account.pid, account.title, keys.accounts[account.id]) for account in accounts],
        users=users,
        sign_in=SignIn(merchant=links[0], customer=links[1], platform=links[2]),
        staff=staff,
        customers=customers,
        password=password,
    )


async def _staff(connection: Connection, url: str, password: str, now: datetime) -> list[Colleague]:
    """See that everybody on a team has a password, and make a link for one person of each role."""
    roles: dict[str, str] = {}
    for number, (role, _) in enumerate(ACCOUNTS[0].team):
        roles.setdefault(role, staff_id(ACCOUNTS[0].key, number))
    for number, (role, _) in enumerate(STAFF):
        roles.setdefault(_PLATFORM_ROLES[role], staff_id("platform", number))
    for account in ACCOUNTS:
        for number in range(len(account.team)):
            await _see_to_password(connection, staff_id(account.key, number), password, now)
    for number in range(len(STAFF)):
        await _see_to_password(connection, staff_id("platform", number), password, now)
    return [await _colleague(connection, role, key, url, now) for role, key in roles.items()]


async def _see_to_password(connection: Connection, key: str, password: str, now: datetime) -> None:
    person = await colleague(connection, key)
    if not person.has_password:
        await set_password(connection, person.id, password, now=now)


async def _colleague(connection: Connection, role: str, key: str, url: str, now: datetime) -> Colleague:
    person = await colleague(connection, key)
    return Colleague(role, person.name, person.email, await _link(connection, person.id, url, now))


async def _link(connection: Connection, user_id: UUID, url: str, now: datetime) -> str:
    token = await issue_sign_in_link(connection, user_id, "/", WHOLE_ACCOUNT, now)
    return f"{url}/sign-in/{token}"


async def _buyers(pool: Pool) -> list[User]:
    async with pool.acquire() as connection:
        return await users_by_key(connection, [f"u-{number:05}" for number in range(1, BUYERS + 1)])


async def _user_offer(pool: Pool, platform: Platform, accounts: list[Account], user: User, now: datetime) -> UserOffer:
    purchases = await _claimable(pool, accounts, user, now)
    if len(purchases) < BUYER_PURCHASES:
        await _restock(pool, accounts, user, BUYER_PURCHASES - len(purchases), now)
        purchases = await _claimable(pool, accounts, user, now)
    return UserOffer(user.pid, user.name, platform.token(user.key, now), purchases)


async def _claimable(pool: Pool, accounts: list[Account], user: User, now: datetime) -> list[Purchase]:
    async with pool.acquire() as connection:
        return [
            Purchase(payment, account.pid)
            for account in accounts
            for payment in await claimable(connection, account.id, user.id, paid_after=now - CLAIMABLE_FOR)
        ]


async def _restock(pool: Pool, accounts: list[Account], user: User, count: int, now: datetime) -> None:
    """Let a buyer, who has claimed a lot, buy some more."""
    numbers = {account.key: account.id for account in accounts}
    market = Market(now, seed=epoch_ms(now), receipts=f"again-{epoch_ms(now)}-{user.key}")
    add_purchases(market, next(buyer for buyer in market.buyers if buyer.id == user.key), count)
    async with transaction(pool) as connection:
        for line in market.payments:
            await upsert_payment(connection, numbers[line.account or ""], line.id, line, now=now)
