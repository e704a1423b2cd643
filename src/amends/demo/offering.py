"""What the demo hands out when it is ready: addresses, keys, tokens, and purchases on which cases can be opened."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.demo.catalogue import ACCOUNTS
from amends.demo.credentials import Platform, replace_keys
from amends.demo.market import BUYER_PURCHASES, BUYERS, Market, add_purchases
from amends.demo.queries import Account, User, all_accounts, claimable, users_by_key
from amends.kit.clock import epoch_ms
from amends.people.commands import upsert_payment

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
    """Where each role begins in a browser."""

    merchant: str
    customer: str
    platform: str


class Offering(msgspec.Struct, frozen=True):
    """What `amends demo --json` prints."""

    url: str
    platform_key: str
    accounts: list[AccountOffer]
    users: list[UserOffer]
    sign_in: SignIn


async def prepare_offering(pool: Pool, platform: Platform, url: str, *, now: datetime) -> Offering:
    """Make this start's keys and tokens, and see that every buyer has enough purchases left to claim."""
    async with transaction(pool) as connection:
        known = {account.key: account for account in await all_accounts(connection)}
        accounts = [known[account.key] for account in ACCOUNTS]
        keys = await replace_keys(connection, {account.id: account.title for account in accounts}, now=now)
    users = [await _user_offer(pool, platform, accounts, user, now) for user in await _buyers(pool)]
    return Offering(
        url=url,
        platform_key=keys.platform,
        accounts=[AccountOffer(account.pid, account.title, keys.accounts[account.id]) for account in accounts],
        users=users,
        # The pages for people come with a later release; until then every role begins at the status page.
        sign_in=SignIn(merchant=f"{url}/", customer=f"{url}/", platform=f"{url}/"),
    )


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
