"""The spans of a batch, named and attributed as OpenTelemetry's conventions for Kafka say (v1.45).

    poll articles.raw          a batch is fetched: the root of its trace
    └── process articles.raw   it is cleaned
        ├── send articles.clean    its outputs are published, one span for each topic
        └── commit articles.raw    the offsets, with the transaction that they are committed in

Where one transaction publishes several batches, its spans belong to the first one that is recorded, and link to the
others. Everything is decided for a batch and at its beginning: of a batch that the sampler leaves out, no record is
looked at (docs/decisions/0030). A span is made when what it is about is over, with the times of its beginning and end.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    TraceState,
    set_span_in_context,
)

from stream.observe.telemetry.propagation import with_children
from stream.observe.telemetry.told import Failure, Sent
from stream.records.input_partition import InputPartition
from stream.records.outcomes import Outcomes
from stream.records.record import Record
from stream.records.trace_context import MOST_LINKS, TraceContext, context_in, evenly, to_link

Attributes = Mapping[str, str | int | bool]
ROOT = Context()
LONGEST_STATE = 512  # bytes of a `tracestate`: W3C lets whoever gets a longer one leave it out
DEFAULT_PORT = 9092  # Kafka's, where an address names none

DESTINATION, PARTITION = "messaging.destination.name", "messaging.destination.partition.id"
GROUP, COUNT, OFFSET = "messaging.consumer.group.name", "messaging.batch.message_count", "messaging.kafka.offset"
TOMBSTONE = "messaging.kafka.message.tombstone"
ERROR = "error.type"
DEAD_LETTERS = "article_stream.dead_letters"
"""An attribute of our own: how many of a batch's records became dead letters, where there were any."""


class Poll(NamedTuple):
    """A span of a fetch that is recorded, and when the fetch was over, in nanoseconds since 1970."""

    span: Span
    ended_ns: int


