"""What the platform's staff and keys do by hand to one refund or credit: who may, the command, the audit log.

The API and the pages do it by the same acts. Nobody acts on money of a purchase of their own, or of their own account.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, NamedTuple

from asyncpg import Record

from amends.access.audit import record
from amends.access.permissions import Permission
from amends.access.scopes import Caller
from amends.db.pool import Connection
from amends.kit.errors import Unprocessable
from amends.kit.ids import Prefix
from amends.kit.money import InexactAmount, to_minor
from amends.payments.commands_by_hand import (
    close_failed,
    resolve_by_hand,
    resolve_credit_by_hand,
    retry_failed,
    retry_failed_credit,
)
from amends.payments.ports import CaseNotices
from amends.payments.queries import CREDITS, REFUNDS, Listing, get_row
from amends.payments.schemas import Amount
from amends.payments.visible import platform_scope, visible_row


class ByHand(NamedTuple):
    """Something that is done by hand to one row: what it is called in the audit log, and the command."""

    listing: Listing
    prefix: Prefix
    action: str
    work: Callable[[Connection, Record, datetime], Awaitable[None]]


def retry_of_refund(notices: CaseNotices) -> ByHand:
    """Return the act that sends a failed refund to its provider again."""

    async def work(connection: Connection, row: Record, now: datetime) -> None:
        await retry_failed(connection, notices, account_id=row["account_id"], refund_id=row["id"], now=now)

    return ByHand(REFUNDS, Prefix.REFUND, "refund.retried", work)


def resolution_of_refund(notices: CaseNotices, note: str, amount: Amount | None) -> ByHand:
    """Return the act that records a failed refund as paid by a person; `amount` in whole units, None: all of it."""

    async def work(connection: Connection, row: Record, now: datetime) -> None:
        await resolve_by_hand(
            connection,
            notices,
            account_id=row["account_id"],
            refund_id=row["id"],
            note=note.strip(),
            amount_minor=None if amount is None else minor_units(amount, row["currency"]),
            now=now,
        )

    return ByHand(REFUNDS, Prefix.REFUND, "refund.resolved_by_hand", work)


def closing_of_refund(notices: CaseNotices, note: str) -> ByHand:
    """Return the act that closes a failed refund of which nothing is owed any more."""

    async def work(connection: Connection, row: Record, now: datetime) -> None:
        await close_failed(
            connection, notices, account_id=row["account_id"], refund_id=row["id"], note=note.strip(), now=now
        )

    return ByHand(REFUNDS, Prefix.REFUND, "refund.closed_by_hand", work)


def retry_of_credit() -> ByHand:
    """Return the act that sends a failed merchant credit to its provider again."""

    async def work(connection: Connection, row: Record, now: datetime) -> None:
        await retry_failed_credit(connection, account_id=row["account_id"], credit_id=row["id"], now=now)

    return ByHand(CREDITS, Prefix.MERCHANT_CREDIT, "merchant_credit.retried", work)


def resolution_of_credit(note: str) -> ByHand:
    """Return the act that records a failed merchant credit as paid by a person."""

    async def work(connection: Connection, row: Record, now: datetime) -> None:
        await resolve_credit_by_hand(
            connection, account_id=row["account_id"], credit_id=row["id"], note=note.strip(), now=now
        )

    return ByHand(CREDITS, Prefix.MERCHANT_CREDIT, "merchant_credit.resolved_by_hand", work)


async def carry_out_by_hand(connection: Connection, caller: Caller, act: ByHand, pid: str, now: datetime) -> Record:
    """Do it within the caller's transaction, with its line in the audit log; return the row as it is then.

    Raises:
        NotFound: there is no such row, or not one that the caller sees.
        Forbidden: `platform_only`, `missing_permission`, `own_payment` or `own_account`.
        Conflict, Unprocessable: see the commands.
    """
    row, scope = await visible_row(connection, caller, None, act.listing, act.prefix, pid)
    principal = platform_scope(caller, scope, Permission.REFUND_WRITE).principal
    account_id: int = row["account_id"]
    await act.work(connection, row, now)
    after = await get_row(connection, act.listing, account_id, row["id"]) or row
    await record(
        connection,
        principal=principal,
        action=act.action,
        subject=pid,
        account_id=account_id,
        now=now,
        details=_facts(after),
    )
    return after


def _facts(row: Record) -> dict[str, Any]:
    """Return what the audit log keeps of such an act: the money, and of the note only that there is one."""
    return {
        "amount_minor": row["amount_minor"],
        "currency": row["currency"],
        "attempt": row["attempt"],
        "has_note": row["resolution_note"] is not None,
    }


def minor_units(amount: Amount, currency: str) -> int:
    """Read an amount of a request in whole units.

    Raises:
        Unprocessable: `inexact_amount`.
    """
    try:
        return to_minor(amount, currency)
    except InexactAmount as error:
        raise Unprocessable("inexact_amount", str(error), param="amount") from error
