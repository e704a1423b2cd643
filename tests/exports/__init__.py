"""Exports: through HTTP and the worker, on a real database and a real folder."""
