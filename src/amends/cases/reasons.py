"""The reasons that the platform decides by: which way of deciding each one fits, and its text to each side. Pure.

Texts are templates with some of the placeholders of saved replies: those that may be read by both sides. A retired
reason stays readable on the decisions that were made with it, and takes no new one.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

import msgspec

from amends.cases.replies import About, Placeholder, render_reply
from amends.kit.errors import Unprocessable
from amends.web.readers import LANGUAGES, absent_reader, current_reader, reading_as
from amends.web.text import gettext_here

LONGEST_TITLE: Final = 80
LONGEST_USE: Final = 1_000
LONGEST_TEXT: Final = 5_000
CODE: Final = re.compile(r"[a-z][a-z0-9_]{1,63}")
PLACEHOLDERS: Final = (
    Placeholder.CUSTOMER_NAME,
    Placeholder.PRODUCT,
    Placeholder.AMOUNT,
    Placeholder.CASE_ID,
    Placeholder.ACCOUNT,
)
"""What a reason's texts can say of a case. Who decides is not told to the sides, and a decided case has no due time."""
_BRACES: Final = re.compile(r"\{([^{}\n]*)\}")


class DecidedAs(StrEnum):
    """A way to decide a case; the last two answer a merchant's appeal."""

    CUSTOMER_WON = "customer_won"
    MERCHANT_WON = "merchant_won"
    UPHELD = "upheld"
    REVERSED = "reversed"


class Translation(msgspec.Struct, frozen=True, kw_only=True):
    """What a reason says in one language; empty: as in no language of its own."""

    title: str = ""
    to_customer: str = ""
    to_merchant: str = ""


class ReasonCode(msgspec.Struct, frozen=True, kw_only=True):
    """A reason of the catalogue."""

    code: str
    title: str
    when_to_use: str
    fits: tuple[DecidedAs, ...]
    to_customer: str
    to_merchant: str
    translations: dict[str, Translation]
    """By language."""
    version: int
    retired_at: datetime | None
    updated_at: datetime
    updated_by: str
    updated_by_name: str | None

    @property
    def is_retired(self) -> bool:
        """Tell whether new decisions cannot take it."""
        return self.retired_at is not None

    @property
    def words(self) -> str:
        """Return its title in the reader's language."""
        return self.here("title")

    def here(self, name: Literal["title", "to_customer", "to_merchant"]) -> str:
        """Return a text in the reader's language: the platform's, or ours; else as it stands for all languages."""
        own = self.translations.get(current_reader().language, Translation())
        text = getattr(self, name)
        return getattr(own, name) or (gettext_here(text) if text else "")


class Wording(msgspec.Struct, frozen=True, kw_only=True):
    """What can be changed about a reason."""

    title: str
    when_to_use: str
    fits: tuple[DecidedAs, ...]
    to_customer: str = ""
    to_merchant: str = ""
    translations: Mapping[str, Translation] = {}
    retired: bool = False


def fitting(catalogue: Iterable[ReasonCode], verdict: DecidedAs) -> Sequence[ReasonCode]:
    """Return the reasons that a decision of one kind may give now."""
    return [reason for reason in catalogue if verdict in reason.fits and not reason.is_retired]


def check_reason(catalogue: Sequence[ReasonCode], code: str, verdict: DecidedAs | None) -> None:
    """Refuse a reason that is not in the catalogue, is retired, or does not fit; None: it is not said how it ends.

    Raises:
        Unprocessable: `unknown_reason_code`, `unfitting_reason_code`; `details.reason_codes` are those that fit.
    """
    found = next((reason for reason in catalogue if reason.code == code), None)
    usable = [one for one in catalogue if not one.is_retired] if verdict is None else fitting(catalogue, verdict)
    details = {"reason_codes": [reason.code for reason in usable]}
    if found is None or found.is_retired:
        raise Unprocessable(
            "unknown_reason_code",
            f"`{code[:64]}` is not a reason code of this platform, or was retired. Choose one of the catalogue.",
            param="reason_code",
            details=details,
        )
    if verdict is not None and verdict not in found.fits:
        raise Unprocessable(
            "unfitting_reason_code",
            f"The reason `{code}` does not fit a case that is decided as `{verdict}`. Choose one that does.",
            param="reason_code",
            details=details,
        )


