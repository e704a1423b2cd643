"""Who hears of what: every kind of caller × every kind of notice, as a table."""

from uuid import UUID

import pytest

from amends.db.notices import CaseNotice, ExportNotice, Notice
from amends.stream.sight import Sight, places_of
from tests.builders import NOW

OURS, THEIRS = 1001, 1002
ADA, BOB = UUID(int=1), UUID(int=2)


def sight(
    *, user: UUID | None = None, sells_at: tuple[int, ...] = (), exports: bool = False, platform: bool = False,
    account_id: int | None = None, case_id: str | None = None,
) -> Sight:  # fmt: skip
    return Sight(
        user_id=user,
        bought_at=(OURS,) if user else (),
        sells_at=frozenset(sells_at),
        exports_of=frozenset(sells_at) if exports else frozenset(),
        is_platform=platform,
        exports_everywhere=platform and exports,
        account_id=account_id,
        case_id=case_id,
    )


SIGHTS = {
    "merchant": sight(sells_at=(OURS,), exports=True),
    "merchant without exports": sight(sells_at=(OURS,)),
    "foreign merchant": sight(sells_at=(THEIRS,), exports=True),
    "buyer": sight(user=ADA),
    "other customer": sight(user=BOB),
    "buyer on the team": sight(user=ADA, sells_at=(OURS,)),
    "colleague who buys elsewhere": sight(user=BOB, sells_at=(OURS,)),
    "platform": sight(platform=True, exports=True),
    "reviewer who is the buyer": sight(user=ADA, platform=True),
    "reviewer on the team": sight(user=BOB, sells_at=(OURS,), platform=True),
    "platform, of another account": sight(platform=True, exports=True, account_id=THEIRS),
    "merchant, of this case": sight(sells_at=(OURS,), exports=True, case_id="reso_1"),
    "merchant, of another case": sight(sells_at=(OURS,), exports=True, case_id="reso_2"),
    "nobody": sight(),
}


def event(actor: str, *, customer: bool, merchant: bool, internal: bool = False) -> CaseNotice:
    return CaseNotice(
        account_id=OURS, id="reso_1", user_id=ADA, event_id="revt_1", actor=actor, internal=internal,
        viewable_by_customer=customer, viewable_by_merchant=merchant, version=2, status="under_review", at=NOW,
    )  # fmt: skip


NOTICES: dict[str, Notice] = {
    "for everybody": event("customer", customer=True, merchant=True),
    "for the customer": event("platform", customer=True, merchant=False),
    "for the merchant": event("platform", customer=False, merchant=True),
    "merchant's note": event("merchant", customer=False, merchant=True, internal=True),
    "platform's note": event("platform", customer=False, merchant=False, internal=True),
    "export": ExportNotice(account_id=OURS, id="exprt_1", state="processing", progress=40, at=NOW),
}

HEARD = {
    "merchant": {"for everybody", "for the merchant", "merchant's note", "export"},
    "merchant without exports": {"for everybody", "for the merchant", "merchant's note"},
    "foreign merchant": set[str](),
    "buyer": {"for everybody", "for the customer"},
    "other customer": set[str](),
    "buyer on the team": {"for everybody", "for the customer"},
    "colleague who buys elsewhere": {"for everybody", "for the merchant", "merchant's note"},
    "platform": {"for everybody", "for the customer", "for the merchant", "platform's note", "export"},
    "reviewer who is the buyer": {"for everybody", "for the customer"},
    "reviewer on the team": {"for everybody", "for the merchant", "merchant's note"},
    "platform, of another account": set[str](),
    "merchant, of this case": {"for everybody", "for the merchant", "merchant's note"},
    "merchant, of another case": set[str](),
    "nobody": set[str](),
}


@pytest.mark.parametrize("who", SIGHTS)
def test_who_hears_of_what(who: str) -> None:
    assert {name for name, notice in NOTICES.items() if SIGHTS[who].sees(notice)} == HEARD[who]


@pytest.mark.parametrize("who", SIGHTS)
def test_whoever_may_hear_of_it_listens_where_it_is_told(who: str) -> None:
    for name in HEARD[who]:
        assert set(SIGHTS[who].places()) & set(places_of(NOTICES[name])), name
