"""How large a file may be: the policy's numbers (PRODUCT.md section 1), and those that follow from the contract."""

from typing import Final

import msgspec

MIB: Final = 1024 * 1024
PART_BYTES: Final = 5 * MIB
DEFAULT_FILES_MAX: Final = 3
FILENAME_MAX_BYTES: Final = 255


class FileLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The part of the policy that is about files; a missing key has its default."""

    file_max_bytes: int = 10 * MIB
    video_max_bytes: int = 100 * MIB

    @property
    def upload_max_bytes(self) -> int:
        """Return what no upload of any kind may exceed."""
        return max(self.file_max_bytes, self.video_max_bytes)
