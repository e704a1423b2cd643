"""The forms of a case's page as data: which there are, what each one shows, and what comes back from a browser.

No SQL and no words; `case_acting` fills the panels, `pages_acting` reads the forms.
"""

from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from amends.cases.review_fields import Asked, DecisionFields
from amends.cases.states import Action


class Form(StrEnum):
    """The forms of a case's page, by the word in their address."""

    ACCEPT = "accept"
    DENY = "deny"
    REQUEST_INFO = "request-info"
    OFFER = "offer"
    ACCEPT_OFFER = "accept-offer"
    DECLINE_OFFER = "decline-offer"
    COUNTER_OFFER = "counter-offer"
    WITHDRAW_OFFER = "withdraw-offer"
    ESCALATE = "escalate"
    APPEAL = "appeal"
    WITHDRAW = "withdraw"
    REPLY = "reply"
    COMMENT = "comment"
    NOTE = "note"
    ASSIGN = "assign"
    DECIDE = "decide"
    ASK = "ask"


class Look(NamedTuple):
    """How a form is reached: its icon, its key, and the look of its button."""

    icon: str
    key: str = ""
    kind: str = "plain"


LOOKS: Final = {
    Form.ACCEPT: Look("circle-check", "a", "primary"),
    Form.DENY: Look("circle-x", "d"),
    Form.REQUEST_INFO: Look("message-circle-question", "r"),
    Form.OFFER: Look("hand-coins", "o"),
    Form.ACCEPT_OFFER: Look("circle-check", "y", "primary"),
    Form.DECLINE_OFFER: Look("ban", "n"),
    Form.COUNTER_OFFER: Look("hand-coins"),
    Form.WITHDRAW_OFFER: Look("undo-2", "w"),
    Form.ESCALATE: Look("scale"),
    Form.WITHDRAW: Look("undo-2"),
    Form.APPEAL: Look("scale", "p", "primary"),
    Form.REPLY: Look("send", "r", "primary"),
    Form.COMMENT: Look("message-square", "c"),
    Form.NOTE: Look("sticky-note", "i"),
    Form.DECIDE: Look("gavel", "d", "primary"),
    Form.ASK: Look("message-circle-question", "r"),
}
ACTIONS: Final = {
    Form.ACCEPT: Action.ACCEPT,
    Form.DENY: Action.DENY,
    Form.REQUEST_INFO: Action.REQUEST_INFO,
    Form.OFFER: Action.MAKE_OFFER,
    Form.ACCEPT_OFFER: Action.ACCEPT_OFFER,
    Form.DECLINE_OFFER: Action.DECLINE_OFFER,
    Form.COUNTER_OFFER: Action.DECLINE_OFFER,
    Form.WITHDRAW_OFFER: Action.WITHDRAW_OFFER,
    Form.ESCALATE: Action.ESCALATE,
    Form.WITHDRAW: Action.WITHDRAW,
    Form.APPEAL: Action.APPEAL,
    Form.REPLY: Action.REPLY,
    Form.COMMENT: Action.COMMENT,
    Form.NOTE: Action.NOTE,
    Form.ASSIGN: Action.ASSIGN,
    Form.DECIDE: Action.DECIDE,
    Form.ASK: Action.ASK,
}
BAR: Final = (
    Form.ACCEPT_OFFER, Form.ACCEPT, Form.DECLINE_OFFER, Form.OFFER, Form.REQUEST_INFO, Form.DENY, Form.WITHDRAW_OFFER,
    Form.APPEAL,
)  # fmt: skip
"""The forms of the merchant's bar, in its order; the others stand below the timeline."""
OF_OFFERS: Final = {
    "accept": Form.ACCEPT_OFFER,
    "decline": Form.DECLINE_OFFER,
    "counter": Form.COUNTER_OFFER,
    "withdraw": Form.WITHDRAW_OFFER,
}
"""The forms about one offer, by the last word of their address."""


class Expiry(NamedTuple):
    """How long an offer may stay open."""

    days: int
    until: str
    day: str
    """The last day, without the time."""
    is_usual: bool


class OfferFields(msgspec.Struct, frozen=True, kw_only=True):
    """What an offer may be."""

    currency: str
    places: int
    most_minor: int
    """Zero: no amount is possible, only a remedy in words."""
    bounds: str
    """The bounds of the amount in words."""
    whole: str
    """All that is refundable, written out."""
    expiries: tuple[Expiry, ...]


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """One form: what it is called, what it does, and what it asks."""

    form: Form
    label: str
    """On the bar."""
    title: str
    says: tuple[str, ...]
    """What will happen, before it happens."""
    button: str
    message_label: str | None = None
    """None: the form takes no message."""
    placeholder: str = ""
    message_hint: str = ""
    message_required: bool = False
    takes_files: bool = False
    offer: OfferFields | None = None
    offer_pid: str | None = None
    amount_minor: int | None = None
    """What the button promises to refund."""
    may_end_membership: bool = False
    decision: DecisionFields | None = None
    """What a decision of the platform may be."""
    asks: tuple[Asked, ...] = ()
    """Whom the platform can ask."""
    blocked: str = ""
    """Why this person may not, though the case allows it."""

    @property
    def look(self) -> Look:
        """Return icon, key and kind of button."""
        return LOOKS[self.form]

    @property
    def guards_version(self) -> bool:
        """Tell whether the form is refused when the case has changed since it was read."""
        return self.form not in {Form.COMMENT, Form.NOTE}

    @property
    def post_path(self) -> str:
        """Return where the form goes, below the path of the page."""
        if self.offer_pid is None:
            return self.form.value
        return f"offers/{self.offer_pid}/{self.form.value.removesuffix('-offer')}"


class CaseForm(msgspec.Struct, frozen=True, kw_only=True):
    """What every form may bring."""

    version: int | None = None
    """The version of the case that was read."""
    token: str | None = None
    """Made with the page, so that a button pressed twice acts once."""
    message: str | None = None
    attachment: list[str] = []
    """Files that are there already."""
    reply: str | None = None
    """A saved reply to insert."""
    insert: bool = False
    """The reply is to be inserted; nothing is sent yet."""


class AcceptForm(CaseForm, frozen=True, kw_only=True):
    """Accept: the amount that the button showed, and whether the membership ends."""

    amount_minor: int | None = None
    end_membership: bool = False


class OfferForm(CaseForm, frozen=True, kw_only=True):
    """An offer: money as it was typed, a remedy in words, or both."""

    amount: str | None = None
    remedy: str | None = None
    days: int | None = None


class CounterForm(CaseForm, frozen=True, kw_only=True):
    """A customer's answer to an offer: what they would take instead, money as it was typed, words, or both."""

    amount: str | None = None
    remedy: str | None = None


class AssignForm(CaseForm, frozen=True, kw_only=True):
    """Who looks after the case; None: nobody."""

    assignee: str | None = None
