"""The policy in words: what each number is called and does, in which group it stands, and how a value is written."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from amends.platform.policy_rules import RULES, Unit, Wrong
from amends.web.text import _, file_size, lazy, ngettext, number
from amends.web.text import day as write_day


class Words(NamedTuple):
    """What a field is called, and what it does."""

    label: Any
    hint: Any


WORDS: Final[Mapping[str, Words]] = {
    "eligibility_days": Words(
        lazy("A payment can be claimed for"), lazy("After that the customer cannot open a case on it any more.")
    ),
    "merchant_days": Words(
        lazy("The merchant answers within"), lazy("Then an unanswered case goes to the platform by itself.")
    ),
    "customer_days": Words(
        lazy("The customer answers within"), lazy("Then an unanswered question closes the case for the merchant.")
    ),
    "negotiation_days": Words(
        lazy("Both may negotiate for"), lazy("Then the platform steps in, whoever’s turn it is.")
    ),
    "resume_min_hours": Words(
        lazy("After a bank dispute at least"), lazy("A paused clock goes on with what was left, but not with less.")
    ),
    "auto_accept_max_hours": Words(
        lazy("Grace period of auto-respond at most"), lazy("How long people may have to cancel an automatic refund.")
    ),
    "offer_days": Words(lazy("An offer is valid for"), lazy("Unless whoever makes it says otherwise.")),
    "offer_min_days": Words(lazy("At least"), lazy("The shortest that an offer can be valid.")),
    "offer_max_days": Words(lazy("At most"), lazy("The longest that an offer can be valid.")),
    "offers_max": Words(lazy("Offers of each side"), lazy("On one case, counter-offers included.")),
    "info_requests_max": Words(
        lazy("Requests for information"), lazy("How often the merchant may ask on one case.")
    ),
    "comments_max": Words(lazy("Comments of each side"), lazy("On one case, besides answers.")),
    "message_max_chars": Words(lazy("A message has at most"), lazy("Spaces at both ends do not count.")),
    "files_max": Words(lazy("Files with one message"), lazy("Photos, documents and videos together.")),
    "file_max_bytes": Words(lazy("A photo or document has at most"), lazy("What is larger is refused at its upload.")),
    "video_max_bytes": Words(lazy("A video has at most"), lazy("What is larger is refused at its upload.")),
    "review_business_days": Words(
        lazy("The platform decides within"), lazy("Then the case is overdue, and the admins are told.")
    ),
    "appeal_days": Words(lazy("Whoever lost may appeal for"), lazy("Once on each case. The next decision is final.")),
    "time_zone": Words(lazy("Time zone"), lazy("In which business days begin and end.")),
    "holidays": Words(lazy("Holidays"), lazy("One date a line, such as 2026-12-25. They are no business days.")),
}  # fmt: skip


class GroupWords(NamedTuple):
    """Fields that stand together."""

    title: Any
    icon: str
    fields: Sequence[str]


GROUPS: Final = (
    GroupWords(lazy("Opening a case"), "flag", ("eligibility_days",)),
    GroupWords(
        lazy("Answering"),
        "clock",
        ("merchant_days", "customer_days", "negotiation_days", "resume_min_hours", "auto_accept_max_hours"),
    ),
    GroupWords(lazy("Offers"), "handshake", ("offer_days", "offer_min_days", "offer_max_days", "offers_max")),
    GroupWords(
        lazy("Messages"), "message-square", ("info_requests_max", "comments_max", "message_max_chars")
    ),
    GroupWords(lazy("Files"), "paperclip", ("files_max", "file_max_bytes", "video_max_bytes")),
    GroupWords(lazy("Decisions and appeals"), "gavel", ("review_business_days", "appeal_days")),
    GroupWords(lazy("Business days"), "calendar", ("time_zone", "holidays")),
)  # fmt: skip

UNITS: Final[Mapping[Unit, Any]] = {
    Unit.DAYS: lazy("days"),
    Unit.BUSINESS_DAYS: lazy("business days"),
    Unit.HOURS: lazy("hours"),
    Unit.TIMES: lazy("per case"),
    Unit.CHARACTERS: lazy("characters"),
    Unit.FILES: lazy("files"),
    Unit.BYTES: lazy("MB"),
}


def written(name: str, value: Any) -> str:
    """Return a value as a person reads it: `7 days`, `10 MB`, `none`."""
    if name == "holidays":
        return ", ".join(_holiday(one) for one in value) or _("none")
    if name == "time_zone":
        return str(value)
    match RULES[name].unit:
        case Unit.DAYS:
            return ngettext("%(n)s day", "%(n)s days", value)
        case Unit.BUSINESS_DAYS:
            return ngettext("%(n)s business day", "%(n)s business days", value)
        case Unit.HOURS:
            return ngettext("%(n)s hour", "%(n)s hours", value)
        case Unit.CHARACTERS:
            return ngettext("%(n)s character", "%(n)s characters", value)
        case Unit.BYTES:
            return file_size(value)
        case Unit.TIMES | Unit.FILES:
            return number(value)


def _holiday(one: date) -> str:
    return f"{write_day(one)} {one.year}" if str(one.year) not in write_day(one) else write_day(one)


def wrong_words(wrong: Wrong) -> str:
    """Return what is wrong with a field, in the reader's language."""
    if wrong.above is not None:
        other = WORDS[wrong.above].label
        return _("This cannot be more than “%(other)s”.", other=str(other))
    if wrong.field == "time_zone":
        return _("This time zone is not known. Choose one of the list, such as Europe/Paris.")
    rule = RULES.get(wrong.field)
    if rule is None:
        return _("These are too many dates.")
    low, high = written(wrong.field, rule.low), written(wrong.field, rule.high)
    return _("From %(low)s to %(high)s.", low=low, high=high)
