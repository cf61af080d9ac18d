"""The trace context of a record: its headers `traceparent` and `tracestate`, as W3C's Trace Context defines them.

Where several headers have one of these names the last one counts, as it does among Kafka's headers elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from stream.records.headers import Header, Headers

PARENT_HEADER, STATE_HEADER = "traceparent", "tracestate"
SAMPLED = 1
"""The flag that says that the caller has recorded its span."""
MOST_LINKS = 128
"""The most contexts that one span links to: what OpenTelemetry's SDK keeps by default."""
# Version 00 has exactly these four parts; a later one may have more behind them. Version ff is forbidden.
_PARENT = re.compile(rb"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.DOTALL)

T = TypeVar("T")


class TraceContext(NamedTuple):
    """A span as a record names it. `state` is what tracing systems add, as it stands in the header."""

    trace_id: int
    span_id: int
    flags: int
    state: bytes = b""

    @property
    def sampled(self) -> bool:
        """Whether its span was recorded, as far as whoever wrote this knows."""
        return bool(self.flags & SAMPLED)

    def parent(self) -> bytes:
        """The value of a header `traceparent` that names this span."""
        return b"00-%032x-%016x-%02x" % (self.trace_id, self.span_id, self.flags)


def context_in(headers: Sequence[Header]) -> TraceContext | None:
    """The context that these headers name; None where there is none, or none that is valid."""
    parent: bytes | None = None
    state = b""
    for name, value in headers:
        if name == PARENT_HEADER:
            parent = value
        elif name == STATE_HEADER:
            state = value or b""
    found = _PARENT.fullmatch(parent) if parent else None
    if found is None or (found[1] == b"00" and found[5] is not None):
        return None
    trace_id, span_id, flags = (int(part, 16) for part in found.group(2, 3, 4))
    return TraceContext(trace_id, span_id, flags, state) if trace_id and span_id else None


def with_context(headers: Headers, context: TraceContext) -> Headers:
    """These headers with another `traceparent`: in the place of the last one, or before all others where none is.

    Before all others it belongs to what the record came with, also in a dead letter that is sent back.
    """
    ours: Header = PARENT_HEADER, context.parent()
    for place in range(len(headers) - 1, -1, -1):
        if headers[place][0] == PARENT_HEADER:
            return [*headers[:place], ours, *headers[place + 1 :]]
    return [ours, *headers]


def to_link(contexts: Sequence[tuple[TraceContext, T]]) -> Sequence[tuple[TraceContext, T]]:
    """The contexts that a span links to, each with what belongs to it: at most `MOST_LINKS`.

    Those that were sampled come first, because nobody can look at the others; of too many the choice is even.
    """
    if len(contexts) <= MOST_LINKS:
        return contexts
    sampled = evenly([each for each in contexts if each[0].sampled], MOST_LINKS)
    return [*sampled, *evenly([each for each in contexts if not each[0].sampled], MOST_LINKS - len(sampled))]


def evenly(items: Sequence[T], most: int) -> Sequence[T]:
    """At most so many of these items, at even distances, from the first one on."""
    if len(items) <= most:
        return items
    return [items[number * len(items) // most] for number in range(most)]
