"""A collector of OpenTelemetry in this process: takes traces and metrics over OTLP/HTTP and keeps them."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1 import trace_pb2


@dataclass(frozen=True)
class TakenLink:
    """A link of a span that came."""

    trace_id: int
    span_id: int
    attributes: Mapping[str, object]


@dataclass(frozen=True)
class TakenSpan:
    """A span that came. `kind`: such as `CLIENT`. `parent`: the id of a span, 0 for a root."""

    name: str
    kind: str
    trace_id: int
    span_id: int
    parent: int
    began_ns: int
    ended_ns: int
    failed: bool
    attributes: Mapping[str, object]
    links: tuple[TakenLink, ...] = ()
    resource: Mapping[str, object] = field(default_factory=dict)


class Collector:
    """Listens on a free port of the loopback. `status`: what it answers; 0: nothing, until `release` is set."""

    def __init__(self) -> None:
        """Begin to listen."""
        self.status = 200
        self.release = threading.Event()
        self._spans: list[TakenSpan] = []
        self._metrics: list[tuple[Mapping[str, object], list[Metric]]] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                if self.headers["Content-Encoding"] == "gzip":
                    body = gzip.decompress(body)
                if not collector.status:
                    collector.release.wait()
                    self.close_connection = True
                    return
                if collector.status == 200:
                    collector.take(self.path, body)
                self.send_response(collector.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def take(self, path: str, body: bytes) -> None:
        """Keep what came."""
        if path == "/v1/traces":
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                of = attributes(resource.resource.attributes)
                self._spans += [_taken(span, of) for scope in resource.scope_spans for span in scope.spans]
        else:
            for each in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                found = [metric for scope in each.scope_metrics for metric in scope.metrics]
                self._metrics.append((attributes(each.resource.attributes), found))

    def spans(self, operation: str = "") -> list[TakenSpan]:
        """All spans that came, or those of one operation, in the order of their beginnings."""
        found = [
            span
            for span in list(self._spans)
            if not operation or span.attributes.get("messaging.operation.name") == operation
        ]
        return sorted(found, key=lambda span: span.began_ns)

    def metrics(self) -> dict[str, Metric]:
        """The metrics that came last, by name."""
        return {metric.name: metric for metric in (self._metrics[-1][1] if self._metrics else [])}

    def metrics_resource(self) -> Mapping[str, object]:
        """Who sent them."""
        return self._metrics[-1][0]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def attributes(found: Iterable[KeyValue]) -> dict[str, Any]:
    """Attributes by their names."""
    return {each.key: getattr(each.value, str(each.value.WhichOneof("value"))) for each in found}


def _taken(span: trace_pb2.Span, resource: Mapping[str, object]) -> TakenSpan:
    number = int.from_bytes
    links = [TakenLink(number(it.trace_id), number(it.span_id), attributes(it.attributes)) for it in span.links]
    return TakenSpan(
        span.name,
        trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        number(span.trace_id),
        number(span.span_id),
        number(span.parent_span_id),
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        span.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
        attributes(span.attributes),
        tuple(links),
        resource,
    )
