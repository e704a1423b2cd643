"""What customers are told of the platform's part in their case, of their bank, and of their money."""

from collections.abc import Callable, Mapping
from typing import Final

from amends.cases.moves import AppealAnswer
from amends.cases.states import Actor, EventKind, Outcome, RefundBy, Settlement, Status
from amends.notifications.audience import Key
from amends.notifications.story import Said, Story
from amends.web.text import _

M, S, E = Actor.MERCHANT, Actor.SYSTEM, EventKind
C, P = Actor.CUSTOMER, Actor.PLATFORM


def _you_escalated(s: Story) -> Said:
    return Said(
        _("The platform steps in"),
        (
            _("You asked the platform to step in. Somebody there who is on neither side looks at your case now."),
            s.quote(author=_("You")),
        ),
    )


def _time_ran_out(s: Story) -> Said:
    return Said(
        _("The platform steps in"),
        (
            _("Time ran out before you and %(merchant)s could agree. Somebody at the platform who is on neither side"
              " looks at your case now.", merchant=s.merchant),
        ),
    )  # fmt: skip


def _merchant_silent(s: Story) -> Said:
    return Said(
        _("The platform goes on with your case"),
        (
            _("%(merchant)s did not answer the platform’s question in time. The platform decides with what it has.",
              merchant=s.merchant),
        ),
    )  # fmt: skip


def _offer_expired(s: Story) -> Said:
    return Said(
        _("The offer from %(merchant)s has expired", merchant=s.merchant),
        (
            _(
                "There was no answer to the offer from %(merchant)s in time, so it is closed. The case goes on.",
                merchant=s.merchant,
            ),
        ),
    )


def _you_were_silent(_s: Story) -> Said:
    return Said(
        _("The platform goes on without your answer"),
        (_("The time to answer the platform’s question has run out. It decides with what it has."),),
    )


def _closed_no_reply(s: Story) -> Said:
    return Said(
        _("Your case was closed"),
        (
            _("There was a question to you, and the time to answer it has run out. So the case was closed in"
              " %(merchant)s’s favor.", merchant=s.merchant),
        ),
    )  # fmt: skip


def _platform_asked(s: Story) -> Said:
    if s.event.data.get("asked") != Actor.CUSTOMER:
        return Said(
            _("The platform asked %(merchant)s a question", merchant=s.merchant),
            (_("The platform looks at your case and wants to know more from %(merchant)s. There is nothing that you"
               " need to do.", merchant=s.merchant),),
        )  # fmt: skip
    return Said(
        _("The platform asks you a question"),
        (_("The platform looks at your case and needs to know more from you."), s.quote()),
    )


def _decided(s: Story) -> Said:
    reasons = s.quote("to_customer")
    match s.event.data.get("answer"):
        case AppealAnswer.UPHELD:
            return Said(
                _("The decision for you stays"),
                (_("%(merchant)s asked for a second look. The platform looked again, and stays with its decision.",
                   merchant=s.merchant), reasons),
            )  # fmt: skip
        case AppealAnswer.REVERSED:
            return Said(
                _("The platform changed its decision"),
                (
                    _("%(merchant)s asked for a second look, and the platform now decides for them. What has reached"
                      " you is yours to keep, and so is the refund that has left already.", merchant=s.merchant)
                    if s.is_coming
                    else _("%(merchant)s asked for a second look, and the platform now decides for them. What has"
                           " reached you is yours to keep; a refund that has not left yet does not come.",
                           merchant=s.merchant),
                    reasons,
                ),
            )  # fmt: skip
        case _:
            pass
    if s.event.data.get("outcome") == Outcome.CUSTOMER_WON:
        words = _("The platform decided your case: %(amount)s goes back to you (%(method)s).",
                  amount=s.amount, method=s.method)  # fmt: skip
        return Said(_("The platform decided for you"), (words, reasons))
    if s.amount is not None:
        words = _("The platform decided for %(merchant)s, but gives you %(amount)s itself (%(method)s).",
                  merchant=s.merchant, amount=s.amount, method=s.method)  # fmt: skip
    elif s.event.data.get("refund") == RefundBy.NONE:
        words = _("The platform decided for %(merchant)s: there is no refund.", merchant=s.merchant)
    else:
        words = _("The platform decided for %(merchant)s: there is no further refund.", merchant=s.merchant)
    return Said(_("The platform decided your case"), (words, reasons))


def _you_appealed(s: Story) -> Said:
    return Said(
        _("The platform takes a second look"),
        (
            _("You asked for a second look, so the platform reads everything again. What it decides then is final."),
            s.quote(author=_("You")),
        ),
    )


def _they_appealed(s: Story) -> Said:
    return Said(
        _("%(merchant)s asked the platform for a second look", merchant=s.merchant),
        (
            _("%(merchant)s asked for a second look, so the platform reads everything again. What it decides then is"
              " final. What has reached you is yours to keep, whatever it is.", merchant=s.merchant),
            s.quote(),
        ),
    )  # fmt: skip