def check_texts(wording: Wording) -> Wording:
    """Return what is to be kept, trimmed.

    Raises:
        Unprocessable: `reason_title_invalid`, `reason_use_invalid`, `reason_text_invalid`, `reason_fits_nothing`,
            `reason_language_unknown`, `unknown_placeholder`.
    """
    title = _title(wording.title, "title")
    if not title:
        raise _title_invalid("title")
    use = wording.when_to_use.strip()
    if not 0 < len(use) <= LONGEST_USE or "\x00" in use:
        raise Unprocessable(
            "reason_use_invalid",
            f"Say in 1 to {LONGEST_USE} characters when to use the reason.",
            param="when_to_use",
        )
    if not wording.fits:
        raise Unprocessable("reason_fits_nothing", "A reason fits at least one way to decide.", param="fits")
    return msgspec.structs.replace(
        wording,
        title=title,
        when_to_use=use,
        fits=tuple(verdict for verdict in DecidedAs if verdict in wording.fits),
        to_customer=_checked(wording.to_customer, "to_customer"),
        to_merchant=_checked(wording.to_merchant, "to_merchant"),
        translations=_translations(wording.translations),
    )


def _translations(given: Mapping[str, Translation]) -> dict[str, Translation]:
    """Return what is said in languages of its own; a language in which nothing is said is left out."""
    unknown = next((language for language in given if language not in LANGUAGES), None)
    if unknown is not None:
        raise Unprocessable(
            "reason_language_unknown",
            f"`{unknown[:40]}` is not a language of this installation. These are: {', '.join(LANGUAGES)}.",
            param="translations",
            details={"languages": list(LANGUAGES)},
        )
    kept = {
        language: Translation(
            title=_title(said.title, f"title_{language}"),
            to_customer=_checked(said.to_customer, f"to_customer_{language}"),
            to_merchant=_checked(said.to_merchant, f"to_merchant_{language}"),
        )
        for language, said in sorted(given.items())
    }
    return {language: said for language, said in kept.items() if said != Translation()}


def _title(text: str, param: str) -> str:
    title = " ".join(text.split())
    if len(title) > LONGEST_TITLE or "\x00" in title:
        raise _title_invalid(param)
    return title


def _title_invalid(param: str) -> Unprocessable:
    return Unprocessable("reason_title_invalid", f"A title has 1 to {LONGEST_TITLE} characters.", param=param)


def _checked(text: str, param: str) -> str:
    """Return a template that can be kept."""
    text = text.replace("\r\n", "\n").strip()
    if len(text) > LONGEST_TEXT or "\x00" in text:
        raise Unprocessable("reason_text_invalid", f"A text has up to {LONGEST_TEXT} characters.", param=param)
    known = [placeholder.value for placeholder in PLACEHOLDERS]
    unknown = next((name for name in _BRACES.findall(text) if name not in known), None)
    if unknown is not None:
        names = [placeholder.written for placeholder in PLACEHOLDERS]
        raise Unprocessable(
            "unknown_placeholder",
            f"{{{unknown[:40]}}} is not a placeholder. These are: {', '.join(names)}.",
            param=param,
            details={"placeholder": f"{{{unknown[:40]}}}", "known": names},
        )
    return text


def fill(reason: ReasonCode, side: Literal["to_customer", "to_merchant"], about: About, now: datetime) -> str:
    """Return the text to one side, filled in, in its language and time zone, which `about` names."""
    with reading_as(absent_reader(about.locale, about.time_zone, now)):
        template = reason.here(side)
    return render_reply(template, about, now)