class Traces:
    """Makes the spans of one engine. Any thread may call any method; `poll` is the source's thread's."""

    def __init__(
        self, tracer: Tracer, *, bootstrap_servers: str, group: str, topic: str | None, children: bool
    ) -> None:
        """`topic`: the input topic, None if there are several. `children`: see `STREAM_TRACE_PROPAGATE=child`."""
        self._tracer = tracer
        address, port = first_address(bootstrap_servers)
        self._system: Attributes = {"messaging.system": "kafka", "server.address": address, "server.port": port}
        self._group = group
        self._children = children
        self._poll_name, self._about_poll = _named("poll", topic), self._about("poll", "receive", topic)
        self.poll: Poll | None = None

    def polled(self, seconds: float, failure: Failure | None = None) -> None:
        """A fetch is over that took so long and gave records, or failed. Notes its span, if it is recorded."""
        ended_ns = time.time_ns()
        span = self._start(self._poll_name, SpanKind.CLIENT, self._about_poll, ROOT, _before(ended_ns, seconds))
        self.poll = Poll(span, ended_ns) if span.is_recording() else None
        if failure is not None:
            self.poll = None
            _end(span, ended_ns, failure)

    def processed(self, poll: Poll | None, records: Sequence[Record], outcomes: Outcomes, seconds: float) -> None:
        """A batch was cleaned in so many seconds.

        Ends the span of its fetch, makes the one of its processing and notes it in `outcomes`. Puts other contexts
        into the headers of these where `STREAM_TRACE_PROPAGATE=child` asks for that.
        """
        ended_ns = time.time_ns()
        batch: SpanContext | None = None
        if poll is not None:
            batch = self._process(poll, records, outcomes, ended_ns, seconds)
            outcomes.spans = (batch,)
        if self._children:
            began_ns = _before(ended_ns, seconds)

            def make(record: Record, parent: TraceContext, failure: Failure | None) -> SpanContext | None:
                return self._child(record, parent, failure, batch=batch, began_ns=began_ns, ended_ns=ended_ns)

            with_children(outcomes, batch, make)

    def _process(
        self, poll: Poll, records: Sequence[Record], outcomes: Outcomes, ended_ns: int, seconds: float
    ) -> SpanContext:
        """Ends the span of the fetch and makes that of the processing; both link to the records' own contexts."""
        topic, where = _place(outcomes.following)
        more: dict[str, str | int | bool] = {**where, COUNT: len(records)}
        if len(records) == 1 and records[0].offset() is not None:
            more[OFFSET] = records[0].offset() or 0
        links = self._links(outcomes, several=topic is None)
        if poll.span.is_recording():  # a learner makes several steps of what it has fetched at once
            poll.span.update_name(_named("poll", topic))
            poll.span.set_attributes({**self._about("poll", "receive", topic), **more})
            for link in links:
                poll.span.add_link(link.context, link.attributes)
            poll.span.end(poll.ended_ns)
        if outcomes.names["dead"]:
            more[DEAD_LETTERS] = outcomes.names["dead"]
        about = {**self._about("process", "process", topic), **more}
        parent = set_span_in_context(poll.span)
        span = self._start(
            _named("process", topic), SpanKind.CONSUMER, about, parent, _before(ended_ns, seconds), links
        )
        span.end(ended_ns)
        return span.get_span_context()

    def _links(self, outcomes: Outcomes, *, several: bool) -> list[Link]:
        """Links to the contexts that the records of a batch came with, each with its record's place."""
        found = [
            (context, outcome.source)
            for outcome in outcomes.made
            if (context := context_in(outcome.headers)) is not None
        ]
        links = []
        for context, record in to_link(found):
            where: dict[str, str | int] = {PARTITION: str(record.partition()), OFFSET: record.offset() or 0}
            if several:
                where[DESTINATION] = record.topic() or ""
            links.append(Link(as_span_context(context), where))
        return links

    def _child(  # noqa: PLR0913 - what is known of the article, and of its batch
        self,
        record: Record,
        parent: TraceContext,
        failure: Failure | None,
        *,
        batch: SpanContext | None,
        began_ns: int,
        ended_ns: int,
    ) -> SpanContext | None:
        """The span of one article's processing, in the article's own trace; None if it is not recorded."""
        topic = record.topic()
        about = self._about("process", "process", topic)
        about |= {PARTITION: str(record.partition()), OFFSET: record.offset() or 0}
        if record.value() is None:
            about[TOMBSTONE] = True
        links = [] if batch is None else [Link(batch)]
        above = set_span_in_context(NonRecordingSpan(as_span_context(parent)))
        span = self._start(_named("process", topic), SpanKind.CONSUMER, about, above, began_ns, links)
        if not span.is_recording():
            return None
        _end(span, ended_ns, failure)
        return span.get_span_context()

    def published(  # noqa: PLR0913 - what is known of a transaction
        self,
        spans: Sequence[SpanContext],
        sent: Iterable[Sent],
        following: Mapping[InputPartition, int] | None,
        *,
        records: int,
        seconds: float,
        queued_after_s: float = 0.0,
        failure: Failure | None = None,
    ) -> None:
        """An attempt to publish is over.

        `spans`: of the batches. `following`: the offsets that were committed with it, None if none were.
        `queued_after_s`: how long after the beginning the first record was queued.
        """
        ended_ns = time.time_ns()
        first, *others = spans
        parent = set_span_in_context(NonRecordingSpan(first))
        batches = [Link(other) for other in evenly(others, MOST_LINKS)]
        for topic, count, contexts in sent:
            about = {**self._about("send", "send", topic), COUNT: count}
            unique = [(context, None) for context in dict.fromkeys(contexts)]
            links = [*batches, *(Link(as_span_context(context)) for context, _ in to_link(unique))][:MOST_LINKS]
            # Not a producer's span, because what goes on with the records is not its context.
            began_ns = _before(ended_ns, seconds - queued_after_s)
            span = self._start(_named("send", topic), SpanKind.CLIENT, about, parent, began_ns, links)
            _end(span, ended_ns, failure)
        if following is not None:
            self.committed(spans, following, records=records, seconds=seconds, failure=failure)

    def committed(
        self,
        spans: Sequence[SpanContext],
        following: Mapping[InputPartition, int],
        *,
        records: int,
        seconds: float,
        failure: Failure | None = None,
    ) -> None:
        """Offsets were committed, or an attempt at it has failed."""
        ended_ns = time.time_ns()
        first, *others = spans
        topic, where = _place(following)
        about = {**self._about("commit", "settle", topic), **where, COUNT: records}
        if records == 1 and len(following) == 1:
            (offset,) = following.values()
            about[OFFSET] = offset - 1
        parent = set_span_in_context(NonRecordingSpan(first))
        links = [Link(other) for other in evenly(others, MOST_LINKS)]
        span = self._start(_named("commit", topic), SpanKind.CLIENT, about, parent, _before(ended_ns, seconds), links)
        _end(span, ended_ns, failure)

    def _about(self, name: str, kind: str, topic: str | None) -> dict[str, str | int | bool]:
        about = {**self._system, "messaging.operation.name": name, "messaging.operation.type": kind}
        if topic is not None:
            about[DESTINATION] = topic
        if kind != "send":
            about[GROUP] = self._group
        return about

    def _start(  # noqa: PLR0913, PLR0917 - those of a span
        self,
        name: str,
        kind: SpanKind,
        about: Attributes,
        parent: Context,
        began_ns: int,
        links: Sequence[Link] = (),
    ) -> Span:
        return self._tracer.start_span(name, parent, kind, about, links, began_ns)


def _end(span: Span, ended_ns: int, failure: Failure | None) -> None:
    if failure is not None:
        span.set_attribute(ERROR, failure.kind)
        span.set_status(Status(StatusCode.ERROR, failure.message))
    span.end(ended_ns)


def _before(moment_ns: int, seconds: float) -> int:
    return moment_ns - int(seconds * 1e9)


def _named(operation: str, topic: str | None) -> str:
    return operation if topic is None else f"{operation} {topic}"


def _place(following: Mapping[InputPartition, int]) -> tuple[str | None, dict[str, str]]:
    """The topic of these partitions, if it is one, and what is so of all records: a lone partition."""
    topics = {place.topic for place in following}
    topic = topics.pop() if len(topics) == 1 else None
    if len(following) != 1:
        return topic, {}
    (place,) = following
    return topic, {PARTITION: str(place.number)}


def as_span_context(context: TraceContext) -> SpanContext:
    """A record's context as OpenTelemetry's API has it."""
    said = context.state
    state = TraceState.from_header([said.decode("ascii", "ignore")]) if 0 < len(said) <= LONGEST_STATE else None
    return SpanContext(
        context.trace_id, context.span_id, is_remote=True, trace_flags=TraceFlags(context.flags), trace_state=state
    )


def first_address(bootstrap_servers: str) -> tuple[str, int]:
    """Host and port of the first of Kafka's addresses."""
    address = bootstrap_servers.split(",", maxsplit=1)[0].strip()
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdigit() or address.endswith("]"):
        host, port = address, str(DEFAULT_PORT)
    return host.removeprefix("[").removesuffix("]"), int(port)
