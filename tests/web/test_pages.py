"""Templates are what their pages say: they parse, show only what is there, and hold nothing that the policy forbids."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, nodes
from jinja2.meta import find_referenced_templates

import amends
from amends.web.pages import Page

TEMPLATES = Path(amends.__file__).parent / "web" / "templates"
PARSER = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"], autoescape=True)
NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
PAGES = [name for name in NAMES if not name.startswith("mail/")]
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
EXPRESSION = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
FORBIDDEN = {
    "a style attribute": re.compile(r"<[a-z][^>]*\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "a script of its own": re.compile(r"<script\b(?![^>]*\ssrc=)", re.IGNORECASE),
    "an event handler": re.compile(r"<[a-z][^>]*\s(on[a-z]+|hx-on[:-][^\s=]*)\s*=", re.IGNORECASE),
    "an address of JavaScript": re.compile(r"javascript:", re.IGNORECASE),
}


def syntax(name: str) -> nodes.Template:
    """Parse a template."""
    return PARSER.parse((TEMPLATES / name).read_text(), name)


def every_page() -> list[type[Page]]:
    """Return every kind of page that names a template."""
    for module in pkgutil.walk_packages(amends.__path__, "amends."):
        if not module.name.startswith("amends.db.revisions"):
            importlib.import_module(module.name)
    found: list[type[Page]] = []
    waiting = list(Page.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if "template" in vars(kind) and kind.__module__.startswith("amends."):
            found.append(kind)
    return sorted(found, key=lambda kind: kind.__qualname__)


def reach(name: str) -> Iterator[str]:
    """Yield a template and all that it extends, includes or imports."""
    waiting, seen = [name], set[str]()
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting += [other for other in find_referenced_templates(syntax(one)) if other is not None]
            yield one


def shown(name: str) -> set[str]:
    """Return the fields of `page` that a template names."""
    return {
        found.attr
        for found in syntax(name).find_all(nodes.Getattr)
        if isinstance(found.node, nodes.Name) and found.node.name == "page"
    }


@pytest.mark.parametrize("name", NAMES)
def test_template_parses_and_refers_to_what_there_is(name: str) -> None:
    missing = [other for other in find_referenced_templates(syntax(name)) if other is not None and other not in NAMES]
    assert missing == []


@pytest.mark.parametrize("name", PAGES)
def test_template_has_nothing_inline(name: str) -> None:
    text = EXPRESSION.sub("", COMMENT.sub("", (TEMPLATES / name).read_text()))
    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(text)] == []


def test_every_page_has_its_template_and_shows_only_its_own_fields() -> None:
    wrong: list[str] = []
    kinds = every_page()
    assert len(kinds) > 10
    for kind in kinds:
        if kind.template not in NAMES:
            wrong.append(f"{kind.__qualname__}: there is no template {kind.template}")
            continue
        wrong += [
            f"{kind.__qualname__} has no `{field}`, which {name} shows"
            for name in reach(kind.template)
            for field in sorted(shown(name))
            if not (field in kind.__struct_fields__ or isinstance(getattr(kind, field, None), property))
        ]
    assert wrong == []


def test_every_template_of_a_page_is_some_pages() -> None:
    reached = {name for kind in every_page() for name in reach(kind.template)}
    others = {name for name in PAGES if not name.startswith("reference/") and name not in reached}
    assert others == set()
