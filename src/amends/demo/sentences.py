"""What the people of the demo write. `{product}`, `{name}`, `{amount}`, `{date}` and `{account}` are filled in."""

import random
from collections.abc import Mapping

OPENING: Mapping[str, tuple[str, ...]] = {
    "fraudulent": (
        "I did not make this payment. My card was used without my knowledge, I have never heard of {account}.",
        "There is a charge of {amount} from {account} on my statement and nobody in my family recognises it.",
        "My card details were stolen last week and this is one of four payments that are not mine.",
    ),
    "product_not_received": (
        "I paid for {product} on {date} and still have no access. The link in the e-mail says that it has expired.",
        "Nothing arrived. I checked spam, wrote to support twice and got no answer.",
        "The download of {product} stops at 12 % every time, on two computers. I have never been able to open it.",
        "I was promised an invite to the Discord within an hour. It has been days.",
    ),
    "not_as_described": (
        "{product} was described as live weekly sessions. There was one in five weeks, the rest is recordings.",
        "The page says 35 files for commercial use. There are 21, and the licence says personal use only.",
        "The sales page promised one-to-one feedback. What I got is a template with someone else's name in it.",
        "The page says beginner level. By the second lesson you need three years of experience.",
    ),
    "product_unacceptable": (
        "The audio in half of the lessons is unusable, there is a loud hum from minute three on.",
        "Files are corrupt. My software reports errors in 14 of them. Screenshot attached.",
        "The host insulted members on the call and was drunk. I do not want to be associated with this.",
        "The print came with a fold across the middle. Photo attached.",
        "Most links in {product} are dead and the comments have been closed.",
    ),
    "subscription_canceled": (
        "I cancelled {product} and was charged {amount} again anyway. Please refund the renewal.",
        "I cancelled the day after the renewal because I had forgotten about it. I have not used it since.",
        "Cancelled in the app on {date}, got the confirmation, still charged. I attach the e-mail.",
        "I asked support three times to end my membership. Nobody did, and now another month has been taken.",
    ),
    "duplicate": (
        "I was charged twice for {product}, a few minutes apart. I only need one.",
        "The first payment looked like it had failed, so I paid again. Now both went through.",
        "Two payments of {amount} on the same day. Please give back the second.",
    ),
    "credit_not_processed": (
        "You promised a refund on {date}. It is not on my card.",
        "Your support wrote that {amount} would be back within ten days. That was a month ago.",
        "I sent the print back, tracking says that it was delivered, but the money has not come.",
    ),
}

NATIVE: Mapping[str, Mapping[str, str]] = {
    "es": {
        "fraudulent": "No reconozco este cargo de {amount}. Alguien usó mi tarjeta.",
        "not_as_described": "El curso no es lo que se anunciaba: faltan cuatro de los seis módulos.",
    },
    "de": {
        "fraudulent": "Diese Zahlung über {amount} ist nicht von mir. Bitte zurückbuchen.",
        "not_as_described": "Die Beschreibung verspricht 40 × 60 cm, geliefert wurde 30 × 45 cm.",
        "subscription_canceled": "Ich hatte rechtzeitig gekündigt, trotzdem wurde verlängert.",
        "credit_not_processed": "Man hat mir die Rückerstattung schriftlich zugesagt, angekommen ist nichts.",
    },
    "ar": {
        "fraudulent": "لم أقم بهذه العملية. الرجاء إعادة المبلغ إلى بطاقتي.",
        "subscription_canceled": "ألغيت الاشتراك قبل التجديد ومع ذلك تم خصم {amount}.",
        "product_not_received": "دفعت {amount} ولم أستلم أي شيء حتى الآن.",
    },
    "fr": {
        "product_not_received": "J’ai payé {amount} et je n’ai toujours rien reçu.",
        "product_unacceptable": "La qualité n’est pas à la hauteur : exports en basse résolution, filigrane visible.",
        "duplicate": "Paiement en double : j’ai cliqué deux fois car la page ne répondait plus.",
        "reply": "Voici la capture d’écran. Merci de votre aide.",
    },
    "ja": {
        "product_not_received": "購入してから一度もアクセスできていません。招待メールも届きません。",
        "not_as_described": "説明と内容がかなり違います。サポートは英語のみで、返信もありません。",
        "subscription_canceled": "解約したはずなのに、また請求されています。返金をお願いします。",
        "duplicate": "同じ商品が2回決済されています。片方を返金してください。",
        "reply": "スクリーンショットを添付します。よろしくお願いします。",
    },
    "ru": {
        "product_not_received": "Заплатил {amount}, доступа так и нет. Поддержка молчит.",
    },
    "he": {
        "subscription_canceled": "ביטלתי את המנוי לפני החידוש ובכל זאת חויבתי.",
        "not_as_described": "מה שקיבלתי שונה לגמרי ממה שתואר.",
    },
    "ko": {
        "product_not_received": "결제했지만 아직 이용할 수 없습니다. 확인 부탁드립니다.",
    },
}
"""By locale: what somebody writes in their own language, by reason or verb."""

