"""The rules of HTTP that hold for every route, put together for the composition root.

Outside in: the envelope (ids, versions, HEAD, counts) → Litestar's router → admission (credential, limit, parameters) →
the handler. Every exception on the way becomes the one error shape.
"""

from typing import Any, Final

from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.middleware import DefineMiddleware
from prometheus_client import CollectorRegistry

from amends.web.admission import Admission, Gate
from amends.web.envelope import Envelope
from amends.web.errors import answer_exception
from amends.web.metrics import RequestMetrics
from amends.web.request import MAX_BODY_BYTES, ApiRequest

_UNCOMPRESSED: Final = ["^/api/", "^/files/", "^/providers/", "^/metrics", "^/healthz", "^/readyz", r"\.woff2$"]


def http_rules() -> dict[str, Any]:
    """Return the arguments of `Litestar` that make the rules hold; `app.state.services` must be set while it runs."""
    gate = Gate()

    def begin(app: Litestar) -> None:
        gate.open(app)
        app.state.metrics = registry = CollectorRegistry()
        handler = app.asgi_handler
        inner = handler.app if isinstance(handler, Envelope) else handler  # it ran before
        app.asgi_handler = Envelope(inner, RequestMetrics(registry))

    return {
        "middleware": [DefineMiddleware(Admission, gate=gate)],
        "exception_handlers": {Exception: answer_exception},
        "after_exception": [gate.recognise_lost],
        "request_class": ApiRequest,
        # Pages and their files. The API's answers are small and fast as they are; files mostly are compressed already.
        "compression_config": CompressionConfig(backend="gzip", gzip_compress_level=6, exclude=_UNCOMPRESSED),
        "request_max_body_size": MAX_BODY_BYTES,
        "on_startup": [begin],
        "logging_config": None,
    }
