"""What the pages of the reason codes show: the catalogue, and one reason to read or to change."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

import msgspec

from amends.cases.reasons import DecidedAs, ReasonCode, Translation
from amends.cases.replies import MEANINGS, Placeholder
from amends.kit.errors import ApiError
from amends.web.forms import Filled
from amends.web.pages import Page
from amends.web.readers import LANGUAGES, absent_reader, reading_as
from amends.web.text import _, lazy

FITS: Final[Mapping[DecidedAs, Any]] = {
    DecidedAs.CUSTOMER_WON: lazy("For the customer"),
    DecidedAs.MERCHANT_WON: lazy("For the merchant"),
    DecidedAs.UPHELD: lazy("Upheld on appeal"),
    DecidedAs.REVERSED: lazy("Reversed on appeal"),
}
_REFUSALS: Final[Mapping[str, Any]] = {
    "reason_code_changed": lazy("Somebody else has changed this reason meanwhile. Nothing was saved."),
    "reason_code_exists": lazy("There is a reason with this code already. Choose another code."),
    "reason_code_invalid": lazy("A code has 2 to 64 small letters, digits and underscores, and begins with a letter."),
    "reason_fits_nothing": lazy("Choose at least one way to decide."),
    "reason_language_unknown": lazy("There are no pages in this language."),
    "reason_text_invalid": lazy("A text has up to 5,000 characters."),
    "reason_title_invalid": lazy("A title has 1 to 80 characters."),
    "reason_use_invalid": lazy("Say in 1 to 1,000 characters when to use it."),
}


class ReasonForm(msgspec.Struct, frozen=True, kw_only=True):
    """A reason as it is typed."""

    title: str = ""
    when_to_use: str = ""
    fits: tuple[DecidedAs, ...] = ()
    to_customer: str = ""
    to_merchant: str = ""
    code: str = ""
    version: int | None = None


class RetireForm(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a reason is retired."""

    retired: bool = False
    version: int | None = None


class ReasonLine(msgspec.Struct, frozen=True, kw_only=True):
    """A reason in the list."""

    reason: ReasonCode
    fits: tuple[str, ...]
    url: str


class LanguageRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a reason says in one language."""

    tag: str
    name: str
    """The language's own."""
    title: str
    """What its readers see now; empty: a new reason."""
    own: Translation

    @property
    def is_given(self) -> bool:
        """Tell whether the platform has given words for it."""
        return self.own != Translation()


class ReasonsPage(Page, frozen=True, kw_only=True):
    """The catalogue."""

    template: ClassVar[str] = "platform/reasons.html"

    lines: Sequence[ReasonLine]
    retired: Sequence[ReasonLine]
    can_manage: bool
    new_url: str


class ReasonPage(Page, frozen=True, kw_only=True):
    """A reason to read or to change, or a new one."""

    template: ClassVar[str] = "platform/reason.html"

    reason: ReasonCode | None
    """None: a new one."""
    can_manage: bool
    filled: Filled[ReasonForm] | None
    chosen: tuple[str, ...]
    ways: Sequence[tuple[DecidedAs, str]]
    placeholders: Sequence[tuple[str, str]]
    languages: Sequence[LanguageRow]
    list_url: str
    save_url: str
    retire_url: str | None


def fits_words(reason: ReasonCode) -> tuple[str, ...]:
    """Return which ways to decide a reason fits."""
    return tuple(str(FITS[way]) for way in reason.fits)


def language_rows(reason: ReasonCode | None, now: datetime) -> Sequence[LanguageRow]:
    """Return a row for each language that there are pages in."""
    return [_language_row(reason, tag, now) for tag in LANGUAGES]


def _language_row(reason: ReasonCode | None, tag: str, now: datetime) -> LanguageRow:
    own = Translation() if reason is None else reason.translations.get(tag, Translation())
    with reading_as(absent_reader(tag, None, now)) as reader:
        name = reader.locale.get_language_name() or tag
        title = "" if reason is None else reason.words
    return LanguageRow(tag=tag, name=name[:1].upper() + name[1:], title=title, own=own)


def typed_translations(typed: Mapping[str, Any]) -> dict[str, Translation]:
    """Return what was typed for each language."""
    return {
        tag: Translation(
            **{name: str(typed.get(f"{name}_{tag}", "")) for name in ("title", "to_customer", "to_merchant")}
        )
        for tag in LANGUAGES
    }


def meanings_of(placeholders: Sequence[Placeholder]) -> Sequence[tuple[str, str]]:
    """Return placeholders with what will stand in their place."""
    meanings = {**MEANINGS, Placeholder.ACCOUNT: _("The merchant’s name")}
    return [(one.written, str(meanings[one])) for one in placeholders]


def reason_refusal(error: ApiError) -> ApiError:
    """Return a refusal that speaks the reader's language, for `forms.refused`."""
    if error.code == "unknown_placeholder":
        details = error.details or {}
        known = ", ".join(details["known"])
        name = details["placeholder"]
        error.message = _("%(name)s is not a placeholder here. These are: %(known)s.", name=name, known=known)
    elif error.code in _REFUSALS:
        error.message = str(_REFUSALS[error.code])
    return error
