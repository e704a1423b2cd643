"""The seal that makes a scope. Only `amends.access` imports this module; a test holds every other one to it."""

from typing import Final, final


@final
class Seal:
    """Shows that a scope was made by the code that checked the credential."""

    __slots__ = ()


class ForgedScope(TypeError):
    """Code outside `amends.access` tried to make a scope."""


SEAL: Final = Seal()
_BROKEN: Final = Seal()


def break_seal(scope: object, seal: Seal) -> None:
    """Check the seal of a scope just made, and break it, so that no copy with changes can be made from the scope.

    Raises:
        ForgedScope: it is not the seal.
    """
    if seal is not SEAL:
        raise ForgedScope("a scope is made by amends.access alone")
    object.__setattr__(scope, "seal", _BROKEN)
