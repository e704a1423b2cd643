"""Images are decoded and written anew: what comes out has pixels and nothing else. No metadata, no hidden tail.

A program of its own, run by `image_process` with bounded memory and time for each file: it may die of a hostile one
without harm. Orientation is applied and colours are brought to sRGB before their records are dropped.
"""

import io
import os
import resource
import sys
from pathlib import Path
from typing import Final

import msgspec
from PIL import Image, ImageCms, ImageOps, ImageSequence
from pillow_heif import register_heif_opener

from amends.files.image_result import CPU_MAX_S, Refusal, ReworkedImage
from amends.files.sniff import GIF, HEIC, JPEG, PNG, WEBP, FileKind

PIXELS_MAX: Final = 64_000_000
SIDE_MAX: Final = 16_384
FRAMES_MAX: Final = 600
ANIMATION_PIXELS_MAX: Final = 60_000_000
THUMBNAIL_SIDE: Final = 320
MEMORY_MAX_BYTES: Final = 2 * 1024**3
NICENESS: Final = 5

_FORMATS: Final = {
    PNG.content_type: ("PNG",),
    JPEG.content_type: ("JPEG", "MPO"),
    WEBP.content_type: ("WEBP",),
    GIF.content_type: ("GIF",),
    HEIC.content_type: ("HEIF",),
}
_MODES: Final = {
    "PNG": frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}),
    "JPEG": frozenset({"L", "RGB"}),
    "WEBP": frozenset({"RGB", "RGBA"}),
    "GIF": frozenset({"L", "P", "RGB", "RGBA"}),
}
_ALPHA_MODES: Final = frozenset({"RGBA", "RGBa", "LA", "La", "PA"})


class _TooLarge(Exception):
    pass


def rework_file(source: str, target: str, thumbnail: str, content_type: str) -> ReworkedImage | Refusal:
    """Decode the image at `source` and write it anew, in its own format (heic as jpeg), with a thumbnail.

    Decoders fail on hostile bytes in every way there is, hence the broad `except`: any failure is a refused image.
    """
    register_heif_opener()
    try:
        with Image.open(source, formats=_FORMATS[content_type]) as image:
            return _rework(image, Path(target), Path(thumbnail), content_type)
    except (_TooLarge, Image.DecompressionBombError, MemoryError):
        return Refusal.TOO_LARGE
    except Exception:
        return Refusal.UNREADABLE


def _bound(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _rework(image: Image.Image, target: Path, thumbnail: Path, content_type: str) -> ReworkedImage:
    width, height = image.size
    if width * height > PIXELS_MAX or max(width, height) > SIDE_MAX:
        raise _TooLarge
    kind = JPEG if content_type == HEIC.content_type else _kind(content_type)
    if kind in {GIF, WEBP} and getattr(image, "n_frames", 1) > 1:
        first = _save_animation(image, target, kind)
    else:
        first = _clean_frame(image, kind.name.upper())
        first.save(target, kind.name.upper(), **_options(kind))
    _save_thumbnail(first, thumbnail)
    return ReworkedImage(kind.content_type, first.width, first.height)


def _kind(content_type: str) -> FileKind:
    return next(kind for kind in (PNG, JPEG, WEBP, GIF) if kind.content_type == content_type)


def _options(kind: FileKind) -> dict[str, int]:
    if kind == PNG:
        return {"compress_level": 6}
    return {} if kind == GIF else {"quality": 90}


def _clean_frame(image: Image.Image, image_format: str) -> Image.Image:
    frame = _to_srgb(ImageOps.exif_transpose(image))
    if frame.mode not in _MODES[image_format]:
        frame = _converted(frame, image_format)
    transparency = frame.info.get("transparency")
    frame.info = {} if transparency is None or image_format == "JPEG" else {"transparency": transparency}
    return frame


def _converted(frame: Image.Image, image_format: str) -> Image.Image:
    has_alpha = frame.mode in _ALPHA_MODES or "transparency" in frame.info
    if image_format == "JPEG" and has_alpha:
        ground = Image.new("RGBA", frame.size, "white")
        return Image.alpha_composite(ground, frame.convert("RGBA")).convert("RGB")
    return frame.convert("RGBA" if has_alpha else "RGB")


def _to_srgb(image: Image.Image) -> Image.Image:
    """Bring a photograph's colours to sRGB by its own profile; a profile that cannot be read is left out of account."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in {"RGB", "RGBA", "CMYK"}:
        return image
    mode = "RGB" if image.mode == "CMYK" else image.mode
    try:
        converted = ImageCms.profileToProfile(
            image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode=mode
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return converted or image


def _save_animation(image: Image.Image, target: Path, kind: FileKind) -> Image.Image:
    """Keep every frame with its duration, within `FRAMES_MAX` and `ANIMATION_PIXELS_MAX` over all frames."""
    frames: list[Image.Image] = []
    durations: list[int] = []
    loop = image.info.get("loop")
    for frame in ImageSequence.Iterator(image):
        if len(frames) == FRAMES_MAX or (len(frames) + 1) * image.width * image.height > ANIMATION_PIXELS_MAX:
            raise _TooLarge
        frames.append(frame.convert("RGBA"))
        frames[-1].info = {}
        durations.append(int(frame.info.get("duration") or 100))  # known once the frame is decoded
    extra: dict[str, int] = {} if loop is None else {"loop": int(loop)}
    if kind == GIF:
        extra["disposal"] = 2
    frames[0].save(
        target,
        kind.name.upper(),
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        **_options(kind),
        **extra,
    )
    return frames[0]


def _save_thumbnail(image: Image.Image, path: Path) -> None:
    if image.mode == "I;16":
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    has_alpha = image.mode in _ALPHA_MODES or "transparency" in image.info
    small = image.reduce(max(1, min(image.size) // (2 * THUMBNAIL_SIDE))) if image.mode in {"RGB", "RGBA"} else image
    small = small.convert("RGBA" if has_alpha else "RGB")
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    small.info = {}
    small.save(path, "WEBP", quality=80)


def main(arguments: list[str]) -> None:
    """Bound this process, let requests go first, rework one file and write the answer to the standard output."""
    os.nice(NICENESS)
    _bound(resource.RLIMIT_AS, MEMORY_MAX_BYTES)
    _bound(resource.RLIMIT_CPU, CPU_MAX_S)
    sys.stdout.buffer.write(msgspec.json.encode(rework_file(*arguments)))


if __name__ == "__main__":
    main(sys.argv[1:])
