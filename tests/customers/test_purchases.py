"""What a customer sees of their purchases: which, in what order, what became of each, and what can be done about it."""

from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import pytest

from amends.people.rows import PaymentRow, UserRow
from tests.builders import make_account, make_member, make_payment, make_product, make_user
from tests.cases.scene import Scene
from tests.customers.reading import line_of, pids_of
from tests.running import Server
from tests.staff import browser

pytestmark = pytest.mark.anyio


class Shopper:
    """The purchases page of the scene's customer."""

    def __init__(self, scene: Scene, server: Server) -> None:
        self._scene = scene
        self._url = server.url

    async def page(self, path: str = "/purchases", *, user: UserRow | None = None) -> str:
        """Return a page's HTML."""
        async with browser(self._url, self._scene.pool, user or self._scene.ada, self._scene.clock) as http:
            answer = await http.get(path)
        assert answer.status_code == 200, answer.text
        return unescape(answer.text)

    async def line(self, payment: PaymentRow) -> str:
        """Return the words of a payment's line."""
        return line_of(await self.page(), payment.pid)


@pytest.fixture
def shopper(scene: Scene, server: Server) -> Shopper:
    """Give the customer who looks at what she bought."""
    return Shopper(scene, server)


async def test_a_purchase_says_what_from_whom_and_for_how_much(scene: Scene, shopper: Shopper) -> None:
    payment = await scene.payment()
    line = await shopper.line(payment)
    assert scene.product.title in line
    assert "Acme" in line
    assert "$49.00" in line
    assert "Report a problem" in line
    assert "You can report a problem until" in line
    assert f'/purchases/{payment.pid}/report"' in await shopper.page()


async def test_all_merchants_newest_first(scene: Scene, shopper: Shopper) -> None:
    other = await make_account(scene.pool, title="Zeta Games", now=scene.clock.now())
    member = await make_member(scene.pool, other, user=scene.ada, now=scene.clock.now())
    now = scene.clock.now()
    oldest = await scene.payment(paid_at=now - timedelta(days=40))
    newest = await scene.payment(paid_at=now - timedelta(days=1))
    middle = await make_payment(scene.pool, other, member=member, paid_at=now - timedelta(days=20), now=now)
    page = await shopper.page()
    assert pids_of(page) == [newest.pid, middle.pid, oldest.pid]
    only = await shopper.page(f"/purchases?merchant={other.pid}")
    assert pids_of(only) == [middle.pid]
    assert pids_of(await shopper.page("/purchases?q=ZETA")) == [middle.pid]
    assert "Nothing found" in await shopper.page("/purchases?q=nothing%20like%20it")


async def test_pages_follow_each_other_and_words_stay(scene: Scene, shopper: Shopper) -> None:
    now = scene.clock.now()
    made = [await scene.payment(paid_at=now - timedelta(hours=n)) for n in range(23)]
    first = await shopper.page("/purchases?q=acme")
    assert pids_of(first) == [payment.pid for payment in made[:20]]
    older = next(part.split('"')[0] for part in first.split('href="') if "after=" in part)
    assert "q=acme" in older
    second = await shopper.page(older)
    assert pids_of(second) == [payment.pid for payment in made[20:]]
    newer = next(part.split('"')[0] for part in second.split('href="') if "before=" in part)
    assert pids_of(await shopper.page(newer)) == pids_of(first)
    assert pids_of(await shopper.page("/purchases?after=nonsense")) == pids_of(first)


async def test_nobody_sees_what_others_bought(scene: Scene, shopper: Shopper) -> None:
    other = await make_user(scene.pool, now=scene.clock.now())
    member = await make_member(scene.pool, scene.account, user=other, now=scene.clock.now())
    theirs = await scene.payment(member=member)
    await scene.payment()
    assert theirs.pid not in await shopper.page()
    assert pids_of(await shopper.page(user=other)) == [theirs.pid]


async def test_whoever_bought_nothing_reads_so(scene: Scene, shopper: Shopper) -> None:
    page = await shopper.page(user=await make_user(scene.pool, now=scene.clock.now()))
    assert "No purchases yet" in page


async def test_a_case_is_linked_with_its_state_in_words(scene: Scene, shopper: Shopper) -> None:
    payment = await scene.payment()
    case = await scene.case(payment)
    line = await shopper.line(payment)
    assert "Waiting for Acme" in line
    assert "Report a problem" not in line
    assert f"/cases/{case['id']}" in await shopper.page()
    await scene.merchant.act(case, "request_info", message="Which one?")
    assert "Your turn" in await shopper.line(payment)


async def update(scene: Scene, payment: PaymentRow, **columns: Any) -> None:
    """Change a payment behind everybody's back."""
    assignments = ", ".join(f"{name} = ${n}" for n, name in enumerate(columns, 3))
    await scene.pool.execute(
        f"update payments set {assignments} where account_id = $1 and id = $2",
        scene.account.id, payment.id, *columns.values(),
    )  # fmt: skip


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "pending": ({"status": "pending"}, "The payment is still on its way"),
    "failed": ({"status": "failed"}, "The payment did not go through"),
    "disputed": ({"open_disputes": 1}, "Your bank is looking into this payment"),
    "lost": ({"lost_disputes": 1}, "Your bank has given you this money back"),
    "refunded": ({"refunded_minor": 4900}, "This purchase was refunded in full"),
    "reserved": ({"refund_reserved_minor": 4900}, "Your refund is on its way"),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_why_not_is_said_kindly(scene: Scene, shopper: Shopper, name: str) -> None:
    columns, words = REFUSALS[name]
    payment = await scene.payment()
    await update(scene, payment, **columns)
    line = await shopper.line(payment)
    assert words in line
    assert "Report a problem" not in line


async def test_too_old_says_until_when_it_was_possible(scene: Scene, shopper: Shopper) -> None:
    payment = await scene.payment(paid_at=scene.clock.now() - timedelta(days=120, seconds=1))
    line = await shopper.line(payment)
    assert "The time to report a problem is over" in line
    assert "120 days after the payment" in line
    edge = await scene.payment(paid_at=scene.clock.now() - timedelta(days=120))
    assert "Report a problem" in await shopper.line(edge)


async def test_withdrawn_says_when(scene: Scene, shopper: Shopper) -> None:
    payment = await scene.payment()
    await update(scene, payment, withdrawn_at=scene.clock.now())
    assert "You withdrew from this contract" in await shopper.line(payment)


async def test_what_went_back_and_renewals_are_seen(scene: Scene, shopper: Shopper) -> None:
    now = scene.clock.now()
    payment = await scene.payment(is_renewal=True, period_start=now, period_end=now + timedelta(days=30))
    await update(scene, payment, refunded_minor=1_000)
    line = await shopper.line(payment)
    assert "Renewal" in line
    assert "$10.00 refunded" in line
    assert "Report a problem" in line


async def test_the_withdrawal_right_is_offered_where_there_is_one(scene: Scene, shopper: Shopper) -> None:
    product = await make_product(scene.pool, scene.account, now=scene.clock.now())
    payment = await scene.payment(product=product, plan=None, paid_at=scene.clock.now())
    assert "Withdraw from contract here" not in await shopper.line(payment)
    await scene.pool.execute(
        "update products set withdrawal_right = true where account_id = $1 and id = $2", scene.account.id, product.id
    )
    assert "Withdraw from contract here" in await shopper.line(payment)
    report = f"/purchases/{payment.pid}/report"
    assert "Withdraw from contract here" in await shopper.page(f"{report}/reason")


async def test_signing_in_comes_first(http: httpx.AsyncClient) -> None:
    answer = await http.get("/purchases", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fpurchases")
