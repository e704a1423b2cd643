"""Forms: from fields that a browser sends to a typed value, or to words about each field that is not right.

A checkbox is true when its field is there; a field for a sequence may come several times; empty text is none where the
type allows None. Files stand apart. Nothing that was typed is lost: `Filled.typed` holds it for the next page.
"""

from collections.abc import Mapping, Sequence
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, get_args, get_origin

import msgspec
from litestar.datastructures import UploadFile

from amends.kit.errors import ApiError, InvalidRequest
from amends.web.layout import AnyRequest
from amends.web.text import _

T = TypeVar("T")


class Filled(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A form that came in: its value, or what is wrong with it."""

    value: T | None
    errors: Mapping[str, str]
    """By field, in the reader's words; `""` is the form as a whole."""
    typed: Mapping[str, Any]
    """What was typed, as it came."""
    files: Mapping[str, Sequence[UploadFile]] = {}


async def read_form(request: AnyRequest, kind: type[T]) -> Filled[T]:
    """Read the request's form as a struct of type `kind`.

    Raises:
        InvalidRequest: the form is not UTF-8.
    """
    try:
        sent = await request.form()
    except UnicodeDecodeError as problem:
        raise InvalidRequest("invalid_request", "The form is not text in UTF-8.") from problem
    typed: dict[str, Any] = {}
    files: dict[str, list[UploadFile]] = {}
    for name, value in sent.multi_items():
        if isinstance(value, UploadFile):
            if value.filename:
                files.setdefault(name, []).append(value)
        else:
            typed.setdefault(name, []).append(str(value).replace("\r\n", "\n"))
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}  # pyright: ignore[reportArgumentType]
    given: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, field in fields.items():
        values = typed.get(name, [])
        if is_missing(values, field.type):
            if field.required and not _allows(field.type, NoneType):
                errors[name] = _("This is needed.")
            continue
        try:
            given[name] = msgspec.convert(_shaped(values, field.type), field.type, strict=False)
        except msgspec.ValidationError as error:
            errors[name] = _in_words(str(error))
        if any("\x00" in value for value in values):
            errors[name] = _("This holds a character that cannot be stored.")
    shown = {name: values if len(values) > 1 else values[0] for name, values in typed.items()}
    if errors:
        return Filled(value=None, errors=errors, typed=shown, files=files)
    return Filled(value=msgspec.convert(given, kind), errors={}, typed=shown, files=files)


def is_missing(values: Sequence[str], kind: Any) -> bool:
    """Tell whether a field was left empty: absent, or blank where text is not what is wanted."""
    return not values or (len(values) == 1 and not values[0].strip() and not _is_sequence(kind))


def _shaped(values: Sequence[str], kind: Any) -> Any:
    if _is_sequence(kind):
        return [value for value in values if value]
    if _allows(kind, bool):
        return values[-1] not in {"", "0", "false", "off"}
    return values[-1].strip()


def _is_sequence(kind: Any) -> bool:
    return any(get_origin(one) in {list, tuple} for one in _members(kind))


def _allows(kind: Any, member: type) -> bool:
    return member in _members(kind)


def _members(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if isinstance(kind, UnionType) else (kind,)


def _in_words(problem: str) -> str:
    """Say what msgspec found in a person's words."""
    if "Invalid enum value" in problem:
        return _("Choose one of the values.")
    if "length <=" in problem:
        return _("This is too long.")
    if "int" in problem or "float" in problem or "decimal" in problem:
        return _("Write a number.")
    return _("This is not right.")


def refused(filled: Filled[T], error: ApiError) -> Filled[T]:
    """Return a form with what a command refused, at the field that it names."""
    field = error.param if error.param in filled.typed else ""
    return msgspec.structs.replace(filled, value=None, errors={**filled.errors, field or "": error.message})
