"""A case's row as commands hold it: which columns there are, and how they become a `CaseState` and come back.

Every field of `CaseState` is a column of the same name, so the columns are taken from it.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from amends.cases.policy import Policy
from amends.cases.states import CaseState
from amends.kit.ids import Prefix, public_id
from amends.payments.commands import LockedPayment

STATE_FIELDS: Final = CaseState.__struct_fields__
PAYMENT_FIELDS: Final = LockedPayment.__struct_fields__


class CaseRef(NamedTuple):
    """Which case."""

    account_id: int
    case_id: UUID


class LockedCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case and its payment as they stand while this transaction holds both rows."""

    account_id: int
    id: UUID
    pid: str
    user_id: UUID
    reason: str
    currency: str
    currency_exponent: int
    policy: Policy
    state: CaseState
    version: int
    event_count: int
    head_hash: bytes
    open_offer_id: UUID | None
    first_reviewer_id: str | None
    closed_at: datetime | None
    payment: LockedPayment

    @property
    def ref(self) -> CaseRef:
        """Return which case it is."""
        return CaseRef(self.account_id, self.id)

    @property
    def open_offer_pid(self) -> str | None:
        """Return the open offer's public id."""
        return None if self.open_offer_id is None else public_id(Prefix.OFFER, self.open_offer_id, self.account_id)


@lru_cache(maxsize=256)
def read_policy(text: str) -> Policy:
    """Read a stored policy; a missing number has its default."""
    return msgspec.json.decode(text, type=Policy)


def locked_case(row: asyncpg.Record) -> LockedCase:
    """Read what the locking statement returned."""
    return LockedCase(
        account_id=row["account_id"],
        id=row["id"],
        pid=row["pid"],
        user_id=row["user_id"],
        reason=row["reason"],
        currency=row["currency"],
        currency_exponent=row["currency_exponent"],
        policy=read_policy(row["policy"]),
        state=msgspec.convert({name: row[name] for name in STATE_FIELDS}, CaseState),
        version=row["version"],
        event_count=row["event_count"],
        head_hash=row["head_hash"],
        open_offer_id=row["open_offer_id"],
        first_reviewer_id=row["first_reviewer_id"],
        closed_at=row["closed_at"],
        payment=LockedPayment(**{name: row[f"payment_{name}"] for name in PAYMENT_FIELDS}),
    )


def state_values(state: CaseState) -> tuple[Any, ...]:
    """Return the parameters that write a state, in the order of `STATE_FIELDS`."""
    return tuple(getattr(state, name) for name in STATE_FIELDS)
