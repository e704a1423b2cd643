"""Ids: uuid v7 inside, a prefix and base58 of account number and uuid outside.

The account number inside a public id lets any row be found within its account, without a search across accounts.
Rows that no account owns (users, files, keys) carry account 0.
"""

import itertools
import secrets
import threading
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from amends.kit.clock import epoch_ms

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE = len(_ALPHABET)
_PAIRS = tuple(a + b for a, b in itertools.product(_ALPHABET, repeat=2))
_DIGIT = {character: digit for digit, character in enumerate(_ALPHABET)}
_UUID_BITS = 128
_MAX_ACCOUNT = 2**63 - 1
_MAX_DIGITS = 33  # 191 bits
_FIRST_BITS = 73  # of 74: begun in their lower half, they do not run over however many are made in one millisecond


class Prefix(StrEnum):
    """The first word of a public id: what kind of thing it names."""

    ACCOUNT = "biz"
    USER = "user"
    MEMBER = "mem"
    PRODUCT = "prod"
    PLAN = "plan"
    PAYMENT = "pay"
    LINE_ITEM = "li"
    ACTIVITY = "actv"
    REFUND = "rf"
    MERCHANT_CREDIT = "crdt"
    CASE = "reso"
    EVENT = "revt"
    OFFER = "offr"
    DECISION = "deci"
    ATTACHMENT = "att"
    FILE = "file"
    DISPUTE = "dspt"
    WITHDRAWAL = "wdrl"
    KEY = "key"
    IMPORT = "impt"
    EXPORT = "exprt"
    SAVED_VIEW = "view"
    SAVED_REPLY = "rply"
    INVITATION = "invt"
    MAIL = "mail"


class MalformedId(ValueError):
    """The text is not the one canonical spelling of an id of this kind."""


class ParsedId(NamedTuple):
    """What a public id says: the owning account's number (0: none) and the row's uuid."""

    account: int
    row_id: UUID


class _Uuid7:
    """Makes uuid v7 (RFC 9562, method 1): ordered within this process, also within one millisecond."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def make(self, now: datetime) -> UUID:
        stamp = (epoch_ms(now) << 80) | secrets.randbits(_FIRST_BITS)
        with self._lock:
            if self._last >> 80 == stamp >> 80 and stamp <= self._last:
                stamp = self._last + 1 + secrets.randbits(32)
            self._last = stamp
        return UUID(int=_stamp_bits(stamp))


def _stamp_bits(stamp: int) -> int:
    time_ms, random = stamp >> 80, stamp & ((1 << 74) - 1)
    return (time_ms << 80) | (7 << 76) | ((random >> 62) << 64) | (0b10 << 62) | (random & ((1 << 62) - 1))


_uuid7 = _Uuid7()


def uuid7(now: datetime) -> UUID:
    """Make a uuid v7 for `now`."""
    return _uuid7.make(now)


def base58(number: int) -> str:
    """Write a non-negative number in base58, most significant digit first; 0 is the empty text."""
    pairs: list[str] = []
    while number:
        number, rest = divmod(number, _BASE * _BASE)
        pairs.append(_PAIRS[rest])
    return "".join(reversed(pairs)).lstrip(_ALPHABET[0])


def from_base58(text: str) -> int:
    """Read what `base58` wrote.

    Raises:
        MalformedId: a character outside the alphabet.
    """
    number = 0
    for character in text:
        digit = _DIGIT.get(character)
        if digit is None:
            raise MalformedId(text)
        number = number * _BASE + digit
    return number


def public_id(prefix: Prefix, row_id: UUID, account: int = 0) -> str:
    """Write a row's public id; `account` is the owning account's number, 0 where none owns it."""
    return f"{prefix}_{base58(account << _UUID_BITS | row_id.int)}"


def parse_public_id(prefix: Prefix, text: str) -> ParsedId:
    """Read a public id of one kind.

    Raises:
        MalformedId: another kind, or anything but the canonical spelling.
    """
    head, _, body = text.partition("_")
    if head != prefix or not 0 < len(body) <= _MAX_DIGITS or body[0] == _ALPHABET[0]:
        raise MalformedId(text)
    number = from_base58(body)
    account, bits = number >> _UUID_BITS, number & ((1 << _UUID_BITS) - 1)
    if account > _MAX_ACCOUNT:
        raise MalformedId(text)
    return ParsedId(account, UUID(int=bits))
