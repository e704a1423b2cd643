"""Asks a provider to move money, or what it knows, as a try says. No transaction is open here.

Every provider's silence is the same: no result. What it says for certain is a `Result`.
"""

from collections.abc import Mapping

from amends.payments.attempts import Asking, known
from amends.payments.commands_attempts import RefundTry
from amends.payments.commands_credits import CreditTry
from amends.payments.providers.port import Movement, NoAnswer, PaymentProvider, Result


class Unknown(Exception):
    """The provider was only asked, and knows nothing of the movement."""


async def carry_out(providers: Mapping[str, PaymentProvider], attempt: RefundTry | CreditTry) -> Result | None:
    """Do what a try says and return the answer; None: there was none, and the same has to be done again.

    Raises:
        Unknown: see there.
    """
    provider = providers.get(attempt.provider)
    if provider is None:
        return None
    try:
        if attempt.asking is not Asking.CALL:
            result = known(await _find(provider, attempt), attempt.call.purpose.attempt)
            if result is not None:
                return result
            if attempt.asking is Asking.ASK_ONLY:
                raise Unknown
        return await _move(provider, attempt)
    except NoAnswer:
        return None


async def _find(provider: PaymentProvider, attempt: RefundTry | CreditTry) -> list[Movement]:
    our_id = attempt.call.purpose.our_id
    if isinstance(attempt, RefundTry):
        return await provider.find_refunds(our_id)
    return await provider.find_credits(our_id)


async def _move(provider: PaymentProvider, attempt: RefundTry | CreditTry) -> Result:
    if isinstance(attempt, RefundTry):
        return await provider.refund(attempt.call)
    return await provider.credit(attempt.call)
