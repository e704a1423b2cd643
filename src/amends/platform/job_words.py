"""What a job is about, in words: for people who look at one that gave up."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from amends.cases.jobs import CASE_DUE, FOLD_COUNTS, SIGN_DIGEST
from amends.exports.commands import JOB as EXPORT
from amends.kit.ids import Prefix, public_id
from amends.payments.work import MERCHANT_CREDIT, PROVIDER_EVENT, REFUND, SANDBOX_DELIVERY
from amends.people.commands_users import COPY_USERS
from amends.staff.commands_reset import MAIL_LINKS
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


_WORDS: Final[Mapping[str, tuple[Any, Callable[[Mapping[str, Any]], str]]]] = {
    REFUND: (lazy("Send a refund to its provider"), _row(Prefix.REFUND, "refund_id")),
    MERCHANT_CREDIT: (lazy("Send a merchant credit to its provider"), _row(Prefix.MERCHANT_CREDIT, "credit_id")),
    PROVIDER_EVENT: (lazy("Apply what a payment provider has told"), _event),
    SANDBOX_DELIVERY: (lazy("Deliver what the sandbox provider has to tell"), _nothing),
    CASE_DUE: (lazy("Act on a case whose time has run out"), _row(Prefix.CASE, "case_id")),
    FOLD_COUNTS: (lazy("Add up an account’s counts of cases"), _account),
    SIGN_DIGEST: (lazy("Sign the day’s digest of an account’s timelines"), _account),
    EXPORT: (lazy("Write an export"), _row(Prefix.EXPORT, "export_id")),
    MAIL_LINKS: (lazy("Mail a link for signing in"), _nothing),
    COPY_USERS: (lazy("Copy what has changed about users to their accounts"), _nothing),
}
