"""The seal that makes a scope. Only `amends.access` imports this module; a test holds every other one to it."""

from typing import Final, final


@final
class Seal:
    """Shows that a scope was made by the code that checked the credential."""

    __slots__ = ()


class ForgedScope(TypeError):
    """Code outside `amends.access` tried to make a scope."""


SEAL: Final = Seal()


def check_seal(seal: Seal) -> None:
    """Refuse any seal but the one.

    Raises:
        ForgedScope: it is another.
    """
    if seal is not SEAL:
        raise ForgedScope("a scope is made by amends.access alone")
