"""PURE. What each number of the policy may be, what must fit together, and when a change of it takes effect.

The form, the API and the tests read the same rows. Nothing here is about one case: a case keeps its version.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from amends.cases.policy import Policy
from amends.kit.errors import Unprocessable
from amends.people.values import time_zone

MIB: Final = 1024 * 1024
HOLIDAYS_MAX: Final = 400


class Unit(StrEnum):
    """What a number counts."""

    DAYS = "days"
    BUSINESS_DAYS = "business_days"
    HOURS = "hours"
    TIMES = "times"
    CHARACTERS = "characters"
    FILES = "files"
    BYTES = "bytes"


class Effect(StrEnum):
    """On what a new number counts."""

    NEW_CASES = "new_cases"
    """Cases opened from now on; those that are open keep the version of their opening."""
    AT_ONCE = "at_once"
    """Everything that happens from now on, also on open cases."""


class Rule(NamedTuple):
    """What one number may be; both ends are allowed."""

    unit: Unit
    low: int
    high: int
    effect: Effect = Effect.NEW_CASES


RULES: Final[Mapping[str, Rule]] = {
    "eligibility_days": Rule(Unit.DAYS, 1, 730, Effect.AT_ONCE),
    "merchant_days": Rule(Unit.DAYS, 1, 60),
    "customer_days": Rule(Unit.DAYS, 1, 60),
    "negotiation_days": Rule(Unit.DAYS, 1, 180),
    "appeal_days": Rule(Unit.DAYS, 1, 90),
    "review_business_days": Rule(Unit.BUSINESS_DAYS, 1, 30),
    "resume_min_hours": Rule(Unit.HOURS, 1, 336),
    "auto_accept_max_hours": Rule(Unit.HOURS, 0, 336),
    "offer_days": Rule(Unit.DAYS, 1, 60),
    "offer_min_days": Rule(Unit.DAYS, 1, 60),
    "offer_max_days": Rule(Unit.DAYS, 1, 60),
    "info_requests_max": Rule(Unit.TIMES, 0, 20),
    "offers_max": Rule(Unit.TIMES, 0, 20),
    "comments_max": Rule(Unit.TIMES, 0, 100),
    "message_max_chars": Rule(Unit.CHARACTERS, 200, 10_000),
    "files_max": Rule(Unit.FILES, 0, 10),
    "file_max_bytes": Rule(Unit.BYTES, MIB, 100 * MIB, Effect.AT_ONCE),
    "video_max_bytes": Rule(Unit.BYTES, MIB, 300 * MIB, Effect.AT_ONCE),
}

ORDERED: Final = (
    ("offer_min_days", "offer_days"),
    ("offer_days", "offer_max_days"),
    ("merchant_days", "negotiation_days"),
    ("customer_days", "negotiation_days"),
    ("file_max_bytes", "video_max_bytes"),
)
"""Pairs of which the first is at most the second."""


class Wrong(NamedTuple):
    """What is wrong with one field: out of its rule, or above the field that it must not exceed."""

    field: str
    above: str | None = None


def wrong_fields(policy: Policy) -> Iterator[Wrong]:
    """Yield what is wrong with a policy's numbers and dates."""
    for name, rule in RULES.items():
        if not rule.low <= getattr(policy, name) <= rule.high:
            yield Wrong(name)
    for less, more in ORDERED:
        if getattr(policy, less) > getattr(policy, more):
            yield Wrong(less, more)
    if len(policy.holidays) > HOLIDAYS_MAX:
        yield Wrong("holidays")
    try:
        time_zone(policy.time_zone)
    except Unprocessable:
        yield Wrong("time_zone")


def check(policy: Policy) -> Policy:
    """Return the policy as it is kept: its holidays in order, each once.

    Raises:
        Unprocessable: `unknown_time_zone`, `policy_out_of_range` or `policy_inconsistent`, at the first field.
    """
    time_zone(policy.time_zone)
    for wrong in wrong_fields(policy):
        if wrong.above is not None:
            message = f"`{wrong.field}` is at most `{wrong.above}`."
            raise Unprocessable("policy_inconsistent", message, param=wrong.field)
        rule = RULES.get(wrong.field)
        if rule is None:
            message = f"At most {HOLIDAYS_MAX} holidays fit."
            raise Unprocessable("policy_out_of_range", message, param=wrong.field)
        message = f"`{wrong.field}` is from {rule.low} to {rule.high}."
        raise Unprocessable("policy_out_of_range", message, param=wrong.field)
    return in_order(policy)


def in_order(policy: Policy) -> Policy:
    """Return the policy with each holiday once, the earliest first."""
    holidays: tuple[date, ...] = tuple(sorted(set(policy.holidays)))
    return replace(policy, holidays=holidays)


def fields_of(policy: Policy) -> dict[str, Any]:
    """Return a policy's fields by name."""
    return {name: getattr(policy, name) for name in Policy.__struct_fields__}


def changes(before: Policy, after: Policy) -> dict[str, tuple[Any, Any]]:
    """Return what differs: old and new value by field, in the order of the policy."""
    return {
        name: (old, new)
        for name, old in fields_of(before).items()
        if old != (new := getattr(after, name))
    }  # fmt: skip
