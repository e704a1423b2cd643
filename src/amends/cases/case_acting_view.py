"""What the forms of a case's page show: the panels, what came back from a form that was not carried out, the team.

Costs one statement for a page on which something can be written, and one more where files wait to be sent.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from amends.access.permissions import Permission
from amends.access.scopes import MerchantScope, PlatformScope
from amends.cases.acting import actor_of
from amends.cases.case_acting import panels_of
from amends.cases.case_foresight import Standpoint
from amends.cases.case_forms import Form, Panel
from amends.cases.page_rows import CaseRow
from amends.cases.page_timeline import Item
from amends.cases.queries_acting import Choices, Colleague, ReplyTitle, list_choices
from amends.cases.review_panels import Bench
from amends.cases.review_view import review_panels
from amends.cases.states import Action
from amends.files.links import Links, Variant
from amends.files.queries import FileRow
from amends.files.sniff import KINDS
from amends.services import Services
from amends.web import urls
from amends.web.places import Place

ACCEPTED: Final = ",".join((*KINDS, *(extension for kind in KINDS.values() for extension in kind.extensions)))
COMPOSED: Final = (Form.REPLY, Form.COMMENT, Form.NOTE)
"""What is written below the timeline, the most urgent first."""


class KeptFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was uploaded and waits to be sent."""

    pid: str
    name: str
    size_bytes: int
    thumbnail_url: str | None


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A form that came in and was not carried out: the page shows it again, with everything in it."""

    form: Form
    typed: Mapping[str, Any]
    errors: Mapping[str, str] = {}
    """By field; `""` is the form as a whole."""
    files: tuple[KeptFile, ...] = ()
    news: frozenset[str] = frozenset()
    """Events that came since the case was read."""
    remark: str = ""
    """What else is to be said, such as what a saved reply lacks."""


class Acting(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that can be done on the page, and how far it is."""

    panels: tuple[Panel, ...]
    """What the bar offers, in its order."""
    composed: tuple[Panel, ...]
    """What can be written below the timeline."""
    open: str
    """The form that is open: one of a panel or of the composer; may be empty."""
    sent: Sent | None
    news: tuple[Item, ...]
    """What came since the case was read, for the form that was sent."""
    lost: bool
    """The form that was sent is not possible any more."""
    token: str
    version: int
    post_query: str
    """Goes behind the address of each form."""
    close_url: str
    colleagues: tuple[Colleague, ...]
    replies: tuple[ReplyTitle, ...]
    can_assign: bool
    upload_url: str
    replies_url: str
    """Below it, each saved reply as text for this case."""
    files_max: int
    file_max_bytes: int
    video_max_bytes: int
    message_max: int
    accept: str
    """The types of files that a browser offers."""
    is_customers: bool = False
    """The page is the customer's own: what is new is shown as their conversation."""

    def panel_url(self, form: str) -> str:
        """Return the page with one form open."""
        return f"{self.close_url}{'&' if '?' in self.close_url else '?'}panel={form}"

    @property
    def stale(self) -> bool:
        """Tell whether the case changed while the form was being filled in."""
        return self.sent is not None and bool(self.sent.news)

    def typed(self, form: str, field: str, otherwise: str = "") -> str:
        """Return what was typed into a field of the form that came back."""
        if self.sent is None or self.sent.form != form:
            return otherwise
        value = self.sent.typed.get(field, "")
        return value if isinstance(value, str) else value[-1]

    def picked(self, form: str, field: str) -> tuple[str, ...]:
        """Return what was chosen in a field of the form that came back, of several that could be."""
        if self.sent is None or self.sent.form != form:
            return ()
        value = self.sent.typed.get(field, ())
        return (value,) if isinstance(value, str) else tuple(value)

    def error(self, form: str, field: str) -> str:
        """Return what is wrong with a field; empty: nothing."""
        return self.sent.errors.get(field, "") if self.sent is not None and self.sent.form == form else ""

    def files(self, form: str) -> tuple[KeptFile, ...]:
        """Return the files that a form has already."""
        return self.sent.files if self.sent is not None and self.sent.form == form else ()


async def acting_for(
    services: Services,
    place: Place,
    case: CaseRow,
    items: Sequence[Item],
    *,
    actions: Sequence[Action],
    asked: str,
    path: str,
    query: str,
    sent: Sent | None,
    bench: Bench | None = None,
) -> Acting:
    """Return the forms of a case's page; `asked` is the panel that its address names, `bench` a reviewer's own."""
    scope, may_write = place.scope, Permission.CASE_WRITE in place.scope.permissions
    panels = _panels(case, actions, _standpoint(services, place, case), scope, bench)
    team = isinstance(scope, MerchantScope)
    choices = await list_choices(services.pool, place.account_id, team=team) if may_write else Choices([], [])
    names = {panel.form.value for panel in panels}
    chosen = sent.form.value if sent is not None else asked
    policy = case.policy
    return Acting(
        panels=tuple(panel for panel in panels if panel.form not in COMPOSED),
        composed=tuple(panel for form in COMPOSED for panel in panels if panel.form is form),
        open=chosen if chosen in names else "",
        sent=sent,
        news=tuple(_again(item) for item in items if sent is not None and item.pid in sent.news),
        lost=sent is not None and sent.form.value not in names and sent.form is not Form.ASSIGN,
        token=secrets.token_urlsafe(12),
        version=case.version,
        post_query=f"?{query}" if query else "",
        close_url=urls.with_query(path, query),
        colleagues=tuple(choices.colleagues),
        replies=tuple(choices.replies),
        can_assign=may_write,
        upload_url=urls.account_url(place.account.pid, "uploads"),
        replies_url=f"{path}/replies",
        files_max=policy.files_max,
        file_max_bytes=policy.file_max_bytes,
        video_max_bytes=policy.video_max_bytes,
        message_max=policy.message_max_chars,
        accept=ACCEPTED,
    )


def _standpoint(services: Services, place: Place, case: CaseRow) -> Standpoint:
    """Return who acts on the case: a merchant's support only within the limit of the case's currency, else nothing."""
    limits = place.scope.refund_limits if isinstance(place.scope, MerchantScope) else None
    return Standpoint(
        side=actor_of(place.scope),
        limit_minor=None if limits is None else limits.get(case.currency, 0),
        home=place.account.currency,
        now=services.clock.now(),
    )


def _panels(
    case: CaseRow, actions: Sequence[Action], at: Standpoint, scope: MerchantScope | PlatformScope, bench: Bench | None
) -> tuple[Panel, ...]:
    """Return the panels that the reader's permissions leave, a reviewer's own first."""
    panels = panels_of(case, actions, at) if Permission.CASE_WRITE in scope.permissions else ()
    if bench is None or Permission.CASE_DECIDE not in scope.permissions:
        return panels
    return (*review_panels(case, bench, actions, at), *panels)


def _again(item: Item) -> Item:
    """Return an event for a second place on the page, where it needs another id."""
    return msgspec.structs.replace(item, pid=f"new-{item.pid}")


def kept_file(row: FileRow, services: Services) -> KeptFile:
    """Return a file as a form shows it, with an address that works from where the page came."""
    links, now = Links(services.signer, ""), services.clock.now()
    return KeptFile(
        pid=row.pid,
        name=row.filename,
        size_bytes=row.size_bytes or 0,
        thumbnail_url=links.attachment_url(row.id, now, Variant.THUMBNAIL) if row.thumbnail_key else None,
    )
