"""Whether the `OTEL_…` variables ask for traces or metrics; if they do, what sends them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from stream.config.settings import Settings
from stream.config.telemetry import Signal, asked_signals
from stream.errors import SettingsError, StreamError
from stream.observe.check import Check

if TYPE_CHECKING:
    from stream.observe.telemetry.providers import Telemetry

EXTRA = "article-stream[otel]"


def started(settings: Settings, environ: Mapping[str, str] | None = None) -> Telemetry | None:
    """What sends the signals that are asked for; None if none is.

    Raises `SettingsError` if OpenTelemetry's packages are missing, or refuse their variables.
    """
    signals = asked_signals(os.environ if environ is None else environ)
    if not signals:
        return None
    try:
        from stream.observe.telemetry.providers import Telemetry  # noqa: PLC0415 - optional, and slow
    except ImportError as error:
        msg = f"{signals[0].asked_by} asks for {_named(signals)}, which need {EXTRA} ({error})."
        raise SettingsError(msg, fix=f"Install it: pip install '{EXTRA}'; or set OTEL_SDK_DISABLED=true.") from None
    try:
        return Telemetry(settings, signals)
    except (ValueError, RuntimeError, OverflowError, TypeError) as error:  # as many kinds as the SDK has variables
        msg = f"OpenTelemetry refuses its variables: {str(error).rstrip('.')}."
        raise SettingsError(msg, fix="Correct the OTEL_… variables.") from None


def checked(settings: Settings, environ: Mapping[str, str] | None = None) -> list[Check]:
    """For `article-stream check`: whether traces and metrics are sent, where to, and whether they are taken there."""
    try:
        signals = asked_signals(os.environ if environ is None else environ)
        telemetry = started(settings, environ)
    except StreamError as error:
        return [Check("traces", str(error), error)]
    answers = [] if telemetry is None else telemetry.tried()
    if all(signal.name != "traces" for signal in signals):
        child = ""
        if settings.trace_propagate == "child":
            child = "; STREAM_TRACE_PROPAGATE=child changes nothing without them"
        answers.append(Check("traces", f"off; an OTEL_… variable turns them on{child}", warning=bool(child)))
    return answers


def _named(signals: list[Signal]) -> str:
    return " and ".join(signal.name for signal in signals)
