"""The JSON route of a case's facts."""

from typing import Any

routes: list[Any] = []
