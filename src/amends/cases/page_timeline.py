"""A case's timeline as it is read: who, what and when, each text in lines, files with their addresses.

Rows come from `queries_page` and hold only what the viewer may see; words come from `words_events`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

import msgspec

from amends.cases.page_rows import EventRow, FileRow, OfferRow
from amends.cases.page_text import Line, lines_of, plain_name
from amends.cases.states import Actor, EventKind
from amends.cases.words import OFFER_OPEN, actor_word, decision_reason_word, offer_word
from amends.cases.words_events import Told, event_sentence
from amends.files.links import Links, Variant
from amends.web.layout import initials
from amends.web.text import _, money

CLAMPED_CHARS: Final = 1400
"""A message longer than this is shown in part until one asks for the whole."""

_LOOKS: Final[Mapping[EventKind, tuple[str, str]]] = {
    EventKind.CREATED: ("flag", "neutral"),
    EventKind.ACCEPTED: ("circle-check", "success"),
    EventKind.DENIED: ("circle-x", "error"),
    EventKind.REQUESTED_MORE_INFO: ("message-circle-question", "info"),
    EventKind.OFFER_MADE: ("hand-coins", "info"),
    EventKind.OFFER_ACCEPTED: ("hand-coins", "success"),
    EventKind.OFFER_DECLINED: ("ban", "neutral"),
    EventKind.OFFER_WITHDRAWN: ("undo-2", "neutral"),
    EventKind.OFFER_EXPIRED: ("hourglass", "neutral"),
    EventKind.RESPONDED: ("message-square", "neutral"),
    EventKind.COMMENTED: ("message-square", "neutral"),
    EventKind.ESCALATED: ("scale", "warning"),
    EventKind.CLOSED_NO_REPLY: ("hourglass", "neutral"),
    EventKind.DECIDED: ("gavel", "info"),
    EventKind.APPEALED: ("scale", "warning"),
    EventKind.WITHDREW: ("undo-2", "neutral"),
    EventKind.REVIEW_OVERDUE: ("alarm-clock", "warning"),
    EventKind.DISPUTE_OPENED: ("landmark", "error"),
    EventKind.DISPUTE_CUSTOMER_WON: ("landmark", "error"),
    EventKind.DISPUTE_MERCHANT_WON: ("landmark", "success"),
    EventKind.REFUNDED_ELSEWHERE: ("rotate-ccw", "neutral"),
    EventKind.REFUND_SUCCEEDED: ("banknote", "success"),
    EventKind.REFUND_FAILED: ("triangle-alert", "error"),
    EventKind.NOTED: ("sticky-note", "note"),
    EventKind.ASSIGNED: ("user-plus", "note"),
}
"""Icon and tone of each kind."""


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file on an event; `url` works for ten minutes."""

    pid: str
    name: str
    family: str
    """image, video, pdf, or document."""
    size_bytes: int
    url: str
    thumbnail_url: str | None


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was written; `label` says what it is where it is not simply a message."""

    label: str | None
    lines: tuple[Line, ...]
    is_long: bool


class Tag(msgspec.Struct, frozen=True, kw_only=True):
    """A short remark on an event."""

    text: str
    tone: str
    until: datetime | None = None
    """When an open offer ends."""


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """An event, or a file attached to one, that a decision relies on."""

    pid: str
    """The event's."""
    who: str
    text: str
    is_file: bool = False


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One event of the timeline."""

    pid: str
    side: Actor
    side_word: str
    who: str
    initials: str
    is_own: bool
    """By the viewer's side."""
    is_internal: bool
    """Only the viewer's side reads it."""
    is_message: bool
    """There is something to read, not only that it happened."""
    sentence: str
    icon: str
    tone: str
    at: datetime
    texts: tuple[Text, ...]
    files: tuple[Attachment, ...]
    tags: tuple[Tag, ...]
    relies_on: tuple[Reference, ...]


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """The newest part of a timeline, oldest first."""

    items: tuple[Item, ...]
    earlier: str | None
    """The event before which there are more; None: all are here."""


class Decision(Protocol):
    """What a timeline says of a decision besides its event."""

    @property
    def pid(self) -> str: ...
    @property
    def on_appeal(self) -> bool: ...
    @property
    def reason_title(self) -> str | None: ...
    @property
    def reason_titles(self) -> Mapping[str, str] | None: ...


class CaseToTell(Protocol):
    """What a timeline is made of."""

    @property
    def account_title(self) -> str: ...
    @property
    def name(self) -> str | None: ...
    @property
    def username(self) -> str | None: ...
    @property
    def currency(self) -> str: ...
    @property
    def places(self) -> int: ...
    @property
    def offers(self) -> Sequence[OfferRow]: ...
    @property
    def decisions(self) -> Sequence[Decision]: ...
    @property
    def events(self) -> Sequence[EventRow]: ...


