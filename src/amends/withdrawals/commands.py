"""The verb: a customer withdraws from a contract.

The payment's row is locked first, as everywhere where money is promised, so that of a withdrawal, a case and another
withdrawal that come at once only one is written. The refund goes the way of all refunds: a promise and a job.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from asyncpg import Record

from amends.access.audit import record
from amends.access.scopes import CustomerScope
from amends.access.sessions import read_preferences
from amends.db.pool import Connection
from amends.kit.errors import NotFound, Unprocessable
from amends.kit.ids import Prefix, public_id, uuid7
from amends.notifications.commands import queue_mail
from amends.notifications.kinds import NoticeKind
from amends.notifications.mails import About, Receiver
from amends.payments.commands import lock_payment, write_refund_intent
from amends.payments.states import Payer
from amends.people.commands import end_membership, log_activity
from amends.web import urls
from amends.web.readers import locale_of, time_zone_of
from amends.withdrawals import letters
from amends.withdrawals.errors import refused
from amends.withdrawals.queries import (
    Purchase,
    has_other_purchases,
    how_to_write,
    purchases_of,
    team_to_tell,
    withdrawal_of,
)
from amends.withdrawals.rules import Refusal
from amends.withdrawals.statements import MAX_NAME, Received, Statement, is_email

REASON: Final = "withdrawn"
"""Why the refund was made."""

INSERT_WITHDRAWAL_SQL: Final = """
insert into withdrawals (
    account_id, id, pid, payment_id, member_id, user_id, refund_id, amount_minor, currency, currency_exponent,
    customer_name, email, product_title, paid_at, period_ends_at, created_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
"""
MARK_WITHDRAWN_SQL: Final = """
update payments
set withdrawn_at = $3, updated_at = $3
where account_id = $1
    and id = $2
"""


class Withdrawn(msgspec.Struct, frozen=True):
    """A withdrawal, and whether this call wrote it."""

    pid: str
    is_new: bool


async def withdraw(
    connection: Connection,
    scope: CustomerScope,
    *,
    account_id: int,
    payment_id: UUID,
    statement: Statement,
    base_url: str,
    now: datetime,
) -> Withdrawn:
    """Withdraw from the contract about one of the customer's own payments; a second time changes nothing.

    Everything that is left of the payment is promised back, the confirmation queued, the seller told.

    Raises:
        NotFound: no such payment, or not the customer's.
        Unprocessable: `name_invalid`, `email_invalid`, or what the contract is not; see `errors`.
        Conflict: not now; see `errors`.
    """
    purchase = await _own_purchase(connection, scope, account_id, payment_id)
    known = await withdrawal_of(connection, account_id, payment_id)
    if known is not None:
        return Withdrawn(known["pid"], is_new=False)
    stands = purchase.standing(now)
    if stands.refusal is not None or stands.ends_at is None:
        raise refused(stands.refusal or Refusal.NOT_OFFERED)
    _check(statement)
    it = await _write(connection, purchase, statement, stands.ends_at, now)
    await record(
        connection, principal=scope.principal, action="payment.withdrawn", subject=purchase.pid, account_id=account_id,
        now=now, details={"withdrawal": it.pid, "amount_minor": it.amount_minor, "currency": purchase.currency},
    )  # fmt: skip
    await _confirm(connection, it, base_url)
    await _tell_team(connection, it)
    return Withdrawn(it.pid, is_new=True)


async def _own_purchase(connection: Connection, scope: CustomerScope, account_id: int, payment_id: UUID) -> Purchase:
    """Lock a payment of the customer's and return it as it is then."""
    try:
        payment = await lock_payment(connection, account_id, payment_id)
    except LookupError as error:
        raise NotFound from error
    purchase = (await purchases_of(connection, scope, [payment_id])).get(payment_id)
    if payment.user_id != scope.user_id or purchase is None:
        raise NotFound
    return purchase


def _check(statement: Statement) -> None:
    if not 0 < len(statement.name) <= MAX_NAME or "\x00" in statement.name:
        raise Unprocessable("name_invalid", f"Your name has 1 to {MAX_NAME} characters.", param="name")
    if not is_email(statement.email):
        raise Unprocessable("email_invalid", "That is not an e-mail address.", param="email")


async def _write(
    connection: Connection, purchase: Purchase, statement: Statement, ends_at: datetime, now: datetime
) -> Received:
    """Write the withdrawal with everything that follows from it within the account."""
    account_id, row_id = purchase.account_id, uuid7(now)
    payment = await lock_payment(connection, account_id, purchase.id)
    if purchase.paid_at is None:
        raise refused(Refusal.NOT_PAID)
    refund_id = await write_refund_intent(
        connection, payment=payment, case_id=None, amount_minor=payment.refundable_minor, payer=Payer.MERCHANT,
        reason=REASON, now=now,
    )  # fmt: skip
    it = Received(
        pid=public_id(Prefix.WITHDRAWAL, row_id, account_id),
        statement=statement,
        purchase=purchase,
        product=purchase.product_title or purchase.pid,
        paid_at=purchase.paid_at,
        amount_minor=payment.refundable_minor,
        membership_ended=await _end_contract(connection, purchase, now),
        at=now,
    )
    await connection.execute(
        INSERT_WITHDRAWAL_SQL, account_id, row_id, it.pid, purchase.id, purchase.member_id, purchase.user_id,
        refund_id, it.amount_minor, purchase.currency, purchase.currency_exponent, statement.name, statement.email,
        it.product, it.paid_at, ends_at, now,
    )  # fmt: skip
    await connection.execute(MARK_WITHDRAWN_SQL, account_id, purchase.id, now)
    return it


async def _end_contract(connection: Connection, purchase: Purchase, now: datetime) -> bool:
    """Note the withdrawal in the member's log; without another purchase that stands the membership ends, too."""
    account_id, member_id = purchase.account_id, purchase.member_id
    await log_activity(
        connection, account_id=account_id, member_id=member_id, kind="contract_withdrawn",
        product_id=purchase.product_id, payment_id=purchase.id, now=now,
    )  # fmt: skip
    if await has_other_purchases(connection, account_id, member_id, purchase.id):
        return False
    return await end_membership(connection, account_id=account_id, member_id=member_id, payment_id=purchase.id, now=now)


async def _confirm(connection: Connection, it: Received, base_url: str) -> None:
    """Queue the confirmation, to the address that was stated; to the customer's own as well, where it is another."""
    user_id = it.purchase.user_id
    [row] = await how_to_write(connection, user_id)
    addresses = {"stated": it.statement.email}
    if row["email"] is not None and row["email"].casefold() != it.statement.email.casefold():
        addresses["own"] = row["email"]
    url = base_url + urls.purchase_url(it.purchase.pid, "withdrawal")
    for part, address in addresses.items():
        receiver = _receiver(row, address, it.statement.name)
        about = About(user_id=user_id, account_id=it.purchase.account_id, event_pid=it.pid, part=part)
        await queue_mail(connection, receiver, lambda: letters.confirmation(it, url=url), now=it.at, about=about)


async def _tell_team(connection: Connection, it: Received) -> None:
    """Tell the owners and admins of the account who want to hear of such things."""
    for row in await team_to_tell(connection, it.purchase.account_id):
        receiver = _receiver(row, row["email"], row["name"])
        about = About(user_id=row["id"], account_id=it.purchase.account_id, event_pid=it.pid)
        await queue_mail(
            connection, receiver, lambda: letters.to_merchant(it), now=it.at, about=about,
            unsubscribe=NoticeKind.PROGRESS,
        )  # fmt: skip


def _receiver(row: Record, email: str, name: str | None) -> Receiver:
    """Return how to write to a user, as they chose or last read, or as the platform says."""
    chosen = read_preferences(row["preferences"])
    return Receiver(
        email=email,
        name=name,
        locale=locale_of(chosen, row["locale"]),
        time_zone=time_zone_of(chosen, row["time_zone"]),
    )