ANSWERS: Mapping[str, tuple[str, ...]] = {
    "request_info": (
        "Hi {name}, thank you for writing. Could you send a screenshot of what you see when you open {product}?",
        "Sorry about this. Which e-mail address did you use to join? We find no access under the one on the payment.",
        "Please tell us the date on which you cancelled, and attach the confirmation if you have it.",
        "Could you say which of the files are affected? A list of names is enough.",
        "Hello {name}, was this card lost or stolen? If the bank gave you a reference, please add it.",
    ),
    "accept": (
        "You are right, this should not have happened. Your money is on its way.",
        "Refunded in full. Sorry for the trouble, {name}.",
        "We found the second payment and have returned it.",
        "Thank you for your patience. We refund the {amount} and have closed your access.",
        "",
    ),
    "deny": (
        "Our log shows that you opened {product} many times after paying, so we cannot refund it.",
        "The refund policy that you accepted at checkout ends 14 days after the purchase, which have passed.",
        "You cancelled after the renewal. Notice is needed before it; you keep your access until the period ends.",
        "The files were downloaded in full on the day of the purchase. We are happy to help with opening them.",
        "Hi {name}, both payments are for different products, so neither is a duplicate.",
    ),
    "make_offer": (
        "We think that a part is fair: you used about half of it. Would this settle the matter for you?",
        "The first weeks were delivered as described, the rest was not. We offer to return the difference.",
        "We cannot take the whole back, but we would like to meet you half-way.",
        "Sorry about the broken files. Here is what we can do today.",
    ),
    "remedy": (
        "Two months free on top of the current period.",
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
        "We attach the delivery confirmation. The customer's own account downloaded every file.",
    ),
    "merchant_appeal": (
        "The product was up all week, and the log shows the customer inside it on four days. Please look again.",
        "The customer has in the meantime posted publicly that they still use the files. Screenshot attached.",
    ),
    "decline_counter": (
        "We cannot go that high for something that was used for three weeks.",
        "Thank you, but our offer from before is what we can do.",
    ),
}

REPLIES: Mapping[str, tuple[str, ...]] = {
    "reply": (
        "Here is the screenshot. It is the same in two browsers.",
        "I joined with this address and with no other. There is no second account.",
        "I cancelled on the 3rd, the confirmation is attached.",
        "It affects every file in the second folder. The first folder opens.",
        "The bank has blocked the card. They told me to ask you first.",
    ),
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
    "customer_appeal": (
        "The log that you rely on shows my failed attempts to sign in. I attach what I see on my side.",
        "The remedy that was promised has never come. I waited two weeks.",
        "I was not asked about the cancellation e-mail, which settles the question. Here it is.",
    ),
}

DECISIONS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "customer_won": (
        (
            "not_delivered",
            "We found no sign that you could use what you paid for, so the payment goes back to you.",
            "The log shows failed attempts to sign in and no use. Delivery could not be shown.",
        ),
        (
            "not_as_described",
            "What was delivered differs from the page in a way that matters. You get the money back.",
            "The page promised what was not part of the product. Please correct it to avoid further cases.",
        ),
        (
            "canceled_in_time",
            "Your cancellation reached the merchant in time. The renewal should not have been charged.",
            "The cancellation is in your own log two days before the deadline.",
        ),
    ),
    "merchant_won": (
        (
            "delivered_and_used",
            "The log shows regular use after the payment. We therefore do not refund it.",
            "The evidence shows delivery and use. No refund is taken.",
        ),
        (
            "canceled_too_late",
            "The cancellation came after the deadline that the checkout page states. Your access goes on.",
            "The notice period was clear and accepted at checkout.",
        ),
    ),
}

ASKS: Mapping[str, tuple[str, ...]] = {
    "ask_merchant": (
        "Please send the access log for the two weeks after the payment, and the product page as of that day.",
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
