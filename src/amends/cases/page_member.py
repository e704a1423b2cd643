"""What a case page says of the member: the facts, each with the line that it rests on, the log and the payments.

Rows come from `queries_page_member` and `people.facts`. Where a fact's line is not on the page, its address shows the
log or the payments from that line on.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

import msgspec

from amends.cases.page_rows import LogPage, PaymentRow, RecordRow
from amends.cases.page_text import plain_name
from amends.cases.queries_page_member import LOG_SHOWN, PAYMENTS_SHOWN
from amends.cases.words import activity_word, payment_method, payment_state_word, plain_word
from amends.cases.words_facts import fact_sentence
from amends.people.facts import CaseFacts, Fact, FactCode
from amends.web.text import _, money, ngettext

Address = Callable[..., str]
"""Makes the page's own address with some of its parameters changed."""

SUMMED: Final = frozenset({FactCode.MEMBER_FOR, FactCode.PAYMENTS, FactCode.REFUNDS})
"""Said above the payments, not among the facts."""

_FACT_ICONS: Final[Mapping[FactCode, str]] = {
    FactCode.APP_OPENED: "smartphone",
    FactCode.APP_NOT_OPENED: "eye-off",
    FactCode.CONTENT_VIEWED: "eye",
    FactCode.DOWNLOADED: "download",
    FactCode.LOGIN: "log-in",
    FactCode.SUPPORT_CONTACTED: "life-buoy",
    FactCode.ACCESS_CLAIMED: "key-round",
    FactCode.ACCESS_NOT_CLAIMED: "lock",
    FactCode.DISCORD_JOINED: "users",
    FactCode.TERMS_ACCEPTED: "file-text",
    FactCode.REFUND_POLICY_ACCEPTED: "file-text",
    FactCode.MEMBERSHIP_ENDED: "user-minus",
    FactCode.NOT_CANCELLED: "repeat",
    FactCode.RENEWAL: "repeat",
    FactCode.POSSIBLE_DOUBLE: "copy",
    FactCode.MEMBER_FOR: "calendar",
    FactCode.PAYMENTS: "receipt",
    FactCode.REFUNDS: "rotate-ccw",
    FactCode.PREVIOUS_CASES: "inbox",
}
_CANCELED: Final = "ban"


class About(Protocol):
    """The case that a log and payments are shown beside."""

    @property
    def pid(self) -> str: ...
    @property
    def payment_pid(self) -> str: ...
    @property
    def product_title(self) -> str | None: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def paid_at(self) -> datetime | None: ...


class FactLine(msgspec.Struct, frozen=True, kw_only=True):
    """A fact in words, and where the record that it rests on stands."""

    sentence: str
    icon: str
    href: str
    source: str


class KindChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of the log, to choose it; an empty kind is all of them."""

    kind: str
    word: str
    times: int
    href: str
    is_current: bool


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """A record of the log, or a mark among them: when it was paid, when the case was opened."""

    pid: str
    word: str
    icon: str
    at: datetime
    details: tuple[tuple[str, str], ...]
    is_mark: bool
    is_source: bool
    """A fact rests on it."""


class LogView(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the log, newest first."""

    kinds: tuple[KindChoice, ...]
    lines: tuple[LogLine, ...]
    total: int
    more_href: str | None
    newest_href: str | None
    """None: the newest are here."""


class PaymentLine(msgspec.Struct, frozen=True, kw_only=True):
    """A payment of the member."""

    pid: str
    at: datetime
    product: str | None
    plan: str | None
    amount_minor: int
    currency: str
    places: int
    method: str
    state: str
    """Its word."""
    is_paid: bool
    refunded_minor: int
    is_disputed: bool
    is_lost: bool
    is_this: bool
    is_possible_double: bool
    is_renewal: bool
    withdrawn_at: datetime | None
    """When the customer withdrew from the contract."""
    case_pid: str | None
    """Of another case."""


class PaymentsView(msgspec.Struct, frozen=True, kw_only=True):
    """The member's payments, newest first, and what they come to."""

    lines: tuple[PaymentLine, ...]
    summary: tuple[str, ...]
    more_href: str | None
    newest_href: str | None


def fact_lines(
    facts: Iterable[Fact], here: frozenset[str], case_address: Callable[[str], str], address: Address
) -> list[FactLine]:
    """Return the facts with the addresses of their sources; `here` are the lines that the page has."""
    return [
        FactLine(
            sentence=fact_sentence(fact),
            icon=_FACT_ICONS.get(fact.code, _CANCELED),
            href=_source(fact.source, here, case_address, address),
            source=fact.source,
        )
        for fact in facts
        if fact.code not in SUMMED
    ]


def _source(source: str, here: frozenset[str], case_address: Callable[[str], str], address: Address) -> str:
    if source in here:
        return f"#{source}"
    match source.partition("_")[0]:
        case "actv":
            return f"{address(log_from=source, kind='')}#{source}"
        case "pay":
            return f"{address(payments_from=source)}#{source}"
        case "reso":
            return case_address(source)
        case _:
            return "#customer"


