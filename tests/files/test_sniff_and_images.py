"""What a file is taken for, and what becomes of images."""

import io
import struct
from pathlib import Path

import pytest
from PIL import Image, ImageSequence

from amends.files.image_process import rework_image
from amends.files.images import FRAMES_MAX, PIXELS_MAX, THUMBNAIL_SIDE
from amends.files.sniff import HEAD_BYTES, Family, check_whole, sniff
from amends.kit.errors import ApiError, Unprocessable
from tests.files import samples

pytestmark = pytest.mark.anyio

IMAGES = ["photo.png", "photo.jpg", "photo.webp", "moving.gif", "moving.webp", "photo.heic"]
HARMLESS = {
    *("transparency", "duration", "loop", "background", "version", "extension", "timestamp"),
    *("jfif", "jfif_version", "jfif_unit", "jfif_density"),
}


class Reworked:
    """An image and its thumbnail as they came out."""

    def __init__(self, folder: Path, content_type: str) -> None:
        self.content_type = content_type
        self.data = (folder / "clean").read_bytes()
        self.thumbnail = (folder / "thumbnail").read_bytes()

    def open(self) -> Image.Image:
        return Image.open(io.BytesIO(self.data))


async def reworked(folder: Path, data: bytes) -> Reworked:
    original = folder / "original"
    original.write_bytes(data)
    kind = sniff(data[:HEAD_BYTES])
    assert kind.family is Family.IMAGE
    image = await rework_image(original, folder / "clean", folder / "thumbnail", kind.content_type)
    result = Reworked(folder, image.content_type)
    assert result.open().size == (image.width, image.height)
    return result


@pytest.mark.parametrize("name", samples.GOOD)
def test_every_kind_is_known_by_its_bytes(name: str, tmp_path: Path) -> None:
    make, content_type = samples.GOOD[name]
    path = tmp_path / "file"
    path.write_bytes(make())
    kind = sniff(path.read_bytes()[:HEAD_BYTES])
    check_whole(kind, path)
    assert kind.content_type == ("image/heic" if name.endswith("heic") else content_type)


@pytest.mark.parametrize("name", samples.BAD)
async def test_everything_else_is_refused(name: str, tmp_path: Path) -> None:
    data, code = samples.BAD[name]
    path = tmp_path / "file"
    path.write_bytes(data)

    async def take() -> None:
        kind = sniff(data[:HEAD_BYTES])
        check_whole(kind, path)
        await rework_image(path, tmp_path / "clean", tmp_path / "thumbnail", kind.content_type)

    with pytest.raises(ApiError) as refused:
        await take()
    assert (type(refused.value), refused.value.code) == (Unprocessable, code)


@pytest.mark.parametrize("name", IMAGES)
async def test_images_come_out_without_metadata(name: str, tmp_path: Path) -> None:
    make, content_type = samples.GOOD[name]
    data = make()
    result = await reworked(tmp_path, data)
    assert result.content_type == content_type
    for part in (result.data, result.thumbnail):
        assert samples.SECRET.encode() not in part
        assert b"Musterfrau" not in part
        assert b"ICC" not in part
        with Image.open(io.BytesIO(part)) as image:
            assert dict(image.getexif()) == {}
            assert image.info.keys() <= HARMLESS


async def test_what_follows_the_image_is_gone(tmp_path: Path) -> None:
    result = await reworked(tmp_path, samples.jpeg() + samples.HTML)
    assert b"<script>" not in result.data


async def test_a_photograph_is_turned_upright(tmp_path: Path) -> None:
    result = await reworked(tmp_path, samples.jpeg(orientation=6))
    image = result.open().convert("RGB")
    assert image.size == (48, 64)
    red, green, _ = struct.unpack("BBB", bytes(image.crop((40, 5, 41, 6)).tobytes()))
    assert (red > 200, green < 60) == (True, True)


async def test_a_heic_photograph_becomes_a_jpeg(tmp_path: Path) -> None:
    result = await reworked(tmp_path, samples.heic())
    assert (result.open().format, result.open().size) == ("JPEG", (64, 48))


async def test_of_several_pictures_in_a_jpeg_the_first_is_kept(tmp_path: Path) -> None:
    first, second = samples.picture(), samples.picture(20, 20)
    data = samples.saved(first, "MPO", save_all=True, append_images=[second])
    image = (await reworked(tmp_path, data)).open()
    assert (image.format, image.size, getattr(image, "n_frames", 1)) == ("JPEG", (64, 48), 1)


async def test_colours_of_other_spaces_are_brought_to_srgb(tmp_path: Path) -> None:
    result = await reworked(tmp_path, samples.saved(samples.picture(mode="CMYK"), "JPEG"))
    assert (result.open().format, result.open().mode) == ("JPEG", "RGB")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
async def test_every_mode_of_png_is_taken(mode: str, tmp_path: Path) -> None:
    image = samples.picture(mode="L" if mode == "I;16" else mode)
    if mode == "I;16":
        image = Image.frombytes(
            "I;16", image.size, b"".join(struct.pack("<H", value * 257) for value in image.tobytes())
        )
    result = await reworked(tmp_path, samples.saved(image, "PNG"))
    assert (result.open().mode, result.open().size) == (mode, (64, 48))
    with Image.open(io.BytesIO(result.thumbnail)) as thumbnail:
        assert thumbnail.convert("L").getextrema() not in {(0, 0), (255, 255)}


@pytest.mark.parametrize(("make", "image_format"), [(samples.gif, "GIF"), (samples.animated_webp, "WEBP")])
async def test_moving_images_keep_their_frames(make: type, image_format: str, tmp_path: Path) -> None:
    image = (await reworked(tmp_path, make(5))).open()
    durations = [frame.copy().info["duration"] for frame in ImageSequence.Iterator(image)]
    assert (image.format, durations, image.info.get("loop")) == (image_format, [70] * 5, 0)


async def test_too_many_frames_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Unprocessable) as refused:
        await reworked(tmp_path, samples.gif(FRAMES_MAX + 1))
    assert refused.value.code == "image_too_large"


async def test_the_thumbnail_fits(tmp_path: Path) -> None:
    result = await reworked(tmp_path, samples.saved(samples.picture(1200, 300), "JPEG"))
    with Image.open(io.BytesIO(result.thumbnail)) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("WEBP", (THUMBNAIL_SIDE, THUMBNAIL_SIDE // 4))


@pytest.mark.slow
async def test_the_largest_photograph_is_taken(tmp_path: Path) -> None:
    side = int(PIXELS_MAX**0.5)
    result = await reworked(tmp_path, samples.saved(samples.picture(side, side), "JPEG"))
    assert result.open().size == (side, side)
