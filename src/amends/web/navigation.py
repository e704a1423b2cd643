"""Where a person can go from a page: the entries of its navigation, by whose page it is.

An account's pages lead within the account, the platform's among the platform's, a customer's between purchases and
cases. What a person may not see has no entry.
"""

from enum import StrEnum
from typing import Any, Final, NamedTuple

import msgspec

from amends.access.permissions import Permission
from amends.access.scopes import Caller
from amends.access.sessions import Session
from amends.web import urls
from amends.web.text import lazy


class Area(StrEnum):
    """Whose pages these are."""

    ACCOUNT = "account"
    PLATFORM = "platform"
    CUSTOMER = "customer"


class NavEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A place that the page leads to."""

    section: str
    label: Any
    icon: str
    url: str
    is_current: bool


class _Section(NamedTuple):
    name: str
    label: Any
    icon: str
    needs: Permission


ACCOUNT_SECTIONS: Final = (
    _Section("cases", lazy("Resolution center"), "inbox", Permission.CASE_READ),
    _Section("exports", lazy("Exports"), "download", Permission.EXPORT_READ),
    _Section("replies", lazy("Saved replies"), "message-square", Permission.CASE_READ),
    _Section("team", lazy("Team"), "users", Permission.CASE_READ),
)
PLATFORM_SECTIONS: Final = (
    _Section("queue", lazy("Review queue"), "inbox", Permission.CASE_READ),
    _Section("attention", lazy("Needs attention"), "triangle-alert", Permission.POLICY_MANAGE),
    _Section("accounts", lazy("Accounts"), "store", Permission.CASE_READ),
    _Section("credits", lazy("Merchant credits"), "banknote", Permission.CASE_READ),
    _Section("reviewers", lazy("Reviewers"), "users", Permission.CASE_READ),
    _Section("reasons", lazy("Reason codes"), "list-checks", Permission.CASE_READ),
    _Section("policy", lazy("Policy"), "sliders-horizontal", Permission.POLICY_MANAGE),
    _Section("audit", lazy("Audit log"), "scroll-text", Permission.AUDIT_READ),
    _Section("mail", lazy("E-mails"), "mail", Permission.CASE_READ),
)
CUSTOMER_SECTIONS: Final = (
    ("purchases", lazy("My purchases"), "shopping-bag", urls.PURCHASES),
    ("my_cases", lazy("My cases"), "message-square", urls.MY_CASES),
)


def area_of(session: Session | None, *, has_account: bool, section: str | None) -> Area | None:
    """Tell whose page it is; a page that is nobody's in particular goes with what its reader is first."""
    if has_account:
        return Area.ACCOUNT
    if any(section == one.name for one in PLATFORM_SECTIONS):
        return Area.PLATFORM
    if session is None:
        return None
    if any(section == name for name, *_ in CUSTOMER_SECTIONS):
        return Area.CUSTOMER
    if session.staff_role is not None:
        return Area.PLATFORM
    return None if session.teams else Area.CUSTOMER


def entries_of(
    caller: Caller | None, area: Area | None, *, account_id: str | None, section: str | None
) -> tuple[NavEntry, ...]:
    """Return where a caller can go; `account_id` is the public id of the account that the page is about."""
    if caller is None or area is None:
        return ()
    if area is Area.CUSTOMER:
        return tuple(_entry(name, label, icon, url, section) for name, label, icon, url in CUSTOMER_SECTIONS)
    if area is Area.PLATFORM:
        return _platform(caller, PLATFORM_SECTIONS, section)
    return _account(caller, account_id or "", section)


def _account(caller: Caller, account_pid: str, section: str | None) -> tuple[NavEntry, ...]:
    merchant = next((one for one in caller.merchants if one.account_pid == account_pid), None)
    scope = merchant or caller.platform
    own = tuple(
        _entry(one.name, one.label, one.icon, urls.account_url(account_pid, one.name), section)
        for one in ACCOUNT_SECTIONS
        if scope is not None and one.needs in scope.permissions
    )
    return own if merchant is not None else (*_platform(caller, PLATFORM_SECTIONS[:1], section), *own)


def _platform(caller: Caller, sections: tuple[_Section, ...], section: str | None) -> tuple[NavEntry, ...]:
    return tuple(
        _entry(one.name, one.label, one.icon, urls.platform_url(one.name), section)
        for one in sections
        if caller.platform is not None and one.needs in caller.platform.permissions
    )


def _entry(name: str, label: Any, icon: str, url: str, section: str | None) -> NavEntry:
    return NavEntry(section=name, label=label, icon=icon, url=url, is_current=name == section)