def summary_sentences(facts: CaseFacts, *, home: str) -> tuple[str, ...]:
    """Return what a member's payments come to: for how long, how many, how much, and what went back."""
    found = {fact.code: fact for fact in facts.facts}
    sentences = [fact_sentence(found[FactCode.MEMBER_FOR])] if FactCode.MEMBER_FOR in found else []
    for total in facts.totals:
        paid = money(total.paid_minor, total.currency, total.places, home=home)
        count = ngettext("%(n)s payment", "%(n)s payments", total.payments)
        sentences.append(_("%(payments)s, %(amount)s in all", payments=count, amount=paid))
        if total.refunds:
            back = money(total.refunded_minor, total.currency, total.places, home=home)
            refunds = ngettext("%(n)s refund", "%(n)s refunds", total.refunds)
            sentences.append(_("%(refunds)s, %(amount)s", refunds=refunds, amount=back))
    if facts.totals and not any(total.refunds for total in facts.totals):
        sentences.append(_("0 refunds"))
    return tuple(sentences)


def log_view(
    log: LogPage, case: About, *, kind: str | None, start: str | None, sources: frozenset[str], address: Address
) -> LogView:
    """Return a part of the log with the marks that fall into it."""
    shown, more = log.records[:LOG_SHOWN], log.records[LOG_SHOWN:]
    lines = [_log_line(record, sources, case.product_title) for record in shown]
    if kind is None:
        lines = list(_with_marks(lines, case, is_first=start is None, is_last=not more))
    total = sum(one.times for one in log.kinds)
    every = KindChoice(kind="", word=_("All"), times=total, href=address(kind="", log_from=""), is_current=kind is None)
    kinds = [
        KindChoice(
            kind=one.kind,
            word=activity_word(one.kind),
            times=one.times,
            href=address(kind=one.kind, log_from=""),
            is_current=one.kind == kind,
        )
        for one in log.kinds
    ]
    return LogView(
        kinds=(every, *kinds),
        lines=tuple(lines),
        total=total,
        more_href=address(log_from=more[0].pid) if more else None,
        newest_href=address(log_from="") if start else None,
    )


def _log_line(record: RecordRow, sources: frozenset[str], about: str | None) -> LogLine:
    code = FactCode(record.kind) if record.kind in set(FactCode) else None
    return LogLine(
        pid=record.pid,
        word=activity_word(record.kind),
        icon="circle-dot" if code is None else _FACT_ICONS.get(code, "circle-dot"),
        at=record.occurred_at,
        details=tuple(_details(record, about)),
        is_mark=False,
        is_source=record.pid in sources,
    )


def _details(record: RecordRow, about: str | None) -> Iterator[tuple[str, str]]:
    if record.product_title and record.product_title != about:
        yield _("Product"), plain_name(record.product_title)
    for key, value in list(record.details.items())[:8]:
        yield plain_word(plain_name(key)[:60]), _shown(value)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    text = plain_name(text)
    return text if len(text) <= 200 else f"{text[:199]}…"


def _with_marks(lines: Sequence[LogLine], case: About, *, is_first: bool, is_last: bool) -> Iterator[LogLine]:
    """Put the payment and the case's opening where they happened among the records, which are newest first."""
    marks = [_mark("", _("Case opened"), "flag", case.created_at)]
    if case.paid_at is not None:
        marks.append(_mark("", _("Paid"), "credit-card", case.paid_at))
    newest = None if is_first or not lines else lines[0].at
    waiting = sorted((mark for mark in marks if newest is None or mark.at <= newest), key=lambda mark: mark.at)
    for line in lines:
        while waiting and waiting[-1].at >= line.at:
            yield waiting.pop()
        yield line
    if is_last and lines:
        yield from reversed(waiting)


def _mark(pid: str, word: str, icon: str, at: datetime) -> LogLine:
    return LogLine(pid=pid, word=word, icon=icon, at=at, details=(), is_mark=True, is_source=False)


def payments_view(
    rows: Sequence[PaymentRow], case: About, summary: tuple[str, ...], *, start: str | None, address: Address
) -> PaymentsView:
    """Return the member's payments with their marks."""
    shown, more = rows[:PAYMENTS_SHOWN], rows[PAYMENTS_SHOWN:]
    return PaymentsView(
        lines=tuple(_payment(row, case) for row in shown),
        summary=summary,
        more_href=address(payments_from=more[0].pid) if more else None,
        newest_href=address(payments_from="") if start else None,
    )


def _payment(row: PaymentRow, case: About) -> PaymentLine:
    return PaymentLine(
        pid=row.pid,
        at=row.at,
        product=row.product_title,
        plan=row.plan_title,
        amount_minor=row.amount_minor,
        currency=row.currency,
        places=row.places,
        method=payment_method(row.payment_method_type, row.card_brand, row.card_last4),
        state=payment_state_word(row.status),
        is_paid=row.status == "paid",
        refunded_minor=row.refunded_minor,
        is_disputed=row.open_disputes > 0,
        is_lost=row.lost_disputes > 0,
        is_this=row.pid == case.payment_pid,
        is_possible_double=row.is_possible_double,
        is_renewal=row.is_renewal,
        withdrawn_at=row.withdrawn_at,
        case_pid=row.case_pid if row.case_pid != case.pid else None,
    )
