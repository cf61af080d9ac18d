"""OpenTelemetry's providers and exporters, made for the signals that are asked for, and ended within a time."""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from importlib.metadata import entry_points
from typing import Any

from opentelemetry.sdk.environment_variables import (
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE,
    OTEL_BSP_MAX_QUEUE_SIZE,
    OTEL_METRIC_EXPORT_INTERVAL,
)
from opentelemetry.sdk.metrics.export import MetricExportResult, MetricsData
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from prometheus_client import CollectorRegistry

from stream._version import __version__
from stream.config.settings import Settings
from stream.config.telemetry import GRPC, OTLP, Signal
from stream.errors import SettingsError
from stream.observe.check import Check
from stream.observe.telemetry.delivery import Delivery, LastWords, Queue
from stream.observe.telemetry.metrics import MetricsSender
from stream.observe.telemetry.traces import Traces

log = logging.getLogger("stream.telemetry")

SCOPE = "article-stream"
SCHEMA = "https://opentelemetry.io/schemas/1.45.0"
GRPC_PACKAGE = "opentelemetry-exporter-otlp-proto-grpc"
INTERVAL_MS, QUEUE, BATCH = 60_000, 2048, 512  # OpenTelemetry's defaults
FLUSH_S = 3.0
"""How long a stop waits, in seconds, for what has not been sent yet. It is part of `shutdown_timeout_s`.

A collector that answers needs far less. Worst case: one that does not makes every stop 3 s longer, and what is left is
lost.
"""
AWAY_S = 0.5
TRY_S = 3.0  # how long `article-stream check` waits for a collector, in seconds


