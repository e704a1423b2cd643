"""A token is ours, whole, for its purpose and in time, or it is nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.kit.signing import BadSignature, Signer

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SIGNER = Signer(b"0123456789abcdef")


@given(st.binary(max_size=200))
def test_what_is_signed_is_read(payload: bytes) -> None:
    assert SIGNER.verify("cursor", SIGNER.sign("cursor", payload)) == payload


@given(payload=st.binary(max_size=9), position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_single_changed_bit_is_noticed(payload: bytes, position: int, bit: int) -> None:
    token = SIGNER.sign("cursor", payload).encode()
    at = position % len(token)
    changed = token[:at] + bytes([token[at] ^ (1 << bit)]) + token[at + 1 :]
    with pytest.raises(BadSignature):
        SIGNER.verify("cursor", changed.decode("latin-1"))


def test_another_purpose_or_another_secret_is_refused() -> None:
    token = SIGNER.sign("cursor", b"payload")
    for signer, purpose in ((SIGNER, "download"), (Signer(b"fedcba9876543210"), "cursor")):
        with pytest.raises(BadSignature):
            signer.verify(purpose, token)


def test_a_token_expires() -> None:
    token = SIGNER.sign("download", b"x", NOW)
    assert SIGNER.verify("download", token, NOW) == b"x"
    for later in (NOW + timedelta(milliseconds=1), None):
        with pytest.raises(BadSignature):
            SIGNER.verify("download", token, later)


@pytest.mark.parametrize("token", ["", "=", "é", "A" * 5, "....", "a" * 10_000])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(BadSignature):
        SIGNER.verify("cursor", token)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        Signer(b"short")
