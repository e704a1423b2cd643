"""The structured questions that each reason asks a customer, as data: the form is made of them.

What an answer is called in short where a case is read stands in `words_claim`; what a choice means, here.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

import msgspec

from amends.cases.states import Reason
from amends.web.text import lazy


class Kind(StrEnum):
    """How a question is answered."""

    YES_NO = "yes_no"
    CHOICE = "choice"
    DAY = "day"
    """A day up to today."""
    COUNT = "count"
    WORDS = "words"


class Choice(msgspec.Struct, frozen=True):
    """One of the answers to choose from."""

    value: str
    label: Any


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One question; `name` is the answer's key on the case."""

    name: str
    kind: Kind
    label: Any
    hint: Any = ""
    choices: tuple[Choice, ...] = ()
    is_required: bool = True
    least: int = 0
    most: int = 0
    """Of a count."""

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """Return the choices as value and label, as a form's components take them."""
        return tuple((choice.value, str(choice.label)) for choice in self.choices)


class Complaint(msgspec.Struct, frozen=True, kw_only=True):
    """A reason as the customer would say it, and what it asks."""

    reason: Reason
    label: Any
    text: Any
    icon: str
    questions: tuple[Question, ...]


WORDS_MAX: Final = 500

_USED: Final = Question(name="used", kind=Kind.YES_NO, label=lazy("Have you used it?"))
_BY: Final = (
    Choice("app", lazy("In the app or on the website")),
    Choice("email", lazy("By e-mail")),
    Choice("support", lazy("In a chat or call with support")),
    Choice("other", lazy("In another way")),
)

COMPLAINTS: Final = (
    Complaint(
        reason=Reason.PRODUCT_NOT_RECEIVED,
        label=lazy("It never arrived"),
        text=lazy("You paid, but got nothing or only a part of it, or cannot get in."),
        icon="package",
        questions=(
            Question(
                name="received",
                kind=Kind.CHOICE,
                label=lazy("What did you get?"),
                choices=(
                    Choice("nothing", lazy("Nothing at all")),
                    Choice("part", lazy("Only a part of it")),
                    Choice("no_access", lazy("It is there, but I cannot get in")),
                ),
            ),
            Question(
                name="expected_on",
                kind=Kind.DAY,
                label=lazy("When should you have had it?"),
                hint=lazy("Leave it empty if no day was promised."),
                is_required=False,
            ),
        ),
    ),
    Complaint(
        reason=Reason.NOT_AS_DESCRIBED,
        label=lazy("It is not what was promised"),
        text=lazy("What you got differs from what was described or shown."),
        icon="file-text",
        questions=(
            Question(
                name="difference",
                kind=Kind.WORDS,
                label=lazy("What is different?"),
                hint=lazy("In a few words, such as: half of the lessons are missing."),
            ),
            _USED,
        ),
    ),
    Complaint(
        reason=Reason.PRODUCT_UNACCEPTABLE,
        label=lazy("It is broken, or not acceptable"),
        text=lazy("It does not work, arrived damaged, or is far below what anybody could expect."),
        icon="triangle-alert",
        questions=(
            Question(
                name="problem",
                kind=Kind.CHOICE,
                label=lazy("What is wrong with it?"),
                choices=(
                    Choice("defective", lazy("It does not work")),
                    Choice("damaged", lazy("It was damaged when it came")),
                    Choice("quality", lazy("Its quality is far too poor")),
                    Choice("conduct", lazy("What it contains, or how I was treated")),
                ),
            ),
            Question(name="returned", kind=Kind.YES_NO, label=lazy("Have you sent it back, or stopped using it?")),
        ),
    ),
    Complaint(
        reason=Reason.SUBSCRIPTION_CANCELED,
        label=lazy("I had canceled"),
        text=lazy("You were charged for a subscription that you had canceled before."),
        icon="ban",
        questions=(
            Question(
                name="canceled_on",
                kind=Kind.DAY,
                label=lazy("When did you cancel?"),
                hint=lazy("If you are not sure, give your best guess."),
            ),
            Question(name="canceled_how", kind=Kind.CHOICE, label=lazy("How did you cancel?"), choices=_BY),
            Question(name="used", kind=Kind.YES_NO, label=lazy("Have you used it since then?")),
        ),
    ),
    Complaint(
        reason=Reason.DUPLICATE,
        label=lazy("I paid twice"),
        text=lazy("You were charged more than once for the same thing."),
        icon="copy",
        questions=(
            Question(name="other_payment_on", kind=Kind.DAY, label=lazy("On which day was the other payment?")),
            Question(
                name="times_charged",
                kind=Kind.COUNT,
                label=lazy("How many times were you charged in all?"),
                least=2,
                most=99,
            ),
        ),
    ),
    Complaint(
        reason=Reason.CREDIT_NOT_PROCESSED,
        label=lazy("A promised refund is missing"),
        text=lazy("The seller said that you would get money back, and it did not come."),
        icon="banknote",
        questions=(
            Question(
                name="promised_on",
                kind=Kind.DAY,
                label=lazy("When was the refund promised?"),
                hint=lazy("If you are not sure, give your best guess."),
            ),
            Question(name="promised_how", kind=Kind.CHOICE, label=lazy("How was it promised?"), choices=_BY),
            Question(
                name="returned",
                kind=Kind.YES_NO,
                label=lazy("Have you sent back what you were asked to send back?"),
                hint=lazy("Leave it empty if nothing was to be sent back."),
                is_required=False,
            ),
        ),
    ),
    Complaint(
        reason=Reason.FRAUDULENT,
        label=lazy("I did not make this payment"),
        text=lazy("Somebody used your card or account without asking you."),
        icon="shield-check",
        questions=(
            Question(
                name="card_reported",
                kind=Kind.YES_NO,
                label=lazy("Have you told your bank or card company?"),
                hint=lazy("If your card was lost or stolen, have it blocked right away. Only they can do that."),
            ),
            Question(
                name="noticed_on",
                kind=Kind.DAY,
                label=lazy("When did you notice the payment?"),
                is_required=False,
            ),
        ),
    ),
)
"""In the order of the form: what happens most comes first."""

BY_REASON: Final[Mapping[str, Complaint]] = {complaint.reason.value: complaint for complaint in COMPLAINTS}
CHOICES: Final[Mapping[tuple[str, str], Any]] = {
    (question.name, choice.value): choice.label
    for complaint in COMPLAINTS
    for question in complaint.questions
    for choice in question.choices
}
"""What a choice means, by the question's name and the choice's value."""
