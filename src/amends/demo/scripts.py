"""What happens to the demo's cases, as data: each script is a course that a case takes, and how many cases take it.

A step names who does what. Hours between steps are drawn from `after`; `wait` lets the case's own clock run out.
`age` is how many hours ago the last step happened. Refunds settle by themselves unless a script says otherwise.
"""

from enum import StrEnum
from typing import Any

import msgspec

Hours = tuple[float, float]
DAY = 24.0


class Actor(StrEnum):
    """Who does a step."""

    CUSTOMER = "customer"
    MERCHANT = "merchant"
    PLATFORM = "platform"
    BANK = "bank"
    CLOCK = "clock"


class Step(msgspec.Struct, frozen=True):
    """One thing that somebody does."""

    actor: Actor
    verb: str
    after: Hours
    options: dict[str, Any] = {}


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """A course of events. `money` is what the provider does: succeed, decline once, refuse each time, stay pending."""

    name: str
    cases: int
    age: Hours
    steps: tuple[Step, ...]
    money: str = "succeed"
    reasons: tuple[str, ...] = ()
    """Only these; none: any."""


def c(verb: str, after: Hours = (3, 40), **options: Any) -> Step:
    """Let the customer do something, some hours after what came before."""
    return Step(Actor.CUSTOMER, verb, after, options)


def m(verb: str, after: Hours = (2, 50), **options: Any) -> Step:
    """Let the merchant do something, some hours after what came before."""
    return Step(Actor.MERCHANT, verb, after, options)


def p(verb: str, after: Hours = (6, 40), **options: Any) -> Step:
    """Let the platform do something, some hours after what came before."""
    return Step(Actor.PLATFORM, verb, after, options)


def bank(verb: str, after: Hours = (24, 90), **options: Any) -> Step:
    """Let the bank do something, some hours after what came before."""
    return Step(Actor.BANK, verb, after, options)


def wait(days: float = 7) -> Step:
    """Let the clock run out; it was set about `days` before."""
    return Step(Actor.CLOCK, "wait", (days * DAY, days * DAY))


OPEN = c("open", (0, 0))
WAITING: Hours = (1, 6.6 * DAY)
"""Within the seven days that a side has."""
REVIEW: Hours = (2, 44)
"""Within the two business days of the review target."""
PAST: Hours = (20, 260 * DAY)
RECENT: Hours = (10, 150 * DAY)
ESCALATED = (OPEN, m("comment"), c("escalate"))
DENIED = (OPEN, m("deny"))

NEGOTIATING = (
    Script(name="new", cases=38, age=WAITING, steps=(OPEN,)),
    Script(name="due soon", cases=11, age=(6.75 * DAY, 6.86 * DAY), steps=(OPEN,)),
    Script(name="taken by somebody", cases=12, age=(1, 80), steps=(OPEN, m("assign", (1, 9)), m("note", (0.1, 6)))),
    Script(name="merchant commented", cases=12, age=(1, 90), steps=(OPEN, m("comment"))),
    Script(name="customer asks for news", cases=8, age=(1, 60), steps=(OPEN, c("comment", (20, 90)))),
    Script(name="asked the customer", cases=18, age=WAITING, steps=(OPEN, m("request_info"))),
    Script(name="customer answered", cases=15, age=WAITING, steps=(OPEN, m("request_info"), c("reply"))),
    Script(
        name="asked twice",
        cases=6,
        age=WAITING,
        steps=(OPEN, m("request_info"), c("reply"), m("request_info"), c("reply"), m("note", (0.5, 1))),
    ),
    Script(name="offer open", cases=16, age=WAITING, steps=(OPEN, m("make_offer", share=0.5))),
    Script(name="offer in words", cases=7, age=WAITING, steps=(OPEN, m("make_offer", remedy=True))),
    Script(name="offer declined", cases=7, age=WAITING, steps=(OPEN, m("make_offer", share=0.3), c("decline_offer"))),
    Script(
        name="counter-offer open",
        cases=10,
        age=WAITING,
        steps=(OPEN, m("make_offer", share=0.4), c("decline_offer", share=0.7)),
    ),
    Script(
        name="counter-offer declined",
        cases=6,
        age=(1, 70),
        steps=(OPEN, m("make_offer", share=0.4), c("decline_offer", (2, 30), share=0.8), m("decline_offer", (2, 40))),
    ),
    Script(
        name="counter-offer withdrawn",
        cases=4,
        age=(1, 70),
        steps=(OPEN, m("make_offer", share=0.4), c("decline_offer", (2, 30), share=0.8), c("withdraw_offer", (2, 40))),
    ),
    Script(name="offer withdrawn", cases=5, age=WAITING, steps=(OPEN, m("make_offer", share=0.6), m("withdraw_offer"))),
    Script(
        name="offer replaced",
        cases=5,
        age=WAITING,
        steps=(OPEN, m("make_offer", share=0.3), m("make_offer", share=0.5)),
    ),
    Script(name="offer expired", cases=6, age=WAITING, steps=(OPEN, m("make_offer", share=0.5), wait())),
    Script(
        name="partly refunded elsewhere",
        cases=4,
        age=(1, 90),
        steps=(OPEN, m("comment"), bank("refunded_elsewhere", (5, 30), share=0.4)),
    ),
)

