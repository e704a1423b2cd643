"""What the mails about a withdrawal say. Called while the receiver is the reader.

The customer's is the acknowledgement of receipt on a durable medium that Directive 2011/83/EU, Article 11a (4) asks
for: what was stated, and the date and time at which it came in.
"""

from amends.cases.words import payment_method
from amends.notifications.mails import Button, Fact, Letter, Quote
from amends.web.text import _, day, full_time, money
from amends.withdrawals.rules import REPAID_WITHIN
from amends.withdrawals.statements import Received


def confirmation(it: Received, *, url: str) -> Letter:
    """Confirm to the customer that the withdrawal came in."""
    purchase, amount = it.purchase, money(it.amount_minor, it.purchase.currency, it.purchase.currency_exponent)
    paying = payment_method(purchase.payment_method_type, purchase.card_brand, purchase.card_last4)
    return Letter(
        kind="withdrawal_confirmation",
        subject=_("We have received your withdrawal: %(product)s", product=it.product),
        paragraphs=(
            _("You withdrew from your contract with %(seller)s. We received it on %(time)s.",
              seller=purchase.account_title, time=full_time(it.at)),
            _("%(amount)s goes back to you by %(method)s, by %(day)s at the latest. You need not do anything.",
              amount=amount, method=paying, day=day(it.at + REPAID_WITHIN)),
        ),
        quote=Quote(
            _("I withdraw from my contract about “%(product)s”.", product=it.product), author=it.statement.name
        ),
        facts=_facts(it, amount),
        button=Button(_("See your withdrawal"), url),
        small_print=(_("Keep this e-mail: it shows what you stated, and when."),),
        why=_("You get this e-mail because you withdrew from a contract and gave this address."),
    )  # fmt: skip


def to_merchant(it: Received) -> Letter:
    """Tell the seller's team that a customer withdrew."""
    amount = money(it.amount_minor, it.purchase.currency, it.purchase.currency_exponent)
    ended = (_("The membership has ended with it."),) if it.membership_ended else ()
    return Letter(
        kind="withdrawal_notice",
        subject=_("%(customer)s withdrew from a contract: %(product)s", customer=it.statement.name, product=it.product),
        paragraphs=(
            _("%(customer)s used the right to withdraw within 14 days. No reason is needed, and nothing is yours to"
              " decide.", customer=it.statement.name),
            _("%(amount)s goes back to the customer from your balance.", amount=amount),
            *ended,
        ),
        facts=_facts(it, amount),
    )  # fmt: skip


def _facts(it: Received, amount: str) -> tuple[Fact, ...]:
    purchase = it.purchase
    return (
        Fact(_("Received"), full_time(it.at)),
        Fact(_("Product"), it.product),
        Fact(_("Seller"), purchase.account_title),
        Fact(_("Bought on"), full_time(it.paid_at)),
        Fact(_("Purchase number"), purchase.pid),
        Fact(_("Withdrawal number"), it.pid),
        Fact(_("Name"), it.statement.name),
        Fact(_("Confirmation to"), it.statement.email),
        Fact(_("Amount"), amount),
    )
