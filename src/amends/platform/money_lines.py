"""A refund or a merchant credit as the platform's pages show it: what it is, what was said, what can be done.

Of one on whose sides the reader is nothing is said but that it is there.
"""

from datetime import datetime
from typing import Any

import msgspec
from asyncpg import Record

from amends.access.resolve import case_scope
from amends.access.scopes import Caller, CustomerScope, MerchantScope
from amends.kit.money import major_text
from amends.payments.states import Payer, RefundState
from amends.platform.money_words import TONES, method_of, what_follows, what_was_said
from amends.web import urls
from amends.web.text import _


class MoneyLine(msgspec.Struct, frozen=True, kw_only=True):
    """A refund or a merchant credit that has not moved."""

    pid: str
    not_yours: str
    """Why it is closed to the reader; empty: it is not."""
    amount_minor: int
    currency: str
    places: int
    state: RefundState
    tone: str
    icon: str
    receiver: str
    """The customer's name and where the money goes; the account of a credit."""
    account: str
    account_url: str
    case_pid: str | None
    case_url: str | None
    by_platform: bool
    """The platform pays."""
    said: str
    """What the provider said; empty: nothing."""
    follows: str
    """What happens by itself; empty: nothing does."""
    attempt: int
    since: datetime
    left_minor: int
    """How much can be recorded by hand."""
    amount: str
    """That, as it is typed."""
    disputed: bool
    note: str | None
    """What a person wrote who paid by hand."""
    retry_url: str
    resolve_url: str
    close_url: str | None
    """Where a refund is closed of which nothing is owed any more; None: a credit is not."""

    @property
    def can_retry(self) -> bool:
        """Tell whether the provider may be asked for all of it again."""
        return self.state is RefundState.FAILED and not self.disputed and self.left_minor == self.amount_minor

    @property
    def can_resolve(self) -> bool:
        """Tell whether a person may say that they have paid it."""
        return self.state is RefundState.FAILED and not self.disputed and self.left_minor > 0

    @property
    def can_close(self) -> bool:
        """Tell whether a person may say that nothing of it is owed any more."""
        return self.close_url is not None and self.state is RefundState.FAILED and not self.disputed


def refund_line(row: Record, caller: Caller, now: datetime) -> MoneyLine:
    """Return a refund as a line of the page."""
    left = max(min(row["amount_minor"], row["left_minor"]), 0)
    url = urls.platform_url("attention", "refunds", row["pid"])
    fields = _money_fields(row, caller, now, url)
    customer = row["customer_name"] or row["customer_username"] or _("The customer")
    return MoneyLine(
        **fields,
        receiver=f"{customer} · {method_of(row)}",
        by_platform=row["payer"] == Payer.PLATFORM,
        left_minor=left,
        amount=major_text(left, row["currency_exponent"]),
        disputed=row["open_disputes"] > 0,
        close_url=f"{url}/close",
    )


def credit_line(row: Record, caller: Caller, now: datetime) -> MoneyLine:
    """Return a merchant credit as a line of the page."""
    return MoneyLine(
        **_money_fields(row, caller, now, urls.platform_url("credits", row["pid"])),
        receiver=row["account_title"],
        by_platform=True,
        left_minor=row["amount_minor"],
        amount=major_text(row["amount_minor"], row["currency_exponent"]),
        disputed=False,
        close_url=None,
    )


def why_closed(row: Record, caller: Caller) -> str:
    """Return why money of a purchase is closed to a reader of the platform's pages; empty: it is not."""
    match case_scope(caller, row["account_id"], row["user_id"]):
        case CustomerScope():
            return _("Not yours: it is your own purchase")
        case MerchantScope():
            return _("Not yours: you are on its team")
        case _:
            return ""


def _money_fields(row: Record, caller: Caller, now: datetime, url: str) -> dict[str, Any]:
    state = RefundState(row["state"])
    tone, icon = TONES[state]
    return {
        "pid": row["pid"],
        "not_yours": why_closed(row, caller),
        "amount_minor": row["amount_minor"],
        "currency": row["currency"],
        "places": row["currency_exponent"],
        "state": state,
        "tone": tone,
        "icon": icon,
        "account": row["account_title"],
        "account_url": urls.platform_url("accounts", row["account_pid"]),
        "case_pid": row["case_pid"],
        "case_url": urls.case_url(row["account_pid"], row["case_pid"]) if row["case_pid"] else None,
        "said": what_was_said(row),
        "follows": what_follows(row, now),
        "note": row.get("resolution_note"),
        "attempt": row["attempt"],
        "since": row["created_at"],
        "retry_url": f"{url}/retry",
        "resolve_url": f"{url}/resolve",
    }
