"""The words of exports: what can be exported, as what, and how far an export is."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from amends.access.permissions import Permission


class Resource(StrEnum):
    """What is exported, by the names of the reference client; `receipts` are payments."""

    CASES = "resolution_center_cases"
    RECEIPTS = "receipts"
    DISPUTES = "disputes"


class Format(StrEnum):
    """What kind of file is written."""

    CSV = "csv"
    XLSX = "xlsx"
    JSONL = "jsonl"


class Side(StrEnum):
    """Who asked for an export. The other side never sees it: it names people of their own."""

    MERCHANT = "merchant"
    PLATFORM = "platform"


class State(StrEnum):
    """How far an export is."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    EXPIRED = "expired"


READS: Final[Mapping[Resource, Permission]] = {
    Resource.CASES: Permission.CASE_READ,
    Resource.RECEIPTS: Permission.PAYMENT_READ,
    Resource.DISPUTES: Permission.DISPUTE_READ,
}
"""What one needs besides `export:read`: to read what is exported."""

CONTENT_TYPES: Final[Mapping[Format, str]] = {
    Format.CSV: "text/csv",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.JSONL: "application/x-ndjson",
}

FILE_WORDS: Final[Mapping[Resource, str]] = {
    Resource.CASES: "cases",
    Resource.RECEIPTS: "payments",
    Resource.DISPUTES: "disputes",
}
"""What the file's name says it holds."""
