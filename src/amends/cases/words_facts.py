"""Facts as sentences with their values: `Opened the app 14 times after paying, last on Tue 24 Nov`.

What a code's count, time and seconds mean is said by `people.facts.FactCode`. Each code has a sentence; none judges.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from amends.people.facts import Fact, FactCode
from amends.web.text import _, day, day_and_time, duration, ngettext


def _at(fact: Fact) -> str:
    return "" if fact.at is None else day(fact.at)


def _moment(fact: Fact) -> str:
    return "" if fact.at is None else day_and_time(fact.at)


def _span(fact: Fact) -> str:
    return duration(timedelta(seconds=fact.seconds or 0))


def _app_opened(fact: Fact) -> str:
    return ngettext(
        "Opened the app once after paying, on %(at)s",
        "Opened the app %(n)s times after paying, last on %(at)s",
        fact.count or 0,
        at=_at(fact),
    )


def _content_viewed(fact: Fact) -> str:
    return ngettext(
        "Viewed content once after paying, on %(at)s",
        "Viewed content %(n)s times after paying, last on %(at)s",
        fact.count or 0,
        at=_at(fact),
    )


def _downloaded(fact: Fact) -> str:
    return ngettext(
        "Downloaded a file after paying, on %(at)s",
        "Downloaded %(n)s files after paying, last on %(at)s",
        fact.count or 0,
        at=_at(fact),
    )


def _login(fact: Fact) -> str:
    return ngettext(
        "Signed in once after paying, on %(at)s",
        "Signed in %(n)s times after paying, last on %(at)s",
        fact.count or 0,
        at=_at(fact),
    )


def _support_contacted(fact: Fact) -> str:
    return ngettext(
        "Contacted support once after paying, on %(at)s",
        "Contacted support %(n)s times after paying, last on %(at)s",
        fact.count or 0,
        at=_at(fact),
    )


def _member_for(fact: Fact) -> str:
    if not fact.count:
        return _("Member for less than a month, since %(at)s", at=_at(fact))
    return ngettext(
        "Member for %(n)s month, since %(at)s", "Member for %(n)s months, since %(at)s", fact.count, at=_at(fact)
    )


def _payments(fact: Fact) -> str:
    return ngettext("%(n)s payment in all", "%(n)s payments in all", fact.count or 0)


def _refunds(fact: Fact) -> str:
    if not fact.count:
        return _("Never refunded before")
    return ngettext("%(n)s payment refunded", "%(n)s payments refunded", fact.count)


def _previous_cases(fact: Fact) -> str:
    if not fact.count:
        return _("No case on any other payment")
    return ngettext(
        "%(n)s case on another payment, opened %(at)s",
        "%(n)s cases on other payments, the last opened %(at)s",
        fact.count,
        at=_at(fact),
    )


SENTENCES: Final[Mapping[FactCode, Callable[[Fact], str]]] = {
    FactCode.APP_OPENED: _app_opened,
    FactCode.APP_NOT_OPENED: lambda _fact: _("Never opened the app after paying"),
    FactCode.CONTENT_VIEWED: _content_viewed,
    FactCode.DOWNLOADED: _downloaded,
    FactCode.LOGIN: _login,
    FactCode.SUPPORT_CONTACTED: _support_contacted,
    FactCode.ACCESS_CLAIMED: lambda fact: _("Claimed access on %(at)s", at=_moment(fact)),
    FactCode.ACCESS_NOT_CLAIMED: lambda _fact: _("Never claimed access"),
    FactCode.DISCORD_JOINED: lambda fact: _("Joined the Discord on %(at)s", at=_at(fact)),
    FactCode.TERMS_ACCEPTED: lambda fact: _("Accepted the terms on %(at)s", at=_moment(fact)),
    FactCode.REFUND_POLICY_ACCEPTED: lambda fact: _("Accepted the refund policy on %(at)s", at=_moment(fact)),
    FactCode.MEMBERSHIP_ENDED: lambda fact: _("Membership ended on %(at)s", at=_moment(fact)),
    FactCode.CANCELLED_AFTER_PAYMENT: lambda fact: _("Canceled %(time)s after paying", time=_span(fact)),
    FactCode.CANCELLED_BEFORE_RENEWAL: lambda fact: _(
        "Canceled %(time)s before the renewal and was charged all the same", time=_span(fact)
    ),
    FactCode.CANCELLED_AFTER_RENEWAL: lambda fact: _("Canceled %(time)s after the renewal", time=_span(fact)),
    FactCode.CANCELLED_BEFORE_DEADLINE: lambda fact: _(
        "Canceled %(time)s before the deadline of the plan", time=_span(fact)
    ),
    FactCode.CANCELLED_AFTER_DEADLINE: lambda fact: _(
        "Canceled %(time)s after the deadline of the plan", time=_span(fact)
    ),
    FactCode.NOT_CANCELLED: lambda _fact: _("Did not cancel before this renewal"),
    FactCode.RENEWAL: lambda fact: _("A renewal, for the period from %(at)s", at=_at(fact)),
    FactCode.POSSIBLE_DOUBLE: lambda fact: _(
        "Possible double purchase: the same product and amount %(time)s apart", time=_span(fact)
    ),
    FactCode.MEMBER_FOR: _member_for,
    FactCode.PAYMENTS: _payments,
    FactCode.REFUNDS: _refunds,
    FactCode.PREVIOUS_CASES: _previous_cases,
}


def fact_sentence(fact: Fact) -> str:
    """Return a fact in the reader's language."""
    return SENTENCES[fact.code](fact)
