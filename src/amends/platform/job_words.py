"""What a job is about, in words: for people who look at one that gave up."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from amends.kit.ids import Prefix, public_id
from amends.web.text import _, lazy


class JobWords(msgspec.Struct, frozen=True, kw_only=True):
    """A job in words."""

    name: str
    """What it does."""
    about: str
    """A public id, or empty."""


def words_of_job(name: str, payload: Any) -> JobWords:
    """Say what a job does and to what; one that nobody has written words for shows its name."""
    words, about = _WORDS.get(name, (None, _nothing))
    return JobWords(name=str(words) if words else _("Job “%(name)s”", name=name), about=_about(about, payload))


def _about(about: Callable[[Mapping[str, Any]], str], payload: Any) -> str:
    try:
        return about(payload)
    except (KeyError, TypeError, ValueError):  # of another version
        return ""


def _nothing(_payload: Mapping[str, Any]) -> str:
    return ""


def _row(prefix: Prefix, key: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda payload: public_id(prefix, UUID(payload[key]), payload["account_id"])


def _account(payload: Mapping[str, Any]) -> str:
    return _("account number %(n)s", n=payload["account_id"])


def _event(payload: Mapping[str, Any]) -> str:
    return f"{payload['provider']} {payload['event_id']}"


_CASE: Final = _row(Prefix.CASE, "case_id")
_WORDS: Final[Mapping[str, tuple[Any, Callable[[Mapping[str, Any]], str]]]] = {
    "cases.due": (lazy("Act on a case whose time has run out"), _CASE),
    "cases.fold_counts": (lazy("Add up an account’s counts of cases"), _account),
    "cases.sign_digest": (lazy("Sign the day’s digest of an account’s timelines"), _account),
    "export": (lazy("Write an export"), _row(Prefix.EXPORT, "export_id")),
    "mail.hand_over": (lazy("Hand the e-mails that are due to the mail server"), _nothing),
    "merchant_credit": (lazy("Send a merchant credit to its provider"), _row(Prefix.MERCHANT_CREDIT, "credit_id")),
    "notices.digest": (lazy("Write the daily digest for somebody of a team"), _account),
    "notices.remind": (lazy("Remind of a case that is due soon"), _CASE),
    "notices.tell": (lazy("Tell by e-mail what has happened on a case"), _CASE),
    "people.copy_users": (lazy("Copy what has changed about users to their accounts"), _account),
    "platform.count_account": (lazy("Count an account’s cases and payments"), _account),
    "provider_event": (lazy("Apply what a payment provider has told"), _event),
    "refund": (lazy("Send a refund to its provider"), _row(Prefix.REFUND, "refund_id")),
    "sandbox_delivery": (lazy("Deliver what the sandbox provider has to tell"), _nothing),
    "staff.mail_reset_links": (lazy("Mail a link for a new password"), _nothing),
    "staff.mail_sign_in_links": (lazy("Mail a link that signs in"), _nothing),
}
"""By name: what a job does, and how what it is about is read from its payload. A test holds it to the registry."""


def known_jobs() -> frozenset[str]:
    """Return the names that have words."""
    return frozenset(_WORDS)