def _you_withdrew(s: Story) -> Said:
    return Said(
        _("You withdrew your case"),
        (_("You withdrew the case, and it is closed now. Thank you for letting us know."), s.quote(author=_("You"))),
    )


def _bank_opened(_s: Story) -> Said:
    return Said(
        _("Your bank looks into this payment"),
        (
            _("Your bank has opened a dispute about it. Until the bank decides, everything on your case is paused: no"
              " time runs out, and no money moves here."),
        ),
    )  # fmt: skip


def _bank_for_you(s: Story) -> Said:
    return Said(
        _("Your bank decided for you"),
        (
            _("The bank took the money back for you. A refund that had left before that still reaches you.")
            if s.is_coming
            else _("The bank took the money back for you, so there is nothing left to pay back here."),
        ),
    )


def _bank_for_merchant(s: Story) -> Said:
    over = s.event.data.get("status") == Status.CLOSED
    return Said(
        _("Your bank decided for %(merchant)s", merchant=s.merchant),
        (
            _(
                "Your bank decided for %(merchant)s. That changes nothing about how your case ended.",
                merchant=s.merchant,
            )
            if over
            else _("Your bank decided for %(merchant)s. Your case goes on from where it was.", merchant=s.merchant),
        ),
    )


def _elsewhere(s: Story) -> Said:
    if s.event.data.get("status") == Status.CLOSED:
        return Said(
            _("You were refunded"),
            (_("%(amount)s went back to you outside of this case. That is all there was, so the case is closed.",
               amount=s.amount),),
        )  # fmt: skip
    return Said(
        _("Part of your payment was refunded"),
        (_("%(amount)s went back to you outside of this case. The case goes on about the rest.", amount=s.amount),),
    )


def _refund_sent(s: Story) -> Said:
    """Tell of it as it stands by now: meanwhile another refund may have been promised, or have failed."""
    if s.sent is not None:
        return Said(_("Your refund of %(amount)s was sent", amount=s.sent), (_on_its_way(s),))
    if s.failed is not None:
        return _refund_failed(s)
    if s.is_coming:
        return Said(_("News of your refund"), (_("Your refund is still to be sent."),))
    return Said(_("Your refund is settled"), (_settled_otherwise(),))


def _on_its_way(s: Story) -> str:
    return _("%(amount)s is on its way to you (%(method)s). It can take some days until your bank shows it.",
             amount=s.sent, method=s.method)  # fmt: skip


def _settled_otherwise() -> str:
    return _("You have got this money in another way, so nothing more is on its way to you here.")


def _refund_failed(s: Story) -> Said:
    if s.failed is not None:
        what = _("The payment provider could not send your refund of %(amount)s yet.", amount=s.failed)
        care = _("The platform takes care of it. The money stays yours, and there is nothing that you need to do.")
        return Said(_("Your refund is delayed"), (what, care))
    what = _("The payment provider could not send your refund at first.")
    if s.is_coming:
        return Said(_("Your refund is delayed"), (what,))
    if s.sent is not None:
        return Said(_("Your refund of %(amount)s was sent", amount=s.sent), (what, _on_its_way(s)))
    if s.case.settlement is Settlement.SUCCEEDED:
        return Said(_("Your refund is settled"), (what, _settled_otherwise()))
    return Said(_("News of your refund"), (_("The payment provider could not send your refund."),))


WORDS: Final[Mapping[Key, Callable[[Story], Said]]] = {
    Key(13, C, E.ESCALATED): _you_escalated,
    Key(14, S, E.ESCALATED): _time_ran_out,
    Key(15, S, E.ESCALATED): _merchant_silent,
    Key(16, S, E.OFFER_EXPIRED): _offer_expired,
    Key(16, S, E.ESCALATED): _you_were_silent,
    Key(16, S, E.CLOSED_NO_REPLY): _closed_no_reply,
    Key(17, P, E.REQUESTED_MORE_INFO): _platform_asked,
    Key(18, P, E.DECIDED): _decided,
    Key(19, C, E.APPEALED): _you_appealed,
    Key(20, M, E.APPEALED): _they_appealed,
    Key(21, C, E.WITHDREW): _you_withdrew,
    Key(23, S, E.DISPUTE_OPENED): _bank_opened,
    Key(24, S, E.DISPUTE_CUSTOMER_WON): _bank_for_you,
    Key(24, S, E.DISPUTE_MERCHANT_WON): _bank_for_merchant,
    Key(25, S, E.REFUNDED_ELSEWHERE): _elsewhere,
    Key(26, S, E.REFUND_SUCCEEDED): _refund_sent,
    Key(26, S, E.REFUND_FAILED): _refund_failed,
}
