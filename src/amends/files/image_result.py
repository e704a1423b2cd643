"""What the process that reworks an image answers: all that crosses between it and the web process, as JSON."""

from enum import StrEnum
from typing import Final

import msgspec

CPU_MAX_S: Final = 20


class ReworkedImage(msgspec.Struct, frozen=True):
    """What was written: its type (heic becomes jpeg) and its size as it is shown, in pixels."""

    content_type: str
    width: int
    height: int


class Refusal(StrEnum):
    """Why an image was not taken."""

    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
