"""What the people of the demo write. `{product}`, `{name}`, `{amount}`, `{date}` and `{account}` are filled in."""

import random
from collections.abc import Mapping

from amends.demo.catalogue import Form

_NOT_PRINTED = frozenset(Form) - {Form.PRINT}
_LIVE = frozenset({Form.LESSONS, Form.ROOM})
_FILES = frozenset({Form.FILES, Form.SOFTWARE})
_PRINTED = frozenset({Form.PRINT})
_TAUGHT = frozenset({Form.LESSONS})

TELLING: Mapping[str, frozenset[Form]] = {
    "lesson": _TAUGHT, "beginner": _TAUGHT, "módulos": _TAUGHT, "lecciones": _TAUGHT, "Lektionen": _TAUGHT,
    "session": _LIVE | {Form.SERVICE}, "weekly": _LIVE, "host": _LIVE, "first weeks": _LIVE, "second half": _LIVE,
    "feedback": frozenset({Form.LESSONS, Form.SERVICE}), "up all week": _LIVE | {Form.SOFTWARE},
    "invit": _LIVE | {Form.SERVICE}, "comments": _LIVE, "two months free": frozenset({Form.ROOM}),
    "files": _FILES, "file.": _FILES, "download": _FILES, "my software": _FILES, "exports": _FILES,
    "courier": _PRINTED, "parcel": _PRINTED, "print": _PRINTED, "crease": _PRINTED,
    "access": _NOT_PRINTED, "link": _NOT_PRINTED, "invite": _LIVE, "used about half": _LIVE, "device": _NOT_PRINTED,
    "log ": _NOT_PRINTED, "when you open": _NOT_PRINTED, "browsers": _NOT_PRINTED, "never worked": _NOT_PRINTED,
    "still use": _FILES,
}  # fmt: skip
"""Words that are only said of some products."""

NATIVE: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "fr": {
        "reply": (
            "Merci de votre réponse. Rien n’a changé depuis mon message.",
            "Je vous ai tout dit. Je vous prie de regarder encore une fois.",
        ),
    },
    "es": {
        "reply": (
            "Gracias por responder. Todo sigue igual que cuando les escribí.",
            "Ya les he contado todo lo que sé. Por favor, mírenlo otra vez.",
        ),
        "comment": ("¿Hay alguna novedad? No he tenido respuesta desde mi primer mensaje.",),
        "escalate": ("No nos ponemos de acuerdo. Pido que la plataforma lo revise.",),
        "appeal": ("No se tuvo en cuenta lo que envié. Por favor, vuelvan a mirarlo.",),
        "decline_offer": ("Gracias, pero no es suficiente para lo que pagué.",),
        "withdraw": ("Ya está resuelto, gracias.",),
    },
    "ja": {
        "reply": (
            "ご返信ありがとうございます。状況は変わっていません。",
            "お伝えできることはすべてお話ししました。もう一度ご確認ください。",
        ),
    },
}
"""By locale: what somebody answers in their own language, by verb. Claims are in `claims`."""

ANSWERS: Mapping[str, tuple[str, ...]] = {
    "accept": (
        "You are right, this should not have happened. Your money is on its way.",
        "Refunded in full. Sorry for the trouble, {name}.",
        "Thank you for your patience. We refund the {amount} and have closed your access.",
        "",
    ),
    "make_offer": (
        "We think that a part is fair: you used about half of it. Would this settle the matter for you?",
        "The first weeks were delivered as described, the rest was not. We offer to return the difference.",
        "We cannot take the whole back, but we would like to meet you half-way.",
        "Sorry about the broken files. Here is what we can do today.",
    ),
    "remedy": (
        "Two months free, on top of the current period.",
        "A new print, sent by courier this week, and you keep the first one.",
        "A swap for any other product of the same price.",
        "A private 45-minute session to go through everything that was missing.",
    ),
    "merchant_comment": (
        "We are looking into this with the team and answer in full by tomorrow.",
        "A note for you both: the host is ill, the missed sessions will be made up in the coming two weeks.",
        "The courier confirms that the parcel is on its way back to us.",
    ),
    "merchant_reply": (
        "Here is the access log for the days after the payment, and the cancellation record from our side.",
        "As asked: the product page as it was on the day of the purchase, with the text about the notice period.",
        "The customer's own account downloaded every file. We attach the list.",
        "We attach what we have about this purchase, in the order in which it happened.",
    ),
    "merchant_appeal": (
        "The product was up all week, and the log shows the customer inside it on four days. Please look again.",
        "The customer has in the meantime posted publicly that they still use the files. Screenshot attached.",
        "What we sent in was not looked at: it shows that {name} got what was paid for. Please look again.",
    ),
    "decline_counter": (
        "We cannot go that high for something that was used for three weeks.",
        "Thank you, but our offer from before is what we can do.",
    ),
}

