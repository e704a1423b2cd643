"""Hands each image to a process of its own: bounded in number, time and memory, and killed when it takes too long.

The web process imports no decoder: it neither pays for one nor dies with one, and no file can reach the next one's
process. What runs there is `images`; our own settings, with their secrets, are not in its environment.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Final

import anyio
import msgspec

from amends.files.image_result import Refusal, ReworkedImage
from amends.kit.errors import Unprocessable
from amends.settings import PREFIX

AT_ONCE: Final = 2
WALL_MAX_S: Final = 600
"""What ends a process that waits for ever; one that computes for ever ends by its own limit, `CPU_MAX_S`.

Long: on a busy machine a process that gives way to all others takes many times what it computes.
"""
_PROGRAM: Final = "amends.files.images"

_SHOWN_BYTES: Final = 2000

_limiter = anyio.CapacityLimiter(AT_ONCE)
_answer: msgspec.json.Decoder[ReworkedImage | Refusal] = msgspec.json.Decoder(ReworkedImage | Refusal)


class ImageProcessFailed(Exception):
    """The program that reworks images does not run; the message is the end of its standard error."""


async def rework_image(source: Path, target: Path, thumbnail: Path, content_type: str) -> ReworkedImage:
    """Write the image at `source` anew to `target`, and a thumbnail of it.

    Raises:
        Unprocessable: `file_unreadable` or `image_too_large`.
    """
    answer = await _answer_of([str(source), str(target), str(thumbnail), content_type])
    match answer:
        case ReworkedImage():
            return answer
        case Refusal.UNREADABLE:
            raise Unprocessable("file_unreadable", "The image is damaged or incomplete. Send it again, or another.")
        case Refusal.TOO_LARGE:
            raise Unprocessable("image_too_large", "The image has too many pixels or frames. Send a smaller one.")


async def _answer_of(arguments: list[str]) -> ReworkedImage | Refusal:
    """Run the program; taking too long counts as too large, dying of a signal otherwise as unreadable.

    Raises:
        ImageProcessFailed: it could not do its work at all, whatever the image is: a fault of the installation.
    """
    command = [sys.executable, "-m", _PROGRAM, *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    async with _limiter:
        try:
            with anyio.fail_after(WALL_MAX_S):
                done = await anyio.run_process(command, check=False, env=environment)
        except TimeoutError:
            return Refusal.TOO_LARGE
    if done.returncode == 0:
        return _answer.decode(done.stdout)
    if done.returncode > 0:
        raise ImageProcessFailed(done.stderr[-_SHOWN_BYTES:].decode(errors="replace"))
    return Refusal.TOO_LARGE if done.returncode == -signal.SIGXCPU else Refusal.UNREADABLE