REVIEWED = (
    Script(name="customer escalated", cases=12, age=REVIEW, steps=ESCALATED),
    Script(name="merchant silent", cases=9, age=REVIEW, steps=(OPEN, wait())),
    Script(name="review overdue", cases=5, age=(1, 40), steps=(*ESCALATED, wait(3))),
    Script(name="reviewer on it", cases=5, age=(1, 30), steps=(*ESCALATED, p("assign", (1, 9)), p("note", (0.2, 3)))),
    Script(name="platform asks merchant", cases=6, age=WAITING, steps=(*ESCALATED, p("ask", of="merchant"))),
    Script(name="platform asks customer", cases=6, age=WAITING, steps=(*ESCALATED, p("ask", of="customer"))),
    Script(
        name="merchant answered platform",
        cases=5,
        age=REVIEW,
        steps=(*ESCALATED, p("ask", of="merchant"), m("reply")),
    ),
    Script(
        name="customer answered platform",
        cases=5,
        age=REVIEW,
        steps=(*ESCALATED, p("ask", of="customer"), c("reply")),
    ),
    Script(
        name="merchant silent to platform",
        cases=4,
        age=REVIEW,
        steps=(*ESCALATED, p("ask", of="merchant"), wait()),
    ),
    Script(name="customer appealed", cases=6, age=REVIEW, steps=(*DENIED, c("appeal", (20, 200)))),
    Script(
        name="merchant appealed",
        cases=5,
        age=REVIEW,
        steps=(*ESCALATED, p("decide", outcome="customer_won", payer="merchant"), m("appeal", (20, 200))),
    ),
    Script(
        name="merchant appealed and is asked",
        cases=3,
        age=WAITING,
        steps=(
            *ESCALATED,
            p("decide", outcome="customer_won", payer="merchant"),
            m("appeal", (20, 200)),
            p("ask", of="merchant"),
        ),
    ),
)

DISPUTED = (
    Script(name="bank dispute opened", cases=6, age=(5, 20 * DAY), steps=(OPEN, bank("dispute_opened"))),
    Script(
        name="bank dispute in review", cases=3, age=(5, 15 * DAY), steps=(*ESCALATED, bank("dispute_opened", (5, 30)))
    ),
    Script(
        name="offer lapsed in a bank dispute",
        cases=3,
        age=(5, 15 * DAY),
        steps=(OPEN, m("make_offer", share=0.5), bank("dispute_opened")),
    ),
    Script(
        name="bank dispute won, goes on",
        cases=4,
        age=(1, 30),
        steps=(OPEN, bank("dispute_opened", (20, 60)), bank("dispute_won", (200, 600))),
    ),
    Script(
        name="refund on hold",
        cases=5,
        age=(5, 10 * DAY),
        steps=(OPEN, m("accept", settle=False), bank("dispute_opened", (0.02, 0.05))),
    ),
    Script(
        name="bank dispute lost",
        cases=6,
        age=RECENT,
        steps=(OPEN, m("comment"), bank("dispute_opened"), bank("dispute_lost", (300, 900))),
    ),
    Script(
        name="denied, then disputed",
        cases=4,
        age=RECENT,
        steps=(*DENIED, bank("dispute_opened", (50, 300)), bank("dispute_lost", (300, 900))),
    ),
    Script(
        name="denied, and the bank agreed",
        cases=4,
        age=RECENT,
        steps=(*DENIED, bank("dispute_opened", (50, 300)), bank("dispute_won", (300, 900))),
    ),
)

