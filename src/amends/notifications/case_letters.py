"""A letter about a case: one event or several, told in order, with what is next and a way to the case. Pure.

The most urgent event gives the subject and the kind; of equals the last one.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

import msgspec

from amends.cases.page_rows import CaseRow, EventRow
from amends.cases.states import Actor, EventKind
from amends.notifications import words_customer, words_merchant, words_platform
from amends.notifications.audience import Key
from amends.notifications.kinds import NoticeKind
from amends.notifications.mails import LINK, Button, Fact, Letter, Quote
from amends.notifications.story import (
    Said,
    Story,
    capital,
    customer_of,
    is_shortened,
    moment,
    money_of,
    plain_title,
    product_of,
    quoted,
)
from amends.notifications.words_next import Next, next_of
from amends.web import urls
from amends.web.text import _, ngettext

WORDS: Final[Mapping[Actor, Mapping[Key, Callable[[Story], Said]]]] = {
    Actor.CUSTOMER: words_customer.WORDS,
    Actor.MERCHANT: words_merchant.WORDS,
    Actor.PLATFORM: words_platform.WORDS,
}
URGENCY: Final = (NoticeKind.PROGRESS, NoticeKind.PLATFORM, NoticeKind.DECISION, NoticeKind.YOUR_TURN)
"""The least urgent first."""

_FOLLOWING: Final = {EventKind.REFUND_SUCCEEDED, EventKind.REFUND_FAILED}


class Entry(msgspec.Struct, frozen=True):
    """An event that a letter tells of, and as what."""

    key: Key
    event: EventRow
    kind: NoticeKind


def leading(entries: Sequence[Entry]) -> Entry:
    """Return the event that gives a letter its subject and kind: a decision before the refund that follows it."""
    return max(reversed(entries), key=lambda entry: (URGENCY.index(entry.kind), entry.event.kind not in _FOLLOWING))


def case_letter(case: CaseRow, party: Actor, entries: Sequence[Entry], *, base_url: str) -> Letter:
    """Write what has happened on a case to a party; `case` holds what the party may see, `entries` are in order."""
    said = {entry.event.id: _said(case, party, entry) for entry in entries}
    first = leading(entries)
    then = next_of(case, party)
    told = _once([part for entry in entries for part in _parts(entry, said[entry.event.id])])
    return Letter(
        kind=f"{party}_{first.event.kind}",
        subject=_subject(case, said[first.event.id].subject),
        title=capital(said[first.event.id].subject),
        paragraphs=(*told, *then.paragraphs),
        facts=facts_of(case, party, then),
        button=_button(case, party, then, base_url, kind=first.event.kind),
        small_print=_small_print(entries),
    )


def _said(case: CaseRow, party: Actor, entry: Entry) -> Said:
    return WORDS[party][entry.key](Story(case=case, event=entry.event, party=party))


def _parts(entry: Entry, said: Said) -> list[str | Quote]:
    parts = [capital(part) if isinstance(part, str) else part for part in said.paragraphs if part]
    files = len(entry.event.files or ())
    if files:
        parts.append(ngettext("A file is attached. You find it on the case’s page.",
                              "%(n)s files are attached. You find them on the case’s page.", files))  # fmt: skip
    return parts


def _once(parts: Sequence[str | Quote]) -> list[str | Quote]:
    """Leave out a sentence of ours that follows on itself: of two events, both may tell how the money stands now."""
    return [part for n, part in enumerate(parts) if isinstance(part, Quote) or n == 0 or part != parts[n - 1]]


def _small_print(entries: Sequence[Entry]) -> tuple[str, ...]:
    texts = [text for entry in entries for text in entry.event.texts.values()]
    return (_("Read long messages to their end on the case’s page."),) if any(map(is_shortened, texts)) else ()


def _subject(case: CaseRow, what: str) -> str:
    """Return a subject that tells cases apart: what happened, the product and the amount."""
    amount = money_of(case, case.amount_minor)
    return capital(_("%(what)s · %(product)s, %(amount)s", what=what, product=product_of(case), amount=amount))


def facts_of(case: CaseRow, party: Actor, then: Next) -> tuple[Fact, ...]:
    """Return what a letter is about, line by line."""
    facts = [
        Fact(_("Product"), product_of(case)),
        Fact(_("Amount"), money_of(case, case.amount_minor)),
        Fact(_("Bought from"), plain_title(case)) if party is not Actor.MERCHANT else None,
        Fact(_("Customer"), capital(customer_of(case))) if party is not Actor.CUSTOMER else None,
        Fact(then.due_label, moment(then.due_at)) if then.due_at else None,
        Fact(_("Case"), case.pid),
    ]
    return tuple(fact for fact in facts if fact)


def page_of(case: CaseRow, party: Actor) -> str:
    """Return the path of a party's page of the case."""
    return urls.my_case_url(case.pid) if party is Actor.CUSTOMER else urls.case_url(case.account_pid, case.pid)


def _button(case: CaseRow, party: Actor, then: Next, base_url: str, *, kind: EventKind) -> Button:
    if party is Actor.PLATFORM and kind is EventKind.REFUND_FAILED:
        return Button(_("See what needs attention"), base_url + urls.platform_url("attention"))
    return Button(then.button, address_of(case, party, base_url))


def address_of(case: CaseRow, party: Actor, base_url: str) -> str:
    """Return where a letter's button leads: the sides through the mail's own link, the staff to where they sign in."""
    return LINK if party is not Actor.PLATFORM else base_url + page_of(case, party)


def reminder_letter(case: CaseRow, party: Actor, *, lead: timedelta, base_url: str) -> Letter:
    """Remind a party of the time that runs out for them."""
    then, title = next_of(case, party), _reminder_title(case, party, lead)
    question = _last_question(case, party)
    return Letter(
        kind=f"{party}_reminder",
        subject=_subject(case, title),
        title=title,
        paragraphs=tuple(part for part in (*then.paragraphs[:1], question, *then.paragraphs[1:]) if part),
        facts=facts_of(case, party, then),
        button=Button(then.button, address_of(case, party, base_url)),
    )


def _reminder_title(case: CaseRow, party: Actor, lead: timedelta) -> str:
    hours = int(lead.total_seconds()) // 3600
    if case.status == "closed":
        return ngettext("%(n)s day left if you do not agree", "%(n)s days left if you do not agree", hours // 24)
    if party is Actor.PLATFORM:
        return ngettext("Review target in %(n)s hour", "Review target in %(n)s hours", hours)
    if hours >= 48:
        return ngettext("%(n)s day left to answer", "%(n)s days left to answer", hours // 24)
    return ngettext("%(n)s hour left to answer", "%(n)s hours left to answer", hours)


def _last_question(case: CaseRow, party: Actor) -> Quote | None:
    """Return what the others wrote last: it is what waits for an answer."""
    if party is Actor.PLATFORM or case.status == "closed":
        return None
    others = [event for event in case.events if event.actor is not party and event.texts.get("message")]
    if not others:
        return None
    story = Story(case=case, event=others[-1], party=party)
    return quoted(others[-1].texts["message"], author=story.who)
