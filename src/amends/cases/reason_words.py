"""The texts to both sides with which the catalogue of reasons begins, so that they are translated. Words only.

They stand in the migration that fills the catalogue; a test holds both to each other. A text that the platform has
changed is no longer one of these: it gives its own for each language.
"""

from collections.abc import Mapping
from typing import Any, Final

from amends.web.text import lazy

DECISION_TEXTS: Final[Mapping[str, tuple[Any, Any]]] = {
    "not_delivered": (
        lazy(
            "We looked at everything that you and {account} sent us. Nothing shows that you received {product}, "
            "or that you could use it. We therefore decided in your favor."
        ),
        lazy(
            "We found no record that {product} reached the customer: no confirmed delivery, and no use after the "
            "payment. Without such a record we decide for the customer."
        ),
    ),
    "delivered_in_part": (
        lazy(
            "A part of {product} did not reach you, and {account} has not made up for it. You get back what is "
            "missing; what you did receive stays paid."
        ),
        lazy(
            "Only a part of {product} was delivered. The refund covers what is missing, and you keep the rest of "
            "the payment."
        ),
    ),
    "not_as_described": (
        lazy(
            "We compared {product} with how it was offered when you bought it. It differs in a way that matters, "
            "so we decided in your favor."
        ),
        lazy(
            "The offer of {product} promised something that the customer did not get. Please correct the "
            "description, so that others are not disappointed."
        ),
    ),
    "unusable": (
        lazy(
            "{product} does not work as it should, and you gave {account} the chance to put it right. We "
            "therefore decided in your favor."
        ),
        lazy(
            "The customer has shown that {product} does not work, and it was not repaired or replaced in "
            "reasonable time."
        ),
    ),
    "canceled_in_time": (
        lazy(
            "Your cancellation came in time. The renewal of {product} should not have been charged, so we decided"
            " in your favor."
        ),
        lazy("The cancellation came before the deadline of the plan, so the renewal should not have been charged."),
    ),
    "unclear_terms": (
        lazy(
            "Before you paid, it was not stated clearly enough what you agreed to. We therefore decided in your favor."
        ),
        lazy(
            "Nothing shows that the customer saw and accepted these terms before the payment. Please state them "
            "at checkout and keep a record of it."
        ),
    ),
    "duplicate": (
        lazy("You paid for {product} twice. We decided that the second payment goes back to you."),
        lazy("This is a second payment for the same purchase. The first one is not touched."),
    ),
    "credit_not_processed": (
        lazy(
            "{account} had promised you a refund that did not arrive. We decided in your favor, so that it is made now."
        ),
        lazy("You had promised this refund, or your own policy gives a right to it, and it was not made."),
    ),
    "not_authorized": (
        lazy(
            "We believe that somebody else made this payment. We decided in your favor. Please change your "
            "password, and tell your bank if your card is no longer in your hands."
        ),
        lazy(
            "The payment was not made by the owner of the card or account. A refund now spares you a dispute at "
            "the bank."
        ),
    ),
    "merchant_silent": (
        lazy(
            "{account} did not answer in time, and nothing speaks against what you told us. We therefore decided "
            "in your favor."
        ),
        lazy(
            "We did not hear from you in time. Without your side we decide on what is there, and that supports "
            "the customer."
        ),
    ),
    "delivered_and_used": (
        lazy(
            "We looked at everything that you and {account} sent us. The log shows that {product} was delivered "
            "and used after the payment. We therefore do not refund it."
        ),
        lazy("The log shows delivery and use after the payment. We decided in your favor."),
    ),
    "as_described": (
        lazy(
            "We compared {product} with how it was offered when you bought it. It is what was promised, even if "
            "you hoped for something else. We therefore do not refund it."
        ),
        lazy("{product} is what was offered. We decided in your favor."),
    ),
    "canceled_too_late": (
        lazy(
            "Your cancellation came after the deadline that was stated when you bought {product}. The payment for"
            " this period stands, and your access goes on until it ends."
        ),
        lazy(
            "The deadline was stated and accepted before the payment, and the cancellation came later. We decided"
            " in your favor."
        ),
    ),
    "outside_refund_policy": (
        lazy(
            "You accepted the refund policy of {account} before you paid, and it does not cover this. We "
            "therefore do not refund it."
        ),
        lazy(
            "The customer accepted your refund policy before the payment, and the claim is outside of it. We "
            "decided in your favor."
        ),
    ),
    "claim_not_shown": (
        lazy(
            "We could not confirm what you told us by what we have, and {account} has shown its side. We "
            "therefore do not refund this payment."
        ),
        lazy("What you sent supports your side, and the claim could not be confirmed. We decided in your favor."),
    ),
    "customer_silent": (
        lazy(
            "We asked you for something that we needed, and did not hear from you in time. Without it we cannot "
            "confirm the claim."
        ),
        lazy("The customer did not answer our question in time. We decided in your favor."),
    ),
    "already_made_good": (
        lazy("{account} has already put this right, so nothing is left to refund."),
        lazy("You have already put this right. We decided in your favor."),
    ),
    "goodwill": (
        lazy(
            "We could not find that {account} did anything wrong, but we understand your disappointment. This is on us."
        ),
        lazy("You did nothing wrong. We settle this case at our own cost, and nothing is taken from you."),
    ),
    "nothing_new": (
        lazy(
            "We looked at the case again. The appeal brought nothing that changes the first decision, so it "
            "stands. This decision is final."
        ),
        lazy(
            "We looked at the case again. The appeal brought nothing that changes the first decision, so it "
            "stands. This decision is final."
        ),
    ),
    "new_evidence": (
        lazy(
            "We looked at the case again. We learned something that we did not know at the first decision, and it"
            " changes the outcome. This decision is final."
        ),
        lazy(
            "We looked at the case again. We learned something that we did not know at the first decision, and it"
            " changes the outcome. This decision is final."
        ),
    ),
}
"""By code: to the customer, to the merchant."""
