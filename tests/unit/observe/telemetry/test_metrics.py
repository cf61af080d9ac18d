"""Prometheus' metrics as OTLP's: any registry, with the same numbers."""

from __future__ import annotations

from itertools import accumulate
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.metrics.export import Gauge as OtlpGauge
from opentelemetry.sdk.metrics.export import Histogram as OtlpHistogram
from opentelemetry.sdk.metrics.export import Sum
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

from stream.observe.metrics import Metrics
from stream.observe.telemetry.metrics import as_metrics

NUMBERS = st.floats(0, 1e9)
LABELS = st.text(max_size=5)


def converted(registry: CollectorRegistry, **more: str) -> dict[str, object]:
    """The data of each metric, by name."""
    return {each.name: each.data for family in registry.collect() for each in as_metrics(family, 1, 2, more)}


@given(st.dictionaries(LABELS, NUMBERS, max_size=3))
def test_a_counter_is_a_sum_that_only_grows(values: dict[str, float]) -> None:
    registry = CollectorRegistry()
    counter = Counter("records", "Records.", ["outcome"], registry=registry)
    for label, value in values.items():
        counter.labels(label).inc(value)
    found = converted(registry, role="learner")
    if not values:
        assert found == {}
        return
    data = found["records_total"]
    assert isinstance(data, Sum)
    assert data.is_monotonic
    assert data.aggregation_temporality.name == "CUMULATIVE"
    assert {point.attributes["outcome"]: point.value for point in data.data_points if point.attributes} == values
    assert all((point.attributes or {})["role"] == "learner" for point in data.data_points)
    assert {(point.start_time_unix_nano, point.time_unix_nano) for point in data.data_points} == {(1, 2)}


@given(st.dictionaries(LABELS, st.lists(NUMBERS, max_size=8), max_size=3), st.sets(NUMBERS, min_size=1, max_size=4))
def test_a_histogram_keeps_its_bounds_and_its_counts(values: dict[str, list[float]], bounds: set[float]) -> None:
    registry = CollectorRegistry()
    histogram = Histogram("wait_seconds", "Waits.", ["stage"], buckets=sorted(bounds), registry=registry)
    for label, observed in values.items():
        of_label = histogram.labels(label)
        for value in observed:
            of_label.observe(value)
    found = converted(registry)
    if not values:
        assert found == {}
        return
    data = found["wait_seconds"]
    assert isinstance(data, OtlpHistogram)
    assert len(data.data_points) == len(values)
    for point in data.data_points:
        observed = values[str((point.attributes or {})["stage"])]
        assert point.count == len(observed) == sum(point.bucket_counts)
        assert point.sum == pytest.approx(sum(observed))  # Python 3.12 and later add more exactly
        assert point.explicit_bounds == sorted(bounds)
        below = [sum(value <= bound for value in observed) for bound in [*sorted(bounds), inf]]
        assert list(accumulate(point.bucket_counts)) == below


def test_gauges_and_what_is_always_1() -> None:
    registry = CollectorRegistry()
    Gauge("lag", "Lag.", registry=registry).set(-2.5)
    Info("build", "Versions.", registry=registry).info({"version": "1"})
    found = converted(registry)
    lag, build = found["lag"], found["build_info"]
    assert isinstance(lag, OtlpGauge)
    assert isinstance(build, OtlpGauge)
    assert [point.value for point in lag.data_points] == [-2.5]
    assert [(point.attributes, point.value) for point in build.data_points] == [({"version": "1"}, 1)]


def test_every_metric_of_a_worker_goes_out_under_the_name_that_the_page_shows() -> None:
    metrics = Metrics(list, lambda: None, {"version": "1"}, rules_version="2")
    metrics.stage("clean", 1)
    shown = {line.split()[2] for line in metrics.text().decode().splitlines() if line.startswith("# TYPE")}
    with_samples = {family.name for family in metrics.registry.collect() if family.samples}
    wanted = {name for name in shown if name in with_samples or name.rsplit("_", 1)[0] in with_samples}
    assert set(converted(metrics.registry)) == wanted
    units = {each.name: each.unit for family in metrics.registry.collect() for each in as_metrics(family, 1, 2, {})}
    assert units["article_stream_stage_seconds"] == "s"
    assert units["article_stream_bytes_in_total"] == "By"
    assert units["article_stream_records_total"] == ""
