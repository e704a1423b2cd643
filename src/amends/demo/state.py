"""What the demo keeps in its data folder besides the database: a lock, whether it was loaded, and when."""

import fcntl
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

FOLDER: Final = "demo"
SPOILT_BY_RESET: Final = ("files", "incoming")


class AnotherRuns(Exception):
    """A demo runs on this data folder already."""


class Loaded(msgspec.Struct, frozen=True):
    """That the demo's data was put into this folder; `finished` is false while that goes on."""

    at: datetime
    """What the demo's clock said."""
    offset_s: int
    """How far that clock is from the machine's."""
    finished: bool


class State:
    """The demo's own corner of a data folder."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self.folder = data_dir / FOLDER

    @contextmanager
    def alone(self) -> Generator[None]:
        """Keep other demos out of the folder while in the block.

        Raises:
            AnotherRuns: see there.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as problem:
                raise AnotherRuns(str(self._data_dir)) from problem
            yield

    def loaded(self) -> Loaded | None:
        """Return what is known about the data; None: it is not the demo's."""
        try:
            return msgspec.json.decode(self._marker.read_bytes(), type=Loaded)
        except FileNotFoundError:
            return None

    def note(self, loaded: Loaded) -> None:
        """Remember that the demo's data is being put into this folder, or has been."""
        new = self._marker.with_suffix(".new")
        new.write_bytes(msgspec.json.encode(loaded))
        new.replace(self._marker)

    def forget(self) -> None:
        """Remove the files of the demo's people, and what is known about the data."""
        for name in SPOILT_BY_RESET:
            shutil.rmtree(self._data_dir / name, ignore_errors=True)
        self._marker.unlink(missing_ok=True)

    @property
    def _marker(self) -> Path:
        return self.folder / "loaded.json"
