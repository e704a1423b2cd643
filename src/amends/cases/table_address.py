"""Reads the address of a merchant's table into a `TableQuery`. Pure; the other way is `TableQuery.query_string`.

Nothing in an address makes a page fail: what is unknown or makes no sense is left out, and named in `notices`. The
fields of the filter form are understood too (`opened_from`, `amount_min`, …), so that it works without JavaScript.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from amends.cases.filters import Direction
from amends.cases.states import Outcome, Reason, Status
from amends.cases.table_dates import DateRange, Word, days_between, read_day, read_range, word_of
from amends.cases.table_filters import (
    DEFAULT_SIZE,
    ME,
    NOBODY,
    SIZES,
    Filter,
    Notice,
    Sort,
    Tab,
    TableQuery,
    settled,
)
from amends.kit.ids import MalformedId, Prefix, parse_public_id
from amends.kit.money import InexactAmount, UnknownCurrency, exponent, to_minor

MAX_SEARCH: Final = 200
MAX_VALUES: Final = 20
MAX_NOTICES: Final = 10
MAX_CURSOR: Final = 500
_LONGEST_METHOD: Final = 64
_LONGEST_NOTICE: Final = 100
_CUSTOM: Final = "custom"
_SAFE_CURSOR: Final = re.compile(r"[\w.~=-]+", re.ASCII)
_DATES: Final = (Filter.OPENED, Filter.DUE, Filter.CLOSED)


def parse_query(params: Iterable[tuple[str, str]]) -> TableQuery:
    """Read the names and values of an address, as `multi_items()` or `parse_qsl` give them."""
    reading = _Reading(params)
    fields: dict[str, Any] = {
        "tab": reading.word("tab", Tab) or Tab.ALL,
        "search": clean_search(reading.last(Filter.SEARCH)),
        **{name.value: reading.days(name) for name in _DATES},
        "statuses": reading.words(Filter.STATUS, Status),
        "reasons": reading.words(Filter.REASON, Reason),
        "outcomes": reading.words(Filter.OUTCOME, Outcome),
        "methods": reading.texts(Filter.METHOD, is_method),
        "products": reading.texts(Filter.PRODUCT, lambda text: is_id(Prefix.PRODUCT, text)),
        "assignee": reading.one(Filter.ASSIGNEE, _assignee),
        "currency": reading.one(Filter.CURRENCY, _currency),
        "escalated": reading.one(Filter.ESCALATED, {"yes": True, "no": False}.get),
        "view": reading.one("view", lambda text: text if is_id(Prefix.SAVED_VIEW, text) else None),
        "size": reading.one("size", {str(size): size for size in SIZES}.get) or DEFAULT_SIZE,
    }
    fields |= reading.amount(fields["currency"]) | reading.order(fields["currency"]) | reading.cursors()
    return settled(TableQuery(**fields, notices=reading.notices()))


def clean_search(text: str) -> str:
    """Return what to search for: one line, without control characters, not too long."""
    kept = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in unicodedata.normalize("NFC", text))
    return " ".join(kept.split())[:MAX_SEARCH].strip()


def is_method(text: str) -> bool:
    """Tell whether a text can be the kind of a payment method."""
    return len(text) <= _LONGEST_METHOD and text.isprintable() and text == text.strip()


def is_id(prefix: Prefix, text: str) -> bool:
    """Tell whether a text is a public id of one kind."""
    try:
        parse_public_id(prefix, text)
    except MalformedId:
        return False
    return True


class _Reading:
    """The values of an address by name, and what of them was not understood."""

    def __init__(self, params: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = defaultdict(list)
        self._asked: set[str] = set()
        self._bad: list[Notice] = []
        for name, value in params:
            self._values[name].append(value)

    def all(self, name: str) -> list[str]:
        """Return what was said under a name; a form also sends what was left empty."""
        self._asked.add(name)
        return [value for value in self._values.get(name, ()) if value.strip()]

    def last(self, name: str) -> str:
        """Return what was said last under a name."""
        return (self.all(name) or [""])[-1]

    def refuse(self, name: str, value: str) -> None:
        """Note what was not understood."""
        self._bad.append(Notice(name[:_LONGEST_NOTICE], value[:_LONGEST_NOTICE]))

    def one(self, name: str, read: Callable[[str], Any]) -> Any:
        """Return the single value of a name; None: it was not given, or not understood."""
        text = self.last(name)
        value = read(text.strip()) if text else None
        if text and value is None:
            self.refuse(name, text)
        return value

    def word(self, name: str, kind: type[Word]) -> Word | None:
        """Return one word of a kind."""
        return self.one(name, lambda text: word_of(kind, text))

    def words(self, name: str, kind: type[Word]) -> tuple[Word, ...]:
        """Return words of a kind, each once, in the kind's order."""
        given = self.all(name)
        for text in given:
            if word_of(kind, text) is None:
                self.refuse(name, text)
        return tuple(word for word in kind if word.value in given)

    def texts(self, name: str, is_good: Callable[[str], bool]) -> tuple[str, ...]:
        """Return texts, each once, in order."""
        given = sorted(set(self.all(name)))
        good = [text for text in given if is_good(text)]
        for text in [text for text in given if text not in good] + good[MAX_VALUES:]:
            self.refuse(name, text)
        return tuple(good[:MAX_VALUES])

    def days(self, name: str) -> DateRange | None:
        """Return a range of days: in one word, or from the form's two fields."""
        text, ends = self.last(name), [(part, self.last(part)) for part in (f"{name}_from", f"{name}_to")]
        if text not in ("", _CUSTOM):
            found = read_range(text)
            if found is None:
                self.refuse(name, text)
            return found
        start, end = (self._day(part, given) for part, given in ends)
        return days_between(start, end)

    def _day(self, name: str, text: str) -> Any:
        day = read_day(text)
        if text and day is None:
            self.refuse(name, text)
        return day

    def amount(self, currency: str | None) -> dict[str, int | None]:
        """Return the bounds of the amount: in one word, or from the form's two fields."""
        name, text = Filter.AMOUNT.value, self.last(Filter.AMOUNT).strip()
        least, dots, most = text.partition("..")
        ends = [(name, least), (name, most if dots else least)]
        if not text:
            ends = [(part, self.last(part).strip()) for part in ("amount_min", "amount_max")]
        bounds = [self._minor(part, given, currency) for part, given in ends]
        if None not in bounds:
            bounds.sort(key=int)
        return {"amount_from": bounds[0] or None, "amount_to": bounds[1]}

    def _minor(self, name: str, text: str, currency: str | None) -> Any:
        if not text:
            return None
        try:
            minor = -1 if currency is None else to_minor(text, currency)
        except InexactAmount:
            minor = -1
        if minor < 0:
            self.refuse(name, text)
        return None if minor < 0 else minor

    def order(self, currency: str | None) -> dict[str, Any]:
        """Return the order: `due` rises, `-due` falls."""
        text = self.last("sort").strip()
        if not text:
            return {}
        sort = word_of(Sort, text.removeprefix("-"))
        if sort is None or (sort is Sort.AMOUNT and currency is None):
            self.refuse("sort", text)
            return {}
        return {"sort": sort, "direction": Direction.DESC if text.startswith("-") else Direction.ASC}

    def cursors(self) -> dict[str, str]:
        """Return the one place of the page; what is in a cursor is checked where the page is read."""
        for name in ("after", "before"):
            text = self.last(name)
            if text and (len(text) > MAX_CURSOR or not _SAFE_CURSOR.fullmatch(text)):
                self.refuse(name, text)
            elif text:
                self._asked |= {"after", "before"}
                return {name: text}
        return {}

    def notices(self) -> tuple[Notice, ...]:
        """Return what was left out, unknown names included."""
        unknown = [Notice(name[:_LONGEST_NOTICE], self._values[name][-1][:_LONGEST_NOTICE]) for name in self._strange()]
        return tuple((self._bad + unknown)[:MAX_NOTICES])

    def _strange(self) -> Sequence[str]:
        return [name for name in self._values if name not in self._asked]


def _assignee(text: str) -> str | None:
    return text if text in (ME, NOBODY) or is_id(Prefix.USER, text) else None


def _currency(text: str) -> str | None:
    try:
        exponent(text)
    except UnknownCurrency:
        return None
    return text.lower()
