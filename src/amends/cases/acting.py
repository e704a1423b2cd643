"""Who makes a move: from a proven scope to the lifecycle's actor, and the refusals that depend on the person.

Scope says what may be seen; the lifecycle says what the case allows; here is what stands between: permissions, the
support role's limit, and that nobody acts on a case outside the scope.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, assert_never

import asyncpg

from amends.access.permissions import Permission
from amends.access.resolve import allow
from amends.access.scopes import CustomerScope, MerchantScope, PlatformScope, Scope, SystemScope
from amends.cases import lifecycle
from amends.cases.errors import ActionNotAllowed, ActorNotAllowed, CaseError, MoveInvalid
from amends.cases.moves import Effect, OfferMade, RefundIntended
from amends.cases.rows import LockedCase
from amends.cases.states import Action, Actor, RefundBy
from amends.kit.errors import ApiError, Conflict, Forbidden, NotFound, Unprocessable
from amends.kit.money import major_text

ActingScope = Scope | SystemScope

DECIDING: Final = frozenset({Action.ASK, Action.DECIDE})


class CaseChanged(Conflict):
    """The case is not as the caller read it; `news` are the rows of the events that came since."""

    def __init__(self, code: str, message: str, *, details: Mapping[str, Any], news: Sequence[asyncpg.Record]) -> None:
        super().__init__(code, message, details=details)
        self.news = news


def actor_of(scope: ActingScope) -> Actor:
    """Return the side for which a scope acts."""
    match scope:
        case CustomerScope():
            return Actor.CUSTOMER
        case MerchantScope():
            return Actor.MERCHANT
        case PlatformScope():
            return Actor.PLATFORM
        case SystemScope():
            return Actor.SYSTEM
        case _:
            assert_never(scope)


def owner_of(scope: ActingScope) -> str:
    """Return whose files a scope may attach; the same words as `Caller.owner`."""
    if scope.principal.kind != "api_key":
        return scope.principal.id
    return scope.account_pid if isinstance(scope, MerchantScope) else "platform"


def check_permission(scope: ActingScope, action: Action) -> None:
    """Refuse a scope without the permission for an action, or whose side can never do it.

    Raises:
        Forbidden: `missing_permission`, `actor_not_allowed`.
    """
    if isinstance(scope, SystemScope):
        return
    deciding = action in DECIDING and isinstance(scope, PlatformScope)
    allow(scope, Permission.CASE_DECIDE if deciding else Permission.CASE_WRITE)
    try:
        lifecycle.rows_for(action, actor_of(scope))
    except ActorNotAllowed as error:
        raise refusal(error) from error


def check_sight(scope: ActingScope, case: LockedCase) -> None:
    """Refuse a scope that does not see the case, as if the case were not there.

    Raises:
        NotFound: always the same.
    """
    if isinstance(scope, MerchantScope) and scope.account_id != case.account_id:
        raise NotFound
    if isinstance(scope, CustomerScope) and scope.user_id != case.user_id:
        raise NotFound


def refund_limit(scope: ActingScope, case: LockedCase) -> int | None:
    """Return what a scope's role may let the merchant spend on a case, in minor units; None: any amount."""
    if not isinstance(scope, MerchantScope) or scope.refund_limits is None:
        return None
    return scope.refund_limits.get(case.currency, 0)


def check_limit(scope: ActingScope, case: LockedCase, effects: Iterable[Effect], *, spent_minor: int) -> None:
    """Refuse what would cost the merchant more than this role may spend on one case, which has cost `spent_minor`.

    Raises:
        Forbidden: `refund_limit_exceeded`.
    """
    limit = refund_limit(scope, case)
    if limit is None:
        return
    left = limit - spent_minor
    for effect in effects:
        match effect:
            case RefundIntended(amount_minor=amount, payer=RefundBy.MERCHANT) if amount > left:
                raise _over_limit(case, limit)
            case OfferMade(amount_minor=int(amount), maker=Actor.MERCHANT) if amount > left:
                raise _over_limit(case, limit)
            case _:
                pass


def _over_limit(case: LockedCase, limit: int) -> Forbidden:
    words = f"{major_text(limit, case.currency_exponent)} {case.currency.upper()}"
    return Forbidden(
        "refund_limit_exceeded",
        f"Your role may give back up to {words} on one case. Ask an admin of the account.",
        details={"limit": major_text(limit, case.currency_exponent), "currency": case.currency},
    )


def refusal(error: CaseError) -> ApiError:
    """Return the API's answer to a move that the lifecycle refused."""
    match error:
        case ActionNotAllowed():
            actions = [action.value for action in error.available_actions]
            return Conflict(error.code, error.message, details={"available_actions": actions})
        case ActorNotAllowed():
            return Forbidden(error.code, error.message)
        case MoveInvalid():
            return Unprocessable(error.code, error.message, param=error.param)
        case _:
            raise TypeError(f"an unknown refusal: {error.code}") from error
