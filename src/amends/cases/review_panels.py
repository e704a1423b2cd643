"""The forms of a review in words and amounts: what each way to decide leads to, before it is decided. Pure.

What a decision leads to is asked of the lifecycle, so that a panel promises what the command will do.
"""

from collections.abc import Mapping, Sequence

import msgspec

from amends.cases import lifecycle
from amends.cases.case_foresight import Standpoint, refunded_minor, state_of
from amends.cases.case_forms import Form, Panel
from amends.cases.errors import CaseError
from amends.cases.moves import CreditIntended, Decided, Move
from amends.cases.page_rows import CaseRow
from amends.cases.page_timeline import Item
from amends.cases.reasons import ReasonCode
from amends.cases.review_fields import Asked, Choice, DecisionFields, Evidence, EvidenceFile, ReasonChoice, Way
from amends.cases.states import Action, Actor, CaseRefunds, Dispute
from amends.cases.words import payment_method
from amends.payments.states import RefundState
from amends.web.text import _, day_and_time, money

EXCERPT_CHARS = 140
_ON_APPEAL = (Choice.UPHELD, Choice.REVERSED)
_AT_FIRST = (Choice.CUSTOMER_MERCHANT, Choice.CUSTOMER_PLATFORM, Choice.MERCHANT, Choice.MERCHANT_PLATFORM)


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """What a reviewer decides with."""

    reasons: Sequence[ReasonCode]
    evidence: Sequence[Evidence]
    not_yours: str = ""
    """Why the reader does not decide this appeal; empty: they may."""
    override_hint: str = ""
    """What they write a note for, to decide it after all; empty: they need none."""
    languages: Mapping[str, str] = {}
    """By text, in which language its reader reads it."""


