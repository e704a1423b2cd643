"""What a merchant's team is told of the platform's part in a case, of the bank, and of the money."""

from collections.abc import Callable, Mapping
from typing import Final

from amends.cases.moves import AppealAnswer
from amends.cases.states import Actor, EventKind, Outcome, RefundBy, Status
from amends.notifications.audience import Key
from amends.notifications.mails import Quote
from amends.notifications.story import Said, Story
from amends.web.text import _

C, M, P, S = Actor.CUSTOMER, Actor.MERCHANT, Actor.PLATFORM, Actor.SYSTEM
E = EventKind


def _escalated(s: Story) -> Said:
    return Said(
        _("%(customer)s asked the platform to step in", customer=s.customer),
        (
            _("%(customer)s asked the platform to step in. It looks at the case now and decides.", customer=s.customer),
            s.quote(),
        ),
    )


def _time_ran_out(s: Story) -> Said:
    return Said(
        _("The platform steps in"),
        (
            _("Time ran out before you and %(customer)s could agree, so the platform decides the case now.",
              customer=s.customer),
        ),
    )  # fmt: skip


def _you_were_silent(_s: Story) -> Said:
    return Said(
        _("The platform goes on without your answer"),
        (_("The time to answer the platform’s question has run out. It decides with what it has."),),
    )


def _offer_expired(s: Story) -> Said:
    return Said(
        _("Your offer to %(customer)s has expired", customer=s.customer),
        (_("%(customer)s did not answer your offer in time. The case waits for you again.", customer=s.customer),),
    )


def _customer_silent(s: Story) -> Said:
    return Said(
        _("The platform goes on with your appeal"),
        (
            _("%(customer)s did not answer the platform’s question in time. It decides with what it has.",
              customer=s.customer),
        ),
    )  # fmt: skip


def _closed_no_reply(s: Story) -> Said:
    return Said(
        _("Closed in your favor"),
        (_("%(customer)s did not answer in time, so the case was closed in your favor.", customer=s.customer),),
    )


def _platform_asked(s: Story) -> Said:
    if s.event.data.get("asked") != Actor.MERCHANT:
        return Said(
            _("The platform asked %(customer)s a question", customer=s.customer),
            (
                _(
                    "The platform asked %(customer)s a question. There is nothing that you need to do.",
                    customer=s.customer,
                ),
            ),
        )
    return Said(
        _("The platform asks you a question"),
        (_("The platform looks at the case and needs to know more from you."), s.quote()),
    )


def _decided(s: Story) -> Said:
    reasons = s.quote("to_merchant")
    match s.event.data.get("answer"):
        case AppealAnswer.UPHELD:
            return Said(
                _("The decision on your appeal"),
                (_("The platform looked again and stays with its decision for %(customer)s.", customer=s.customer),
                 reasons),
            )  # fmt: skip
        case AppealAnswer.REVERSED:
            credit = s.event.data.get("credit_minor")
            return Said(
                _("Your appeal was successful"),
                (
                    _(
                        "The platform looked again and now decides for you. The refund that has left already cannot be"
                        " called back."
                    )
                    if s.is_coming
                    else _(
                        "The platform looked again and now decides for you. A refund that has not left yet is canceled."
                    ),
                    _("The platform credits you %(amount)s for what has reached the customer.", amount=s.money(credit))
                    if credit
                    else None,
                    reasons,
                ),
            )
        case _:
            return _first_decision(s, reasons)


def _first_decision(s: Story, reasons: Quote | None) -> Said:
    by_platform = s.event.data.get("payer") == RefundBy.PLATFORM
    if s.event.data.get("outcome") == Outcome.CUSTOMER_WON:
        subject = _("The platform decided for %(customer)s", customer=s.customer)
        if by_platform:
            words = _("The platform decided for %(customer)s and pays the refund of %(amount)s itself. It costs you"
                      " nothing.", customer=s.customer, amount=s.amount)  # fmt: skip
        else:
            words = _("The platform decided for %(customer)s: %(amount)s is refunded off your balance.",
                      customer=s.customer, amount=s.amount)  # fmt: skip
    else:
        subject = _("The platform decided for you")
        if by_platform:
            words = _("The platform decided for you. It gives %(customer)s %(amount)s itself, which costs you nothing.",
                      customer=s.customer, amount=s.amount)  # fmt: skip
        else:
            words = _("The platform decided for you: nothing is refunded by this decision.")
    return Said(subject, (words, reasons))


def _appealed(s: Story) -> Said:
    return Said(
        _("%(customer)s appealed", customer=s.customer),
        (
            _(
                "%(customer)s appealed, so the platform looks at the case again. Its next decision is final.",
                customer=s.customer,
            ),
            s.quote(),
        ),
    )


