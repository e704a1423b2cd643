"""File names: what is kept of the name that a person gave, and how it is told to a browser (RFC 6266, RFC 8187)."""

import unicodedata
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import quote

from amends.files.limits import FILENAME_MAX_BYTES
from amends.files.sniff import KINDS
from amends.kit.errors import Unprocessable

_UNPRINTABLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_ATTR_CHARS: Final = "!#$&+-.^_`|~"


def clean_filename(given: str) -> str:
    """Return the last component of a name, without control and direction characters, in normal form C.

    Raises:
        Unprocessable: `invalid_filename`, nothing is left or more than 255 bytes.
    """
    last = unicodedata.normalize("NFC", given).replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(character for character in last if unicodedata.category(character) not in _UNPRINTABLE).strip()
    if not name.strip(".") or len(name.encode()) > FILENAME_MAX_BYTES:
        raise Unprocessable(
            "invalid_filename",
            f"`filename` is 1 to {FILENAME_MAX_BYTES} bytes with at least one printable character.",
            param="filename",
        )
    return name


def download_name(filename: str, content_type: str) -> str:
    """Return the name to save a file under: its own, with the right extension added where it has another."""
    kind = KINDS.get(content_type)
    if kind is None or PurePosixPath(filename).suffix.lower() in kind.extensions:
        return filename
    return filename + kind.extensions[0]


def disposition(name: str, *, is_inline: bool) -> str:
    """Return the Content-Disposition of a file called `name`; the value is ASCII whatever the name is."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    fallback = "".join("_" if character in '"\\%' or not character.isprintable() else character for character in plain)
    encoded = quote(name, safe=_ATTR_CHARS)
    return f"{'inline' if is_inline else 'attachment'}; filename=\"{fallback or 'file'}\"; filename*=UTF-8''{encoded}"
