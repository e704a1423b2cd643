"""Acting on many cases of the table at once: what is selected, what would follow, and what has. Types, and the preview.

Whether an action can be taken on a case is asked of the lifecycle, the role and its limit, exactly as when it is taken;
so the preview says of each case what the action itself would. Doing it is `commands_bulk`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from amends.access.resolve import refuse_own_payment
from amends.cases import lifecycle
from amends.cases.acting import actor_of, check_limit, check_permission, refusal
from amends.cases.errors import CaseError
from amends.cases.moves import Decided, Move, RefundIntended
from amends.cases.queries_bulk import SelectedCase, selected_cases
from amends.cases.states import Action
from amends.cases.table import Total
from amends.cases.table_values import TablePlace
from amends.db.pool import Connection, Pool
from amends.kit.clock import Clock
from amends.kit.errors import ApiError, Conflict, NotFound, Unprocessable
from amends.kit.ids import MalformedId, Prefix, parse_public_id

MOST_SELECTED: Final = 100
_VERSION: Final = re.compile("[0-9]{1,9}")


class BulkAction(StrEnum):
    """What can be done to many cases at once."""

    ACCEPT = "accept"
    DENY = "deny"
    ASSIGN = "assign"


class Selected(msgspec.Struct, frozen=True):
    """A selected case, and its version when it was shown; None: whatever it is."""

    pid: str
    version: int | None = None


class BulkCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case that the action can be, or has been, taken on. `refund_minor`: what that gives back to the customer."""

    pid: str
    refund_minor: int
    currency: str
    exponent: int


class BulkRefusal(msgspec.Struct, frozen=True, kw_only=True):
    """A case that the action cannot be taken on, and why."""

    pid: str
    code: str
    message: str
    news: tuple[str, ...] = ()
    """The kinds of the events that came since the case was shown, newest first."""


class BulkPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What an action would do to the selected cases, each of which is in one of the two."""

    doable: tuple[BulkCase, ...]
    refused: tuple[BulkRefusal, ...]
    totals: tuple[Total, ...]
    """What it gives back, by currency."""


class BulkReport(msgspec.Struct, frozen=True, kw_only=True):
    """What an action has done to the selected cases, each of which is in one of the two."""

    done: tuple[BulkCase, ...]
    failed: tuple[BulkRefusal, ...]
    totals: tuple[Total, ...]
    is_repeat: bool
    """All of it was done before, by the same form."""


def parse_selection(values: Iterable[str]) -> tuple[Selected, ...]:
    """Read what a form says is selected: `reso_…:12`, id and version; what is no such thing is passed over.

    Raises:
        Unprocessable: `too_many_selected`.
    """
    found: dict[str, Selected] = {}
    for value in values:
        pid, _, version = value.strip().partition(":")
        if _row_id(pid) is not None:
            found[pid] = Selected(pid, int(version) if _VERSION.fullmatch(version) else None)
    if len(found) > MOST_SELECTED:
        raise Unprocessable("too_many_selected", f"Select at most {MOST_SELECTED} cases at once.")
    return tuple(found.values())


async def bulk_preview(
    pool: Pool | Connection, place: TablePlace, action: BulkAction, selected: Sequence[Selected], *, clock: Clock
) -> BulkPreview:
    """Say what an action would do to each of the selected cases, without doing it."""
    ids = {one.pid: row_id for one in selected if (row_id := own_row_id(place, one.pid))}
    cases = await selected_cases(pool, place.account_id, list(ids.values()))
    doable: list[BulkCase] = []
    refused: list[BulkRefusal] = []
    for one in selected:
        try:
            doable.append(_would(place, action, one, cases.get(ids.get(one.pid, UUID(int=0))), clock))
        except ApiError as error:
            refused.append(BulkRefusal(pid=one.pid, code=error.code, message=error.message))
    return BulkPreview(doable=tuple(doable), refused=tuple(refused), totals=totals_of(doable))


def _would(
    place: TablePlace, action: BulkAction, one: Selected, selected: SelectedCase | None, clock: Clock
) -> BulkCase:
    """Return what an action would do to a case.

    Raises:
        ApiError: as the action itself.
    """
    if selected is None:
        raise NotFound
    case, scope, word = selected.case, place.scope, Action(action.value)
    if scope.user_id is not None and case.user_id == scope.user_id:
        refuse_own_payment()
    check_permission(scope, word)
    if action is not BulkAction.ASSIGN and one.version not in (None, case.version):
        raise Conflict("case_changed", "The case has changed since you read it. Read what is new, then decide again.")
    try:
        decided = lifecycle.decide(
            case.state,
            Move(action=word, actor=actor_of(scope), message="…"),
            now=clock.now(),
            policy=case.policy,
            refundable_minor=case.payment.refundable_minor,
        )
    except CaseError as error:
        raise refusal(error) from error
    check_limit(scope, case, decided.effects, spent_minor=selected.spent_minor)
    return BulkCase(
        pid=case.pid, refund_minor=refund_in(decided), currency=case.currency, exponent=case.currency_exponent
    )


def refund_in(decided: Decided) -> int:
    """Return what a move gives back to the customer, in minor units."""
    return sum(effect.amount_minor for effect in decided.effects if isinstance(effect, RefundIntended))


def totals_of(cases: Iterable[BulkCase]) -> tuple[Total, ...]:
    """Return what cases give back, by currency."""
    sums: Counter[tuple[str, int]] = Counter()
    for case in cases:
        sums[case.currency, case.exponent] += case.refund_minor
    return tuple(Total(currency, exponent, minor) for (currency, exponent), minor in sorted(sums.items()) if minor)


def own_row_id(place: TablePlace, pid: str) -> UUID | None:
    """Return the row of a case of the account's; None: it is not of this account."""
    parsed = _row_id(pid)
    return None if parsed is None or parsed[0] != place.account_id else parsed[1]


def _row_id(pid: str) -> tuple[int, UUID] | None:
    try:
        return parse_public_id(Prefix.CASE, pid)
    except MalformedId:
        return None
