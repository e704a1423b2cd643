"""What changes people and what they bought: one upsert for each kind of record, and who is on which team.

Every command works on the caller's connection and belongs to its transaction. Who may call it is the routes' matter.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from amends.access.permissions import Permission, Role, StaffRole
from amends.db.pool import Connection
from amends.kit.ids import Prefix, public_id, uuid7
from amends.people.commands_accounts import ACCOUNTS
from amends.people.commands_activity import ACTIVITY
from amends.people.commands_catalog import PLANS, PRODUCTS
from amends.people.commands_members import MEMBERS
from amends.people.commands_payments import PAYMENTS
from amends.people.commands_users import USERS
from amends.people.records import (
    AccountRecord,
    ActivityRecord,
    Kind,
    MemberRecord,
    PaymentRecord,
    PlanRecord,
    ProductRecord,
    Record,
    UserRecord,
)
from amends.people.rows import AccountRow, ActivityRow, MemberRow, PaymentRow, PlanRow, ProductRow, UserRow
from amends.people.upserts import Entry, Known, Outcome, Result, Upserts

SET_TEAM_MEMBER_SQL: Final = """
insert into team_members (account_id, user_id, role, created_at)
values ($1, $2, $3, $4)
on conflict (account_id, user_id) do update
set role = excluded.role
"""
SET_STAFF_SQL: Final = """
insert into platform_staff (user_id, role, created_at)
values ($1, $2, $3)
on conflict (user_id) do update
set role = excluded.role
"""
END_MEMBERSHIP_SQL: Final = """
update members
set ended_at = $3,
    updated_at = $3
where account_id = $1
    and id = $2
    and ended_at is null
returning id
"""
LOG_SQL: Final = """
insert into activity (account_id, id, pid, member_id, kind, occurred_at, product_id, payment_id, details, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $6)
"""

_UPSERTS: Final = Upserts((ACCOUNTS, USERS, PRODUCTS, PLANS, MEMBERS, PAYMENTS, ACTIVITY))


async def store(
    connection: Connection,
    entries: Sequence[Entry],
    *,
    now: datetime,
    known: Known | None = None,
    by_account: bool = False,
    rights: frozenset[Permission] | None = None,
) -> list[Outcome]:
    """Store a batch of records and return their outcomes in order; see `amends.people.upserts`."""
    return await _UPSERTS.store(connection, entries, now=now, known=known, by_account=by_account, rights=rights)


async def put(
    connection: Connection,
    kind: Kind,
    external_id: str,
    record: Record,
    *,
    account_id: int = 0,
    now: datetime,
    by_account: bool = False,
    rights: frozenset[Permission] | None = None,
) -> tuple[Result, Any]:
    """Store one record under the integrator's own id, and return what became of it and its row.

    `by_account`: a credential of the account sends it, and may not name just any user. `rights`: what the sender may
    do; None: everything.

    Raises:
        Unprocessable: it cannot be.
        Conflict: it cannot be with what is stored.
    """
    entry = Entry(kind, account_id, external_id, record)
    [outcome] = await store(connection, [entry], now=now, by_account=by_account, rights=rights)
    if outcome.rejection is not None:
        raise outcome.rejection
    return outcome.result, outcome.row


async def upsert_account(
    connection: Connection, external_id: str, record: AccountRecord, *, now: datetime
) -> AccountRow:
    """Create or change an account."""
    return (await put(connection, Kind.ACCOUNT, external_id, record, now=now))[1]


async def upsert_user(connection: Connection, external_id: str, record: UserRecord, *, now: datetime) -> UserRow:
    """Create or change a user; what changed reaches the user's member rows by jobs."""
    return (await put(connection, Kind.USER, external_id, record, now=now))[1]


async def upsert_product(
    connection: Connection, account_id: int, external_id: str, record: ProductRecord, *, now: datetime
) -> ProductRow:
    """Create or change a product."""
    return (await put(connection, Kind.PRODUCT, external_id, record, account_id=account_id, now=now))[1]


async def upsert_plan(
    connection: Connection, account_id: int, external_id: str, record: PlanRecord, *, now: datetime
) -> PlanRow:
    """Create or change a plan."""
    return (await put(connection, Kind.PLAN, external_id, record, account_id=account_id, now=now))[1]


async def upsert_member(
    connection: Connection, account_id: int, external_id: str, record: MemberRecord, *, now: datetime
) -> MemberRow:
    """Create or change a member."""
    return (await put(connection, Kind.MEMBER, external_id, record, account_id=account_id, now=now))[1]


async def upsert_payment(
    connection: Connection, account_id: int, external_id: str, record: PaymentRecord, *, now: datetime
) -> PaymentRow:
    """Create or change a payment; what is refunded, reserved or disputed of it is left alone."""
    return (await put(connection, Kind.PAYMENT, external_id, record, account_id=account_id, now=now))[1]


async def record_activity(
    connection: Connection, account_id: int, external_id: str, record: ActivityRecord, *, now: datetime
) -> ActivityRow:
    """Add a record to the log, once."""
    return (await put(connection, Kind.ACTIVITY, external_id, record, account_id=account_id, now=now))[1]


async def log_activity(
    connection: Connection,
    *,
    account_id: int,
    member_id: UUID,
    kind: str,
    now: datetime,
    product_id: UUID | None = None,
    payment_id: UUID | None = None,
    details: dict[str, Any] | None = None,
) -> str:
    """Add to the log what happened here and now, and return the record's public id."""
    row_id = uuid7(now)
    pid = public_id(Prefix.ACTIVITY, row_id, account_id)
    await connection.execute(
        LOG_SQL, account_id, row_id, pid, member_id, kind, now, product_id, payment_id, details or {}
    )
    return pid


async def end_membership(
    connection: Connection, *, account_id: int, member_id: UUID, payment_id: UUID | None, now: datetime
) -> bool:
    """End a membership and log it (`membership_ended`); return False when it had ended already."""
    if await connection.fetchval(END_MEMBERSHIP_SQL, account_id, member_id, now) is None:
        return False
    await log_activity(
        connection, account_id=account_id, member_id=member_id, kind="membership_ended", payment_id=payment_id, now=now
    )
    return True


async def set_team_member(connection: Connection, account_id: int, user_id: UUID, role: Role, *, now: datetime) -> None:
    """Give a user a role in an account's team."""
    await connection.execute(SET_TEAM_MEMBER_SQL, account_id, user_id, role.value, now)


async def set_staff(connection: Connection, user_id: UUID, role: StaffRole, *, now: datetime) -> None:
    """Give a user a role on the platform's staff."""
    await connection.execute(SET_STAFF_SQL, user_id, role.value, now)
