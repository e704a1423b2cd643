"""Where to go on after signing in: a path on our own origin alone, so that no link of ours leads elsewhere."""

from typing import Final
from urllib.parse import quote, urlsplit

from litestar.types import HTTPScope

MAX_LENGTH: Final = 1500
HOME: Final = "/"


def safe_path(text: str | None) -> str:
    """Return `text` if a browser would stay on our origin with it, else the home page."""
    if not text or len(text) > MAX_LENGTH or not text.startswith("/") or text[1:2] in {"/", "\\"}:
        return HOME
    if "\\" in text or any(not "!" <= character <= "~" for character in text):
        return HOME
    parts = urlsplit(text)
    return text if not parts.scheme and not parts.netloc and not parts.path.startswith("/sign-") else HOME


def path_to_return_to(scope: HTTPScope) -> str:
    """Return the page that a request without a session wanted: itself, or the page that its form or fragment is on."""
    headers = {name: value for name, value in scope["headers"] if name in {b"hx-current-url", b"referer"}}
    shown = headers.get(b"hx-current-url") or (headers.get(b"referer") if scope["method"] != "GET" else None)
    if shown is not None:
        return _path_of(shown.decode("latin-1"))
    if scope["method"] != "GET":
        return HOME
    path, query = quote(scope["path"]), scope["query_string"].decode("latin-1")
    return safe_path(f"{path}?{query}" if query else path)


def _path_of(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:  # whoever sends it may write what they like
        return HOME
    return safe_path(f"{parts.path}?{parts.query}" if parts.query else parts.path)
