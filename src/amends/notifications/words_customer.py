"""What customers are told of each event. Plain and kind; what is theirs to do comes after it (`words_next`)."""

from collections.abc import Callable, Mapping
from typing import Final

from amends.cases.states import Actor, EventKind
from amends.notifications import words_customer_review
from amends.notifications.audience import Key
from amends.notifications.story import Said, Story
from amends.web.text import _

M, S, E = Actor.MERCHANT, Actor.SYSTEM, EventKind
C, P = Actor.CUSTOMER, Actor.PLATFORM


def _opened(s: Story) -> Said:
    return Said(
        _("We received your case"),
        (
            _("Thank you for telling us what went wrong. %(merchant)s has your case now and answers it first.",
              merchant=s.merchant),
            s.quote(author=_("You")),
        ),
    )  # fmt: skip


def _accepted(s: Story) -> Said:
    return Said(
        _("%(merchant)s refunds %(amount)s", merchant=s.merchant, amount=s.amount),
        (
            _("%(merchant)s gives you %(amount)s back (%(method)s), and the case is closed.",
              merchant=s.merchant, amount=s.amount, method=s.method),
            s.quote(author=s.merchant),
            _("Your membership there has ended with it.") if s.event.data.get("membership_ended") else None,
        ),
    )  # fmt: skip


def _denied(s: Story) -> Said:
    return Said(
        _("%(merchant)s said no to a refund", merchant=s.merchant),
        (_("%(merchant)s looked at your case and does not refund the payment.", merchant=s.merchant), s.quote()),
    )


def _asked(s: Story) -> Said:
    quote = s.quote()
    return Said(
        _("%(merchant)s asks you for more information", merchant=s.merchant),
        (
            _("%(merchant)s needs to know more before they can answer you.", merchant=s.merchant),
            quote,
            None if quote else _(
                "They left no message. Tell in your own words what happened, and add photos or files if you have any."
            ),
        ),
    )  # fmt: skip


def _offered(s: Story) -> Said:
    if s.amount is None:
        return Said(
            _("%(merchant)s offers you a solution", merchant=s.merchant),
            (_("%(merchant)s offers something other than money to settle your case:", merchant=s.merchant),
             s.remedy(), s.quote()),
        )  # fmt: skip
    remedy = s.remedy()
    more = _("%(merchant)s offers you %(amount)s, and more, to settle your case:", merchant=s.merchant, amount=s.amount)
    plain = _("%(merchant)s offers you %(amount)s to settle your case.", merchant=s.merchant, amount=s.amount)
    return Said(
        _("%(merchant)s offers you %(amount)s", merchant=s.merchant, amount=s.amount),
        (more if remedy else plain, remedy, s.quote()),
    )


def _settled(s: Story, subject: str, author: str) -> Said:
    """Tell that an offer was accepted, whoever made it."""
    if s.amount is None:
        agreed = _("You and %(merchant)s have settled the case. This is what you agreed on:", merchant=s.merchant)
    else:
        agreed = _("You and %(merchant)s have settled the case: %(amount)s goes back to you (%(method)s).",
                   merchant=s.merchant, amount=s.amount, method=s.method)  # fmt: skip
    return Said(subject, (agreed, s.remedy(), s.quote(author=author)))


def _you_accepted(s: Story) -> Said:
    return _settled(s, _("You accepted the offer"), _("You"))


def _they_accepted(s: Story) -> Said:
    return _settled(s, _("%(merchant)s accepted your suggestion", merchant=s.merchant), s.merchant)


def _they_declined(s: Story) -> Said:
    return Said(
        _("%(merchant)s declined your suggestion", merchant=s.merchant),
        (_("%(merchant)s does not accept what you suggested. The case goes on.", merchant=s.merchant), s.quote()),
    )


def _withdrawn_offer(s: Story) -> Said:
    return Said(
        _("%(merchant)s withdrew their offer", merchant=s.merchant),
        (_("%(merchant)s withdrew the offer: it is no longer open. The case goes on.", merchant=s.merchant), s.quote()),
    )


def _answered(s: Story) -> Said:
    return Said(
        _("%(merchant)s answered the platform’s question", merchant=s.merchant),
        (
            _(
                "%(merchant)s answered the platform’s question. The platform goes on with your case.",
                merchant=s.merchant,
            ),
            s.quote(),
        ),
    )


def _wrote(s: Story) -> Said:
    return Said(
        _("%(merchant)s wrote to you", merchant=s.merchant),
        (_("There is a new message from %(merchant)s on your case.", merchant=s.merchant), s.quote()),
    )


WORDS: Final[Mapping[Key, Callable[[Story], Said]]] = {
    Key(1, C, E.CREATED): _opened,
    Key(2, M, E.ACCEPTED): _accepted,
    Key(2, S, E.ACCEPTED): _accepted,
    Key(3, M, E.DENIED): _denied,
    Key(4, M, E.REQUESTED_MORE_INFO): _asked,
    Key(5, M, E.OFFER_MADE): _offered,
    Key(6, C, E.OFFER_ACCEPTED): _you_accepted,
    Key(8, M, E.OFFER_ACCEPTED): _they_accepted,
    Key(8, M, E.OFFER_DECLINED): _they_declined,
    Key(9, M, E.OFFER_WITHDRAWN): _withdrawn_offer,
    Key(11, M, E.RESPONDED): _answered,
    Key(12, M, E.COMMENTED): _wrote,
    **words_customer_review.WORDS,
}
