"""The public shapes of imports."""

import msgspec
from asyncpg import Record

from amends.imports.queries import ImportRow
from amends.kit.clock import iso
from amends.people.schemas import Time, iso_or_none


class RejectedLine(msgspec.Struct, frozen=True):
    """A line that did not land; `field` is null when it is not about one."""

    line: int
    field: str | None
    reason: str


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """The report of an import. `landed` lines created or changed something, `unchanged` ones were there already."""

    id: str
    account_id: str | None
    format: str
    kind: str | None
    state: str
    lines: int
    landed: int
    unchanged: int
    rejected: int
    failure: str | None
    rejections: list[RejectedLine]
    """The first of them; the others are listed under `/rejections`."""
    created_at: Time
    finished_at: Time | None


def import_shape(row: ImportRow, rejections: list[Record]) -> Import:
    """Return an import as the API shows it."""
    return Import(
        id=row.pid,
        account_id=row.account_pid,
        format=row.format,
        kind=row.kind,
        state=row.state,
        lines=row.lines,
        landed=row.landed,
        unchanged=row.unchanged,
        rejected=row.rejected,
        failure=row.failure,
        rejections=[rejection_shape(rejection) for rejection in rejections],
        created_at=iso(row.created_at),
        finished_at=iso_or_none(row.finished_at),
    )


def rejection_shape(row: Record) -> RejectedLine:
    """Return a rejected line as the API shows it."""
    return RejectedLine(row["line"], row["field"], row["reason"])
