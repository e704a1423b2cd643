"""What is a party's to do on a case now, by when, and what happens if nobody acts. Computed from the case as it stands.

The same words end every letter about a case, whichever event it tells of: who has answered meanwhile is asked nothing.
"""

from datetime import datetime
from typing import NamedTuple

import msgspec

from amends.cases.actions import actions_of
from amends.cases.page_rows import CaseRow
from amends.cases.states import Action, Actor, Dispute, Settlement, Status
from amends.cases.words import payment_method
from amends.notifications.story import capital, customer_of, is_coming, money_of, plain_title, refunded, until
from amends.payments.states import RefundState
from amends.web.text import _, ngettext


class Next(NamedTuple):
    """What comes next."""

    paragraphs: tuple[str, ...]
    button: str
    due_label: str = ""
    due_at: datetime | None = None
    """What the facts of the letter say of the time; None: no time runs."""


class Standing(msgspec.Struct, frozen=True):
    """A case as it stands for a party."""

    case: CaseRow
    party: Actor

    @property
    def merchant(self) -> str:
        """Return the merchant's name."""
        return plain_title(self.case)

    @property
    def customer(self) -> str:
        """Return the customer's name."""
        return customer_of(self.case)

    @property
    def actions(self) -> frozenset[Action]:
        """Return what the party may do now."""
        return frozenset(actions_of(self.case.action_key))

    @property
    def offered(self) -> str:
        """Return the amount of the open offer; empty: it is about something else."""
        minor = self.case.offer_amount_minor
        return "" if minor is None else money_of(self.case, minor)


def next_of(case: CaseRow, party: Actor) -> Next:
    """Return what is next for a party."""
    at = Standing(case, party)
    if case.dispute is Dispute.OPEN and case.status is not Status.CLOSED:
        return Next((_("Everything waits for the bank now. We write to you when it has decided."),), _open_case())
    match party:
        case Actor.CUSTOMER:
            return _for_customer(at)
        case Actor.MERCHANT:
            return _for_merchant(at)
        case _:
            return _for_platform(at)


def _open_case() -> str:
    return _("Open the case")


def _by(at: Standing) -> str:
    """Return the due time in words."""
    due_at = at.case.response_due_at
    return "" if due_at is None else until(due_at)


def _for_customer(at: Standing) -> Next:
    match at.case.status:
        case Status.AWAITING_CUSTOMER:
            return _customers_turn(at)
        case Status.AWAITING_MERCHANT:
            return _customer_waits(at)
        case Status.UNDER_REVIEW:
            words = _("The platform decides by %(time)s. We write to you as soon as it has.", time=_by(at))
            return Next((words,), _open_case(), _("Decision expected by"), at.case.response_due_at)
        case Status.CLOSED:
            return _closed(at)


def _customers_turn(at: Standing) -> Next:
    case = at.case
    if case.offer_maker is Actor.MERCHANT:
        words = (
            _("Accept or decline the offer by %(time)s. You can also say what you would take instead.", time=_by(at)),
            ngettext(
                "If you do not answer, the offer ends and %(merchant)s has another day to answer.",
                "If you do not answer, the offer ends and %(merchant)s has another %(n)s days to answer.",
                case.policy.merchant_days,
                merchant=at.merchant,
            ),
        )
        return Next(words, _("See the offer"), _("Answer by"), case.response_due_at)
    if case.merchant_appealed:
        silent = _("If you do not answer, the platform decides with what it has.")
    elif case.escalated:
        silent = _("If you do not answer, the case is closed in %(merchant)s’s favor.", merchant=at.merchant)
    else:
        silent = _("If you do not answer, the case is closed without a refund.")
    return Next(
        (_("Please answer by %(time)s.", time=_by(at)), silent), _("Answer"), _("Answer by"), case.response_due_at
    )


def _customer_waits(at: Standing) -> Next:
    due_at = at.case.response_due_at
    if at.case.escalated:
        words = _("%(merchant)s has until %(time)s to answer the platform. After that it goes on with what it has.",
                  merchant=at.merchant, time=_by(at))  # fmt: skip
    else:
        words = _("%(merchant)s has until %(time)s to answer. If they do not, the platform steps in and decides.",
                  merchant=at.merchant, time=_by(at))  # fmt: skip
    return Next((words,), _open_case(), _("Answer expected by"), due_at)


def _closed(at: Standing) -> Next:
    """Say what becomes of the money, and whether one may appeal."""
    words = [_money_words(at)]
    due_at = at.case.appeal_due_at
    if Action.APPEAL in at.actions and due_at is not None:
        if at.party is Actor.CUSTOMER:
            words.append(_second_look_words(at, due_at))
            return Next(_given(words), _open_case(), _("Second look possible until"), due_at)
        words.append(_appeal_words(due_at))
        return Next(_given(words), _open_case(), _("Appeal possible until"), due_at)
    return Next(_given(words), _open_case())


def _second_look_words(at: Standing, due_at: datetime) -> str:
    if at.case.outcome == "settled":
        return _("If you do not get what was promised, you can ask the platform to step in until %(time)s.",
                 time=until(due_at))  # fmt: skip
    if at.case.decisions:
        return _("If you do not agree, you can ask for a second look until %(time)s. Then somebody else at the platform"
                 " reads everything again. If you do nothing, it stays as it is.", time=until(due_at))  # fmt: skip
    return _("If you do not agree, you can ask for a second look until %(time)s. Then the platform looks at both sides"
             " and decides. If you do nothing, it stays as it is.", time=until(due_at))  # fmt: skip


