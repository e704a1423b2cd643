"""What somebody typed into a form that is not taken: its words, to be copied, and its fields, to be sent once more.

Only fields that we know to be words or amounts are shown: never a password, a code, or what a form carries unseen.
Files are not kept, and no more is read of them than it takes to find what was typed.
"""

from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

import msgspec
from litestar.enums import RequestEncodingType
from litestar.exceptions import HTTPException
from multipart import MultipartSegment, PushMultipartParser

from amends.kit.errors import ApiError
from amends.web.csrf import FIELD
from amends.web.layout import AnyRequest
from amends.web.multipart_form import MAX_PARTS
from amends.web.text import lazy

PAGE: Final = "_page"
"""The field that says where a form was at first."""
LOOK: Final = "_look"
"""The field that asks for the form itself, filled in, instead of what it would do."""
SHOWS_AGAIN: Final = "shows_again"
"""What a route says that answers `LOOK`."""
MAX_READ: Final = 8 * 1024 * 1024
"""How much of a form is read, its files included."""
MAX_TYPED: Final = 64 * 1024
"""How many bytes of it are held, names and values together."""
MAX_FIELDS: Final = 200
MAX_FILE_NAME: Final = 200

_WROTE: Final = lazy("What you wrote")
LABELS: Final[dict[str, Any]] = {
    "message": _WROTE,
    "note": _WROTE,
    "reason": _WROTE,
    "difference": _WROTE,
    "holidays": _WROTE,
    "amount": lazy("Amount"),
    "body": lazy("Text"),
    "title": lazy("Title"),
    "remedy": lazy("Something else, in words"),
    "wish_words": lazy("What would settle it for you?"),
    "to_customer": lazy("To the customer"),
    "to_merchant": lazy("To the merchant"),
    "override_note": lazy("Why you decide it yourself"),
    "when_to_use": lazy("When to use it"),
}
"""What each field for words, or an amount, is called where it is shown again."""
_IN_LANGUAGES: Final = ("title", "to_customer", "to_merchant")
"""These come once more for each language: `title_es`."""
_CHOICES: Final = frozenset(
    {"amount", "amount_minor", "choice", "days", "end_membership", "evidence", "of", "reason_code"}
)
"""What somebody chose, or was promised: it is not shown as it is sent, but in its form, before it is sent."""
_CARRIED: Final = frozenset({"version", "token", "attachment", "reply"})
"""What a form of a case carries besides."""
_SECRETS: Final = frozenset({"code", "codes", "secret"})


class Field(NamedTuple):
    """One field of a form, or the beginning of it."""

    name: str
    text: str
    is_cut: bool = False


class Words(NamedTuple):
    """One field that somebody typed words into."""

    label: str
    text: str


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """A form that is not taken."""

    token: str | None
    page: str | None
    """The page that the form was on at first, where it comes from `signed_out_page`."""
    fields: tuple[Field, ...]
    """In their order; without our own and what is secret."""
    files: tuple[str, ...]
    """The names of the files that came with it."""
    is_whole: bool
    """Nothing but our own is missing from `fields`."""

    @property
    def has_choices(self) -> bool:
        """Tell whether more was sent than words."""
        return any(field.name in _CHOICES and field.text.strip() for field in self.fields)

    @property
    def can_be_shown_again(self) -> bool:
        """Tell whether all of it is there, and nothing that we do not know."""
        return self.is_whole and all(_is_kept(field.name) for field in self.fields)

    @property
    def words(self) -> tuple[Words, ...]:
        """Return what is shown of it."""
        return tuple(
            Words(str(label), field.text)
            for field in self.fields
            if field.text.strip() and (label := _label(field)) is not None
        )


def _label(field: Field) -> Any | None:
    """Return what a field is called; None: it is not for words."""
    if field.name == "reason" and " " not in field.text.strip():
        return None  # chosen from a list, as in a report
    return LABELS.get(_without_language(field.name))


def _is_kept(name: str) -> bool:
    return name in _CHOICES or name in _CARRIED or _without_language(name) in LABELS


def _without_language(name: str) -> str:
    return next((one for one in _IN_LANGUAGES if name.startswith(f"{one}_")), name)


async def read_typed(request: AnyRequest) -> Typed | None:
    """Return the form that a request brings; None: it brings none, or one that cannot be read."""
    kind, options = request.content_type
    reading = _Reading()
    try:
        if kind == RequestEncodingType.URL_ENCODED:
            reading.read_pairs(await request.body())
        elif kind == RequestEncodingType.MULTI_PART:
            await _read_parts(request, options.get("boundary", ""), reading)
        else:
            return None
    except (ApiError, HTTPException, ValueError):  # multipart's errors are values' errors
        return None
    return reading.done()


async def _read_parts(request: AnyRequest, boundary: str, reading: "_Reading") -> None:
    left = MAX_READ
    with PushMultipartParser(boundary.encode(), max_segment_count=MAX_PARTS) as parser:
        async for chunk in request.stream():
            for piece in parser.parse(chunk) if chunk and not parser.closed else ():
                reading.take(piece)
            left -= len(chunk)
            if left < 0:
                reading.is_whole = False
                parser.close(check_complete=False)
                return


class _Reading:
    """What has been read of a form so far."""

    def __init__(self) -> None:
        self.is_whole = True
        self._own: dict[str, str] = {}
        self._fields: list[Field] = []
        self._files: list[str] = []
        self._room = MAX_TYPED
        self._name: str | None = None
        self._data = bytearray()

    def done(self) -> Typed:
        """Return the form."""
        return Typed(
            token=self._own.get(FIELD),
            page=self._own.get(PAGE),
            fields=tuple(self._fields),
            files=tuple(self._files),
            is_whole=self.is_whole,
        )

    def read_pairs(self, body: bytes) -> None:
        """Take a form without files."""
        text = body.decode("utf-8", "replace")
        for name, value in parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MAX_PARTS):
            self._add(name, _mended(value))

    def take(self, piece: MultipartSegment | bytes | bytearray | None) -> None:
        """Take the head of a part, a piece of it, or its end; a file's name alone."""
        if isinstance(piece, MultipartSegment):
            self._name, self._data = (piece.name if piece.filename is None else None), bytearray()
            if piece.filename:
                self.is_whole = False
                self._files.append(piece.filename[:MAX_FILE_NAME])
        elif self._name is None:
            return
        elif piece:
            self._data += piece[: MAX_TYPED + 1 - len(self._data)]
            self.is_whole = self.is_whole and len(self._data) <= MAX_TYPED
        else:
            self._add(self._name, _mended(self._data.decode("utf-8", "replace")))

    def _add(self, name: str, text: str) -> None:
        if name in {FIELD, PAGE, LOOK}:
            self._own[name] = text
            return
        if "password" in name or name in _SECRETS or len(self._fields) == MAX_FIELDS or len(name) > self._room:
            self.is_whole = False
            return
        self._room -= len(name.encode("utf-8", "replace"))
        kept = text if len(text.encode()) <= self._room else text[: max(self._room, 0) // 4]
        self._room -= len(kept.encode())
        self.is_whole = self.is_whole and kept == text
        self._fields.append(Field(name, kept, is_cut=kept != text))


def _mended(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\x00", "\ufffd")
