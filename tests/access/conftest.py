"""The probe server of tests/web, for credentials and idempotency."""

from tests.web.conftest import key, probe, settings

__all__ = ["key", "probe", "settings"]
