"""Real files of every kind, made small; and files that pretend."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

from PIL import Image, ImageCms, ImageDraw, PngImagePlugin
from pillow_heif import register_heif_opener

register_heif_opener()

DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ORIENTATION, GPS, ARTIST = 0x0112, 0x8825, 0x013B
SECRET = "Hermine Musterfrau, 52.5163 N"


def picture(width: int = 64, height: int = 48, mode: str = "RGB") -> Image.Image:
    """Draw a picture whose top left quarter is red."""
    image = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(image).rectangle((0, 0, width // 2, height // 2), fill="red")
    return image.convert(mode)


def saved(image: Image.Image, image_format: str, **options: Any) -> bytes:
    """Return the bytes of an image in a format."""
    target = io.BytesIO()
    image.save(target, image_format, **options)
    return target.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    """Make a camera's record: where, who, and how the camera was held."""
    record = Image.Exif()
    record[ORIENTATION] = orientation
    record[ARTIST] = SECRET
    record.get_ifd(GPS)[1] = "N"
    record.get_ifd(GPS)[2] = (52.0, 30.0, 58.7)
    return record


def png() -> bytes:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", SECRET)
    return saved(picture(mode="RGBA"), "PNG", pnginfo=texts, exif=exif())


def jpeg(orientation: int = 6) -> bytes:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return saved(picture(), "JPEG", exif=exif(orientation), comment=SECRET.encode(), icc_profile=profile)


def webp() -> bytes:
    return saved(picture(), "WEBP", exif=exif(), xmp=f"<x:xmpmeta>{SECRET}</x:xmpmeta>".encode())


def heic() -> bytes:
    return saved(picture(), "HEIF", exif=exif().tobytes())


def frames(count: int) -> list[Image.Image]:
    return [Image.new("RGB", (40, 30), (index * 20 % 256, 100, 200)) for index in range(count)]


def gif(count: int = 3) -> bytes:
    first, *rest = frames(count)
    return saved(
        first, "GIF", save_all=True, append_images=rest, duration=[70] * count, loop=0, comment=SECRET.encode()
    )


def animated_webp(count: int = 3) -> bytes:
    first, *rest = frames(count)
    return saved(first, "WEBP", save_all=True, append_images=rest, duration=[70] * count, loop=0, exif=exif())


def pdf() -> bytes:
    return saved(picture(), "PDF")


def docx(**entries: bytes) -> bytes:
    """Make a document; `entries` are added to the archive."""
    main = f"{DOCX_TYPE}.main+xml"
    parts = {
        "[Content_Types].xml": f'<Types><Override PartName="/word/document.xml" ContentType="{main}"/>'.encode(),
        "_rels/.rels": b"<Relationships/>",
        "word/document.xml": b"<w:document/>",
        **entries,
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)  # at a time that is always the same
    return target.getvalue()


def plain_zip() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("readme.txt", "words")
    return target.getvalue()


def box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 8) + kind + data


def mp4(size: int = 4096) -> bytes:
    head = box(b"ftyp", b"isom\0\0\2\0isomiso2avc1mp41") + box(b"moov", b"\0" * 64)
    return head + box(b"mdat", b"\7" * (size - len(head) - 8))


def mov() -> bytes:
    return box(b"ftyp", b"qt  \0\0\2\0qt  ") + box(b"moov", b"\0" * 64)


def old_mov() -> bytes:
    return box(b"wide", b"") + box(b"mdat", b"\7" * 64) + box(b"moov", b"\0" * 64)


def bomb_png(side: int = 16_000) -> bytes:
    """Make a small file that claims and holds very many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = b"\0" * (side // 8 + 1)
    data = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


TEXT = "Grüße aus Köln: 日本語 👍\n".encode() * 400

GOOD: dict[str, tuple[Callable[[], bytes], str]] = {
    "photo.png": (png, "image/png"),
    "photo.jpg": (jpeg, "image/jpeg"),
    "photo.webp": (webp, "image/webp"),
    "moving.gif": (gif, "image/gif"),
    "moving.webp": (animated_webp, "image/webp"),
    "photo.heic": (heic, "image/jpeg"),
    "invoice.pdf": (pdf, "application/pdf"),
    "chat.txt": (lambda: TEXT, "text/plain"),
    "screen.mp4": (mp4, "video/mp4"),
    "screen.mov": (mov, "video/quicktime"),
    "old.mov": (old_mov, "video/quicktime"),
    "letter.docx": (docx, DOCX_TYPE),
}

HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"

BAD: dict[str, tuple[bytes, str]] = {
    "page.png": (HTML, "file_type_not_supported"),
    "indented.txt": (b"\n  \n\t<html><body onload=alert(1)>", "file_type_not_supported"),
    "drawing.svg": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "file_type_not_supported"),
    "marked.svg": (b'\xef\xbb\xbf<?xml version="1.0"?><svg onload="alert(1)"/>', "file_type_not_supported"),
    "run.txt": (b"#!/bin/sh\nrm -rf /\n", "file_type_not_supported"),
    "letter.rtf": (b"{\\rtf1\\ansi words}", "file_type_not_supported"),
    "print.ps": (b"%!PS-Adobe-3.0\n", "file_type_not_supported"),
    "tool.exe": (b"MZ\x90\0" + b"\0" * 60, "file_type_not_supported"),
    "tool.pdf": (b"\x7fELF" + b"\0" * 60, "file_type_not_supported"),
    "archive.docx": (plain_zip(), "file_type_not_supported"),
    "macro.docx": (docx(**{"word/vbaProject.bin": b"x"}), "file_type_not_supported"),
    "cut.docx": (docx()[:-40], "file_type_not_supported"),
    "named.docx": (b"PK\x03\x04word/document.xml", "file_type_not_supported"),
    "latin.txt": ("Grüße".encode("latin-1"), "file_type_not_supported"),
    "late.txt": (b"a" * 20_000 + b"\xff\xfe", "file_type_not_supported"),
    "nul.txt": (b"a" * 20_000 + b"\0", "file_type_not_supported"),
    "open.txt": (b"a" * 20_000 + b"\xc3", "file_type_not_supported"),
    "sound.mp4": (box(b"ftyp", b"M4A \0\0\0\0M4A mp42isom"), "file_type_not_supported"),
    "picture.avif": (box(b"ftyp", b"avif\0\0\0\0avifmif1miaf"), "file_type_not_supported"),
    "empty.txt": (b"", "file_empty"),
    "cut.png": (png()[:-30], "file_unreadable"),
    "cut.jpg": (jpeg()[: len(jpeg()) // 2], "file_unreadable"),
    "cut.gif": (gif()[:60], "file_unreadable"),
    "cut.heic": (heic()[:-50], "file_unreadable"),
    "only.heic": (box(b"ftyp", b"heic\0\0\0\0mif1heic"), "file_unreadable"),
    "only.png": (b"\x89PNG\r\n\x1a\n", "file_unreadable"),
    "gif89a.gif": (b"GIF89a/*\x01\0*/=1;alert(1);", "file_unreadable"),
    "bomb.png": (bomb_png(), "image_too_large"),
}
