"""Pages as a person reads them: the words of a page or of one element, and the statements that a page costs."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from html.parser import HTMLParser

from asyncpg.connection import LoggedQuery

from amends.db.pool import Pool

_ALONE = {"img", "input", "link", "meta", "br", "hr", "use", "path"}
_UNREAD = {"script", "style", "template", "dialog"}


class _Words(HTMLParser):
    """Collects the text inside the element with an id; of the whole page without one."""

    def __init__(self, element_id: str | None) -> None:
        super().__init__()
        self._wanted = element_id
        self._inside = int(element_id is None)
        self._unread = 0
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _ALONE:
            return
        self._unread += tag in _UNREAD
        if self._inside or (self._wanted is not None and dict(attrs).get("id") == self._wanted):
            self._inside += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in _ALONE:
            return
        self._unread -= tag in _UNREAD
        if self._inside:
            self._inside -= 1

    def handle_data(self, data: str) -> None:
        if self._inside and not self._unread:
            self.words.extend(data.split())


def read(html: str, element_id: str | None = None) -> str:
    """Return the words of a page, or of one of its elements, with single spaces; nothing where it is not there."""
    parser = _Words(element_id)
    parser.feed(html)
    return " ".join(parser.words)


@asynccontextmanager
async def statements(pool: Pool) -> AsyncGenerator[list[str]]:
    """Note every statement that the pool's connections run meanwhile, but those that begin and end transactions."""
    seen: list[str] = []

    def note(query: LoggedQuery) -> None:
        if query.query.strip(" ;").lower() not in {"begin", "commit"}:
            seen.append(query.query)

    async with AsyncExitStack() as stack:
        held = [await stack.enter_async_context(pool.acquire()) for _ in range(pool.get_max_size())]
        for connection in held:
            connection.add_query_logger(note)
    try:
        yield seen
    finally:
        async with AsyncExitStack() as stack:
            for connection in [await stack.enter_async_context(pool.acquire()) for _ in range(pool.get_max_size())]:
                connection.remove_query_logger(note)