CLOSED = (
    Script(name="accepted", cases=165, age=PAST, steps=(OPEN, m("accept"))),
    Script(name="duplicate accepted", cases=28, age=PAST, steps=(OPEN, m("accept", (0.3, 9))), reasons=("duplicate",)),
    Script(
        name="accepted after questions", cases=52, age=PAST, steps=(OPEN, m("request_info"), c("reply"), m("accept"))
    ),
    Script(name="accepted, membership ended", cases=16, age=PAST, steps=(OPEN, m("accept", end_membership=True))),
    Script(name="refund failed", cases=6, age=(20, 20 * DAY), steps=(OPEN, m("accept")), money="decline"),
    Script(
        name="refund failed for good",
        cases=1,
        age=(30, 50),
        steps=(OPEN, m("accept")),
        money="refuse",
        reasons=("product_unacceptable",),
    ),
    Script(name="refund pending", cases=5, age=(3, 40), steps=(OPEN, m("accept")), money="pending"),
    Script(name="denied", cases=94, age=PAST, steps=DENIED),
    Script(name="denied lately", cases=10, age=(5, 12 * DAY), steps=DENIED),
    Script(name="denied after questions", cases=26, age=PAST, steps=(OPEN, m("request_info"), c("reply"), m("deny"))),
    Script(name="customer silent", cases=34, age=PAST, steps=(OPEN, m("request_info"), wait())),
    Script(name="offer accepted", cases=56, age=PAST, steps=(OPEN, m("make_offer", share=0.5), c("accept_offer"))),
    Script(
        name="offer in words accepted",
        cases=8,
        age=RECENT,
        steps=(OPEN, m("make_offer", remedy=True), c("accept_offer")),
    ),
    Script(
        name="money and words accepted",
        cases=6,
        age=RECENT,
        steps=(OPEN, m("make_offer", share=0.25, remedy=True), c("accept_offer")),
    ),
    Script(
        name="counter-offer accepted",
        cases=14,
        age=PAST,
        steps=(OPEN, m("make_offer", share=0.4), c("decline_offer", share=0.6), m("accept_offer")),
    ),
    Script(name="withdrawn", cases=38, age=PAST, steps=(OPEN, c("withdraw"))),
    Script(name="withdrawn after an answer", cases=8, age=PAST, steps=(OPEN, m("comment"), c("withdraw"))),
    Script(
        name="decided for the customer",
        cases=14,
        age=PAST,
        steps=(*ESCALATED, p("decide", outcome="customer_won", payer="merchant")),
    ),
    Script(
        name="decided for the customer, platform pays",
        cases=8,
        age=PAST,
        steps=(*ESCALATED, p("decide", outcome="customer_won", payer="platform")),
    ),
    Script(
        name="decided in part",
        cases=6,
        age=PAST,
        steps=(*ESCALATED, p("decide", outcome="customer_won", payer="merchant", share=0.5)),
    ),
    Script(
        name="decided for the merchant",
        cases=12,
        age=PAST,
        steps=(*ESCALATED, p("decide", outcome="merchant_won", payer="none")),
    ),
    Script(
        name="decided for the merchant, with goodwill",
        cases=4,
        age=PAST,
        steps=(*ESCALATED, p("decide", outcome="merchant_won", payer="platform", share=0.3)),
    ),
    Script(
        name="decided after silence",
        cases=8,
        age=PAST,
        steps=(OPEN, wait(), p("decide", outcome="customer_won", payer="merchant")),
    ),
    Script(
        name="customer's appeal won",
        cases=5,
        age=RECENT,
        steps=(*DENIED, c("appeal", (20, 200)), p("decide", outcome="customer_won", payer="merchant")),
    ),
    Script(
        name="customer's appeal lost",
        cases=5,
        age=RECENT,
        steps=(*DENIED, c("appeal", (20, 200)), p("decide", outcome="merchant_won", payer="none")),
    ),
    Script(
        name="remedy not delivered",
        cases=3,
        age=RECENT,
        steps=(
            OPEN,
            m("make_offer", remedy=True),
            c("accept_offer"),
            c("appeal", (100, 280)),
            p("decide", outcome="customer_won", payer="merchant", share=0.8),
        ),
    ),
    Script(
        name="merchant's appeal upheld",
        cases=4,
        age=RECENT,
        steps=(
            *ESCALATED,
            p("decide", outcome="customer_won", payer="merchant"),
            m("appeal", (20, 200)),
            p("decide", answer="upheld"),
        ),
    ),
    Script(
        name="merchant's appeal reversed",
        cases=5,
        age=RECENT,
        steps=(
            *ESCALATED,
            p("decide", outcome="customer_won", payer="merchant"),
            m("appeal", (20, 200)),
            p("decide", answer="reversed"),
        ),
    ),
    Script(
        name="refunded elsewhere",
        cases=6,
        age=RECENT,
        steps=(OPEN, m("comment"), bank("refunded_elsewhere", (5, 60), share=1.0)),
    ),
)

SCRIPTS = (*NEGOTIATING, *REVIEWED, *DISPUTED, *CLOSED)
