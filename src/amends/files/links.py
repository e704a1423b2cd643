"""Signed addresses: where a file's bytes are sent to and fetched from, without authorization, for a short time.

A token names one file and one use. It proves that we gave the address to somebody who was allowed to have it.
"""

from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final
from uuid import UUID

import msgspec

from amends.kit.errors import Forbidden
from amends.kit.signing import BadSignature, Signer

UPLOAD_LIFE: Final = timedelta(hours=1)
DOWNLOAD_LIFE: Final = timedelta(minutes=10)
_UPLOAD: Final = "file-upload"
_DOWNLOAD: Final = "file-download"
_UUID_BYTES: Final = 16


class Variant(IntEnum):
    """What of a file is fetched."""

    CONTENT = 0
    THUMBNAIL = 1


class Links(msgspec.Struct, frozen=True):
    """Makes and reads the addresses of files; `base_url` is where the API is reached."""

    signer: Signer
    base_url: str

    def upload_url(self, file_id: UUID, now: datetime, part_number: int = 0) -> str:
        """Return where to PUT a file's bytes, or those of one part (1 and up)."""
        payload = file_id.bytes + part_number.to_bytes(2, "big")
        return f"{self._base}/uploads/{self.signer.sign(_UPLOAD, payload, now + UPLOAD_LIFE)}"

    def attachment_url(self, file_id: UUID, now: datetime, variant: Variant = Variant.CONTENT) -> str:
        """Return where to GET a file's content or thumbnail for the next ten minutes."""
        payload = file_id.bytes + bytes((variant,))
        return f"{self._base}/downloads/{self.signer.sign(_DOWNLOAD, payload, now + DOWNLOAD_LIFE)}"

    def read_upload(self, token: str, now: datetime) -> tuple[UUID, int]:
        """Return the file and part number (0: the whole) that an upload address names.

        Raises:
            Forbidden: `file_link_invalid`.
        """
        payload = self._verified(_UPLOAD, token, now)
        return UUID(bytes=payload[:_UUID_BYTES]), int.from_bytes(payload[_UUID_BYTES:], "big")

    def read_download(self, token: str, now: datetime) -> tuple[UUID, Variant]:
        """Return the file and what of it a download address names.

        Raises:
            Forbidden: `file_link_invalid`.
        """
        payload = self._verified(_DOWNLOAD, token, now)
        return UUID(bytes=payload[:_UUID_BYTES]), Variant(payload[_UUID_BYTES])

    @property
    def _base(self) -> str:
        return f"{self.base_url.rstrip('/')}/api/v1"

    def _verified(self, purpose: str, token: str, now: datetime) -> bytes:
        try:
            return self.signer.verify(purpose, token, now)
        except BadSignature as error:
            raise Forbidden(
                "file_link_invalid",
                "This address has expired or was altered. Ask for the file again: the answer has a new one.",
            ) from error


def attachment_url(signer: Signer, base_url: str, file_id: UUID, now: datetime) -> str:
    """Return where an attachment can be fetched for the next ten minutes, by whoever may read its event."""
    return Links(signer, base_url).attachment_url(file_id, now)
