"""What the pages of a report show: one step of the form, why there is no form, and that the report has gone.

A form shows what the draft holds; where something was wrong, what was just typed, and why.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

import msgspec

from amends.cases.case_acting_view import ACCEPTED, KeptFile
from amends.cases.claim_questions import COMPLAINTS, WORDS_MAX, Complaint
from amends.cases.policy import Policy
from amends.cases.wording import REMEDY_MAX_CHARS
from amends.cases.words_claim import answer_word
from amends.customers.commands_drafts import KEPT_FOR
from amends.customers.purchase_words import Hindrance
from amends.customers.purchases import PurchaseLine
from amends.customers.queries_reported import Confirmation
from amends.customers.report_steps import (
    FULL,
    OTHER,
    PARTIAL,
    STEPS,
    Report,
    Step,
    Terms,
    amount_in,
    claim_of,
    complaint_of,
    fields_of,
    first_open,
    money_sign,
)
from amends.web import urls
from amends.web.pages import Page
from amends.web.readers import current_reader
from amends.web.text import _, day_and_time, lazy, money

TITLES: Final[Mapping[Step, Any]] = {
    Step.REASON: lazy("What went wrong?"),
    Step.DETAILS: lazy("A few details"),
    Step.STORY: lazy("What happened?"),
    Step.FILES: lazy("Pictures and papers"),
    Step.WISH: lazy("What would you like?"),
    Step.REVIEW: lazy("Check and send"),
}
SHORT: Final[Mapping[Step, Any]] = {
    Step.REASON: lazy("Problem"),
    Step.DETAILS: lazy("Details"),
    Step.STORY: lazy("Your words"),
    Step.FILES: lazy("Files"),
    Step.WISH: lazy("Your wish"),
    Step.REVIEW: lazy("Send"),
}


class StepLink(msgspec.Struct, frozen=True, kw_only=True):
    """A step in the row of steps; without an address it cannot be gone to yet."""

    label: str
    state: str
    """done, now or next"""
    url: str | None


class ReviewLine(msgspec.Struct, frozen=True, kw_only=True):
    """What was said in one step."""

    title: str
    said: tuple[tuple[str, str], ...]
    """Label (may be empty) and words."""
    is_written: bool
    """Words of the customer's own, with their line breaks."""
    edit_url: str


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed and what is wrong with it, as the form's components take it."""

    typed: Mapping[str, Any]
    errors: Mapping[str, str]


class ReportPage(Page, frozen=True, kw_only=True):
    """One step of reporting a problem."""

    template: ClassVar[str] = "customers/report.html"
    purchase: PurchaseLine
    step: Step
    number: int
    title: str
    links: tuple[StepLink, ...]
    filled: Answers
    complaints: tuple[Complaint, ...]
    complaint: Complaint | None
    files: Sequence[KeptFile]
    files_max: int
    file_max_bytes: int
    video_max_bytes: int
    message_max: int
    words_max: int
    wish_max: int
    accept: str
    upload_url: str
    refundable_minor: int
    has_less_left: bool
    """Something of the payment went back already."""
    sign: str
    today: str
    review: tuple[ReviewLine, ...]
    merchant_until: datetime
    """Until when the seller would have to answer, if the report went now."""
    merchant_until_words: str
    """The same in words, with the zone."""
    kept_until: datetime
    revision: int
    """Of the draft; 0: nothing is kept yet."""
    then: str
    """Where to go on after this step: `review`, or empty for the next one."""
    draft_key: str
    """Names what this browser keeps of the step, as long as nothing else was kept since."""

    @property
    def action(self) -> str:
        """Return where the step's form goes."""
        return step_url(self.purchase.pid, self.step, then=self.then)

    @property
    def labels(self) -> Mapping[str, str]:
        """Return the questions of the step by their fields, for the summary of what is wrong."""
        questions = self.complaint.questions if self.complaint and self.step is Step.DETAILS else ()
        return {question.name: str(question.label) for question in questions}

    @property
    def files_url(self) -> str:
        """Return where files are changed from the review."""
        return step_url(self.purchase.pid, Step.FILES, then=Step.REVIEW)

    @property
    def back_url(self) -> str | None:
        """Return the step before."""
        at = STEPS.index(self.step)
        return step_url(self.purchase.pid, STEPS[at - 1]) if at else None


class NoReportPage(Page, frozen=True, kw_only=True):
    """Why no problem can be reported, and what can be done instead."""

    template: ClassVar[str] = "customers/report_not.html"
    purchase: PurchaseLine
    hindrance: Hindrance
    has_draft: bool


