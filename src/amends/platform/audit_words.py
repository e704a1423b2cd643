"""The audit log in words: what was done, and the facts beside it. What nobody has words for is shown as it is kept."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from amends.cases.words import plain_word
from amends.kit.money import UnknownCurrency
from amends.platform.policy_words import WORDS
from amends.staff.words import ROLES, STAFF_ROLES
from amends.web.text import _, lazy, money

ACTIONS: Final[Mapping[str, Any]] = {
    "account.auto_respond_locked": lazy("Locked auto-respond"),
    "account.auto_respond_unlocked": lazy("Unlocked auto-respond"),
    "api_key.created": lazy("Made an API key"),
    "api_key.revoked": lazy("Revoked an API key"),
    "case.decided": lazy("Decided a case"),
    "case.money_promised": lazy("Promised money on a case"),
    "export.canceled": lazy("Canceled an export"),
    "export.created": lazy("Asked for an export"),
    "export.retried": lazy("Asked for an export again"),
    "import.created": lazy("Imported records"),
    "job.forgotten": lazy("Forgot a job that gave up"),
    "job.run_again": lazy("Ran a job that gave up again"),
    "mail.sent_again": lazy("Sent an e-mail again"),
    "merchant_credit.resolved_by_hand": lazy("Recorded a merchant credit as paid by hand"),
    "merchant_credit.retried": lazy("Sent a merchant credit again"),
    "password.changed": lazy("Changed a password"),
    "payment.withdrawn": lazy("Withdrew from a contract"),
    "policy.changed": lazy("Changed the policy"),
    "reason_code.added": lazy("Added a reason code"),
    "reason_code.changed": lazy("Changed a reason code"),
    "reason_code.restored": lazy("Brought a reason code back"),
    "reason_code.retired": lazy("Retired a reason code"),
    "refund.closed_by_hand": lazy("Closed a refund that is owed no more"),
    "refund.resolved_by_hand": lazy("Recorded a refund as paid by hand"),
    "refund.retried": lazy("Sent a refund again"),
    "saved_reply.changed": lazy("Changed a saved reply"),
    "saved_reply.created": lazy("Wrote a saved reply"),
    "saved_reply.deleted": lazy("Deleted a saved reply"),
    "session.ended": lazy("Signed out"),
    "session.started": lazy("Signed in"),
    "sign_in.failed": lazy("Failed to sign in"),
    "sign_in_link.made": lazy("Made a link that signs in"),
    "sign_in_link.used": lazy("Used a link that signs in"),
    "staff.invitation_sent_again": lazy("Sent an invitation to the platform’s staff again"),
    "staff.invitation_withdrawn": lazy("Withdrew an invitation to the platform’s staff"),
    "staff.invited": lazy("Invited somebody to the platform’s staff"),
    "staff.joined": lazy("Joined the platform’s staff"),
    "staff.removed": lazy("Took somebody off the platform’s staff"),
    "staff.role_changed": lazy("Changed a role on the platform’s staff"),
    "team.invitation_sent_again": lazy("Sent an invitation to a team again"),
    "team.invitation_withdrawn": lazy("Withdrew an invitation to a team"),
    "team.invited": lazy("Invited somebody to a team"),
    "team.joined": lazy("Joined a team"),
    "team.left": lazy("Left a team"),
    "team.removed": lazy("Took somebody off a team"),
    "team.role_changed": lazy("Changed a role on a team"),
    "team.support_limit_changed": lazy("Changed what support may refund"),
    "totp.disabled": lazy("Turned two-step sign-in off"),
    "totp.enabled": lazy("Turned two-step sign-in on"),
    "totp.ended_by_operator": lazy("Turned somebody’s two-step sign-in off"),
}

_KEYS: Final[Mapping[str, Any]] = {
    "attempt": lazy("attempt"),
    "by": lazy("by"),
    "case": lazy("case"),
    "decision": lazy("decision"),
    "outcome": lazy("outcome"),
    "override_note": lazy("override"),
    "reason": lazy("reason"),
    "role": lazy("role"),
    "scopes": lazy("may"),
    "version": lazy("version"),
}
_ROLES: Final[Mapping[str, Any]] = {
    **{role.value: words for role, words in STAFF_ROLES.items()},
    **{role.value: words for role, words in ROLES.items()},
}
_SILENT: Final = frozenset({"currency"})
_LONGEST: Final = 200


def action_words(action: str) -> str:
    """Say what was done."""
    return str(ACTIONS[action]) if action in ACTIONS else plain_word(action.replace(".", " "))


def detail_words(details: Mapping[str, Any]) -> str:
    """Say the facts beside it: `$49.00 · attempt: 2`."""
    return " · ".join(part for part in _parts(details) if part)


def _parts(details: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(details.get("changes"), dict):
        for name, change in details["changes"].items():
            yield _change(name, change)
    if "from" in details and "to" in details:
        yield f"{_value('role', details['from'])} → {_value('role', details['to'])}"
    for key, value in details.items():
        if key in {"from", "to", "changes"} or key in _SILENT or value is None:
            continue
        if key.endswith("_minor") and isinstance(value, int) and isinstance(details.get("currency"), str):
            yield _amount(value, details["currency"])
        elif isinstance(value, bool):
            yield _words_of(key) if value else ""
        else:
            yield f"{_words_of(key)}: {_value(key, value)}"


def _change(name: str, change: Any) -> str:
    label = str(WORDS[name].label) if name in WORDS else _words_of(name)
    if not isinstance(change, dict) or "from" not in change or "to" not in change:
        return f"{label}: {_value(name, change)}"
    return f"{label}: {_value(name, change['from'])} → {_value(name, change['to'])}"


def _amount(minor: int, currency: str) -> str:
    try:
        return money(minor, currency)
    except UnknownCurrency:
        return f"{minor} {currency}"


def _words_of(key: str) -> str:
    return str(_KEYS[key]) if key in _KEYS else key.replace("_", " ")


def _value(key: str, value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)[:_LONGEST] or _("none")
    if key == "role" and isinstance(value, str) and value in _ROLES:
        return str(_ROLES[value])
    return str(value)[:_LONGEST]
