"""Which function performs which row of the transition table."""

from collections.abc import Callable
from typing import Final

from amends.cases import outcomes_platform as platform
from amends.cases import outcomes_sides as sides
from amends.cases import outcomes_system as system
from amends.cases.moves import Decided
from amends.cases.situation import Situation
from amends.cases.states import Action


def _answer_counter_offer(s: Situation) -> Decided:
    return sides.accept_offer(s) if s.move.action is Action.ACCEPT_OFFER else sides.decline_offer(s)


OUTCOMES: Final[dict[int, Callable[[Situation], Decided]]] = {
    1: sides.open_case,
    2: sides.accept,
    3: sides.deny,
    4: sides.request_info,
    5: sides.make_offer,
    6: sides.accept_offer,
    7: sides.decline_offer,
    8: _answer_counter_offer,
    9: sides.withdraw_offer,
    10: sides.reply,
    11: sides.reply,
    12: sides.comment,
    13: sides.escalate,
    14: sides.escalate,
    15: sides.escalate,
    16: system.expire_customer,
    17: platform.ask,
    18: platform.decide_case,
    19: sides.appeal,
    20: sides.appeal,
    21: sides.withdraw,
    22: system.review_overdue,
    23: system.dispute_opened,
    24: system.dispute_closed,
    25: system.refunded_elsewhere,
    26: system.settlement_changed,
    27: sides.remark,
}