class ReportedPage(Page, frozen=True, kw_only=True):
    """The report has gone: what happens next, and by when."""

    template: ClassVar[str] = "customers/reported.html"
    purchase: PurchaseLine
    case_pid: str
    case_url: str
    due_at: datetime
    """Until when the seller has to answer."""
    due: str
    """The same in words, with the zone."""
    confirmation: Confirmation | None


def step_url(payment_pid: str, step: Step, *, then: str = "") -> str:
    """Return the page of a step."""
    return urls.with_query(urls.purchase_url(payment_pid, f"report/{step}"), f"then={then}" if then else "")


def zoned(moment: datetime) -> str:
    """Write a moment with its zone's name: `Tue 24 Nov, 14:00 CET`."""
    return f"{day_and_time(moment)} {current_reader().local(moment).tzname()}"


def report_page(
    purchase: PurchaseLine,
    step: Step,
    report: Report,
    *,
    terms: Terms,
    policy: Policy,
    files: Sequence[KeptFile],
    errors: Mapping[str, str],
    revision: int,
    then: str,
    now: datetime,
) -> ReportPage:
    """Return a step as its page shows it."""
    due_at = now + timedelta(days=policy.merchant_days)
    return ReportPage(
        purchase=purchase,
        step=step,
        number=STEPS.index(step) + 1,
        title=str(TITLES[step]),
        links=_links(purchase.pid, step, report, terms),
        filled=Answers(typed=report, errors=errors),
        complaints=COMPLAINTS,
        complaint=complaint_of(report),
        files=files,
        files_max=policy.files_max,
        file_max_bytes=policy.file_max_bytes,
        video_max_bytes=policy.video_max_bytes,
        message_max=policy.message_max_chars,
        words_max=WORDS_MAX,
        wish_max=REMEDY_MAX_CHARS,
        accept=ACCEPTED,
        upload_url=f"{urls.MY_CASES}/uploads",
        refundable_minor=terms.refundable_minor,
        has_less_left=terms.refundable_minor < purchase.amount_minor,
        sign=money_sign(terms.currency),
        today=terms.today.isoformat(),
        review=review_lines(purchase.pid, report, terms) if step is Step.REVIEW else (),
        merchant_until=due_at,
        merchant_until_words=zoned(due_at),
        kept_until=now + KEPT_FOR,
        revision=revision,
        then=then,
        draft_key=_draft_key(purchase.pid, step, report),
    )


def _links(payment_pid: str, step: Step, report: Report, terms: Terms) -> tuple[StepLink, ...]:
    reached, here = STEPS.index(first_open(report, terms)), STEPS.index(step)
    return tuple(
        StepLink(
            label=str(SHORT[one]),
            state="now" if at == here else "done" if at < here else "next",
            url=step_url(payment_pid, one) if at != here and at <= reached and at < here else None,
        )
        for at, one in enumerate(STEPS)
    )


def _draft_key(payment_pid: str, step: Step, report: Report) -> str:
    """Name what the browser keeps by what the server has: what is older than that is not restored."""
    said = msgspec.json.encode([report.get(name, "") for name in fields_of(step, report)])
    return f"report:{payment_pid}:{step}:{hashlib.sha256(said).hexdigest()[:12]}"


def review_lines(payment_pid: str, report: Report, terms: Terms) -> tuple[ReviewLine, ...]:
    """Return what a finished report says, step by step; its files are shown apart."""
    claim, complaint = claim_of(report, terms), complaint_of(report)
    if complaint is None:
        return ()
    answers = tuple(
        (str(question.label), answer_word(question.name, claim.answers[question.name]))
        for question in complaint.questions
        if question.name in claim.answers
    )
    said: tuple[tuple[Step, tuple[tuple[str, str], ...]], ...] = (
        (Step.REASON, (("", str(complaint.label)),)),
        (Step.DETAILS, answers),
        (Step.STORY, (("", claim.message),)),
        (Step.WISH, (("", wish_words(report, terms)),)),
    )
    return tuple(
        ReviewLine(
            title=str(TITLES[step]),
            said=words,
            is_written=step is Step.STORY,
            edit_url=step_url(payment_pid, step, then="review"),
        )
        for step, words in said
        if words
    )


def wish_words(report: Report, terms: Terms) -> str:
    """Say what the customer would like."""
    match report.get("wish"):
        case wish if wish == FULL:
            full = money(terms.refundable_minor, terms.currency, terms.places)
            return _("A full refund of %(amount)s", amount=full)
        case wish if wish == PARTIAL:
            part = amount_in(report.get("amount", ""), terms.currency)
            return _("A refund of %(amount)s", amount=money(part, terms.currency, terms.places))
        case wish if wish == OTHER:
            return report.get("wish_words", "").strip()
        case _:
            return ""
