"""Hands images to a process of their own: bounded in number, in time and in memory, and killed when it takes too long.

The web process imports no decoder: it neither pays for one nor dies with one.
"""

from enum import StrEnum
from pathlib import Path
from typing import Final

import anyio
import anyio.to_process
import msgspec

from amends.kit.errors import ApiError, Unprocessable

TIME_MAX_S: Final = 30
AT_ONCE: Final = 2

_limiter = anyio.CapacityLimiter(AT_ONCE)


class ReworkedImage(msgspec.Struct, frozen=True):
    """What was written: its type (heic becomes jpeg) and its size as it is shown, in pixels."""

    content_type: str
    width: int
    height: int


class Refusal(StrEnum):
    """Why an image was not taken."""

    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"


async def rework_image(source: Path, target: Path, thumbnail: Path, content_type: str) -> ReworkedImage:
    """Write the image at `source` anew to `target`, and a thumbnail of it.

    Raises:
        Unprocessable: `file_unreadable` or `image_too_large`.
    """
    try:
        with anyio.fail_after(TIME_MAX_S):
            answer = await anyio.to_process.run_sync(
                _rework_in_child,
                *(str(source), str(target), str(thumbnail), content_type),
                cancellable=True,
                limiter=_limiter,
            )
    except (TimeoutError, anyio.BrokenWorkerProcess) as error:
        raise _refused(Refusal.TOO_LARGE) from error
    if isinstance(answer, Refusal):
        raise _refused(answer)
    return answer


def _rework_in_child(source: str, target: str, thumbnail: str, content_type: str) -> ReworkedImage | Refusal:
    from amends.files.images import rework_file  # noqa: PLC0415 (only the child loads the decoders)

    return rework_file(source, target, thumbnail, content_type)


def _refused(refusal: Refusal) -> ApiError:
    match refusal:
        case Refusal.UNREADABLE:
            return Unprocessable("file_unreadable", "The image is damaged or incomplete. Send it again, or another.")
        case Refusal.TOO_LARGE:
            return Unprocessable("image_too_large", "The image has too many pixels or frames. Send a smaller one.")
