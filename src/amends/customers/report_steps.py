"""The steps of reporting a problem, what each one asks, and what is wrong with an answer. Pure.

A report is a mapping of what was typed, by field, as it came: nothing is thrown away because it is wrong. `mistakes`
says what keeps a step from being done, `claim_of` makes of a whole report what the case is opened with.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec
from babel.numbers import get_currency_symbol

from amends.cases.case_sending import UnreadableAmount, amount_of
from amends.cases.claim_questions import BY_REASON, WORDS_MAX, Complaint, Kind, Question
from amends.cases.claims import REMEDY_KINDS, Answer, Remedy
from amends.cases.states import Reason
from amends.cases.wording import REMEDY_MAX_CHARS
from amends.kit.money import InexactAmount, major_number, to_minor
from amends.web.readers import current_reader
from amends.web.text import _, money, ngettext, number

Report = Mapping[str, str]
"""What was typed, by field."""

OLDEST_DAYS: Final = 3653
"""Days of longer ago are slips of the keyboard."""
KEPT_CHARS: Final = 20_000
"""What is longer is cut when a draft is kept; every field allows less."""


class Step(StrEnum):
    """A step of the form, in their order."""

    REASON = "reason"
    DETAILS = "details"
    STORY = "story"
    FILES = "files"
    WISH = "wish"
    REVIEW = "review"


STEPS: Final = tuple(Step)
FULL, PARTIAL, OTHER = REMEDY_KINDS


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What the answers are held against."""

    refundable_minor: int
    currency: str
    places: int
    today: date
    """In the reader's time zone."""
    message_max: int


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A report that can be sent."""

    reason: Reason
    answers: dict[str, Answer]
    message: str
    remedy: Remedy


def complaint_of(report: Report) -> Complaint | None:
    """Return the reason that was chosen."""
    return BY_REASON.get(report.get("reason", ""))


def fields_of(step: Step, report: Report) -> tuple[str, ...]:
    """Return the fields that a step asks for, after what was typed so far."""
    complaint = complaint_of(report)
    match step:
        case Step.REASON:
            return ("reason",)
        case Step.DETAILS:
            return tuple(question.name for question in complaint.questions) if complaint else ()
        case Step.STORY:
            return ("message",)
        case Step.WISH:
            return ("wish", "amount", "wish_words")
        case Step.FILES | Step.REVIEW:
            return ()


def mistakes(step: Step, report: Report, terms: Terms) -> dict[str, str]:
    """Return what keeps a step from being done, by field."""
    match step:
        case Step.REASON:
            return {} if complaint_of(report) else {"reason": _("Choose what fits best.")}
        case Step.DETAILS:
            complaint = complaint_of(report)
            questions = complaint.questions if complaint else ()
            found = {question.name: _wrong_answer(question, report, terms) for question in questions}
            return {name: words for name, words in found.items() if words}
        case Step.STORY:
            return _wrong_story(_typed(report, "message"), terms)
        case Step.WISH:
            return _wrong_wish(report, terms)
        case Step.FILES | Step.REVIEW:
            return {}


def first_open(report: Report, terms: Terms) -> Step:
    """Return the first step that is not done."""
    return next((step for step in STEPS if mistakes(step, report, terms)), Step.REVIEW)


def is_open_to(step: Step, report: Report, terms: Terms) -> bool:
    """Tell whether all steps before one are done."""
    return STEPS.index(step) <= STEPS.index(first_open(report, terms))


def _typed(report: Report, name: str) -> str:
    return report.get(name, "").strip()


def _wrong_answer(question: Question, report: Report, terms: Terms) -> str:
    text = _typed(report, question.name)
    if not text:
        return _MISSING[question.kind]() if question.is_required else ""
    return _WRONG[question.kind](text, question, terms)


_MISSING: Final[Mapping[Kind, Callable[[], str]]] = {
    Kind.YES_NO: lambda: _("Choose yes or no."),
    Kind.CHOICE: lambda: _("Choose what fits best."),
    Kind.DAY: lambda: _("Choose a day."),
    Kind.COUNT: lambda: _("Write a number."),
    Kind.WORDS: lambda: _("Write a few words."),
}


def _wrong_choice(text: str, question: Question, _terms: Terms) -> str:
    known = {choice.value for choice in question.choices} if question.choices else {"yes", "no"}
    return "" if text in known else _("Choose one of the answers.")


def _wrong_day(text: str, _question: Question, terms: Terms) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return _("Write the day as year, month and day, such as %(day)s.", day=terms.today.isoformat())
    if day > terms.today:
        return _("This day is still to come. Choose one up to today.")
    return _("This is too long ago. Check the year.") if day < terms.today - timedelta(days=OLDEST_DAYS) else ""


def _wrong_count(text: str, question: Question, _terms: Terms) -> str:
    if text.isascii() and text.isdigit() and len(text) < 5 and question.least <= int(text) <= question.most:
        return ""
    return _("Write a number from %(least)s to %(most)s.", least=number(question.least), most=number(question.most))


def _wrong_words(text: str, _question: Question, _terms: Terms) -> str:
    return _too_long(text, WORDS_MAX)


_WRONG: Final[Mapping[Kind, Callable[[str, Question, Terms], str]]] = {
    Kind.YES_NO: _wrong_choice,
    Kind.CHOICE: _wrong_choice,
    Kind.DAY: _wrong_day,
    Kind.COUNT: _wrong_count,
    Kind.WORDS: _wrong_words,
}


def _too_long(text: str, most: int) -> str:
    over = len(text) - most
    return (
        ngettext(
            "This is too long by %(n)s character. At most %(most)s go.",
            "This is too long by %(n)s characters. At most %(most)s go.",
            over,
            most=number(most),
        )
        if over > 0
        else ""
    )


def _wrong_story(text: str, terms: Terms) -> dict[str, str]:
    if not text:
        return {"message": _("Write what happened, in your own words.")}
    words = _too_long(text, terms.message_max)
    return {"message": words} if words else {}


def _wrong_wish(report: Report, terms: Terms) -> dict[str, str]:
    wish = report.get("wish", "")
    if wish == PARTIAL:
        words = _wrong_amount(_typed(report, "amount"), terms)
        return {"amount": words} if words else {}
    if wish == OTHER:
        text = _typed(report, "wish_words")
        words = _too_long(text, REMEDY_MAX_CHARS) if text else _("Write what would settle it for you.")
        return {"wish_words": words} if words else {}
    return {} if wish == FULL else {"wish": _("Choose what you would like.")}


def _wrong_amount(text: str, terms: Terms) -> str:
    example = money(_example_minor(terms), terms.currency, terms.places)
    if not text:
        return _("Write the amount that you would like back.")
    try:
        minor = amount_in(text, terms.currency)
    except UnreadableAmount:
        return _("Write an amount such as %(amount)s, without anything else.", amount=example)
    except InexactAmount:
        if terms.places == 0:
            return _("This currency has no decimals. Write a whole amount such as %(amount)s.", amount=example)
        return _("This currency has %(places)s decimals. Write an amount such as %(amount)s.",
                 places=number(terms.places), amount=example)  # fmt: skip
    if minor <= 0:
        return _("Write an amount above nothing.")
    if minor >= terms.refundable_minor:
        most = money(terms.refundable_minor, terms.currency, terms.places)
        return _("Ask for less than %(most)s here. To get all of it back, choose a full refund.", most=most)
    return ""


def _example_minor(terms: Terms) -> int:
    """Return about half of what is left, as a whole amount where that is possible."""
    half, unit = terms.refundable_minor // 2, 10**terms.places
    return half // unit * unit or max(half, 1)


def amount_in(text: str, currency: str) -> int:
    """Read an amount as the reader writes it, in minor units.

    Raises:
        UnreadableAmount: it is none. InexactAmount: the currency does not have that many decimals.
    """
    symbols = text.strip().removeprefix(money_sign(currency)).removesuffix(money_sign(currency))
    return to_minor(amount_of(symbols.strip()) or 0, currency)


def money_sign(currency: str) -> str:
    """Return what stands beside an amount in the reader's language: `$`, `€`, `KWD`."""
    return get_currency_symbol(currency.upper(), locale=current_reader().locale)


