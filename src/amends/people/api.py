"""The JSON routes of this domain."""

from typing import Any

routes: list[Any] = []