class Telemetry:
    """What sends traces and metrics. `signals`: those that are asked for."""

    def __init__(self, settings: Settings, signals: Iterable[Signal]) -> None:
        """Raises `SettingsError` if an exporter is not installed, or refuses its variables."""
        self.signals = list(signals)
        self._words = LastWords()
        self._resource = _resource(settings)
        self._deliveries: list[Delivery] = []
        self._exporters: list[Any] = []
        self._provider: TracerProvider | None = None
        self._sender: MetricsSender | None = None
        for signal in self.signals:
            delivery = Delivery(signal.name, signal.shown_endpoint, self._words)
            exporters = [_made(signal, name) for name in signal.exporters]
            self._deliveries.append(delivery)
            self._exporters += exporters
            if signal.name == "traces":
                # Not ended when the interpreter ends, because that would wait for a collector without a limit.
                self._provider = TracerProvider(resource=self._resource, shutdown_on_exit=False)
                for exporter in exporters:
                    self._provider.add_span_processor(_queue(exporter, delivery))
            else:
                scope = InstrumentationScope(SCOPE, __version__)
                self._sender = MetricsSender(
                    exporters, self._resource, scope, delivery, _number(OTEL_METRIC_EXPORT_INTERVAL, INTERVAL_MS) / 1000
                )

    def traces(self, settings: Settings) -> Traces | None:
        """What makes the spans of an engine with these settings; None if there are to be none."""
        if self._provider is None:
            return None
        return Traces(
            self._provider.get_tracer(SCOPE, __version__, SCHEMA),
            bootstrap_servers=settings.bootstrap_servers,
            group=settings.group_id,
            topic=settings.input_topic if settings.inputs.one else None,
            children=settings.trace_propagate == "child",
        )

    def send_metrics(self, registries: Iterable[tuple[CollectorRegistry, Mapping[str, str]]]) -> None:
        """Begins to send the metrics of these registries, if that is asked for; see `MetricsSender.start`."""
        if self._sender is not None:
            self._sender.start(registries)

    def describe(self) -> str:
        """A sentence that says what goes where."""
        what = ", ".join(f"{signal.name} to {signal.shown_endpoint}" for signal in self.signals)
        return f"OpenTelemetry sends {what}."

    def close(self, timeout_s: float) -> None:
        """Sends what is left, and ends; waits for the time given and for `FLUSH_S` at the most.

        For a collector that has not taken anything of late it waits `AWAY_S`. In threads of their own, because neither
        the SDK nor a socket keeps to a time.
        """
        longest_s = AWAY_S if any(delivery.failing for delivery in self._deliveries) else FLUSH_S
        deadline = time.monotonic() + max(0.0, min(timeout_s, longest_s))
        closing: list[threading.Thread] = []
        if self._provider is not None:
            closing.append(threading.Thread(target=self._provider.shutdown, name="traces-end", daemon=True))
        if self._sender is not None:
            ending, left_s = self._sender.close, max(0.0, deadline - time.monotonic())
            closing.append(threading.Thread(target=ending, args=(left_s,), name="metrics-end", daemon=True))
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join(max(0.0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in closing):
            for exporter in self._exporters:  # nobody tries again
                threading.Thread(target=exporter.shutdown, name="exporter-end", daemon=True).start()
            log.warning("The last traces or metrics could not be sent within %g s.", longest_s)

    def tried(self) -> list[Check]:
        """For `article-stream check`: an empty request to each endpoint. What is not taken is no error of a worker."""
        answers = []
        for signal in self.signals:
            said = f"go to {signal.shown_endpoint}{signal.sampler and f', sampler {signal.sampler}'}"
            empty: Any = [] if signal.name == "traces" else MetricsData([])
            taken = all(_takes(_made(signal, name), empty) for name in signal.exporters if name in OTLP)
            if not taken:
                said = f"{said}; it does not take them{self._words.why(signal.name)}, and a worker starts all the same"
            answers.append(Check(signal.name, said, warning=not taken))
        return answers


def _takes(exporter: Any, empty: Any) -> bool:
    """Whether an empty request succeeds within `TRY_S`."""
    found: list[Any] = []
    asking = threading.Thread(target=lambda: found.append(exporter.export(empty)), daemon=True)
    asking.start()
    asking.join(TRY_S)
    return found in ([SpanExportResult.SUCCESS], [MetricExportResult.SUCCESS])


def _made(signal: Signal, name: str) -> Any:
    """The exporter that is registered under this name. It reads its variables by itself."""
    found = next(iter(entry_points(group=f"opentelemetry_{signal.name}_exporter", name=name)), None)
    try:
        if found is None:
            raise ImportError(name)
        make = found.load()
    except ImportError:
        what = f"{signal.name} over gRPC, which need" if name == GRPC else f"the exporter {name}, which needs"
        package = GRPC_PACKAGE if name == GRPC else "article-stream[otel]"
        msg = f"The OTEL_… variables ask for {what} the package {package}."
        raise SettingsError(msg, fix=f"Install it: pip install '{package}'.") from None
    try:
        return make()
    except (OSError, ValueError) as error:
        raise _refused(signal.name, error, "OTEL_EXPORTER_OTLP_…") from None


def _queue(exporter: SpanExporter, delivery: Delivery) -> Queue:
    capacity, batch = _number(OTEL_BSP_MAX_QUEUE_SIZE, QUEUE), _number(OTEL_BSP_MAX_EXPORT_BATCH_SIZE, BATCH)
    try:
        return Queue(exporter, delivery, capacity=capacity, batch=batch)
    except ValueError as error:
        what = "traces"
        raise _refused(what, error, "OTEL_BSP_…") from None


def _refused(what: str, error: Exception, variables: str) -> SettingsError:
    msg = f"OpenTelemetry refuses its variables for {what}: {str(error).rstrip('.')}."
    return SettingsError(msg, fix=f"Correct the {variables} variables.")


def _resource(settings: Settings) -> Resource:
    """Who sends all this: our own names, where OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say nothing."""
    said = OTELResourceDetector().detect().attributes
    ours = {
        "service.name": "article-stream",
        "service.version": __version__,
        "service.instance.id": settings.instance_id or str(uuid.uuid4()),
    }
    return Resource.create({name: value for name, value in ours.items() if name not in said})


def _number(variable: str, default: int) -> int:
    """A whole number above 0 of the environment."""
    written = os.environ.get(variable, "").strip()
    if not written:
        return default
    if not (written.isascii() and written.isdigit()) or int(written) < 1:
        msg = f"{variable} is {written!r}, not a whole number above 0."
        raise SettingsError(msg)
    return int(written)
