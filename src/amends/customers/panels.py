"""What a customer may do on a case, in words and amounts: what each form is called, and what it will lead to.

Consequences come from the lifecycle by `case_foresight`; nothing here decides what is possible.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from amends.cases.case_foresight import foresee, open_offer, refunded_minor, state_of
from amends.cases.case_forms import ACTIONS, Form, OfferFields, Panel
from amends.cases.moves import Decided, Move, OfferTerms
from amends.cases.page_text import plain_name
from amends.cases.states import Action, Actor, Outcome, Status
from amends.cases.words import payment_method
from amends.customers.queries_case import OwnCase
from amends.web.text import _, day_and_time, money, ngettext

FORMS: Final = (
    Form.ACCEPT_OFFER, Form.REPLY, Form.APPEAL, Form.COUNTER_OFFER, Form.DECLINE_OFFER, Form.WITHDRAW_OFFER,
    Form.ESCALATE, Form.COMMENT, Form.WITHDRAW,
)  # fmt: skip
"""Everything that a customer may do, what matters most first."""
MAIN: Final = (Form.ACCEPT_OFFER, Form.REPLY, Form.APPEAL)
"""What a case waits for, or what ends a disagreement."""
BESIDE: Final = (Form.COUNTER_OFFER, Form.DECLINE_OFFER, Form.COMMENT, Form.ESCALATE)
BESIDE_MAX: Final = 2


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """How the forms are reached: one button that stands out, two beside it, the others behind one more."""

    main: Panel | None
    beside: tuple[Panel, ...]
    rest: tuple[Panel, ...]


def bar_of(panels: Sequence[Panel]) -> Bar:
    """Return how forms are reached."""
    main = next((panel for panel in panels if panel.form in MAIN), None)
    wanted = [form for form in BESIDE if main is None or form is not Form.COMMENT]
    by_form = {panel.form: panel for panel in panels}
    beside = tuple(by_form[form] for form in wanted if form in by_form)[:BESIDE_MAX]
    rest = tuple(panel for panel in panels if panel is not main and panel not in beside)
    return Bar(main=main, beside=beside, rest=rest)


def own_panels(case: OwnCase, actions: Sequence[Action], now: datetime) -> tuple[Panel, ...]:
    """Return the forms of everything that can be done now."""
    words = _PanelWords(case, now)
    made = (words.panel(form) for form in FORMS if ACTIONS[form] in actions)
    return tuple(panel for panel in made if panel is not None)


class _PanelWords:
    def __init__(self, case: OwnCase, now: datetime) -> None:
        self.case = case
        self.now = now
        self.merchant = plain_name(case.account_title)
        self.offer = open_offer(case)

    def money(self, minor: int) -> str:
        return money(minor, self.case.currency, self.case.places)

    def panel(self, form: Form) -> Panel | None:
        terms = OfferTerms(remedy=".") if form is Form.COUNTER_OFFER else None
        move = Move(action=ACTIONS[form], actor=Actor.CUSTOMER, message=".", terms=terms)
        decided = foresee(self.case, move, self.now)
        return None if decided is None else _PANELS[form](self, decided)

    @property
    def offer_pid(self) -> str | None:
        return None if self.offer is None else self.offer.pid

    def accept_offer(self, decided: Decided) -> Panel:
        minor, remedy = refunded_minor(decided), self.offer.remedy if self.offer else None
        method = payment_method(self.case.payment_method_type, self.case.card_brand, self.case.card_last4)
        says: list[str] = []
        if minor:
            says.append(_("You get %(amount)s back to %(method)s.", amount=self.money(minor), method=method))
        if remedy:
            says.append(_("%(merchant)s promises: “%(remedy)s”.", merchant=self.merchant, remedy=plain_name(remedy)))
        says.append(_("The case is settled and closes. You cannot ask for more on this purchase afterwards."))
        if decided.state.appeal_due_at is not None:
            at = day_and_time(decided.state.appeal_due_at)
            says.append(_("If they do not keep it, you can ask the platform to step in until %(at)s.", at=at))
        amount, shut = self.money(minor), _("Accept and close the case")
        return Panel(
            form=Form.ACCEPT_OFFER,
            label=_("Accept %(amount)s", amount=amount) if minor else _("Accept the offer"),
            title=_("Accept the offer"),
            says=tuple(says),
            button=_("Accept %(amount)s and close the case", amount=amount) if minor else shut,
            message_label=_("Message to %(merchant)s (optional)", merchant=self.merchant),
            offer_pid=self.offer_pid,
            amount_minor=minor or None,
        )

    def decline_offer(self, decided: Decided) -> Panel:
        return Panel(
            form=Form.DECLINE_OFFER,
            label=_("Decline"),
            title=_("Decline the offer"),
            says=(_("The offer ends. The case stays open."), self._their_turn(decided)),
            button=_("Decline the offer"),
            message_label=_("Why it does not settle it for you (optional)"),
            offer_pid=self.offer_pid,
        )

    def counter_offer(self, decided: Decided) -> Panel:
        left = self.case.policy.offers_max - state_of(self.case).customer_offers
        return Panel(
            form=Form.COUNTER_OFFER,
            label=_("Suggest something else"),
            title=_("Suggest something else"),
            says=(
                _("You decline their offer and say what would settle it for you."),
                _("If %(merchant)s accepts it, the case is settled and closes.", merchant=self.merchant),
                self._their_turn(decided),
                ngettext("You have %(n)s suggestion left.", "You have %(n)s suggestions left.", left),
            ),
            button=_("Send the suggestion"),
            message_label=_("Message to %(merchant)s (optional)", merchant=self.merchant),
            offer=self._fields(),
            offer_pid=self.offer_pid,
        )

    def _fields(self) -> OfferFields:
        refundable = self.case.refundable_minor
        return OfferFields(
            currency=self.case.currency.upper(),
            places=self.case.places,
            most_minor=max(0, refundable - 1),
            bounds=_("Less than %(whole)s, which is all that can be paid back.", whole=self.money(refundable)),
            whole=self.money(refundable),
            expiries=(),
        )

    def withdraw_offer(self, decided: Decided) -> Panel:
        return Panel(
            form=Form.WITHDRAW_OFFER,
            label=_("Take my suggestion back"),
            title=_("Take your suggestion back"),
            says=(
                _("%(merchant)s can no longer accept it. The case stays open.", merchant=self.merchant),
                self._their_turn(decided),
            ),
            button=_("Take it back"),
            message_label=_("Message to %(merchant)s (optional)", merchant=self.merchant),
            offer_pid=self.offer_pid,
        )

    def _their_turn(self, decided: Decided) -> str:
        due = decided.state.response_due_at
        if due is None:
            return _("Then it is their turn.")
        return _("Then it is their turn, until %(at)s.", at=day_and_time(due))

    def reply(self, decided: Decided) -> Panel:
        to_platform = decided.state.status is Status.UNDER_REVIEW
        due = decided.state.response_due_at
        says = [_("%(merchant)s and the platform read your answer.", merchant=self.merchant)]
        if not to_platform:
            says.append(self._their_turn(decided))
        elif due is not None:
            says.append(_("Then the platform goes on. Expect its decision by %(at)s.", at=day_and_time(due)))
        return Panel(
            form=Form.REPLY,
            label=_("Answer"),
            title=_("Your answer"),
            says=tuple(says),
            button=_("Send the answer"),
            message_label=_("Your answer"),
            message_required=True,
            takes_files=True,
        )

    def comment(self, _decided: Decided) -> Panel:
        left = self.case.policy.comments_max - state_of(self.case).customer_comments
        counted = ngettext("You can add %(n)s more message.", "You can add %(n)s more messages.", left)
        return Panel(
            form=Form.COMMENT,
            label=_("Add something"),
            title=_("Add something"),
            says=(
                _("%(merchant)s and the platform read it. Nothing else changes.", merchant=self.merchant),
                counted,
            ),
            button=_("Send it"),
            message_label=_("What you want to add"),
            message_required=True,
            takes_files=True,
        )

    def escalate(self, decided: Decided) -> Panel:
        due = decided.state.response_due_at
        says = [
            _("The platform reads everything that both of you wrote, and decides."),
            _("Offers between you and %(merchant)s end with this.", merchant=self.merchant),
        ]
        if due is not None:
            says.append(_("Expect its decision by %(at)s.", at=day_and_time(due)))
        return Panel(
            form=Form.ESCALATE,
            label=_("Ask the platform to step in"),
            title=_("Ask the platform to step in"),
            says=tuple(says),
            button=_("Ask the platform to step in"),
            message_label=_("What the platform should know (optional)"),
            takes_files=True,
        )

    def appeal(self, decided: Decided) -> Panel:
        due, until = decided.state.response_due_at, self.case.appeal_due_at
        says = [_("The platform looks at everything. What it decides then is final.")]
        if due is not None:
            says.append(_("Expect its decision by %(at)s.", at=day_and_time(due)))
        if until is not None:
            says.append(_("You can ask for this once, until %(at)s.", at=day_and_time(until)))
        # What was settled was never decided: the platform steps in because a promise was not kept.
        is_broken = self.case.outcome is Outcome.SETTLED
        name = _("Ask the platform to step in") if is_broken else _("Ask for a second look")
        return Panel(
            form=Form.APPEAL,
            label=name,
            title=name,
            says=tuple(says),
            button=name,
            message_label=_("What was not kept") if is_broken else _("Why the result should change"),
            message_hint=_(
                "Say what was not seen or not understood. %(merchant)s reads it too.", merchant=self.merchant
            ),
            message_required=True,
            takes_files=True,
        )

    def withdraw(self, _decided: Decided) -> Panel:
        return Panel(
            form=Form.WITHDRAW,
            label=_("Close my case"),
            title=_("Close your case"),
            says=(
                _("The case ends without a refund."),
                _("It cannot be opened again, and there can be no other case on this purchase."),
            ),
            button=_("Close it without a refund"),
            message_label=_("Message to %(merchant)s (optional)", merchant=self.merchant),
        )


_PANELS: Final = {
    Form.ACCEPT_OFFER: _PanelWords.accept_offer,
    Form.DECLINE_OFFER: _PanelWords.decline_offer,
    Form.COUNTER_OFFER: _PanelWords.counter_offer,
    Form.WITHDRAW_OFFER: _PanelWords.withdraw_offer,
    Form.REPLY: _PanelWords.reply,
    Form.COMMENT: _PanelWords.comment,
    Form.ESCALATE: _PanelWords.escalate,
    Form.APPEAL: _PanelWords.appeal,
    Form.WITHDRAW: _PanelWords.withdraw,
}
