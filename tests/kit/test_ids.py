"""A public id has one spelling, and says which account and which row."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.kit.ids import MalformedId, Prefix, base58, from_base58, parse_public_id, public_id, uuid7

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
UUIDS = st.uuids().filter(lambda row_id: row_id.int > 0)


@given(row_id=UUIDS, account=st.integers(0, 2**63 - 1))
def test_what_is_written_is_read(row_id: UUID, account: int) -> None:
    assert parse_public_id(Prefix.CASE, public_id(Prefix.CASE, row_id, account)) == (account, row_id)


@given(text=st.text(max_size=40))
def test_only_the_canonical_spelling_is_read(text: str) -> None:
    candidate = f"reso_{text}"
    try:
        account, row_id = parse_public_id(Prefix.CASE, candidate)
    except MalformedId:
        return
    assert public_id(Prefix.CASE, row_id, account) == candidate


@pytest.mark.parametrize(
    "text",
    [
        "",
        "reso_",
        "reso",
        "pay_4x",
        "reso_0OIl",
        "reso_1" + "2" * 20,
        "reso_" + "z" * 34,
        "RESO_4x",
        "reso_4x\n",
        "reso_" + "z" * 33,
    ],
)
def test_what_is_no_case_id_is_refused(text: str) -> None:
    with pytest.raises(MalformedId):
        parse_public_id(Prefix.CASE, text)


@given(st.integers(0, 2**200))
def test_base58_round_trip(number: int) -> None:
    assert from_base58(base58(number)) == number


def test_uuids_are_version_7_and_ordered_within_a_millisecond() -> None:
    ids = [uuid7(NOW) for _ in range(2000)]
    assert ids == sorted(set(ids))
    assert {row_id.version for row_id in ids} == {7}
    assert {row_id.variant for row_id in ids} == {"specified in RFC 4122"}
    assert {row_id.int >> 80 for row_id in ids} == {int(NOW.timestamp() * 1000)}
    assert {row_id.int >> 75 & 1 for row_id in ids} == {0}, "as many again would still be in order"
