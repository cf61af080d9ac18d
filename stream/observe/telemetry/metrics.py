"""Prometheus' metrics as OTLP's: what `/metrics` shows is sent to a collector, too, under the same names.

A counter becomes a cumulative monotonic sum, a histogram keeps its bounds, an info is a gauge that is always 1. So
there is one definition of each metric, and both ways show the same.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Mapping

from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    DataT,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricExporter,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from prometheus_client import CollectorRegistry
from prometheus_client import Metric as Family
from prometheus_client.samples import Sample

from stream.observe.telemetry.delivery import Delivery

log = logging.getLogger("stream.telemetry")

CUMULATIVE = AggregationTemporality.CUMULATIVE
UNITS = {"seconds": "s", "bytes": "By"}


class MetricsSender:
    """Sends the metrics of some registries at an interval, in a thread of its own, and a last time at the end."""

    def __init__(
        self,
        exporters: Iterable[MetricExporter],
        resource: Resource,
        scope: InstrumentationScope,
        delivery: Delivery,
        interval_s: float,
    ) -> None:
        self._exporters = list(exporters)
        self._resource, self._scope, self._delivery = resource, scope, delivery
        self._interval_s = interval_s
        self._began_ns = time.time_ns()
        self._registries: list[tuple[CollectorRegistry, Mapping[str, str]]] = []
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)

    def start(self, registries: Iterable[tuple[CollectorRegistry, Mapping[str, str]]]) -> None:
        """Begins. With each registry come attributes that tell its series from another one's."""
        self._registries = list(registries)
        self._thread.start()

    def close(self, timeout_s: float) -> None:
        """Sends once more, and ends; waits so many seconds at the most."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        for exporter in self._exporters:
            exporter.shutdown()

    def _run(self) -> None:
        while not self._ending.wait(self._interval_s):
            self.send()
        self.send()

    def send(self) -> None:
        """Sends what the registries hold now."""
        try:
            data = self._data()
        except Exception:
            log.exception("The metrics cannot be read, which is a bug in article-stream.")
            return
        for exporter in self._exporters:
            try:
                arrived = exporter.export(data) is MetricExportResult.SUCCESS
            except Exception as error:  # noqa: BLE001 - whatever it is, the next attempt may succeed
                log.debug("Metrics could not be sent: %s", error)
                arrived = False
            (self._delivery.arrived if arrived else self._delivery.failed)(1)

    def _data(self) -> MetricsData:
        now_ns = time.time_ns()
        found: dict[str, Metric] = {}
        for registry, more in self._registries:
            for family in registry.collect():
                for metric in as_metrics(family, self._began_ns, now_ns, more):
                    before = found.get(metric.name)
                    found[metric.name] = metric if before is None else _joined(before, metric)
        scope = ScopeMetrics(self._scope, list(found.values()), "")
        return MetricsData([ResourceMetrics(self._resource, [scope], "")])


def as_metrics(family: Family, began_ns: int, now_ns: int, more: Mapping[str, str]) -> Iterator[Metric]:
    """A family of Prometheus' as metrics of OTLP's; none if it has no samples. `more`: attributes of each point."""
    if not family.samples:
        return

    def numbers(start_ns: int) -> list[NumberDataPoint]:
        # A collector may give a truth value, which prints as a number and is none for OTLP.
        return [
            NumberDataPoint({**sample.labels, **more}, start_ns, now_ns, float(sample.value))
            for sample in family.samples
        ]

    name = family.samples[0].name
    data: DataT
    if family.type == "counter":
        data = Sum(numbers(began_ns), CUMULATIVE, is_monotonic=True)
    elif family.type == "histogram":
        name = family.name
        data = Histogram(list(_histograms(family.samples, began_ns, now_ns, more)), CUMULATIVE)
    else:
        data = Gauge(numbers(0))
    yield Metric(name, family.documentation, _unit(family.name), data)


def _histograms(
    samples: Iterable[Sample], began_ns: int, now_ns: int, more: Mapping[str, str]
) -> Iterator[HistogramDataPoint]:
    """One point for each set of labels. Prometheus' buckets count all that is smaller, OTLP's each their own."""
    buckets: dict[tuple[tuple[str, str], ...], list[tuple[float, float]]] = {}
    sums: dict[tuple[tuple[str, str], ...], float] = {}
    for sample in samples:
        labels = {name: value for name, value in sample.labels.items() if name != "le"}
        key = tuple(sorted(labels.items()))
        if sample.name.endswith("_bucket"):
            buckets.setdefault(key, []).append((float(sample.labels["le"]), sample.value))
        elif sample.name.endswith("_sum"):
            sums[key] = sample.value
    for key, found in buckets.items():
        ordered = sorted(found)
        below = [int(count) for _, count in ordered]
        own = [count - before for before, count in zip([0, *below], below, strict=False)]
        bounds = [bound for bound, _ in ordered[:-1]]
        yield HistogramDataPoint(
            {**dict(key), **more}, began_ns, now_ns, below[-1], sums.get(key, 0.0), own, bounds,
            min=None, max=None,  # type: ignore[arg-type]  # Prometheus does not know them, and OTLP may be without
        )  # fmt: skip


def _joined(one: Metric, other: Metric) -> Metric:
    """One metric with the points of both: of a worker, and of the learner beside it."""
    data = one.data
    points = [*data.data_points, *other.data.data_points]
    joined: DataT
    if isinstance(data, Sum):
        joined = Sum(points, data.aggregation_temporality, data.is_monotonic)
    elif isinstance(data, Histogram):
        joined = Histogram(points, data.aggregation_temporality)
    else:
        joined = Gauge(points)
    return Metric(one.name, one.description, one.unit, joined)


def _unit(name: str) -> str:
    """The unit that the name tells, as OpenTelemetry writes it."""
    words = name.split("_")
    return next((unit for word, unit in UNITS.items() if word in words), "")
