"""What the `OTEL_…` variables ask for."""

from __future__ import annotations

import pytest

from stream.config.telemetry import asked_signals
from stream.errors import SettingsError

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
HTTP = ("otlp_proto_http",)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"OTEL_SERVICE_NAME": "news"},
        {ENDPOINT: " "},
        {"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none", ENDPOINT: "http://c:4318"},
        {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": " TRUE "},
        {"OTEL_METRICS_EXPORTER": "prometheus"},
    ],
)
def test_nothing_is_asked_for(environ: dict[str, str]) -> None:
    assert asked_signals(environ) == []


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        (
            {ENDPOINT: "http://c:4318/"},
            [("traces", HTTP, "http://c:4318/v1/traces"), ("metrics", HTTP, "http://c:4318/v1/metrics")],
        ),
        ({ENDPOINT: "http://c", "OTEL_METRICS_EXPORTER": "none"}, [("traces", HTTP, "http://c/v1/traces")]),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c/own"}, [("traces", HTTP, "http://c/own")]),
        ({"OTEL_METRICS_EXPORTER": "otlp"}, [("metrics", HTTP, "http://localhost:4318/v1/metrics")]),
        ({"OTEL_TRACES_EXPORTER": "console"}, [("traces", ("console",), "console")]),
        (
            {"OTEL_TRACES_EXPORTER": "otlp, console", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            [("traces", ("otlp_proto_grpc", "console"), "http://localhost:4317")],
        ),
        (
            {
                "OTEL_TRACES_EXPORTER": "otlp",
                "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
                "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
                ENDPOINT: "https://me:secret@c",
            },
            [("traces", HTTP, "https://***@c/v1/traces"), ("metrics", ("otlp_proto_grpc",), "https://***@c")],
        ),
    ],
)
def test_what_is_asked_for(environ: dict[str, str], wanted: list[tuple[str, tuple[str, ...], str]]) -> None:
    found = [(signal.name, signal.exporters, signal.shown_endpoint) for signal in asked_signals(environ)]
    assert found == wanted


@pytest.mark.parametrize(
    "environ",
    [
        {"OTEL_TRACES_EXPORTER": "zipkin"},
        {"OTEL_TRACES_EXPORTER": "prometheus"},
        {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"},
    ],
)
def test_what_is_not_known_is_said(environ: dict[str, str]) -> None:
    with pytest.raises(
        SettingsError, match=r"OTEL_\w+ is '\S+', which article-stream does not know\. It knows .*otlp|http"
    ):
        asked_signals(environ)


@pytest.mark.parametrize(
    ("environ", "sampler"),
    [
        ({}, "parentbased_always_on"),
        ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.01"}, "traceidratio 0.01"),
    ],
)
def test_the_sampler_is_named(environ: dict[str, str], sampler: str) -> None:
    (signal,) = asked_signals({"OTEL_TRACES_EXPORTER": "otlp", **environ})
    assert signal.sampler == sampler
