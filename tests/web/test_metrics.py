"""Several web processes show one set of numbers."""

import os
import subprocess
import sys
from pathlib import Path

OBSERVE = """
from prometheus_client import CollectorRegistry
from amends.web.metrics import RequestMetrics
RequestMetrics(CollectorRegistry()).observe("GET /x", 200, 0.02)
"""
SHOW = """
import sys
from prometheus_client import CollectorRegistry
from amends.web.metrics import RequestMetrics, render
registry = CollectorRegistry()
RequestMetrics(registry).observe("GET /x", 200, 0.02)
sys.stdout.buffer.write(render(registry, {"jobs": {"queued": 4}}))
"""


def run(code: str, folder: Path) -> str:
    """Run a process that shares its numbers through a folder."""
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True, text=True)
    return done.stdout


def test_numbers_of_all_processes_are_summed(tmp_path: Path) -> None:
    for _ in range(2):
        run(OBSERVE, tmp_path)
    text = run(SHOW, tmp_path)
    assert 'amends_http_requests_total{operation="GET /x",status="200"} 3.0' in text
    assert 'amends_http_request_duration_seconds_count{operation="GET /x"} 3.0' in text
    assert 'amends_jobs{state="queued"} 4.0' in text
