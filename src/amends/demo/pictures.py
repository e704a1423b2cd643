"""The files that people attach in the demo: small, made on the spot, and each opens in any viewer."""

import io
import random
from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from PIL import Image, ImageDraw

from amends.demo.story import CasePlan, Planned

_BACKGROUNDS: Final = ("#f6f7fb", "#fff8ef", "#eef7f1", "#f5effa", "#eef4fb")
_ACCENTS: Final = ("#3355cc", "#b4482a", "#22794f", "#7a3fa0", "#11697a")


class Attachment(msgspec.Struct, frozen=True):
    """A file before it is uploaded."""

    filename: str
    content: bytes


def attachments(plan: CasePlan, step: Planned) -> list[Attachment]:
    """Return the files of a step; the same ones each time."""
    rng = random.Random(f"{plan.sale.id} {step.verb}")  # noqa: S311
    lines = _lines(plan, step)
    return [_MAKERS[kind](rng, lines) for kind in step.attachments]


def _lines(plan: CasePlan, step: Planned) -> list[str]:
    return [
        "Confirmation",
        f"Payment {plan.sale.id}",
        f"Paid {plan.sale.paid_at:%Y-%m-%d %H:%M} UTC",
        f"Reason: {plan.reason.replace('_', ' ')}",
        f"Captured {step.at:%Y-%m-%d %H:%M} UTC",
    ]


def _png(rng: random.Random, lines: list[str]) -> Attachment:
    return Attachment(f"screenshot-{rng.randint(100, 999)}.png", _picture(rng, lines, "PNG"))


def _jpeg(rng: random.Random, lines: list[str]) -> Attachment:
    return Attachment(f"IMG_{rng.randint(1000, 9999)}.jpg", _picture(rng, lines, "JPEG"))


def _picture(rng: random.Random, lines: list[str], kind: str) -> bytes:
    """Draw something that looks like a screen: a bar, a card, some lines of text."""
    image = Image.new("RGB", (640, 400), rng.choice(_BACKGROUNDS))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 640, 44), fill=rng.choice(_ACCENTS))
    draw.rounded_rectangle((40, 84, 600, 360), radius=12, fill="white", outline="#d5d9e2")
    for number, line in enumerate(lines):
        draw.text((72, 120 + 40 * number), line, fill="#1c2333", font_size=20 if number else 26)
    written = io.BytesIO()
    image.save(written, kind, quality=80)
    return written.getvalue()


def _text(rng: random.Random, lines: list[str]) -> Attachment:
    return Attachment(f"e-mail-{rng.randint(1, 99)}.txt", ("\n".join(lines) + "\n").encode())


def _pdf(rng: random.Random, lines: list[str]) -> Attachment:
    return Attachment(f"receipt-{rng.randint(1000, 9999)}.pdf", _pdf_document(lines))


def _pdf_document(lines: list[str]) -> bytes:
    """Write a page of text by hand (ISO 32000-1): five objects, their positions, and where the list of those is."""
    shown = "\n".join(f"({line.replace('(', '').replace(')', '')}) '" for line in lines)
    content = f"BT /F1 14 Tf 18 TL 72 770 Td\n{shown}\nET".encode("latin-1", "replace")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources <</Font <</F1 5 0 R>>>>>>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    written = bytearray(b"%PDF-1.4\n")
    positions: list[int] = []
    for number, body in enumerate(objects, 1):
        positions.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    listed = b"".join(b"%010d 00000 n \n" % position for position in positions)
    start = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, listed)
    written += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(written)


_MAKERS: Final[Mapping[str, Callable[[random.Random, list[str]], Attachment]]] = {
    "png": _png,
    "jpeg": _jpeg,
    "txt": _text,
    "pdf": _pdf,
}
