"""The address of an export's file: signed, without authorization, for ten minutes.

It names one export. Who asks for the export again gets a new one, for as long as the file is kept.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from amends.exports.queries import ExportRef
from amends.kit.errors import Forbidden
from amends.kit.signing import BadSignature, Signer
from amends.services import Services

PATH: Final = "/api/v1/export_files"
LIFE: Final = timedelta(minutes=10)
_PURPOSE: Final = "export-download"
_ACCOUNT_BYTES: Final = 8


def download_path(signer: Signer, ref: ExportRef, now: datetime) -> str:
    """Return the path at which to GET an export's file for the next ten minutes."""
    payload = ref.account_id.to_bytes(_ACCOUNT_BYTES, "big") + ref.export_id.bytes
    return f"{PATH}/{signer.sign(_PURPOSE, payload, now + LIFE)}"


def download_url(services: Services, ref: ExportRef, now: datetime) -> str:
    """Return the whole address for those who are not on our pages."""
    return services.settings.base_url.rstrip("/") + download_path(services.signer, ref, now)


def read_download(services: Services, token: str, now: datetime) -> ExportRef:
    """Return the export that an address names.

    Raises:
        Forbidden: `export_link_invalid`.
    """
    try:
        payload = services.signer.verify(_PURPOSE, token, now)
    except BadSignature as error:
        raise Forbidden(
            "export_link_invalid",
            "This address has expired or was altered. Ask for the export again: the answer has a new one.",
        ) from error
    return ExportRef(int.from_bytes(payload[:_ACCOUNT_BYTES], "big"), UUID(bytes=payload[_ACCOUNT_BYTES:]))