REPLIES: Mapping[str, tuple[str, ...]] = {
    "customer_comment": (
        "Is there any news?",
        "For completeness: my colleague bought the same and has the same problem.",
        "I tried the new link this morning. Still nothing.",
    ),
    "counter": (
        "I would settle for a little more than that, as I could not use the second half at all.",
        "Make it this and we are done.",
    ),
    "decline_offer": (
        "No, thank you. I have not been able to use it for a single day.",
        "That is not enough for what was missing.",
    ),
    "withdraw": (
        "It works now, support sorted it out. Thank you!",
        "My partner made this purchase, I did not know. Sorry.",
        "",
    ),
    "escalate": (
        "We are going in circles. Please have somebody neutral look at it.",
        "",
    ),
}

ASKS: Mapping[str, tuple[str, ...]] = {
    "ask_merchant": (
        "Please send the access log for the two weeks after the payment, and the product page as of that day.",
        "Please send what you have about this purchase, and the product page as of that day.",
        "Did the cancellation reach you before the renewal? Please attach your record of it.",
    ),
    "ask_customer": (
        "Please send the confirmation of your cancellation, with its date and time visible.",
        "Which files could you open, and which not? A short list helps us to decide.",
    ),
}

NOTES = (
    "Third case on this product this week, told the host.",
    "Regular customer for more than a year, be generous.",
    "Checked with the payment provider: two authorisations, one click apart.",
    "Waiting for the courier's answer before we reply.",
)

_LONG = (
    "I will describe it in order, because the short version was not understood the last two times.",
    "On the day of the purchase I followed the link from the confirmation and reached a page that asked me to sign in.",
    "I signed in with the address to which the confirmation had been sent, and the page told me that I had no access.",
    "I tried a private window, another browser, my phone on mobile data and my partner's laptop, always the same.",
    "Support answered after two days with a list of things to try, all of which I had already described in my message.",
    "I went through the list again anyway, and wrote down the exact time and result of every attempt.",
    "In the second week I was told that the problem was known and that it would be solved by the week-end.",
    "It was not, and on Monday my account showed a different product altogether, one that costs a third of this one.",
    "I do not want a discount on something else, and I do not want another month of something that I cannot open.",
    "I have kept every e-mail and can send them all, with full headers if that helps anyone to find the mistake.",
    "To be fair, the one live session that I could attend, as a guest of a friend, was very good.",
    "That is exactly why I bought it, and why I waited so long before I opened this case.",
)


def suits(text: str, form: Form) -> bool:
    """Tell whether a text can be said of such a product."""
    lowered = text.lower()
    return all(form in forms for word, forms in TELLING.items() if word.lower() in lowered)


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put the values in their places."""
    for key, value in values.items():
        text = text.replace("{" + key + "}", value)
    return text


def long_text(rng: random.Random, length: int = 4000) -> str:
    """Return a message of exactly `length` characters, in paragraphs."""
    text = ""
    while len(text) < length:
        paragraph = " ".join(rng.sample(_LONG, rng.randint(3, 6)))
        text += paragraph + "\n\n"
    return text[: length - 1].rstrip().ljust(length - 1, "…") + "."
