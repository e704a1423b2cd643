"""The page of what the reader bought, at whichever accounts: searched, narrowed to one merchant, page by page."""

from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get

from amends.access.permissions import Permission
from amends.access.scopes import Caller
from amends.customers.places import customer_of
from amends.customers.purchases import PurchasesPage, line_of, months_of
from amends.customers.queries_drafts import drafted_payments
from amends.customers.queries_purchases import PURCHASES, Merchant, current_policy, list_merchants, list_purchases
from amends.kit.pages import Cursors
from amends.services import Services
from amends.web import urls
from amends.web.pages import render
from amends.withdrawals.queries import withdrawable

SIZE: Final = 20
SEARCHED_FROM: Final = 6
"""So many purchases are worth a search."""
WORDS_MAX: Final = 100

AnyPage = Request[Any, Caller, Any]


@get(urls.PURCHASES, opt={"permission": Permission.PAYMENT_READ}, include_in_schema=False)
async def purchases_page(request: AnyPage, services: Services) -> Response[str]:
    """Show what the reader bought, newest first."""
    scope, now, pool = customer_of(request), services.clock.now(), services.pool
    merchants = await list_merchants(pool, scope)
    words = request.query_params.get("q", "").strip()[:WORDS_MAX]
    merchant = next((one for one in merchants if one.pid == request.query_params.get("merchant")), None)
    cursors = Cursors(services.signer, PURCHASES.name, PURCHASES.order.key_type)
    purchases, info = await list_purchases(
        pool, scope, cursors.asked(request.query_params, SIZE), cursors,
        account_id=merchant.account_id if merchant else None, words=words or None,
    )  # fmt: skip
    policy, drafts = await current_policy(pool), await drafted_payments(pool, scope)
    ends = await withdrawable(pool, scope, [purchase.id for purchase in purchases], now=now)
    lines = [line_of(one, policy=policy, drafts=drafts, withdrawable=ends, now=now) for one in purchases]
    more = info.has_next_page or info.has_previous_page
    page = PurchasesPage(
        months=months_of(lines),
        merchants=merchants,
        merchant=merchant.pid if merchant else "",
        words=words,
        can_search=more or len(lines) >= SEARCHED_FROM or bool(words or merchant),
        newer_url=_page_url("before", info.start_cursor, words, merchant) if info.has_previous_page else None,
        older_url=_page_url("after", info.end_cursor, words, merchant) if info.has_next_page else None,
    )
    return render(request, page, section="purchases")


def _page_url(way: str, cursor: str | None, words: str, merchant: Merchant | None) -> str:
    asked = {"q": words, "merchant": merchant.pid if merchant else "", way: cursor or ""}
    return urls.with_query(urls.PURCHASES, urlencode({name: value for name, value in asked.items() if value}))


routes: Final = [purchases_page]
