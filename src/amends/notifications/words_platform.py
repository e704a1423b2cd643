"""What the platform's staff are told of each event; what is theirs to do comes after it (`words_next`)."""

from collections.abc import Callable, Mapping
from typing import Final

from amends.cases.states import Actor, EventKind, Status
from amends.notifications.audience import Key
from amends.notifications.story import Said, Story
from amends.web.text import _

C, M, P, S = Actor.CUSTOMER, Actor.MERCHANT, Actor.PLATFORM, Actor.SYSTEM
E = EventKind


def _escalated(s: Story) -> Said:
    return _review(
        s, _("%(customer)s asks the platform to step in, in their case with %(merchant)s.",
             customer=s.customer, merchant=s.merchant),
    )  # fmt: skip


def _time_ran_out(s: Story) -> Said:
    return _review(
        s, _("%(customer)s and %(merchant)s did not agree in time, so the case came to the platform.",
             customer=s.customer, merchant=s.merchant),
    )  # fmt: skip


def _review(s: Story, words: str) -> Said:
    return Said(_("A case waits for review"), (words, s.quote()))


def _silent(s: Story, name: str) -> Said:
    return Said(
        _("The review goes on without an answer"),
        (_("%(name)s did not answer the platform’s question in time.", name=name), s.quote()),
    )


def _merchant_silent(s: Story) -> Said:
    return _silent(s, s.merchant)


def _customer_silent(s: Story) -> Said:
    return _silent(s, s.customer)


def _answered(s: Story) -> Said:
    name = s.customer if s.event.actor is Actor.CUSTOMER else s.merchant
    return Said(
        _("%(name)s answered", name=name),
        (_("%(name)s answered the platform’s question. The review goes on.", name=name), s.quote()),
    )


def _wrote(s: Story) -> Said:
    name = s.customer if s.event.actor is Actor.CUSTOMER else s.merchant
    return Said(
        _("%(name)s wrote on your case", name=name),
        (_("There is a new message from %(name)s.", name=name), s.quote()),
    )


def _appealed(s: Story) -> Said:
    name = s.customer if s.event.actor is Actor.CUSTOMER else s.merchant
    return Said(
        _("An appeal waits for review"),
        (_("%(name)s appealed. The next decision is final; whoever decided first does not decide this.", name=name),
         s.quote()),
    )  # fmt: skip


def _ended(s: Story) -> Said:
    return Said(
        _("A case of yours needs no decision any more"),
        (
            _("The case between %(customer)s and %(merchant)s has ended without a decision of the platform, or its"
              " payment has changed.", customer=s.customer, merchant=s.merchant),
            s.quote(),
        ),
    )  # fmt: skip


def _elsewhere(s: Story) -> Said:
    if s.event.data.get("status") == Status.CLOSED:
        return _ended(s)
    return Said(
        _("Part of a payment was refunded"),
        (_("%(amount)s went back to %(customer)s outside of the case with %(merchant)s. The case goes on about the"
           " rest.", amount=s.amount, customer=s.customer, merchant=s.merchant),),
    )  # fmt: skip


def _paused(s: Story) -> Said:
    return Said(
        _("A case of yours is paused"),
        (_("The bank of %(customer)s opened a dispute. No money moves and no time runs out until it ends.",
           customer=s.customer),),
    )  # fmt: skip


def _resumed(s: Story) -> Said:
    return Said(
        _("A review goes on"),
        (_("The bank decided for %(merchant)s, so the case goes on from where it was.", merchant=s.merchant),),
    )


def _overdue(s: Story) -> Said:
    return Said(
        _("A review is overdue"),
        (_("The case between %(customer)s and %(merchant)s was not decided in time. It has a new target now.",
           customer=s.customer, merchant=s.merchant),),
    )  # fmt: skip


def _refund_failed(s: Story) -> Said:
    if s.failed is None:
        what = _("The payment provider refused a refund to %(customer)s.", customer=s.customer)
        return Said(_("A refund failed"), (what, _("It has been seen to by now.")))
    subject = _("A refund of %(amount)s failed", amount=s.failed)
    what = _("The payment provider refused a refund of %(amount)s to %(customer)s.",
             amount=s.failed, customer=s.customer)  # fmt: skip
    then = _("Try it again, or resolve it by hand: it stays on the list of what needs attention until then.")
    return Said(subject, (what, then))


def _given(s: Story) -> Said:
    return Said(
        _("%(name)s assigned a review to you", name=s.who),
        (_("The case between %(customer)s and %(merchant)s is yours to review.",
           customer=s.customer, merchant=s.merchant),),
    )  # fmt: skip


WORDS: Final[Mapping[Key, Callable[[Story], Said]]] = {
    Key(2, M, E.ACCEPTED): _ended,
    Key(10, C, E.RESPONDED): _answered,
    Key(11, M, E.RESPONDED): _answered,
    Key(12, C, E.COMMENTED): _wrote,
    Key(12, M, E.COMMENTED): _wrote,
    Key(13, C, E.ESCALATED): _escalated,
    Key(14, S, E.ESCALATED): _time_ran_out,
    Key(15, S, E.ESCALATED): _merchant_silent,
    Key(16, S, E.ESCALATED): _customer_silent,
    Key(16, S, E.CLOSED_NO_REPLY): _ended,
    Key(19, C, E.APPEALED): _appealed,
    Key(20, M, E.APPEALED): _appealed,
    Key(21, C, E.WITHDREW): _ended,
    Key(22, S, E.REVIEW_OVERDUE): _overdue,
    Key(23, S, E.DISPUTE_OPENED): _paused,
    Key(24, S, E.DISPUTE_CUSTOMER_WON): _ended,
    Key(24, S, E.DISPUTE_MERCHANT_WON): _resumed,
    Key(25, S, E.REFUNDED_ELSEWHERE): _elsewhere,
    Key(26, S, E.REFUND_FAILED): _refund_failed,
    Key(27, P, E.ASSIGNED): _given,
}