def _appeal_words(due_at: datetime) -> str:
    return _("If you disagree, you can appeal until %(time)s. Then somebody else at the platform looks at it again."
             " If you do nothing, it stays as it is.", time=until(due_at))  # fmt: skip


def _money_words(at: Standing) -> str:
    """Say how the money of a closed case stands; empty: none is still to be sent."""
    case = at.case
    if not is_coming(case):
        return ""
    if refunded(case, RefundState.SUCCEEDED):
        return _rest_words(at, money_of(case, refunded(case, RefundState.PENDING, RefundState.ON_HOLD)))
    method = payment_method(case.payment_method_type, case.card_brand, case.card_last4)
    match case.settlement, at.party:
        case Settlement.PENDING, Actor.CUSTOMER:
            return _("We write to you when the refund to %(method)s was sent.", method=method)
        case Settlement.ON_HOLD, Actor.CUSTOMER:
            return _("The refund waits until your bank has decided about this payment.")
        case Settlement.PENDING, _:
            return _("The refund is on its way.")
        case Settlement.ON_HOLD, _:
            return _("The refund waits until the bank has decided about this payment.")
        case _:
            return ""


def _rest_words(at: Standing, amount: str) -> str:
    """Say how the rest of the money stands, some of which was sent before."""
    case = at.case
    method = payment_method(case.payment_method_type, case.card_brand, case.card_last4)
    match case.settlement, at.party:
        case Settlement.PENDING, Actor.CUSTOMER:
            return _("A refund of %(amount)s to %(method)s is still to come. We write to you when it was sent.",
                     amount=amount, method=method)  # fmt: skip
        case Settlement.PENDING, _:
            return _("A refund of %(amount)s is still to be sent.", amount=amount)
        case _, Actor.CUSTOMER:
            return _("A refund of %(amount)s waits until your bank has decided about this payment.", amount=amount)
        case _:
            return _("A refund of %(amount)s waits until the bank has decided about this payment.", amount=amount)


def _given(words: list[str]) -> tuple[str, ...]:
    return tuple(filter(None, words))


def _for_merchant(at: Standing) -> Next:
    match at.case.status:
        case Status.AWAITING_MERCHANT:
            return _merchants_turn(at)
        case Status.AWAITING_CUSTOMER:
            return _merchant_waits(at)
        case Status.UNDER_REVIEW:
            words = _("The platform decides by %(time)s.", time=_by(at))
            return Next((words,), _open_case(), _("Decision expected by"), at.case.response_due_at)
        case Status.CLOSED:
            return _closed(at)


def _merchants_turn(at: Standing) -> Next:
    case = at.case
    if case.auto_accept_at is not None:
        amount = money_of(case, case.refundable_minor)
        words = (_("Your rule refunds %(amount)s by itself at %(time)s, unless somebody answers before.",
                   amount=amount, time=_by(at)),)  # fmt: skip
        return Next(words, _("Open the case"), _("Refunded by itself at"), case.response_due_at)
    if case.escalated:
        words = (
            _("Please answer by %(time)s.", time=_by(at)),
            _("If nobody answers, the platform decides with what it has."),
        )
    elif case.offer_maker is Actor.CUSTOMER:
        words = (
            _("Take the proposal or answer in another way by %(time)s.", time=_by(at)),
            _("If nobody answers, the platform steps in and decides."),
        )
    else:
        words = (
            _("Please answer by %(time)s: accept, deny, ask for more, or make an offer.", time=_by(at)),
            _("If nobody answers, the platform steps in and decides."),
        )
    return Next(words, _("Answer"), _("Answer by"), case.response_due_at)


def _merchant_waits(at: Standing) -> Next:
    case = at.case
    if case.offer_maker is Actor.MERCHANT:
        words = _("%(customer)s has until %(time)s to answer your offer. After that the case waits for you again.",
                  customer=at.customer, time=_by(at))  # fmt: skip
    elif case.merchant_appealed:
        words = _("%(customer)s has until %(time)s to answer. After that the platform decides with what it has.",
                  customer=at.customer, time=_by(at))  # fmt: skip
    else:
        words = _("%(customer)s has until %(time)s to answer. Without an answer the case is closed in your favor.",
                  customer=at.customer, time=_by(at))  # fmt: skip
    return Next((capital(words),), _open_case(), _("Answer expected by"), case.response_due_at)


def _for_platform(at: Standing) -> Next:
    due_at = at.case.response_due_at
    match at.case.status:
        case Status.UNDER_REVIEW:
            return Next((_("Please decide by %(time)s.", time=_by(at)),), _("Review the case"), _("Decide by"), due_at)
        case Status.AWAITING_CUSTOMER:
            words = _("%(customer)s has until %(time)s to answer.", customer=at.customer, time=_by(at))
            return Next((capital(words),), _open_case(), _("Answer expected by"), due_at)
        case Status.AWAITING_MERCHANT:
            words = _("%(merchant)s has until %(time)s to answer.", merchant=at.merchant, time=_by(at))
            return Next((words,), _open_case(), _("Answer expected by"), due_at)
        case Status.CLOSED:
            return Next((), _open_case())