def claim_of(report: Report, terms: Terms) -> Claim:
    """Return what the case is opened with; every step is done."""
    complaint = BY_REASON[report["reason"]]
    return Claim(
        reason=complaint.reason,
        answers={
            question.name: _answer(question, text)
            for question in complaint.questions
            if (text := _typed(report, question.name))
        },
        message=_typed(report, "message"),
        remedy=_remedy(report, terms),
    )


def _answer(question: Question, text: str) -> Answer:
    match question.kind:
        case Kind.YES_NO:
            return text == "yes"
        case Kind.COUNT:
            return int(text)
        case Kind.CHOICE | Kind.DAY | Kind.WORDS:
            return text


def _remedy(report: Report, terms: Terms) -> Remedy:
    match report["wish"]:
        case "partial_refund":
            minor = amount_in(_typed(report, "amount"), terms.currency)
            return Remedy(kind=PARTIAL, amount=major_number(minor, terms.places))
        case "other":
            return Remedy(kind=OTHER, text=_typed(report, "wish_words"))
        case _:
            return Remedy(kind=FULL)


def kept(step: Step, sent: Mapping[str, Any], report: Report) -> dict[str, str]:
    """Return what a step's form brought, to be kept: its own fields, without what cannot be stored."""
    texts = {name: value if isinstance(value, str) else str(value[-1]) for name, value in sent.items() if value}
    asked = fields_of(step, report)
    return {name: texts.get(name, "").replace("\x00", "")[:KEPT_CHARS] for name in asked}
