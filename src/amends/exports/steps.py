"""How far a run is: what it counts, and what is told of it once a second."""

from dataclasses import dataclass


@dataclass
class Steps:
    """Rows written out of rows to write."""

    total: int = 0
    done: int = 0
