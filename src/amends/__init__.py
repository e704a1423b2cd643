"""Amends: an open, self-hosted resolution center."""

from importlib.metadata import version

__version__ = version("amends")
