"""What `/metrics` shows: requests by operation and status with their durations, and how much work is waiting.

With several web processes, PROMETHEUS_MULTIPROC_DIR names a folder where they put their numbers together.
"""

import os
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

SHARED_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_MAX_SERIES: Final = 5_000


class RequestMetrics:
    """Counts the requests of this process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "amends_http_requests", "Requests answered.", ("operation", "status"), registry=registry
        )
        self._durations = Histogram(
            "amends_http_request_duration_seconds",
            "Time from the request's first byte to the answer's last.",
            ("operation",),
            registry=registry,
            buckets=_BUCKETS,
        )
        self._series: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    def observe(self, operation: str, status: int, duration_s: float) -> None:
        """Count one request; `operation` is method and path template, never the path itself."""
        series = self._series.get((operation, status))
        if series is None:
            if len(self._series) >= _MAX_SERIES:
                return
            series = (self._requests.labels(operation, str(status)), self._durations.labels(operation))
            self._series[(operation, status)] = series
        series[0].inc()
        series[1].observe(duration_s)


def shown_registry(registry: CollectorRegistry) -> CollectorRegistry:
    """Return what to show: this process's registry, or all processes' together."""
    if SHARED_FOLDER not in os.environ:
        return registry
    together = CollectorRegistry()
    MultiProcessCollector(together)
    return together


def render(registry: CollectorRegistry, waiting: dict[str, dict[str, int]]) -> bytes:
    """Write the text format, with gauges of what waits in the database: {metric: {label: count}}."""
    now = CollectorRegistry()
    for name, counts in waiting.items():
        gauge = Gauge(f"amends_{name}", WAITING[name], ("state",), registry=now)
        for label, count in counts.items():
            gauge.labels(label).set(count)
    return generate_latest(shown_registry(registry)) + generate_latest(now)


WAITING: Final = {
    "jobs": "Jobs in the queue, by their state.",
    "refunds_unsettled": "Refunds whose money has not gone, by their state.",
}
