"""PURE. How much of a payment is promised, held by a bank, or free: one function, from facts to the payment's columns.

Facts come first, since they cannot be refused: money that went back, then calls to the provider that are under way,
then what banks claim, then promises that can still wait. Each takes at most what the ones before it left, so that
refunded + reserved + disputed never exceeds what was paid, whatever the outside world reports and in which order.
A promise that waits is kept whole or not at all: half of what was promised is nobody's decision.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec

from amends.payments.states import DisputeState, RefundState


class Intent(msgspec.Struct, frozen=True):
    """A refund that has not settled: pending, on hold or failed."""

    id: UUID
    amount_minor: int
    state: RefundState
    sent: bool
    """Whether the provider may have got the call of the present attempt."""

    @property
    def under_way(self) -> bool:
        """Tell whether the money may be moving at this moment."""
        return self.state is RefundState.PENDING and self.sent


class Claim(msgspec.Struct, frozen=True):
    """What a customer's bank claims, and what of it was counted so far."""

    id: UUID
    amount_minor: int
    state: DisputeState
    counted_minor: int = 0


class Ledger(msgspec.Struct, frozen=True):
    """What the payment's row must say, and which promises no longer fit."""

    refunded_minor: int
    reserved_minor: int
    disputed_minor: int
    open_disputes: int
    lost_disputes: int
    counted: dict[UUID, int]
    """By dispute: its part of `disputed_minor`."""
    stranded: tuple[UUID, ...]
    """Intents that wait for money that is no longer there. Those on hold are not asked for any yet."""


def balance(amount_minor: int, refunded_minor: int, intents: Sequence[Intent], claims: Sequence[Claim]) -> Ledger:
    """Divide a payment's amount among what is known about it; the earlier intent and the earlier claim come first."""
    refunded = min(refunded_minor, amount_minor)
    left = amount_minor - refunded
    under_way = min(left, sum(intent.amount_minor for intent in intents if intent.under_way))
    left -= under_way
    counted = _count(claims, left)
    left -= sum(counted.values())
    waiting, stranded = _reserve((intent for intent in intents if _waits(intent)), left)
    return Ledger(
        refunded_minor=refunded,
        reserved_minor=under_way + waiting,
        disputed_minor=sum(counted.values()),
        open_disputes=sum(claim.state is DisputeState.OPEN for claim in claims),
        lost_disputes=sum(claim.state is DisputeState.LOST for claim in claims),
        counted=counted,
        stranded=stranded,
    )


def _waits(intent: Intent) -> bool:
    return not intent.under_way and intent.state in (RefundState.PENDING, RefundState.FAILED)


def _count(claims: Iterable[Claim], left: int) -> dict[UUID, int]:
    counted: dict[UUID, int] = {}
    for claim in claims:
        counted[claim.id] = 0 if claim.state is DisputeState.WON else min(claim.amount_minor, left)
        left -= counted[claim.id]
    return counted


def _reserve(waiting: Iterable[Intent], left: int) -> tuple[int, tuple[UUID, ...]]:
    reserved, stranded = 0, list[UUID]()
    for intent in waiting:
        if intent.amount_minor <= left - reserved:
            reserved += intent.amount_minor
        else:
            stranded.append(intent.id)
    return reserved, tuple(stranded)
