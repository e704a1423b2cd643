"""What the sides of the demo's cases write to each other where the claim matters: by verb, then by reason. Pure.

A text that names a fact fits the reason that it is under; texts for every reason are in `sentences`.
"""

from collections.abc import Container, Mapping, Sequence

from amends.demo import sentences as words
from amends.demo.catalogue import Form
from amends.demo.market import Sale
from amends.demo.scripts import Actor, Step
from amends.kit.money import exponent, major_text

EXCHANGES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "request_info": {
        "fraudulent": ("Hello {name}, when did you notice it, and has your bank given you a reference for it?",),
        "product_not_received": (
            "Hi {name}, thank you for writing. Could you send a screenshot of what you see when you open {product}?",
            "Sorry about this. Which e-mail address did you use to join? We find none under the one on the payment.",
        ),
        "not_as_described": ("Could you tell us which part of the page you mean? One sentence is enough.",),
        "product_unacceptable": ("Could you say where exactly that happens? A short list of places is enough.",),
        "subscription_canceled": ("Please send us the confirmation of your cancellation, if you still have it.",),
        "duplicate": ("Could you send the last lines of both entries on your statement, without the card number?",),
        "credit_not_processed": ("Could you forward the message in which we promised it? We look for it, too.",),
    },
    "reply": {
        "fraudulent": ("I noticed it on my statement, and the bank has a report. They told me to ask you first.",),
        "product_not_received": (
            "I have tried two browsers and my phone. It is the same everywhere: no access.",
            "I have asked at the door and in the house: nobody has seen anything of it.",
            "I joined with this address and with no other. There is no second account.",
        ),
        "not_as_described": ("I mean the list at the top of the page, right under the price.",),
        "product_unacceptable": ("It is the same in the first five, and I gave up after that.",),
        "subscription_canceled": ("I have copied the confirmation here: “Your subscription will not be renewed.”",),
        "duplicate": ("Both entries have your name, the same amount and the same day.",),
        "credit_not_processed": ("It said: “You will see the money on your card within ten days.”",),
    },
    "deny": {
        "fraudulent": ("The payment was confirmed in your bank’s app, so your bank has checked that it was you.",),
        "product_not_received": (
            "The invitation went to your address on {date}, and it was not returned to us. It still works.",
            "Your access works, {name}: we have tried it, and the steps to open it are in our e-mail.",
            "{product} went out to you on {date}, and it was taken in at your address.",
        ),
        "not_as_described": ("What you describe is on the page, under “What you get”. We gladly help with it.",),
        "product_unacceptable": (
            "We have checked what you name, and it works here on every device that we have.",
            "We have checked what you name, and found {product} as it should be when it left us.",
        ),
        "subscription_canceled": (
            "The cancellation came after the deadline for this renewal. You keep your access until the period ends.",
        ),
        "duplicate": (
            "Both payments are wanted: the second one extended your access, as you had asked us for.",
            "Both payments are wanted: these are two orders, and both have been delivered.",
        ),
        "credit_not_processed": ("We did not promise this refund: we wrote that we would look into it, and we did.",),
    },
    "accept": {
        "duplicate": ("We found the second payment and have returned it.",),
        "subscription_canceled": ("Your cancellation is here, we had missed it. The renewal goes back to you.",),
        "credit_not_processed": ("You are right, we had promised it. It is on its way now.",),
    },
    "customer_appeal": {
        "fraudulent": ("The address was mine, but somebody else was in my account. The bank has confirmed it by now.",),
        "product_not_received": (
            "The log shows my failed attempts to get in. I have never seen the inside.",
            "What was sent in has neither my name nor my signature on it. I have received nothing.",
        ),
        "not_as_described": ("Please compare the page with what I got. Nobody has answered that so far.",),
        "product_unacceptable": (
            "It has been checked on one device only. It fails on all others that I tried.",
            "Nobody has looked at the pictures that I sent. They show what is wrong with it.",
        ),
        "subscription_canceled": ("Nobody asked me about the confirmation of my cancellation, which settles it.",),
        "duplicate": ("I have never asked for a second period. Please show me where I did.",),
        "credit_not_processed": ("I have the message with the promise. Nobody has asked me for it.",),
    },
}

_NAMES: Mapping[tuple[Actor, str], str] = {
    (Actor.CUSTOMER, "comment"): "customer_comment",
    (Actor.CUSTOMER, "appeal"): "customer_appeal",
    (Actor.MERCHANT, "comment"): "merchant_comment",
    (Actor.MERCHANT, "appeal"): "merchant_appeal",
    (Actor.MERCHANT, "reply"): "merchant_reply",
    (Actor.MERCHANT, "decline_offer"): "decline_counter",
}
_TEXTS: Mapping[str, Sequence[str]] = {
    **words.ANSWERS,
    **words.REPLIES,
    **words.ASKS,
    "note": words.NOTES,
    "request_info": (
        "Thank you, {name}. One thing is still open: did anything change on your side since you wrote to us?",
        "Thank you, that helps. What would settle this for you: the money, or that we put it right?",
    ),
    "reply": (
        "Nothing has changed since I wrote. I would like this to be settled now, please.",
        "I have told you all that I know. Please look at it once more.",
    ),
}
"""For every reason, and for whoever has said already what the claim calls for."""


def texts_of(step: Step, reason: str, form: Form, said: Container[str] = ()) -> Sequence[str]:
    """Return the texts that fit a step on a case with such a reason and product, and were not said on it before.

    None: it goes without words.
    """
    name = _NAMES.get((step.actor, step.verb), step.verb)
    if step.verb == "ask":
        name = f"ask_{step.options['of']}"
    elif step.actor is Actor.CUSTOMER and step.verb == "decline_offer" and "share" in step.options:
        name = "counter"
    banks = (EXCHANGES.get(name, {}).get(reason, ()), _TEXTS.get(name, ()))
    fitting = [[text for text in bank if words.suits(text, form)] for bank in banks]
    fresh = ([text for text in bank if text not in said] for bank in fitting)
    return next(filter(None, fresh), next(filter(None, fitting), []))


def values_of(sale: Sale) -> Mapping[str, str]:
    """Return what a text may name."""
    currency = sale.product.currency
    return {
        "product": sale.product.title,
        "name": sale.customer.person.name.split(" ")[0],
        "customer_name": sale.customer.person.name,
        "account": sale.account.title,
        "amount": f"{major_text(sale.amount_minor, exponent(currency))} {currency.upper()}",
        "date": f"{sale.paid_at:%-d %B}",
    }
