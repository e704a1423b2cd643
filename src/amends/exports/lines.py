"""An export as a line of the page: in words, and where its buttons lead."""

from datetime import datetime
from typing import Any, Final

import msgspec

from amends.access.permissions import Permission
from amends.exports.queries import ExportRow
from amends.exports.resources import Resource, State
from amends.exports.schemas import is_offered
from amends.exports.words import FAILURE_WORDS, FORMAT_WORDS, RESOURCE_WORDS, STATE_WORDS
from amends.kit.ids import Prefix
from amends.web import urls
from amends.web.text import _, file_size, ngettext, number

EXPORTS_PATH: Final = "/accounts/{biz_pid:str}/exports"
NEEDS: Final[dict[str, Any]] = {"permission": Permission.EXPORT_READ}
CANCELED: Final = "canceled"
_TONES: Final = {State.COMPLETED: "success", State.FAILED: "error"}


class ExportLine(msgspec.Struct, frozen=True, kw_only=True):
    """One export."""

    pid: str
    title: str
    table_url: str | None
    """The table that it was asked for from, when that was narrowed."""
    format_word: Any
    state: State
    state_word: Any
    tone: str
    progress: int
    """Percent."""
    rows: str
    """`1,204 rows`, or how many of how many; empty while nothing is known."""
    size: str
    failure: Any
    """Why it failed; None: it did not."""
    was_canceled: bool
    time_zone: str
    requested_by: str
    created_at: datetime
    expires_at: datetime
    is_running: bool
    """It waits or is being written: the line renews itself."""
    is_offered: bool
    url: str

    @property
    def download_url(self) -> str:
        """Return where the file is fetched by who is signed in."""
        return f"{self.url}/download"


def line_of(export: ExportRow, account_pid: str, now: datetime) -> ExportLine:
    """Return an export's line for a reader of the account's exports."""
    canceled = export.error_code == CANCELED
    return ExportLine(
        pid=export.pid,
        title=str(RESOURCE_WORDS[export.resource]),
        table_url=_table_url(export, account_pid),
        format_word=FORMAT_WORDS[export.format],
        state=export.state,
        state_word=_("Canceled") if canceled else STATE_WORDS[export.state],
        tone="neutral" if canceled else _TONES.get(export.state, "neutral"),
        progress=export.progress_percent,
        rows=_rows(export),
        size="" if export.size_bytes is None or export.state is State.EXPIRED else file_size(export.size_bytes),
        failure=None if export.error_code is None else FAILURE_WORDS[export.error_code],
        was_canceled=canceled,
        time_zone=export.time_zone,
        requested_by=export.requested_by_name or _requester(export.requested_by),
        created_at=export.created_at,
        expires_at=export.expires_at,
        is_running=export.state in {State.PENDING, State.PROCESSING},
        is_offered=is_offered(export, now),
        url=f"{urls.account_url(account_pid, 'exports')}/{export.pid}",
    )


def _requester(pid: str) -> str:
    """Return what stands for a requester without a name."""
    return _("a colleague") if pid.startswith(f"{Prefix.USER}_") else _("an API key")


def _table_url(export: ExportRow, account_pid: str) -> str | None:
    if export.resource is not Resource.CASES or not export.table_query:
        return None
    return urls.table_url(account_pid, export.table_query)


def _rows(export: ExportRow) -> str:
    if export.state in {State.COMPLETED, State.EXPIRED}:
        return ngettext("%(n)s row", "%(n)s rows", export.rows_done)
    if export.state is not State.PROCESSING or export.total_rows is None:
        return ""
    done = min(export.rows_done, export.total_rows)
    return _("%(done)s of %(total)s rows", done=number(done), total=number(export.total_rows))
