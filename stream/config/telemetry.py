"""What the `OTEL_…` variables ask for: whether traces and metrics are sent by OpenTelemetry, how, and where to.

These variables are OpenTelemetry's, with its meanings; everything else in them is read by its own SDK.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from stream.errors import SettingsError

SignalName = Literal["traces", "metrics"]
SIGNALS: tuple[SignalName, ...] = ("traces", "metrics")
PROTOCOLS = {"http/protobuf": "otlp_proto_http", "grpc": "otlp_proto_grpc"}
"""The protocols of OTLP, each with the name under which its exporter is registered in Python."""
DEFAULT_PROTOCOL = "http/protobuf"
GRPC, OTLP = PROTOCOLS["grpc"], frozenset(PROTOCOLS.values())
DEFAULT_SAMPLER = "parentbased_always_on"
_EXPORTERS = {"console": "console", "none": "", **{name: name for name in PROTOCOLS.values()}}
_OF_METRICS = {"prometheus": ""}  # the page /metrics is there in any case


class Signal(NamedTuple):
    """Traces or metrics that are to be sent.

    `asked_by`: the variable that asks for it. `exporters`: as Python's packages of OpenTelemetry register them.
    `endpoint`: the URL that OTLP sends to; it may hold a password (`shown_endpoint`). `sampler`: that of traces, for a
    sentence.
    """

    name: SignalName
    asked_by: str
    exporters: tuple[str, ...]
    endpoint: str
    sampler: str

    @property
    def shown_endpoint(self) -> str:
        """Where it goes, for a sentence."""
        if not OTLP & set(self.exporters):
            return " and ".join(self.exporters)
        return re.sub(r"//\S*@", "//***@", self.endpoint)


def asked_signals(environ: Mapping[str, str]) -> list[Signal]:
    """The signals that the environment asks for; empty where it asks for none. Raises `SettingsError`.

    A signal is on where its `OTEL_…_EXPORTER` names an exporter, or where that is not set and an endpoint is.
    """
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return []
    return [signal for name in SIGNALS if (signal := _asked(name, environ)) is not None]


def _asked(name: SignalName, environ: Mapping[str, str]) -> Signal | None:
    variable = f"OTEL_{name.upper()}_EXPORTER"
    own, general = f"OTEL_EXPORTER_OTLP_{name.upper()}_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"
    wanted = [part.strip() for part in environ.get(variable, "").split(",") if part.strip()]
    asked_by = variable
    if not wanted:
        asked_by = next((each for each in (own, general) if environ.get(each, "").strip()), "")
        wanted = ["otlp"]
    if not asked_by:
        return None
    protocol = _protocol(name, environ) if "otlp" in wanted else ""
    known = _EXPORTERS | {"otlp": protocol} | (_OF_METRICS if name == "metrics" else {})
    for each in wanted:
        if each not in known:
            msg = f"{variable} is {each!r}, which article-stream does not know."
            raise SettingsError(msg, fix=f"It knows {', '.join(sorted(known))}.")
    exporters = tuple(dict.fromkeys(filter(None, (known[each] for each in wanted))))
    if not exporters:
        return None
    endpoint = _endpoint(environ, own, general, name, grpc=GRPC in exporters)
    return Signal(name, asked_by, exporters, endpoint, _sampler(environ) if name == "traces" else "")


def _sampler(environ: Mapping[str, str]) -> str:
    sampler, argument = (environ.get(f"OTEL_TRACES_SAMPLER{part}", "").strip() for part in ("", "_ARG"))
    return f"{sampler or DEFAULT_SAMPLER}{argument and f' {argument}'}"


def _protocol(name: SignalName, environ: Mapping[str, str]) -> str:
    for variable in (f"OTEL_EXPORTER_OTLP_{name.upper()}_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        if said := environ.get(variable, "").strip():
            if said not in PROTOCOLS:
                msg = f"{variable} is {said!r}, which article-stream does not know."
                raise SettingsError(msg, fix=f"It knows {' and '.join(PROTOCOLS)}.")
            return PROTOCOLS[said]
    return PROTOCOLS[DEFAULT_PROTOCOL]


def _endpoint(environ: Mapping[str, str], own: str, general: str, name: str, *, grpc: bool) -> str:
    """As OpenTelemetry's specification puts it together: gRPC has no path for each signal."""
    if said := environ.get(own, "").strip():
        return said
    base = environ.get(general, "").strip() or f"http://localhost:{4317 if grpc else 4318}"
    return base if grpc else f"{base.rstrip('/')}/v1/{name}"