class TimelineMaker:
    """Turns a case's rows into its timeline for one viewer; `home` is the account's own currency.

    `names` are those of people whom events name besides who did them, by public id.
    """

    def __init__(
        self,
        case: CaseToTell,
        viewer: Actor,
        *,
        links: Links,
        now: datetime,
        home: str | None,
        names: Mapping[str, str | None] = {},
    ) -> None:
        self._case = case
        self._viewer = viewer
        self._links = links
        self._now = now
        self._home = home
        self._offers: Mapping[str, OfferRow] = {offer.pid: offer for offer in case.offers}
        self._decisions: Mapping[str, Decision] = {decision.pid: decision for decision in case.decisions}
        self._events: Mapping[str, EventRow] = {event.pid: event for event in case.events}
        self._files = {file.pid: (event, file) for event in case.events for file in event.files or ()}
        self._names = {**{event.actor_id: event.actor_name for event in case.events if event.actor_id}, **names}

    def timeline(self, shown: int) -> Timeline:
        """Return the newest `shown` events."""
        events = self._case.events[-shown:]
        earlier = events[0].pid if len(self._case.events) > shown else None
        return Timeline(items=tuple(self._item(event) for event in events), earlier=earlier)

    def _item(self, event: EventRow) -> Item:
        texts, files = tuple(self._texts(event)), tuple(self._file(file) for file in event.files or ())
        icon, tone = _LOOKS[event.kind]
        who = self._who(event)
        return Item(
            pid=event.pid,
            side=event.actor,
            side_word=actor_word(event.actor),
            who=who,
            initials=initials(who),
            is_own=event.actor is self._viewer,
            is_internal=not (event.viewable_by_customer and event.viewable_by_merchant),
            is_message=bool(texts or files),
            sentence=self._sentence(event),
            icon=icon,
            tone=tone,
            at=event.created_at,
            texts=texts,
            files=files,
            tags=tuple(self._tags(event)),
            relies_on=tuple(self._relies_on(event)),
        )

    def _who(self, event: EventRow) -> str:
        if event.actor is Actor.SYSTEM:
            return _("Amends")
        if event.actor is Actor.PLATFORM:
            return plain_name(event.actor_name or _("The platform"))
        if event.actor is Actor.CUSTOMER:
            return plain_name(event.actor_name or self._case.name or self._case.username or _("The customer"))
        return plain_name(event.actor_name or self._case.account_title)

    def _sentence(self, event: EventRow) -> str:
        assignee = event.data.get("assignee")
        return event_sentence(
            Told(
                kind=event.kind,
                actor=event.actor,
                viewer=self._viewer,
                data=event.data,
                amount=lambda minor: money(minor, self._case.currency, self._case.places, home=self._home),
                assignee=None if assignee is None else self._names.get(assignee),
                is_to_self=assignee is not None and assignee == event.actor_id,
            )
        )

    def _texts(self, event: EventRow) -> Sequence[Text]:
        labels = {
            "message": None,
            "remedy": _("Remedy"),
            "to_customer": _("To the customer"),
            "to_merchant": _("To you") if self._viewer is Actor.MERCHANT else _("To the merchant"),
        }
        written = dict(event.texts)
        offer = self._offers.get(event.data.get("offer", "")) if event.kind is EventKind.OFFER_MADE else None
        if offer is not None and offer.remedy:
            written.setdefault("remedy", offer.remedy)
        return [
            Text(label=label, lines=lines_of(written[key]), is_long=len(written[key]) > CLAMPED_CHARS)
            for key, label in labels.items()
            if written.get(key, "").strip()
        ]

    def _file(self, file: FileRow) -> Attachment:
        family = file.content_type.partition("/")[0]
        if family not in {"image", "video"}:
            family = "pdf" if file.content_type == "application/pdf" else "document"
        thumbnail = self._links.attachment_url(file.file_id, self._now, Variant.THUMBNAIL)
        return Attachment(
            pid=file.pid,
            name=plain_name(file.filename),
            family=family,
            size_bytes=file.size_bytes,
            url=self._links.attachment_url(file.file_id, self._now),
            thumbnail_url=thumbnail if family == "image" else None,
        )

    def _tags(self, event: EventRow) -> Sequence[Tag]:
        tags: list[Tag] = []
        offer = self._offers.get(event.data.get("offer", "")) if event.kind is EventKind.OFFER_MADE else None
        if offer is not None:
            is_open = offer.status == OFFER_OPEN
            until = offer.expires_at if is_open else None
            tags.append(Tag(text=offer_word(offer.status), tone="info" if is_open else "neutral", until=until))
        if event.kind is EventKind.DECIDED:
            decision = self._decisions.get(event.data.get("decision", ""))
            title, titles = (None, None) if decision is None else (decision.reason_title, decision.reason_titles)
            reason = decision_reason_word(str(event.data.get("reason_code", "other")), title, titles)
            tags.append(Tag(text=reason, tone="neutral"))
            if decision is not None and decision.on_appeal:
                tags.append(Tag(text=_("Final"), tone="neutral"))
        if event.data.get("membership_ended"):
            tags.append(Tag(text=_("Membership ended"), tone="neutral"))
        return tags

    def _relies_on(self, event: EventRow) -> Sequence[Reference]:
        return [found for pid in event.data.get("evidence", ()) if (found := self._reference(pid))]

    def _reference(self, pid: str) -> Reference | None:
        if pid in self._events:
            event = self._events[pid]
            return Reference(pid=pid, who=self._who(event), text=self._sentence(event))
        if pid in self._files:
            event, file = self._files[pid]
            return Reference(pid=event.pid, who=self._who(event), text=plain_name(file.filename), is_file=True)
        return None
