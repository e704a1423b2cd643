"""What the policy's page shows, and how its form is read: every number of PRODUCT.md section 1, by groups.

Files are typed in MB, holidays as a date a line; everything else as it is kept.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Final
from zoneinfo import available_timezones

import msgspec

from amends.cases.policy import Policy
from amends.platform.policy_rules import MIB, RULES, Effect, Unit, changes, fields_of, in_order, wrong_fields
from amends.platform.policy_words import GROUPS, UNITS, WORDS, written, wrong_words
from amends.platform.queries_policy import PolicyVersion
from amends.web.forms import Filled
from amends.web.pages import Page
from amends.web.text import _

HISTORY: Final = 50
LONGEST: Final = 20_000


class FieldView(msgspec.Struct, frozen=True, kw_only=True):
    """One field of the form."""

    name: str
    label: Any
    hint: Any
    unit: Any
    """Empty for words."""
    value: str
    low: str
    high: str
    at_once: bool
    """A change counts on open cases, too."""
    in_force: str
    """What is in force, where somebody else has changed it meanwhile; else empty."""
    error: str | None


class FieldGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Fields that stand together."""

    title: Any
    icon: str
    fields: Sequence[FieldView]


class ChangeLine(msgspec.Struct, frozen=True, kw_only=True):
    """One field that a version has changed."""

    label: Any
    before: str
    after: str


class VersionLine(msgspec.Struct, frozen=True, kw_only=True):
    """A version, who made it, and what was different from the one before."""

    version: int
    by: str
    at: datetime
    changes: Sequence[ChangeLine]


class PolicyForm(msgspec.Struct, frozen=True, kw_only=True):
    """The form, but for the numbers: they are read by name."""

    version: int
    time_zone: str
    holidays: str | None = None


class PolicyPage(Page, frozen=True, kw_only=True):
    """The policy, and how it came to be."""

    template: ClassVar[str] = "platform/policy.html"
    version: int
    base: str
    """The version that the form is made from."""
    by: str
    at: datetime
    groups: Sequence[FieldGroup]
    history: Sequence[VersionLine]
    time_zones: Sequence[str]
    filled: Filled[Any] | None
    conflict: str | None
    """Why the last try was refused: who was quicker."""


def policy_page(
    versions: Sequence[PolicyVersion], *, filled: Filled[Any] | None = None, conflict: bool = False
) -> PolicyPage:
    """Return the page for the versions of the policy, the one in force first."""
    current = versions[0]
    return PolicyPage(
        version=current.version,
        base=str(current.version if filled is None or conflict else filled.typed.get("version", "")),
        by=author(current),
        at=current.created_at,
        groups=[_group(group, current.policy, filled, conflict=conflict) for group in GROUPS],
        history=[_line(one, before) for one, before in zip(versions, [*versions[1:], None], strict=True)],
        time_zones=sorted(available_timezones()),
        filled=filled,
        conflict=_conflict(current) if conflict else None,
    )


def _conflict(current: PolicyVersion) -> str:
    return _(
        "%(name)s has changed the policy in the meantime. What you typed is still here; where it differs from what is"
        " in force now, that stands beside it. Save again to put yours into force.",
        name=author(current),
    )


def author(version: PolicyVersion) -> str:
    """Return who made a version."""
    return version.created_by_name or ("Amends" if version.created_by == "amends" else version.created_by)


def _group(group: Any, policy: Policy, filled: Filled[Any] | None, *, conflict: bool) -> FieldGroup:
    fields = [_field(name, policy, filled, conflict=conflict) for name in group.fields]
    return FieldGroup(title=group.title, icon=group.icon, fields=fields)


def _field(name: str, policy: Policy, filled: Filled[Any] | None, *, conflict: bool) -> FieldView:
    rule, stored = RULES.get(name), typed(name, getattr(policy, name))
    value = stored if filled is None else str(filled.typed.get(name, ""))
    return FieldView(
        name=name,
        label=WORDS[name].label,
        hint=WORDS[name].hint,
        unit=UNITS[rule.unit] if rule else "",
        value=value,
        low=typed(name, rule.low) if rule else "",
        high=typed(name, rule.high) if rule else "",
        at_once=rule is not None and rule.effect is Effect.AT_ONCE,
        in_force=written(name, getattr(policy, name)) if conflict and value.strip() != stored else "",
        error=filled.errors.get(name) if filled else None,
    )


def typed(name: str, value: Any) -> str:
    """Return a value as it is typed into the form."""
    if name == "holidays":
        return "\n".join(one.isoformat() for one in value)
    rule = RULES.get(name)
    return f"{value / MIB:.10g}" if rule is not None and rule.unit is Unit.BYTES else str(value)


def _line(version: PolicyVersion, before: PolicyVersion | None) -> VersionLine:
    changed: Mapping[str, tuple[Any, Any]] = changes(before.policy, version.policy) if before else {}
    return VersionLine(
        version=version.version,
        by=author(version),
        at=version.created_at,
        changes=[
            ChangeLine(label=WORDS[name].label, before=written(name, old), after=written(name, new))
            for name, (old, new) in changed.items()
        ],
    )


def policy_of(filled: Filled[PolicyForm], before: Policy) -> tuple[Policy | None, dict[str, str]]:
    """Return the policy that a form says, or what is wrong with which field, in the reader's words."""
    values: dict[str, Any] = fields_of(before)
    errors = dict(filled.errors)
    for name in RULES:
        text = str(filled.typed.get(name, "")).strip()
        if text == typed(name, values[name]):
            continue  # a size that is no round number of MB stays as it is
        try:
            values[name] = _number(name, text)
        except (ValueError, OverflowError):
            errors[name] = _("Write a number.")
    try:
        values["holidays"] = _dates(str(filled.typed.get("holidays", "")))
    except ValueError as problem:
        errors["holidays"] = _("“%(text)s” is no date. Write one a line, such as 2026-12-25.", text=str(problem)[:40])
    values["time_zone"] = str(filled.typed.get("time_zone", "")).strip()
    policy = in_order(Policy(**values))
    for wrong in wrong_fields(policy):
        errors.setdefault(wrong.field, wrong_words(wrong))
    return (None if errors else policy), errors


def _number(name: str, text: str) -> int:
    if len(text) > 12:
        raise ValueError(text)
    return round(float(text.replace(",", ".")) * MIB) if RULES[name].unit is Unit.BYTES else int(text)


def _dates(text: str) -> tuple[date, ...]:
    return tuple(_date(line.strip()) for line in text[:LONGEST].splitlines() if line.strip())


def _date(line: str) -> date:
    try:
        return date.fromisoformat(line)
    except ValueError:
        raise ValueError(line) from None