class ReviewWords:
    """Puts the forms of one review into words."""

    def __init__(self, case: CaseRow, at: Standpoint, bench: Bench) -> None:
        self.case = case
        self.at = at
        self.bench = bench
        self.method = payment_method(case.payment_method_type, case.card_brand, case.card_last4)

    def money(self, minor: int) -> str:
        return money(minor, self.case.currency, self.case.places, home=self.at.home)

    def decide(self) -> Panel:
        case = self.case
        choices = _ON_APPEAL if case.merchant_appealed else _AT_FIRST
        is_final = case.customer_appealed or case.merchant_appealed
        return Panel(
            form=Form.DECIDE,
            label=_("Decide"),
            title=_("Decide the appeal") if is_final else _("Decide the case"),
            says=(),
            button=_("Decide and close the case"),
            blocked=self.bench.not_yours,
            decision=DecisionFields(
                ways=tuple(self._way(choice) for choice in choices),
                currency=case.currency.upper(),
                places=case.places,
                most_minor=case.refundable_minor,
                whole=self.money(case.refundable_minor),
                is_home=case.currency == self.at.home,
                reasons=tuple(self._reason(reason) for reason in self.bench.reasons if not reason.is_retired),
                evidence=tuple(self.bench.evidence),
                languages=self.bench.languages,
                is_final=is_final,
                override_hint=self.bench.override_hint,
            ),
        )

    def ask(self) -> Panel:
        return Panel(
            form=Form.ASK,
            label=_("Ask"),
            title=_("Ask a side"),
            says=(_("Both sides read the question and the answer. Then the case comes back to the review."),),
            button=_("Send the question"),
            message_label=_("What do you need to know?"),
            message_required=True,
            takes_files=True,
            asks=tuple(self._asked(side) for side in (Actor.CUSTOMER, Actor.MERCHANT)),
        )

    def _asked(self, side: Actor) -> Asked:
        decided = self._foresee(Move(action=Action.ASK, actor=Actor.PLATFORM, message=".", ask_of=side))
        due = None if decided is None else decided.state.response_due_at
        name = self.case.name or self.case.username or _("The customer")
        until = "" if due is None else _("until %(at)s", at=day_and_time(due))
        return Asked(side=side.value, name=name if side is Actor.CUSTOMER else self.case.account_title, until=until)

    def _reason(self, reason: ReasonCode) -> ReasonChoice:
        return ReasonChoice(code=reason.code, title=reason.words, when_to_use=reason.when_to_use, fits=reason.fits)

    def _way(self, choice: Choice) -> Way:
        decided = self._foresee(
            Move(
                action=Action.DECIDE,
                actor=Actor.PLATFORM,
                outcome=choice.outcome,
                payer=choice.payer,
                answer=choice.answer,
            )
        )
        title, detail = self._title(choice)
        if decided is None:
            return Way(choice=choice, title=title, detail=detail, money="", says=(), button="", blocked=self._why())
        return Way(
            choice=choice,
            title=title,
            detail=detail,
            money=self._money(choice),
            says=(*self._follows(choice, decided), self._appeal(decided)),
            button=self._button(choice, decided),
        )

    def _foresee(self, move: Move) -> Decided | None:
        """Return what a move leads to; None: it is not possible now."""
        case = self.case
        try:
            return lifecycle.decide(
                state_of(case),
                move,
                now=self.at.now,
                policy=case.policy,
                refundable_minor=case.refundable_minor,
                refunds=self._refunds(),
            )
        except CaseError:
            return None

    def _refunds(self) -> CaseRefunds:
        """Return how far the case's own refunds are, as far as the page knows."""
        sums = dict.fromkeys(RefundState, 0)
        in_flight = 0
        for refund in self.case.refunds:
            sums[refund.state] += refund.amount_minor
            in_flight += refund.amount_minor if refund.state is RefundState.PENDING and refund.tries else 0
        return CaseRefunds(
            succeeded_minor=sums[RefundState.SUCCEEDED],
            in_flight_minor=in_flight,
            unsent_minor=sums[RefundState.PENDING] - in_flight + sums[RefundState.ON_HOLD],
            failed_minor=sums[RefundState.FAILED],
        )

    def _title(self, choice: Choice) -> tuple[str, str]:
        match choice:
            case Choice.CUSTOMER_MERCHANT:
                return _("For the customer"), _("the merchant pays")
            case Choice.CUSTOMER_PLATFORM:
                return _("For the customer"), _("the platform pays")
            case Choice.MERCHANT:
                return _("For the merchant"), _("no refund")
            case Choice.MERCHANT_PLATFORM:
                return _("For the merchant"), _("the platform refunds as goodwill")
            case Choice.UPHELD:
                return _("Uphold"), _("the first decision stands")
            case Choice.REVERSED:
                return _("Reverse"), _("the merchant wins the appeal")

    def _money(self, choice: Choice) -> str:
        """Return what moves, with `{amount}` where the amount stands."""
        if not choice.moves_money:
            return ""
        words = {"amount": "{amount}", "method": self.method, "account": self.case.account_title}
        if choice is Choice.CUSTOMER_MERCHANT:
            return _("Refunds %(amount)s to %(method)s from the balance of %(account)s.", **words)
        return _("Refunds %(amount)s to %(method)s at the platform’s cost; %(account)s pays nothing.", **words)

    def _follows(self, choice: Choice, decided: Decided) -> list[str]:
        if choice.moves_money:
            return [_("Closes the case.")]
        if choice is Choice.MERCHANT:
            return [_("Closes the case without a refund.")]
        paid = self.money(sum(r.amount_minor for r in self.case.refunds if r.state is not RefundState.CANCELED))
        account = self.case.account_title
        if choice is Choice.UPHELD:
            return [
                _(
                    "The customer keeps %(amount)s, and %(account)s bears it. No money moves.",
                    amount=paid,
                    account=account,
                )
            ]
        credit = _credit(decided)
        if not credit:
            return [_("The refund of %(amount)s has not gone yet and is canceled.", amount=paid)]
        given = self.money(credit)
        return [
            _(
                "The customer keeps the money. The platform credits %(amount)s to %(account)s.",
                amount=given,
                account=account,
            )
        ]

    def _appeal(self, decided: Decided) -> str:
        until, account = decided.state.appeal_due_at, self.case.account_title
        if until is None:
            if decided.state.paused_left_ms is not None:
                return _("It can be appealed once the bank dispute has ended.")
            return _("This is final: nobody can appeal.")
        if decided.state.refund is not None and decided.event.data.get("outcome") == "customer_won":
            return _("%(account)s can appeal until %(at)s.", account=account, at=day_and_time(until))
        return _("The customer can appeal until %(at)s.", at=day_and_time(until))

    def _button(self, choice: Choice, decided: Decided) -> str:
        if choice.moves_money:
            return _("Refund %(amount)s and close the case", amount="{amount}")
        if choice is Choice.MERCHANT:
            return _("Close the case without a refund")
        if choice is Choice.UPHELD:
            return _("Uphold the decision")
        credit = _credit(decided)
        if not credit:
            return _("Reverse and cancel the refund")
        return _("Reverse and credit %(amount)s", amount=self.money(credit))

    def _why(self) -> str:
        if self.case.dispute is Dispute.OPEN:
            return _("Not now: the customer’s bank is looking into this payment, so no money moves.")
        return _("Not possible: nothing is left to refund on this payment.")


def _credit(decided: Decided) -> int:
    return sum(effect.amount_minor for effect in decided.effects if isinstance(effect, CreditIntended))


def evidence_of(items: Sequence[Item]) -> list[Evidence]:
    """Return what a decision can rely on, oldest first."""
    return [
        Evidence(
            pid=item.pid,
            who=item.who,
            sentence=item.sentence,
            excerpt=excerpt_of(item),
            files=tuple(EvidenceFile(pid=file.pid, name=file.name) for file in item.files),
            at=item.at,
        )
        for item in items
        if not item.is_internal
    ]


def excerpt_of(item: Item, most: int = EXCERPT_CHARS) -> str:
    """Return how what was written begins, in one line."""
    words = " ".join(piece.text for text in item.texts for line in text.lines for piece in line)
    line = " ".join(words.split())
    return line if len(line) <= most else f"{line[:most].rstrip()}…"


def decided_words(decided: Decided, *, currency: str, places: int, home: str) -> str:
    """Say what a decision has done."""
    minor = refunded_minor(decided)
    if not minor:
        return _("Decided. The case is closed.")
    amount = money(minor, currency, places, home=home)
    return _("Decided. The refund of %(amount)s is on its way, and the case is closed.", amount=amount)
