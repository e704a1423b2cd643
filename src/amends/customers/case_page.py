"""A case's page as its customer reads it: everything on it, found in one statement and put into their words.

Owns the struct that `customers/case.html` shows and how it is loaded. Only the customer's own case is ever found, and
of it only what a customer may see; what can be done comes from the lifecycle.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from amends.access.scopes import Caller, CustomerScope
from amends.cases.actions import actions_of
from amends.cases.case_acting_view import ACCEPTED, Acting, Sent
from amends.cases.claim_questions import BY_REASON
from amends.cases.page_text import plain_name
from amends.cases.rows import CaseRef
from amends.cases.states import Actor
from amends.cases.words import payment_method
from amends.cases.words_claim import answer_words, remedy_words
from amends.customers.conversation import Conversation, ConversationMaker, Said
from amends.customers.money import RefundLine, bank_words, refund_lines
from amends.customers.panels import Bar, bar_of, own_panels
from amends.customers.queries_case import OwnCase, get_own_case
from amends.customers.standing import Standing, standing_of
from amends.customers.steps import Step, steps_of
from amends.files.links import Links
from amends.kit.errors import NotFound
from amends.kit.ids import MalformedId, Prefix, parse_public_id
from amends.services import Services
from amends.web import urls
from amends.web.pages import Page


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """Which parts of the page its address asks for; what it says wrongly is left out."""

    before: str = ""
    panel: str = ""
    """Which form is open."""


def shown_of(params: Mapping[str, str]) -> Shown:
    """Read which parts of the page an address asks for."""
    return Shown(before=params.get("before", "")[:100], panel=params.get("panel", "")[:20])


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the customer reported and asked for."""

    reason: str
    wants: str
    answers: tuple[tuple[str, str], ...]


class MyCasePage(Page, frozen=True, kw_only=True):
    """A case as its customer reads it."""

    template: ClassVar[str] = "customers/case.html"

    case: OwnCase
    """The case itself, for amounts and times."""
    viewer: Actor
    """Always the customer."""
    merchant: str
    product: str
    standing: Standing
    steps: tuple[Step, ...]
    conversation: Conversation
    asked: Asked
    method: str
    """How the customer paid."""
    refunds: tuple[RefundLine, ...]
    bank: str
    """What an open dispute at the bank means; empty: there is none."""
    acting: Acting
    """The forms."""
    bar: Bar
    """How they are reached."""
    path: str
    earlier_url: str | None
    """Shows what comes before the part of the conversation that is here."""
    latest_url: str | None
    """None: the newest part is here."""


def own_ref(case_pid: str) -> CaseRef:
    """Return which case an address names.

    Raises:
        NotFound: none, as if it were not there.
    """
    try:
        parsed = parse_public_id(Prefix.CASE, case_pid)
    except MalformedId as problem:
        raise NotFound from problem
    return CaseRef(parsed.account, parsed.row_id)


def customer_of(caller: Caller) -> CustomerScope:
    """Return the caller as a customer.

    Raises:
        NotFound: they are none.
    """
    if caller.customer is None:
        raise NotFound
    return caller.customer


async def load_my_case(
    services: Services, caller: Caller, case_pid: str, shown: Shown, *, sent: Sent | None = None
) -> MyCasePage:
    """Load a case of the caller's as its customer; `sent` is a form that was not carried out.

    Raises:
        NotFound: malformed, unknown, or not the caller's own, whatever else they may see.
    """
    ref, now = own_ref(case_pid), services.clock.now()
    before = _event(shown.before, ref)
    case = await get_own_case(services.pool, customer_of(caller), ref, now=now, before=before)
    if case is None:
        raise NotFound
    return _page(services, case, shown, now=now, sent=sent)


def _event(pid: str, ref: CaseRef) -> UUID | None:
    try:
        parsed = parse_public_id(Prefix.EVENT, pid)
    except MalformedId:
        return None
    return parsed.row_id if parsed.account == ref.account_id else None


def _page(services: Services, case: OwnCase, shown: Shown, *, now: datetime, sent: Sent | None) -> MyCasePage:
    path = urls.my_case_url(case.pid)
    conversation = ConversationMaker(case, links=Links(services.signer, ""), now=now).conversation()
    acting = _acting(case, conversation.parts, shown.panel, now=now, sent=sent)
    earlier = conversation.earlier
    return MyCasePage(
        case=case,
        viewer=Actor.CUSTOMER,
        merchant=plain_name(case.account_title),
        product=plain_name(case.product_title or ""),
        standing=standing_of(case, now),
        steps=steps_of(case),
        conversation=conversation,
        asked=Asked(
            reason=str(BY_REASON[case.reason].label),
            wants=remedy_words(case.requested_remedy, case.currency, case.places, home=case.currency),
            answers=answer_words(case.answers),
        ),
        method=payment_method(case.payment_method_type, case.card_brand, case.card_last4),
        refunds=refund_lines(case),
        bank=bank_words(case),
        acting=acting,
        bar=bar_of(acting.panels),
        path=path,
        earlier_url=urls.with_query(path, f"before={earlier}") if earlier else None,
        latest_url=path if shown.before else None,
    )


def _acting(case: OwnCase, parts: tuple[Said, ...], asked: str, *, now: datetime, sent: Sent | None) -> Acting:
    path, policy = urls.my_case_url(case.pid), case.policy
    panels = own_panels(case, actions_of(case.action_key), now)
    names = {panel.form.value for panel in panels}
    chosen = sent.form.value if sent is not None else asked
    return Acting(
        panels=panels,
        composed=(),
        open=chosen if chosen in names else "",
        sent=sent,
        news=tuple(_again(part) for part in parts if sent is not None and part.pid in sent.news),
        lost=sent is not None and sent.form.value not in names,
        token=secrets.token_urlsafe(12),
        version=case.version,
        post_query="",
        close_url=path,
        colleagues=(),
        replies=(),
        can_assign=False,
        is_customers=True,
        upload_url=f"{urls.MY_CASES}/uploads",
        replies_url="",
        files_max=policy.files_max,
        file_max_bytes=policy.file_max_bytes,
        video_max_bytes=policy.video_max_bytes,
        message_max=policy.message_max_chars,
        accept=ACCEPTED,
    )


def _again(part: Said) -> Said:
    """Return a part for a second place on the page, where it needs another id."""
    return msgspec.structs.replace(part, pid=f"new-{part.pid}")
