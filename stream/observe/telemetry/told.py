"""The plain values that the traces are told, for those who do not import OpenTelemetry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from stream.records.trace_context import TraceContext


class Failure(NamedTuple):
    """Why something failed. `kind`: a name of few values, for `error.type`. `message`: a sentence."""

    kind: str
    message: str


class Sent(NamedTuple):
    """What one transaction publishes to a topic: how many records, and the contexts that they carry."""

    topic: str
    records: int
    contexts: Sequence[TraceContext]
