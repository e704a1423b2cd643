"""Imports from a file on this machine: JSON lines or CSV, gzipped or not."""

import gc
import gzip
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Final
from uuid import UUID

import anyio
import anyio.to_thread

from amends.access.scopes import SystemScope
from amends.db.pool import Pool
from amends.imports.commands import Counts
from amends.imports.run import Reach, Source, run_import
from amends.kit.clock import Clock
from amends.people.records import Kind

CHUNK_BYTES: Final = 1024 * 1024
_GZIP: Final = b"\x1f\x8b"
_CSV_NAMES: Final = {
    **{kind.value: kind for kind in Kind},
    **{f"{kind.value}s": kind for kind in Kind if kind is not Kind.ACTIVITY},
}


class UnknownFileKind(ValueError):
    """Neither the caller nor the file's name says what a CSV file holds."""


async def import_file(
    pool: Pool,
    clock: Clock,
    path: Path,
    *,
    scope: SystemScope,
    account_id: int | None = None,
    kind: Kind | None = None,
    progress: Callable[[Counts, int], None] | None = None,
) -> UUID:
    """Import a file and return the row id of the report.

    `account_id`: the account of lines that name none. `kind`: of a CSV's rows; by default the file is named after it
    (`payments.csv`, `activity.csv.gz`). `progress` is told the counts and how many of the file's bytes are read.

    Raises:
        UnknownFileKind: see there.
        OSError: the file cannot be read.
    """
    kind = csv_kind(path, kind)
    with _no_garbage_collection(), path.open("rb") as raw:
        file = gzip.GzipFile(fileobj=raw) if raw.peek(2)[:2] == _GZIP else raw
        return await run_import(
            pool,
            clock,
            Source(chunks=_chunks(file), kind=kind),
            principal=scope.principal,
            reach=Reach(account_id, frozenset(Kind)),
            progress=None if progress is None else lambda counts: progress(counts, raw.tell()),
        )


@contextmanager
def _no_garbage_collection() -> Generator[None]:
    """Leave cycles alone: records form none, and looking for them takes a third of an import's time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def csv_kind(path: Path, kind: Kind | None) -> Kind | None:
    """Return the kind of a CSV file's rows; None for JSON lines.

    Raises:
        UnknownFileKind: see there.
    """
    name = path.name.lower().removesuffix(".gz")
    if not name.endswith(".csv"):
        return None
    kind = kind or _CSV_NAMES.get(name.removesuffix(".csv"))
    if kind is None:
        raise UnknownFileKind(f"{path.name} does not say what it holds. Name it payments.csv, or say the kind.")
    return kind


async def _chunks(file: BufferedReader | gzip.GzipFile) -> AsyncIterator[bytes]:
    """Read a file chunk by chunk, in a thread."""
    while chunk := await anyio.to_thread.run_sync(file.read, CHUNK_BYTES):
        yield chunk
