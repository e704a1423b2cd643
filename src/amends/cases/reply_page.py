"""What the pages of saved replies show: the list, one with its preview, and what is refused in words.

The preview is filled in with an example, by the same code as on a case, in the language of who looks at it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

import msgspec
from asyncpg import Record

from amends.cases.replies import About, check_body, render_reply
from amends.kit.errors import Unprocessable
from amends.kit.money import exponent
from amends.web import urls
from amends.web.forms import Filled
from amends.web.pages import Page
from amends.web.places import Place
from amends.web.readers import current_reader
from amends.web.text import _, lazy

_EXAMPLE_MINOR: Final = 49

_REFUSALS: Final = {
    "reply_title_invalid": lazy("A title has 1 to 80 characters."),
    "reply_title_taken": lazy("There is a reply with this title already."),
    "reply_body_invalid": lazy("A reply has 1 to 10,000 characters."),
    "too_many_replies": lazy("There are 200 saved replies, which is the most. Delete one first."),
}


class ReplyForm(msgspec.Struct, frozen=True):
    """A saved reply as it is typed."""

    title: str
    body: str


class BodyForm(msgspec.Struct, frozen=True):
    """What is to be previewed."""

    body: str = ""
    title: str = ""


class ReplyLine(msgspec.Struct, frozen=True, kw_only=True):
    """A saved reply in the list."""

    title: str
    body: str
    url: str
    updated_at: datetime
    updated_by: str | None


class Meaning(msgspec.Struct, frozen=True):
    """A placeholder, and what will stand in its place."""

    written: str
    meaning: Any


class RepliesPage(Page, frozen=True, kw_only=True):
    """An account's saved replies."""

    template: ClassVar[str] = "cases/replies.html"
    replies: Sequence[ReplyLine]
    can_manage: bool
    new_url: str
    most: int


class ReplyPage(Page, frozen=True, kw_only=True):
    """A saved reply to read or to edit, or a new one."""

    template: ClassVar[str] = "cases/reply.html"
    title: str
    body: str
    is_new: bool
    can_manage: bool
    filled: Filled[ReplyForm] | None
    preview: str
    """The text filled in with an example; empty: nothing to show."""
    problem: str | None
    """Why there is no preview."""
    placeholders: Sequence[Meaning]
    list_url: str
    save_url: str
    preview_url: str
    delete_url: str | None
    longest_title: int
    longest_body: int


class PreviewPart(Page, frozen=True, kw_only=True):
    """What the text that is being typed will look like."""

    template: ClassVar[str] = "cases/_reply_preview.html"
    preview: str
    problem: str | None


def line_of(row: Record, place: Place) -> ReplyLine:
    return ReplyLine(
        title=row["title"],
        body=row["body"],
        url=urls.reply_url(place.account.pid, row["pid"]),
        updated_at=row["updated_at"],
        updated_by=row["updated_by_name"],
    )


def preview_of(body: str, place: Place, agent_name: str | None, now: datetime) -> tuple[str, str | None]:
    """Return a text filled in with an example, or why it cannot be."""
    try:
        check_body(body)
    except Unprocessable as refusal:
        return "", _words(refusal)
    return render_reply(body.strip(), _example(place, agent_name, now), now), None


def _example(place: Place, agent_name: str | None, now: datetime) -> About:
    """Return a case that could be: for the reader to see, so in their own language."""
    reader, currency = current_reader(), place.account.currency
    return About(
        customer_name="Ada Lovelace",
        product=_("Trading course"),
        amount_minor=_EXAMPLE_MINOR * 10 ** exponent(currency),
        currency=currency,
        places=None,
        case_id="reso_8Zk3…",
        due=now + timedelta(days=7),
        agent_name=agent_name,
        account=place.account.title,
        home=currency,
        locale=str(reader.locale),
        time_zone=reader.time_zone.key,
    )


def _words(refusal: Unprocessable) -> str:
    if refusal.code == "unknown_placeholder":
        details = refusal.details or {}
        return _(
            "%(name)s is not a placeholder. These are: %(known)s.",
            name=details["placeholder"],
            known=", ".join(details["known"]),
        )
    words = _REFUSALS.get(refusal.code)
    return refusal.message if words is None else str(words)


def in_words(refusal: Unprocessable) -> Unprocessable:
    """Return a refusal that speaks the reader's language, for `forms.refused`."""
    refusal.message = _words(refusal)
    return refusal
