"""The catalogues of words: each language of the pages has each word that the source has, and no other."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

from amends.web.readers import LANGUAGES
from amends.web.text import LOCALES

ROOT: Final = Path(__file__).parents[2]
TRANSLATED: Final = LANGUAGES[1:]
"""English is the source itself."""
_PLACEHOLDER: Final = re.compile(r"%\(\w+\)[a-z]|%%|\{\w+\}")


@cache
def source() -> dict[str | tuple[str, ...], str]:
    """Return all messages of the source, each with a file that has it."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    found = extract_from_dir(
        ROOT / "src",
        method_map=[(one["pattern"], one["method"]) for one in mappings],
        options_map={one["pattern"]: {key: one[key] for key in one.keys() - {"pattern", "method"}} for one in mappings},
        keywords={**DEFAULT_KEYWORDS, "lazy": None},
    )
    return {message: file for file, _line, message, _comments, _context in found}


@cache
def catalogue(language: str) -> Catalog:
    """Return the catalogue of a language."""
    with (LOCALES / language / "LC_MESSAGES" / "amends.po").open("rb") as file:
        return read_po(file, locale=language)


def messages(language: str) -> list[Message]:
    """Return what the catalogue of a language holds, without its header."""
    return [message for message in catalogue(language) if message.id]


def forms(words: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return the forms of a message: one, or one for each plural."""
    return (words,) if isinstance(words, str) else tuple(words or ())


def is_translated(words: str | tuple[str, ...], language: str) -> bool:
    """Say whether a message of the source has all its forms; one that also has a plural serves for both."""
    message = catalogue(language).get(words)
    if message is None or message.fuzzy:
        return False
    found = forms(message.string)
    return all(found) and len(found) >= len(forms(words))


def named(lines: Iterable[object]) -> str:
    """Return what is wrong, a line each, and what to do about it."""
    return "\n".join(["", *(str(line) for line in lines), "Run `make messages`, then edit src/amends/web/locale."])


def test_the_source_has_words() -> None:
    assert len(source()) > 500
    assert {Path(file).suffix for file in source().values()} >= {".py", ".html"}


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated(language: str) -> None:
    missing = [f"{file}: {words}" for words, file in source().items() if not is_translated(words, language)]
    assert not missing, named(missing)


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_catalogue_holds_nothing_that_is_not_used(language: str) -> None:
    unused = [message.id for message in messages(language) if message.id not in source()]
    unused += list(catalogue(language).obsolete)
    assert not unused, named(unused)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_plural_has_its_forms(language: str) -> None:
    wrong = [
        message.id
        for message in messages(language)
        if len(forms(message.string)) != (catalogue(language).num_plurals if message.pluralizable else 1)
    ]
    assert not wrong, named(wrong)


@pytest.mark.parametrize("language", TRANSLATED)
def test_placeholders_and_spaces_are_kept(language: str) -> None:
    wrong = [
        f"{one} → {other}"
        for message in messages(language)
        for one, other in pairs(message)
        if other and frame(one) != frame(other)
    ]
    assert not wrong, named(wrong)


def pairs(message: Message) -> list[tuple[str, str]]:
    """Return each form of the translation with the form of English that it stands for."""
    english = forms(message.id)
    return [(english[min(i, len(english) - 1)], form) for i, form in enumerate(forms(message.string))]


def frame(words: str) -> tuple[list[str], str, str]:
    """Return what a translation may not change: the placeholders, and the spaces around the words."""
    return sorted(_PLACEHOLDER.findall(words)), words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
