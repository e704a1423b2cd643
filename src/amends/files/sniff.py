"""What a file is, read from its bytes; its name is never asked.

`sniff` looks at the beginning only and may answer with a candidate (any zip could be a document, any text a text);
`check_whole` then reads the rest. Markup and scripts are text to a decoder but not to a browser: they are refused.
"""

import codecs
import zipfile
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final

import filetype
import msgspec

from amends.kit.errors import Unprocessable

HEAD_BYTES: Final = 8192
_CHUNK_BYTES: Final = 256 * 1024
_DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_DOCX_MAIN: Final = b"wordprocessingml.document.main+xml"
_DOCX_TYPES_MAX_BYTES: Final = 1024 * 1024
_ZIP_ENTRIES_MAX: Final = 10_000
_VIDEO_BRANDS: Final = frozenset(
    {b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9", b"mp41", b"mp42", b"avc1"}
    | {b"M4V ", b"M4VH", b"M4VP", b"dash", b"mmp4", b"MSNV", b"NDSC", b"NDSH", b"NDSM", b"NDSP", b"XAVC"}
)
_HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis"})
_QUICKTIME_ATOMS: Final = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_NOT_TEXT: Final = (b"{\\rtf", b"%!PS", b"#!")


class Family(StrEnum):
    """How a kind of file is treated."""

    IMAGE = "image"
    VIDEO = "video"
    DOCUMENT = "document"


class FileKind(msgspec.Struct, frozen=True):
    """A kind of file that can be attached; the first extension is the usual one."""

    content_type: str
    family: Family
    extensions: tuple[str, ...]
    name: str


PNG: Final = FileKind("image/png", Family.IMAGE, (".png",), "png")
JPEG: Final = FileKind("image/jpeg", Family.IMAGE, (".jpg", ".jpeg", ".jpe", ".jfif"), "jpeg")
WEBP: Final = FileKind("image/webp", Family.IMAGE, (".webp",), "webp")
GIF: Final = FileKind("image/gif", Family.IMAGE, (".gif",), "gif")
HEIC: Final = FileKind("image/heic", Family.IMAGE, (".heic", ".heif"), "heic")
PDF: Final = FileKind("application/pdf", Family.DOCUMENT, (".pdf",), "pdf")
TXT: Final = FileKind("text/plain", Family.DOCUMENT, (".txt", ".text", ".log", ".md", ".csv", ".eml"), "txt")
MP4: Final = FileKind("video/mp4", Family.VIDEO, (".mp4", ".m4v"), "mp4")
MOV: Final = FileKind("video/quicktime", Family.VIDEO, (".mov", ".qt"), "mov")
DOCX: Final = FileKind(_DOCX, Family.DOCUMENT, (".docx",), "docx")

KINDS: Final[Mapping[str, FileKind]] = {
    kind.content_type: kind for kind in (PNG, JPEG, WEBP, GIF, HEIC, PDF, TXT, MP4, MOV, DOCX)
}


def unsupported() -> Unprocessable:
    """Make the refusal of everything that is not on the list."""
    names = ", ".join(kind.name for kind in KINDS.values())
    return Unprocessable("file_type_not_supported", f"The file is none of {names}, whatever its name says.")


def sniff(head: bytes) -> FileKind:
    """Tell what the first `HEAD_BYTES` of a file look like; `check_whole` has the last word.

    Raises:
        Unprocessable: `file_empty` or `file_type_not_supported`.
    """
    if not head:
        raise Unprocessable("file_empty", "The file has no bytes. Send it again, or choose another.")
    if _is_box(head):
        return _sniff_boxes(head)
    if head.startswith(b"PK\x03\x04"):
        return DOCX
    guess = filetype.guess(head)
    if guess is None:
        return _sniff_text(head)
    kind = KINDS.get(str(guess.mime))
    if kind is None:
        raise unsupported()
    return kind


def _is_box(head: bytes) -> bool:
    return len(head) >= 12 and (head[4:8] == b"ftyp" or head[4:8] in _QUICKTIME_ATOMS)


def _sniff_boxes(head: bytes) -> FileKind:
    """Tell the members of the ISO base media family apart by their brands (ISO/IEC 14496-12, section 4.3)."""
    if head[4:8] != b"ftyp":
        return MOV
    major = head[8:12]
    compatible = {head[at : at + 4] for at in range(16, min(int.from_bytes(head[:4], "big"), len(head)), 4)}
    if major == b"qt  ":
        return MOV
    if major in _HEIC_BRANDS or (major in {b"mif1", b"msf1"} and compatible & _HEIC_BRANDS):
        return HEIC
    if major in _VIDEO_BRANDS:
        return MP4
    raise unsupported()


def _sniff_text(head: bytes) -> FileKind:
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    is_markup = start[:1] == b"<" and (start[1:2].isalpha() or start[1:2] in {b"!", b"?"})
    if is_markup or start.startswith(_NOT_TEXT) or b"\0" in head:
        raise unsupported()
    return TXT


def check_whole(kind: FileKind, path: Path) -> None:
    """Read what `sniff` could not see: the text to its end, the contents list of the zip. Blocks: call it in a thread.

    Raises:
        Unprocessable: the candidate is not what it looked like.
    """
    check = _WHOLE_CHECKS.get(kind.content_type)
    if check:
        check(path)


def _check_text(path: Path) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK_BYTES):
                if "\0" in decoder.decode(chunk):
                    raise unsupported()
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            raise unsupported() from error


def _check_docx(path: Path) -> None:
    """Read the list of the zip's entries and one small entry; nothing else is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if len(names) > _ZIP_ENTRIES_MAX or "word/document.xml" not in names or "word/vbaProject.bin" in names:
                raise unsupported()
            with archive.open("[Content_Types].xml") as types:
                if _DOCX_MAIN not in types.read(_DOCX_TYPES_MAX_BYTES):
                    raise unsupported()
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError, ValueError, OSError) as error:
        raise unsupported() from error


_WHOLE_CHECKS: Final[Mapping[str, Callable[[Path], None]]] = {
    TXT.content_type: _check_text,
    DOCX.content_type: _check_docx,
}