def _withdrew(s: Story) -> Said:
    return Said(
        _("%(customer)s withdrew the case", customer=s.customer),
        (
            _(
                "%(customer)s withdrew the case, and it is closed now. There is nothing that you need to do.",
                customer=s.customer,
            ),
            s.quote(),
        ),
    )


def _bank_opened(s: Story) -> Said:
    return Said(
        _("The bank of %(customer)s opened a dispute", customer=s.customer),
        (
            _("The bank of %(customer)s opened a dispute. Until it decides, everything on this case is paused: no time"
              " runs out, and no money moves here.", customer=s.customer),
        ),
    )  # fmt: skip


def _bank_for_customer(s: Story) -> Said:
    return Said(
        _("The bank decided for %(customer)s", customer=s.customer),
        (
            _("The bank took the money back for %(customer)s. A refund that had left before that cannot be called"
              " back.", customer=s.customer)
            if s.is_coming
            else _("The bank took the money back for %(customer)s, so there is nothing left to settle here.",
                   customer=s.customer),
        ),
    )  # fmt: skip


def _bank_for_you(s: Story) -> Said:
    over = s.event.data.get("status") == Status.CLOSED
    return Said(
        _("The bank decided for you"),
        (
            _("The bank decided for you. That changes nothing about how the case ended.")
            if over
            else _("The bank decided for you. The case goes on from where it was."),
        ),
    )


def _elsewhere(s: Story) -> Said:
    if s.event.data.get("status") == Status.CLOSED:
        words = _("%(amount)s went back to %(customer)s outside of this case. That is all there was, so the case is"
                  " closed.", amount=s.amount, customer=s.customer)  # fmt: skip
    else:
        words = _("%(amount)s went back to %(customer)s outside of this case. The case goes on about the rest.",
                  amount=s.amount, customer=s.customer)  # fmt: skip
    return Said(_("%(customer)s was refunded outside of the case", customer=s.customer), (words,))


def _refund_sent(s: Story) -> Said:
    """Tell of it as it stands by now: meanwhile another refund may have been promised, or have failed."""
    if s.sent is not None:
        words = _("%(amount)s is on its way to %(customer)s.", amount=s.sent, customer=s.customer)
        return Said(_("The refund of %(amount)s was sent", amount=s.sent), (words,))
    if s.failed is not None:
        return _refund_failed(s)
    if s.is_coming:
        words = _("The refund to %(customer)s is still to be sent.", customer=s.customer)
        return Said(_("News of the refund to %(customer)s", customer=s.customer), (words,))
    return Said(
        _("The refund is settled"),
        (_("%(customer)s has got this money in another way, so nothing more is sent.", customer=s.customer),),
    )


def _refund_failed(s: Story) -> Said:
    if s.failed is not None:
        words = _("The payment provider refused the refund. The platform has been told and takes care of it.")
    else:
        words = _("The payment provider refused the refund at first. The platform has seen to it.")
    return Said(_("The refund to %(customer)s failed", customer=s.customer), (words,))


def _given(s: Story) -> Said:
    return Said(
        _("%(name)s assigned a case to you", name=s.who),
        (_("%(name)s asks you to look after the case of %(customer)s.", name=s.who, customer=s.customer),),
    )


WORDS: Final[Mapping[Key, Callable[[Story], Said]]] = {
    Key(13, C, E.ESCALATED): _escalated,
    Key(14, S, E.ESCALATED): _time_ran_out,
    Key(15, S, E.ESCALATED): _you_were_silent,
    Key(16, S, E.OFFER_EXPIRED): _offer_expired,
    Key(16, S, E.ESCALATED): _customer_silent,
    Key(16, S, E.CLOSED_NO_REPLY): _closed_no_reply,
    Key(17, P, E.REQUESTED_MORE_INFO): _platform_asked,
    Key(18, P, E.DECIDED): _decided,
    Key(19, C, E.APPEALED): _appealed,
    Key(21, C, E.WITHDREW): _withdrew,
    Key(23, S, E.DISPUTE_OPENED): _bank_opened,
    Key(24, S, E.DISPUTE_CUSTOMER_WON): _bank_for_customer,
    Key(24, S, E.DISPUTE_MERCHANT_WON): _bank_for_you,
    Key(25, S, E.REFUNDED_ELSEWHERE): _elsewhere,
    Key(26, S, E.REFUND_SUCCEEDED): _refund_sent,
    Key(26, S, E.REFUND_FAILED): _refund_failed,
    Key(27, M, E.ASSIGNED): _given,
}
