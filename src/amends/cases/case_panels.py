"""The forms of a case in words and amounts: what each is called, and what will happen before it happens. Pure.

Consequences come from `case_foresight`; nothing here decides what is possible.
"""

from datetime import timedelta
from typing import Final

import msgspec

from amends.cases.case_foresight import Standpoint, foresee, open_offer, refunded_minor, spent_minor
from amends.cases.case_forms import ACTIONS, Expiry, Form, OfferFields, Panel
from amends.cases.moves import Decided, Move, OfferTerms
from amends.cases.page_rows import CaseRow
from amends.cases.states import Actor
from amends.cases.words import payment_method
from amends.web.text import _, day, day_and_time, money, ngettext


class PanelWords:
    """Puts the forms of one case into words."""

    def __init__(self, case: CaseRow, at: Standpoint) -> None:
        self.case = case
        self.at = at
        self.method = payment_method(case.payment_method_type, case.card_brand, case.card_last4)
        self.offer = open_offer(case)

    def money(self, minor: int) -> str:
        return money(minor, self.case.currency, self.case.places, home=self.at.home)

    def decided(self, form: Form, **more: object) -> Decided | None:
        move = Move(action=ACTIONS[form], actor=self.at.side, message=".")
        return foresee(self.case, msgspec.structs.replace(move, **more), self.at.now)

    def panel(self, form: Form) -> Panel | None:
        match form:
            case Form.NOTE:
                return self._note()
            case Form.OFFER:
                return self._offer()
            case Form.ASSIGN:
                return None
            case _:
                decided = self.decided(form)
                return None if decided is None else _PANELS[form](self, decided)

    def accept(self, decided: Decided) -> Panel:
        amount = refunded_minor(decided)
        says = [
            _("Refunds %(amount)s to %(method)s and closes the case.", amount=self.money(amount), method=self.method)
        ]
        if amount < self.case.amount_minor:
            says.append(_("The rest of %(whole)s has been refunded before.", whole=self.money(self.case.amount_minor)))
        says += self._offer_ends()
        says.append(_("The customer is told at once. You cannot take it back."))
        return Panel(
            form=Form.ACCEPT,
            label=_("Accept") if self.offer is None else _("Refund in full"),
            title=_("Accept and refund"),
            says=tuple(says),
            button=_("Refund %(amount)s", amount=self.money(amount)),
            message_label=_("Message to the customer (optional)"),
            takes_files=True,
            amount_minor=amount,
            may_end_membership=self.case.ended_at is None,
            blocked=self._over_limit(amount),
        )

    def deny(self, decided: Decided) -> Panel:
        says = [_("Closes the case without a refund."), self._appealable(decided)]
        says += self._offer_ends()
        return Panel(
            form=Form.DENY,
            label=_("Deny"),
            title=_("Deny the claim"),
            says=tuple(says),
            button=_("Deny without a refund"),
            message_label=_("Why you deny it"),
            message_hint=_("The customer reads this, and the platform if there is an appeal."),
            message_required=True,
            takes_files=True,
        )

    def request_info(self, decided: Decided) -> Panel:
        most = self.case.policy.info_requests_max
        left = most - self.case.requests_used
        due = decided.state.response_due_at
        counted = ngettext(
            "%(n)s of %(most)s requests is left.", "%(n)s of %(most)s requests are left.", left, most=most
        )
        if due is None:
            says = [_("The customer’s time to answer starts when the bank dispute has ended."), counted]
        else:
            until = _("The customer has until %(at)s to answer.", at=day_and_time(due))
            says = [until, _("Without an answer the case closes in your favor."), counted]
        says += self._offer_ends()
        return Panel(
            form=Form.REQUEST_INFO,
            label=_("Request info"),
            title=_("Request more information"),
            says=tuple(says),
            button=_("Ask the customer"),
            message_label=_("What do you need to know?"),
            takes_files=True,
        )

    def accept_offer(self, decided: Decided) -> Panel:
        amount, remedy = refunded_minor(decided), self.offer and self.offer.remedy
        if amount:
            shown = self.money(amount)
            says = [_("Refunds %(amount)s to %(method)s and settles the case.", amount=shown, method=self.method)]
            button = _("Refund %(amount)s", amount=shown)
        else:
            says = [_("Settles the case without a refund.")]
            button = _("Accept and settle")
        if remedy:
            says.append(_("You promise: “%(remedy)s”.", remedy=remedy))
            says.append(self._appealable(decided))
        says.append(_("The customer is told at once."))
        return Panel(
            form=Form.ACCEPT_OFFER,
            label=_("Accept %(amount)s", amount=self.money(amount)) if amount else _("Accept the proposal"),
            title=_("Accept what the customer proposes"),
            says=tuple(says),
            button=button,
            message_label=_("Message to the customer (optional)"),
            offer_pid=None if self.offer is None else self.offer.pid,
            amount_minor=amount or None,
            blocked=self._over_limit(amount),
        )

    def decline_offer(self, decided: Decided) -> Panel:
        says = [_("The case stays open, and it stays your turn.")]
        if decided.state.response_due_at is not None:
            at = day_and_time(decided.state.response_due_at)
            says = [_("The case stays open. You have until %(at)s to answer the claim.", at=at)]
        return Panel(
            form=Form.DECLINE_OFFER,
            label=_("Decline"),
            title=_("Decline what the customer proposes"),
            says=tuple(says),
            button=_("Decline the proposal"),
            message_label=_("Message to the customer (optional)"),
            offer_pid=None if self.offer is None else self.offer.pid,
        )

    def withdraw_offer(self, decided: Decided) -> Panel:
        due = decided.state.response_due_at
        then = _("Then it is your turn again.")
        if due is not None:
            then = _("Then it is your turn, until %(at)s.", at=day_and_time(due))
        return Panel(
            form=Form.WITHDRAW_OFFER,
            label=_("Withdraw offer"),
            title=_("Withdraw your offer"),
            says=(_("The customer can no longer accept it."), then),
            button=_("Withdraw the offer"),
            message_label=_("Message to the customer (optional)"),
            offer_pid=None if self.offer is None else self.offer.pid,
        )

    def appeal(self, decided: Decided) -> Panel:
        says = [_("Asks the platform to look again. Its next decision is final.")]
        if decided.state.response_due_at is not None:
            says.append(_("Expect it by %(at)s.", at=day_and_time(decided.state.response_due_at)))
        if self.case.appeal_due_at is not None:
            says.append(_("You can appeal until %(at)s, once.", at=day_and_time(self.case.appeal_due_at)))
        return Panel(
            form=Form.APPEAL,
            label=_("Appeal"),
            title=_("Appeal the decision"),
            says=tuple(says),
            button=_("Send the appeal"),
            message_label=_("Why the decision should change"),
            message_required=True,
            takes_files=True,
        )

    def reply(self, decided: Decided) -> Panel:
        says = [_("Both sides and the platform read it. Then the platform goes on with its review.")]
        if decided.state.response_due_at is not None:
            says.append(_("Expect its decision by %(at)s.", at=day_and_time(decided.state.response_due_at)))
        return Panel(
            form=Form.REPLY,
            label=_("Reply"),
            title=_("Reply to the platform"),
            says=tuple(says),
            button=_("Send the reply"),
            message_label=_("Your reply"),
            placeholder=_("Answer what the platform asks…"),
            message_required=True,
            takes_files=True,
        )

    def comment(self, _decided: Decided) -> Panel:
        most = self.case.policy.comments_max
        left = most - self.case.merchant_comments
        counted = ngettext(
            "%(n)s of %(most)s comments is left.", "%(n)s of %(most)s comments are left.", left, most=most
        )
        return Panel(
            form=Form.COMMENT,
            label=_("Comment"),
            title=_("Comment"),
            says=(_("The customer reads it. Nobody’s turn changes."), counted),
            button=_("Send comment"),
            message_label=_("Comment"),
            placeholder=_("Write to the customer…"),
            message_required=True,
            takes_files=True,
        )

    def _note(self) -> Panel:
        return Panel(
            form=Form.NOTE,
            label=_("Internal note"),
            title=_("Internal note"),
            says=(_("Only your team reads it."),),
            button=_("Save note"),
            message_label=_("Internal note"),
            placeholder=_("Write to your team…"),
            message_required=True,
            takes_files=True,
        )

    def _offer(self) -> Panel | None:
        decided = self.decided(Form.OFFER, terms=OfferTerms(remedy="."))
        if decided is None:
            return None
        case = self.case
        most = case.policy.offers_max
        left = most - case.merchant_offers
        says = [_("When the customer accepts, the case is settled and exactly this is refunded.")]
        says += self._offer_ends()
        says.append(
            ngettext("%(n)s of %(most)s offers is left.", "%(n)s of %(most)s offers are left.", left, most=most)
        )
        return Panel(
            form=Form.OFFER,
            label=_("Make an offer"),
            title=_("Make an offer"),
            says=tuple(says),
            button=_("Send the offer"),
            message_label=_("Message to the customer (optional)"),
            takes_files=True,
            offer=self._terms(),
        )

    def _offer_ends(self) -> list[str]:
        """Say which open offer the move would end, if there is one."""
        if self.offer is None:
            return []
        amount = None if self.offer.amount_minor is None else self.money(self.offer.amount_minor)
        is_own = self.offer.maker is Actor.MERCHANT
        if amount is None:
            return [_("Your open offer ends.") if is_own else _("The customer’s proposal ends.")]
        if is_own:
            return [_("Your offer of %(amount)s ends.", amount=amount)]
        return [_("The customer’s proposal of %(amount)s ends.", amount=amount)]

    def _terms(self) -> OfferFields:
        case, policy = self.case, self.case.policy
        refundable = case.refundable_minor
        left = None if self.at.limit_minor is None else self.at.limit_minor - spent_minor(case)
        most = max(0, refundable - 1 if left is None else min(refundable - 1, left))
        if left is not None and left < refundable - 1:
            bounds = self._limit_words()
        else:
            bounds = _("More than nothing, less than %(whole)s.", whole=self.money(refundable))
        expiries = tuple(self._expiry(days) for days in range(policy.offer_min_days, policy.offer_max_days + 1))
        return OfferFields(
            currency=case.currency.upper(),
            places=case.places,
            most_minor=most,
            bounds=bounds,
            whole=self.money(refundable),
            expiries=expiries,
        )

    def _expiry(self, days: int) -> Expiry:
        end = self.at.now + timedelta(days=days)
        return Expiry(days, day_and_time(end), day(end), days == self.case.policy.offer_days)

    def _over_limit(self, amount: int) -> str:
        limit = self.at.limit_minor
        if limit is None or amount <= limit - spent_minor(self.case):
            return ""
        return self._limit_words()

    def _limit_words(self) -> str:
        return _("Above your limit of %(amount)s: ask an admin.", amount=self.money(self.at.limit_minor or 0))

    def _appealable(self, decided: Decided) -> str:
        until = decided.state.appeal_due_at
        if until is not None:
            return _("The customer can appeal until %(at)s.", at=day_and_time(until))
        if decided.state.paused_left_ms is not None:
            return _("The customer can appeal once the bank dispute has ended.")
        return _("Nobody can appeal any more.")


_PANELS: Final = {
    Form.ACCEPT: PanelWords.accept,
    Form.DENY: PanelWords.deny,
    Form.REQUEST_INFO: PanelWords.request_info,
    Form.ACCEPT_OFFER: PanelWords.accept_offer,
    Form.DECLINE_OFFER: PanelWords.decline_offer,
    Form.WITHDRAW_OFFER: PanelWords.withdraw_offer,
    Form.APPEAL: PanelWords.appeal,
    Form.REPLY: PanelWords.reply,
    Form.COMMENT: PanelWords.comment,
}
