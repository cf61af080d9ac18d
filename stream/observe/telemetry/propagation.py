"""The context that an article goes on with where `STREAM_TRACE_PROPAGATE=child`; otherwise its own stays, to the byte.

An article whose producer has recorded a span gets one of its own in the same trace, and goes on with that one's
context. Any other context that is valid stays as it is: nobody could look at what it led to. An article without one
goes on with the batch's span, if that is recorded. What is not valid is never touched.
"""

from __future__ import annotations

from collections.abc import Callable

from opentelemetry.trace import SpanContext

from stream.observe.telemetry.told import Failure
from stream.records.dead_letters import REASONS
from stream.records.outcomes import Outcome, Outcomes
from stream.records.record import Record, headers_size
from stream.records.trace_context import PARENT_HEADER, TraceContext, context_in, with_context

MakeChild = Callable[[Record, TraceContext, Failure | None], SpanContext | None]


def with_children(outcomes: Outcomes, batch: SpanContext | None, make_child: MakeChild) -> None:
    """Puts these contexts into the headers of outcomes, and corrects their sizes.

    `batch`: the span of their batch, if it is recorded. `make_child` makes a span of an article's own, or gives None.
    """
    of_batch = None if batch is None else as_context(batch)
    for number, outcome in enumerate(outcomes.made):
        own = context_in(outcome.headers)
        other: TraceContext | None = None
        if own is not None and own.sampled:
            failure = Failure(outcome.reason, REASONS.get(outcome.reason, "")) if outcome.reason else None
            made = make_child(outcome.source, own, failure)
            other = None if made is None else as_context(made)
        elif own is None and of_batch is not None and all(name != PARENT_HEADER for name, _ in outcome.headers):
            other = of_batch
        if other is not None:
            outcomes.replace(number, _going_on_with(outcome, other))


def _going_on_with(outcome: Outcome, context: TraceContext) -> Outcome:
    headers = with_context(outcome.headers, context)
    more_bytes = headers_size(headers) - headers_size(outcome.headers)
    return outcome._replace(headers=headers, size_bytes=outcome.size_bytes + more_bytes)


def as_context(span: SpanContext) -> TraceContext:
    """A span as a record's header names it."""
    return TraceContext(span.trace_id, span.span_id, span.trace_flags)
