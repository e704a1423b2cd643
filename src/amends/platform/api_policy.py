"""The JSON routes of the policy: read it, put another into force. For the platform."""

from datetime import date
from typing import Any, Final

import msgspec
from litestar import get, put

from amends.access.permissions import Permission
from amends.access.scopes import Caller, PlatformScope
from amends.cases.policy import Policy
from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.kit.clock import Clock, iso
from amends.kit.errors import NotFound
from amends.platform.commands_policy import change_policy
from amends.platform.policy_rules import fields_of
from amends.platform.queries_policy import PolicyVersion, policy_in_force

PATH: Final = "/api/v1/policy"
_NEEDS: Final[dict[str, Any]] = {"permission": Permission.POLICY_MANAGE}


class PolicyInForce(msgspec.Struct, frozen=True, kw_only=True):
    """The policy in force. Files are counted in bytes; `holidays` are no business days."""

    version: int
    merchant_days: int
    customer_days: int
    appeal_days: int
    negotiation_days: int
    offer_days: int
    offer_min_days: int
    offer_max_days: int
    review_business_days: int
    resume_min_hours: int
    auto_accept_max_hours: int
    info_requests_max: int
    offers_max: int
    comments_max: int
    message_max_chars: int
    files_max: int
    file_max_bytes: int
    video_max_bytes: int
    eligibility_days: int
    time_zone: str
    holidays: tuple[date, ...]
    created_at: str
    created_by: str


class PutPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The policy to put into force; what is left out stays as it is. `version` is the one that this was made from."""

    version: int
    merchant_days: int | None = None
    customer_days: int | None = None
    appeal_days: int | None = None
    negotiation_days: int | None = None
    offer_days: int | None = None
    offer_min_days: int | None = None
    offer_max_days: int | None = None
    review_business_days: int | None = None
    resume_min_hours: int | None = None
    auto_accept_max_hours: int | None = None
    info_requests_max: int | None = None
    offers_max: int | None = None
    comments_max: int | None = None
    message_max_chars: int | None = None
    files_max: int | None = None
    file_max_bytes: int | None = None
    video_max_bytes: int | None = None
    eligibility_days: int | None = None
    time_zone: str | None = None
    holidays: tuple[date, ...] | None = None


@get(PATH, opt=_NEEDS, summary="Retrieve the policy", tags=["Policy"])
async def retrieve_policy(caller: Caller, pool: Pool) -> PolicyInForce:
    """Return the policy in force. A case keeps the version of its opening."""
    _scope(caller)
    return _shape(await policy_in_force(pool))


@put(PATH, opt=_NEEDS, status_code=200, summary="Change the policy", tags=["Policy"])
async def put_policy(data: PutPolicy, caller: Caller, pool: Pool, clock: Clock) -> PolicyInForce:
    """Put a policy into force at once, in every process; cases that are open keep the version of their opening."""
    scope = _scope(caller)
    async with transaction(pool) as connection:
        before = (await policy_in_force(connection)).policy
        sent = {name: value for name in Policy.__struct_fields__ if (value := getattr(data, name)) is not None}
        policy = Policy(**{**fields_of(before), **sent})
        return _shape(await change_policy(connection, scope, policy, version=data.version, now=clock.now()))


def _scope(caller: Caller) -> PlatformScope:
    if caller.platform is None:
        raise NotFound
    return caller.platform


def _shape(found: PolicyVersion) -> PolicyInForce:
    return PolicyInForce(
        version=found.version,
        created_at=iso(found.created_at),
        created_by=found.created_by,
        **fields_of(found.policy),
    )


routes: Final = [retrieve_policy, put_policy]
