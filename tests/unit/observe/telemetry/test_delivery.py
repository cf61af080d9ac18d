"""A collector that is away, slow, or takes too little: counted, said now and then, and nobody waits."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from prometheus_client import CollectorRegistry, Gauge

from harness.otlp import Collector
from harness.processes import until
from stream.config.loading import load
from stream.config.telemetry import asked_signals
from stream.errors import SettingsError
from stream.observe.telemetry import started as module
from stream.observe.telemetry.delivery import SAY_EVERY_S, Delivery, LastWords, Queue
from stream.observe.telemetry.providers import Telemetry
from stream.observe.telemetry.started import checked, started

EXPORTER = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
WHERE = "http://c:4318/v1/traces"


@pytest.fixture(autouse=True)
def loggers() -> Iterator[None]:
    """Give the exporters' loggers back what they had."""
    names = ("opentelemetry.exporter", "opentelemetry.sdk._shared_internal")
    before = [(logging.getLogger(name), logging.getLogger(name).handlers[:]) for name in names]
    yield
    for logger, handlers in before:
        logger.handlers[:], logger.propagate = handlers, True


class Clock:
    """Says what time it is."""

    now_s = 0.0

    def __call__(self) -> float:
        """Tell."""
        return self.now_s


class Slow(SpanExporter):
    """Takes spans once it may."""

    def __init__(self) -> None:
        self.may, self.asked = threading.Event(), threading.Event()
        self.result, self.taken = SpanExportResult.SUCCESS, 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Wait, and count."""
        self.asked.set()
        self.may.wait(60)
        self.taken += len(spans)
        return self.result


def test_losses_are_said_once_in_a_while_with_the_cause_and_the_sum(caplog: pytest.LogCaptureFixture) -> None:
    clock, words = Clock(), LastWords()
    delivery = Delivery("traces", WHERE, words, clock)
    exporter = logging.getLogger(EXPORTER)
    exporter.warning("Transient error %s encountered while exporting spans batch, retrying.", "Service Unavailable")
    exporter.error("Failed to export spans batch due to timeout, max retries or shutdown.")
    logging.getLogger("opentelemetry.sdk._shared_internal").warning("Queue full, dropping Span.")
    with caplog.at_level(logging.INFO):
        for _ in range(10):
            delivery.failed(3)
        clock.now_s += SAY_EVERY_S
        delivery.failed(1)
        delivery.arrived(5)
        delivery.arrived(5)
    said = "The traces do not reach http://c:4318/v1/traces (Service Unavailable)."
    assert caplog.messages == [
        f"{said} 3 spans are lost so far. Articles do not wait for them.",
        f"{said} 31 spans are lost so far. Articles do not wait for them.",
        "The traces reach http://c:4318/v1/traces again.",
    ]
    assert (delivery.sent, delivery.lost) == (10, 31)


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("Failed to export spans batch code: 404, reason: Not Found", "404 Not Found"),
        ("Failed to export spans batch due to timeout, max retries or shutdown.", "no success in time"),
        ("Failed to export spans batch code: None, reason: Invalid URL 'x'.", "Invalid URL 'x'"),
        (
            'Transient error Pool(): (Caused by X("X: [Errno 111] Connection refused")) enc',
            "[Errno 111] Connection refused",
        ),
    ],
)
def test_the_cause_is_short(line: str, cause: str) -> None:
    words = LastWords()
    logging.getLogger(EXPORTER).error("%s", line)
    assert words.why("traces") == f" ({cause})"
    assert words.why("metrics") == ""


def test_what_finds_no_room_is_counted_and_nobody_waits(caplog: pytest.LogCaptureFixture) -> None:
    exporter, delivery = Slow(), Delivery("traces", WHERE, LastWords())
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(Queue(exporter, delivery, capacity=10, batch=512))
    tracer = provider.get_tracer("test")
    for _ in range(10):
        tracer.start_span("x").end()
    assert exporter.asked.wait(60)  # these ten are under way now
    for _ in range(25):
        tracer.start_span("x").end()
    exporter.may.set()
    provider.shutdown()
    assert exporter.taken == delivery.sent == 20
    assert delivery.lost == 15
    assert [message.split(".")[0] for message in caplog.messages] == [f"There are more spans than {WHERE} takes"]


def test_a_collector_that_never_answers_ends_with_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with Collector() as collector:
        collector.status = 0
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_EXPORTER_OTLP_TIMEOUT": "600"}
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        settings = load(environ={})
        telemetry = Telemetry(settings, asked_signals(environ))
        traces = telemetry.traces(settings)
        assert traces is not None
        traces.polled(0.1)
        assert traces.poll is not None
        traces.poll.span.end()
        closing = threading.Thread(target=telemetry.close, args=(0.2,))
        closing.start()
        closing.join(60)  # less than the SDK would take
        assert not closing.is_alive()
        collector.release.set()
        until(lambda: all("Otel" not in thread.name for thread in threading.enumerate()), "nobody to try again")


def test_without_the_extra_one_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "stream.observe.telemetry.providers", None)
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}
    with pytest.raises(SettingsError) as raised:
        module.started(load(environ={}), environ)
    said = str(raised.value)
    assert said.startswith("OTEL_EXPORTER_OTLP_ENDPOINT asks for traces and metrics, which need article-stream[otel] (")
    assert "pip install 'article-stream[otel]'" in said
    assert raised.value.exit_code == 2
    assert "\n" not in said


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "need the package opentelemetry-exporter-otlp-proto-grpc"),
        (
            {"OTEL_METRICS_EXPORTER": "otlp", "OTEL_METRIC_EXPORT_INTERVAL": "soon"},
            "OTEL_METRIC_EXPORT_INTERVAL is 'soon'",
        ),
        ({"OTEL_BSP_MAX_QUEUE_SIZE": "0"}, "OTEL_BSP_MAX_QUEUE_SIZE is '0'"),
        ({"OTEL_SPAN_LINK_COUNT_LIMIT": "-1"}, "OpenTelemetry refuses its variables"),
        ({"OTEL_BSP_MAX_QUEUE_SIZE": "9" * 30}, "OpenTelemetry refuses its variables"),
        ({"OTEL_BSP_SCHEDULE_DELAY": "-1"}, "OpenTelemetry refuses its variables for traces"),
    ],
)
def test_what_cannot_be_is_one_sentence(environ: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {"OTEL_TRACES_EXPORTER": "otlp"} | environ
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=said):
        started(load(environ={}), environ)


def test_check_says_where_they_go_and_whether_they_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with Collector() as collector:
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_EXPORTER_OTLP_TIMEOUT": "60"}
        monkeypatch.setattr("stream.observe.telemetry.providers.TRY_S", 60)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        settings = load(environ={})
        good = checked(settings, environ)
        collector.status = 401
        bad = checked(settings, environ)
    assert [(it.name, it.detail, it.warning) for it in good] == [
        ("traces", f"go to {collector.url}/v1/traces, sampler parentbased_always_on", False),
        ("metrics", f"go to {collector.url}/v1/metrics", False),
    ]
    assert [it.warning for it in bad] == [True, True]
    assert all("does not take them (401 Unauthorized)" in it.detail for it in bad)
    assert all(it.error is None for it in bad)


def test_check_says_that_they_are_off_and_what_is_wrong() -> None:
    settings = load(environ={})
    (off,) = checked(settings, {})
    assert (off.detail, off.warning) == ("off; an OTEL_… variable turns them on", False)
    (child,) = checked(load({"trace_propagate": "child"}, environ={}), {})
    assert child.warning
    (wrong,) = checked(settings, {"OTEL_TRACES_EXPORTER": "zipkin"})
    assert wrong.error is not None


def test_the_metrics_are_sent_a_last_time_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with Collector() as collector:
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_RESOURCE_ATTRIBUTES": "service.instance.id=me"}
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        telemetry = Telemetry(load(environ={}), asked_signals(environ))
        worker, learner = CollectorRegistry(), CollectorRegistry()
        for registry in (worker, learner):
            Gauge("lag", "Lag.", registry=registry).set(3)
        telemetry.send_metrics([(worker, {}), (learner, {"article_stream.role": "learner"})])
        telemetry.close(60)
        until(lambda: bool(collector.metrics()), "the last metrics")
        assert len(collector.metrics()["lag"].gauge.data_points) == 2
        assert collector.metrics_resource()["service.instance.id"] == "me"
