"""What the demo's customers claim: a text with the answers to the form's questions that say the same. Pure data.

Days are told by words that `story` turns into dates: `before` and `after` lie around the payment, `lately` shortly
before the case was opened; `canceled` is the day of the member's own log.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec


class Day(StrEnum):
    """A day that an answer names."""

    PAID = "paid"
    BEFORE = "before"
    AFTER = "after"
    LATELY = "lately"
    CANCELED = "canceled"


class Claim(msgspec.Struct, frozen=True):
    """Words and answers that fit together."""

    text: str
    answers: Mapping[str, Any]
    is_late: bool = False
    """Of a cancellation: after the renewal, so that the customer cannot win by it."""


def _canceled(how: str, day: Day = Day.CANCELED, *, used: bool = False) -> dict[str, Any]:
    return {"canceled_on": day, "canceled_how": how, "used": used}


_TWICE = {"other_payment_on": Day.PAID, "times_charged": 2}
_NOTHING = {"received": "nothing", "expected_on": Day.PAID}
_LOCKED_OUT = {"received": "no_access", "expected_on": Day.PAID}
_REPORTED = {"card_reported": True, "noticed_on": Day.LATELY}
_NOT_REPORTED = {"card_reported": False, "noticed_on": Day.LATELY}

CLAIMS: Mapping[str, tuple[Claim, ...]] = {
    "fraudulent": (
        Claim("I did not make this payment. My bank has blocked the card, I have never heard of {account}.", _REPORTED),
        Claim(
            "There is a charge of {amount} from {account} on my statement and nobody in my family recognizes it.",
            _NOT_REPORTED,
        ),
        Claim(
            "My card details were stolen last week and this is one of four payments that are not mine. The bank knows.",
            _REPORTED,
        ),
    ),
    "product_not_received": (
        Claim(
            "I paid for {product} on {date} and still have no access. The link in the e-mail says that it has expired.",
            _LOCKED_OUT,
        ),
        Claim("Nothing arrived. I checked spam, wrote to support twice and got no answer.", _NOTHING),
        Claim(
            "The download of {product} stops at 12 % every time, on two computers. I have only ever had a part of it.",
            {"received": "part", "expected_on": Day.PAID},
        ),
        Claim("I was promised an invite within an hour. It has been days, and I have heard nothing.", _NOTHING),
    ),
    "not_as_described": (
        Claim(
            "{product} was described as live weekly sessions. There was one in five weeks, the rest is recordings.",
            {"difference": "One live session instead of five", "used": True},
        ),
        Claim(
            "The page says 35 files for commercial use. There are 21, and the license says personal use only.",
            {"difference": "Files are missing, and the license is another one", "used": False},
        ),
        Claim(
            "The sales page promised one-to-one feedback. What I got is a template with someone else’s name in it.",
            {"difference": "A template instead of feedback of my own", "used": False},
        ),
        Claim(
            "{product} does less than half of what the page lists under “What you get”. I tried for days.",
            {"difference": "Less than half of what is listed", "used": True},
        ),
        Claim(
            "What I got is not the {product} that the page shows. Name and price are the only things they share.",
            {"difference": "Something else than what is shown", "used": False},
        ),
        Claim(
            "The page says beginner level. By the second lesson you need three years of experience.",
            {"difference": "It is for experts, not for beginners", "used": True},
        ),
    ),
    "product_unacceptable": (
        Claim(
            "The audio in half of the lessons is unusable, there is a loud hum from minute three on.",
            {"problem": "quality", "returned": False},
        ),
        Claim(
            "Files are corrupt. My software reports errors in 14 of them.", {"problem": "defective", "returned": False}
        ),
        Claim(
            "The host insulted members on the call. I do not want to be associated with this and have left.",
            {"problem": "conduct", "returned": True},
        ),
        Claim(
            "The print has a crease right across it and a torn corner. I have sent it back, with tracking.",
            {"problem": "damaged", "returned": True},
        ),
        Claim(
            "{product} has never worked for me as it should. I have written down each attempt, and gave up.",
            {"problem": "quality", "returned": False},
        ),
        Claim(
            "Most links in {product} are dead and the comments have been closed.",
            {"problem": "defective", "returned": False},
        ),
    ),
    "subscription_canceled": (
        Claim("I canceled {product} and was charged {amount} again anyway. Please refund the renewal.",
              _canceled("app")),
        Claim("I canceled by e-mail before the renewal, got the confirmation, and was still charged.",
              _canceled("email")),
        Claim("I asked support to end my membership. They said yes, and now another month has been taken.",
              _canceled("support")),
        Claim(
            "I canceled the day after the renewal because I had forgotten about it. I have not used it since.",
            _canceled("app", Day.AFTER), is_late=True,
        ),
    ),
    "duplicate": (
        Claim("I was charged twice for {product}, a few minutes apart. I only need one.", _TWICE),
        Claim("The first payment looked like it had failed, so I paid again. Now both went through.", _TWICE),
        Claim("Two payments of {amount} on the same day. Please give back the second.", _TWICE),
    ),
    "credit_not_processed": (
        Claim(
            "Your support promised me a refund in the chat. It is not on my card.",
            {"promised_on": Day.LATELY, "promised_how": "support"},
        ),
        Claim(
            "You wrote to me that {amount} would be back within ten days. That time is long over.",
            {"promised_on": Day.LATELY, "promised_how": "email"},
        ),
        Claim(
            "I gave back what I had bought, you confirmed it by e-mail, but the money has not come.",
            {"promised_on": Day.LATELY, "promised_how": "email", "returned": True},
        ),
    ),
}  # fmt: skip

LONG: Mapping[str, Any] = _LOCKED_OUT
"""What the long text says: it is about access that never worked."""
LONG_REASON = "product_not_received"

NATIVE: Mapping[str, Mapping[str, Claim]] = {
    "es": {
        "fraudulent": Claim("No reconozco este cargo de {amount}. Alguien usó mi tarjeta; el banco ya la bloqueó.",
                            _REPORTED),
        "not_as_described": Claim(
            "El curso no es lo que se anunciaba: faltan cuatro de los seis módulos.",
            {"difference": "Faltan cuatro de los seis módulos", "used": True},
        ),
        "product_not_received": Claim(
            "Pagué {amount} el mismo día y todavía no puedo entrar. El enlace del correo dice que ha caducado.",
            _LOCKED_OUT,
        ),
        "product_unacceptable": Claim(
            "El sonido se corta en casi todas las lecciones; así no se puede seguir.",
            {"problem": "quality", "returned": False},
        ),
        "subscription_canceled": Claim("Cancelé en la aplicación antes de la renovación y me han cobrado igual.",
                                       _canceled("app")),
        "duplicate": Claim("Me han cobrado dos veces {amount} con pocos minutos de diferencia.", _TWICE),
        "credit_not_processed": Claim(
            "Me prometieron por correo que devolverían el dinero y no ha llegado nada.",
            {"promised_on": Day.LATELY, "promised_how": "email"},
        ),
    },
    "de": {
        "fraudulent": Claim("Diese Zahlung über {amount} ist nicht von mir. Bitte zurückbuchen.", _NOT_REPORTED),
        "not_as_described": Claim(
            "Die Beschreibung verspricht 40 Lektionen, es sind nur 23.",
            {"difference": "23 statt 40 Lektionen", "used": True},
        ),
        "subscription_canceled": Claim(
            "Ich hatte rechtzeitig per E-Mail gekündigt, trotzdem wurde verlängert.", _canceled("email")
        ),
        "credit_not_processed": Claim(
            "Man hat mir die Rückerstattung schriftlich zugesagt, angekommen ist nichts.",
            {"promised_on": Day.LATELY, "promised_how": "email"},
        ),
    },
    "ar": {
        "fraudulent": Claim("لم أقم بهذه العملية. الرجاء إعادة المبلغ إلى بطاقتي.", _NOT_REPORTED),
        "subscription_canceled": Claim("ألغيت الاشتراك قبل التجديد ومع ذلك تم خصم {amount}.", _canceled("app")),
        "product_not_received": Claim("دفعت {amount} ولم أستلم أي شيء حتى الآن.", _NOTHING),
    },
    "fr": {
        "product_not_received": Claim("J’ai payé {amount} et je n’ai toujours rien reçu.", _NOTHING),
        "product_unacceptable": Claim(
            "La qualité n’est pas à la hauteur : exports en basse résolution, filigrane visible.",
            {"problem": "quality", "returned": False},
        ),
        "duplicate": Claim("Paiement en double : j’ai cliqué deux fois car la page ne répondait plus.", _TWICE),
    },
    "ja": {
        "product_not_received": Claim("購入してから一度もアクセスできていません。", _LOCKED_OUT),
        "not_as_described": Claim(
            "説明と内容がかなり違います。サポートは英語のみで、返信もありません。",
            {"difference": "サポートが英語のみ", "used": True},
        ),
        "subscription_canceled": Claim("アプリで解約したのに、また請求されています。", _canceled("app")),
        "duplicate": Claim("同じ商品が2回決済されています。片方を返金してください。", _TWICE),
    },
    "ru": {
        "product_not_received": Claim("Заплатил {amount}, доступа так и нет. Поддержка молчит.", _LOCKED_OUT),
    },
    "he": {
        "subscription_canceled": Claim("ביטלתי את המנוי באפליקציה לפני החידוש ובכל זאת חויבתי.", _canceled("app")),
        "not_as_described": Claim(
            "מה שקיבלתי שונה לגמרי ממה שתואר.", {"difference": "תוכן אחר לגמרי", "used": False}
        ),
    },
    "ko": {
        "product_not_received": Claim("결제했지만 아직 이용할 수 없습니다. 확인 부탁드립니다.", _LOCKED_OUT),
    },
}  # fmt: skip
"""By locale: what somebody claims in their own language."""

WISHES: tuple[str, ...] = (
    "A working copy would be enough.",
    "I would like to change to another product of the same price.",
    "Please give me access until I can use all of it.",
)
"""What who wants something else than money writes."""

CODES: Mapping[str, Mapping[str, str]] = {
    "customer_won": {
        "fraudulent": "not_authorized",
        "product_not_received": "not_delivered",
        "not_as_described": "not_as_described",
        "product_unacceptable": "unusable",
        "subscription_canceled": "canceled_in_time",
        "duplicate": "duplicate",
        "credit_not_processed": "credit_not_processed",
    },
    "merchant_won": {
        "fraudulent": "claim_not_shown",
        "product_not_received": "claim_not_shown",
        "not_as_described": "as_described",
        "product_unacceptable": "delivered_and_used",
        "subscription_canceled": "canceled_too_late",
        "duplicate": "claim_not_shown",
        "credit_not_processed": "already_made_good",
    },
}
"""The reason of the platform's catalogue that fits, by outcome and claim."""
CODES_OF_SCRIPTS: Mapping[str, str] = {
    "decided after silence": "merchant_silent",
    "decided in part": "delivered_in_part",
    "decided for the customer, platform pays": "goodwill",
    "decided for the merchant, with goodwill": "goodwill",
    "customer's appeal won": "new_evidence",
    "customer's appeal lost": "nothing_new",
}
"""Where the course of the case says more than the claim."""
CODES_OF_ANSWERS: Mapping[str, str] = {"upheld": "nothing_new", "reversed": "new_evidence"}
"""To a merchant's appeal."""


def code_of(script: str, reason: str, outcome: str | None, answer: str | None) -> str:
    """Return the reason of a decision."""
    if answer is not None:
        return CODES_OF_ANSWERS[answer]
    return CODES_OF_SCRIPTS.get(script) or CODES[outcome or "customer_won"][reason]
