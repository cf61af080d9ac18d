"""The spans of a batch: their links, what fails, and several batches in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON
from opentelemetry.trace import SpanKind, StatusCode

from harness.fakes import CLEAN, PROCESSOR, FakeRecord
from stream.config.loading import load
from stream.errors import KafkaUnavailable, SessionLost
from stream.kafka.committer import Aborted, Publication
from stream.kafka.refused import Refused
from stream.kafka.traced import TracedCommitter, polling
from stream.observe.telemetry.delivery import LastWords
from stream.observe.telemetry.traces import Traces, first_address
from stream.records.outcomes import Outcomes
from stream.records.trace_context import MOST_LINKS, TraceContext
from tests.rig import FakeCommitter

RAW = "articles.raw"


class Spans:
    """Traces whose spans are kept, and the committer that they watch."""

    def __init__(self, *, delivery: str = "exactly_once", children: bool = False, recorded: bool = True) -> None:
        """Begin with no spans."""
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider(ALWAYS_ON if recorded else ALWAYS_OFF, shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.settings = load({"delivery": delivery, "removed_topic": "articles.removed"}, environ={})
        self.traces = Traces(
            provider.get_tracer("test"), bootstrap_servers="k1:9093,k2", group="g", topic=RAW, children=children
        )
        self.inner = FakeCommitter()
        self.stages: list[tuple[str, float]] = []
        self.committer = TracedCommitter(
            self.settings, self.traces, lambda _: self.inner, lambda *stage: self.stages.append(stage)
        )

    def batch(self, records: Sequence[FakeRecord]) -> Outcomes:
        """Fetch and clean a batch."""
        polling(lambda: list(records), self.traces)()
        outcomes = Outcomes.counted(map(PROCESSOR.process, records))
        self.traces.processed(self.traces.poll, records, outcomes, 0.01)
        return outcomes

    def commit(self, outcomes: Outcomes) -> None:
        """Publish them."""
        offsets = [TopicPartition(place.topic, place.number, after) for place, after in outcomes.following.items()]
        self.committer.commit(Publication(outcomes.made, offsets, outcomes.beside(), outcomes.spans))

    def named(self, operation: str) -> list[ReadableSpan]:
        """The spans of an operation that have ended."""
        return [span for span in self._exporter.get_finished_spans() if span.name.split()[0] == operation]


def records(count: int, *, first: int = 0, partition: int = 0, traced: bool = True) -> list[FakeRecord]:
    """Articles, each with a context."""
    return [
        FakeRecord(
            orjson.dumps({"text": CLEAN}),
            the_headers=[("traceparent", TraceContext(5, number + 1, 1).parent())] if traced else [],
            the_partition=partition,
            the_offset=number,
        )
        for number in range(first, first + count)
    ]


def test_a_span_links_to_128_contexts_at_the_most() -> None:
    spans = Spans()
    outcomes = spans.batch(records(500))
    spans.commit(outcomes)
    for span in (*spans.named("poll"), *spans.named("process"), *spans.named("send")):
        assert len(span.links) == MOST_LINKS
        assert span.attributes is not None
        assert span.attributes["messaging.batch.message_count"] == 500
    (process,) = spans.named("process")
    offsets = [link.attributes["messaging.kafka.offset"] for link in process.links if link.attributes]
    assert offsets == [number * 500 // MOST_LINKS for number in range(MOST_LINKS)]
    assert process.attributes is not None
    assert process.attributes["messaging.destination.partition.id"] == "0"
    assert "messaging.kafka.offset" not in process.attributes


def test_a_lone_article_is_named_by_its_offset() -> None:
    spans = Spans()
    spans.commit(spans.batch(records(1, first=41)))
    for span in (*spans.named("poll"), *spans.named("process"), *spans.named("commit")):
        assert span.attributes is not None
        assert span.attributes["messaging.kafka.offset"] == 41
        assert span.attributes["messaging.destination.partition.id"] == "0"


def test_batches_in_one_transaction_are_the_first_ones_and_linked_to() -> None:
    spans = Spans()
    first, second = spans.batch(records(3)), spans.batch(records(2, partition=1))
    first.add(second)
    spans.commit(first)
    one, other = spans.named("process")
    for span in (*spans.named("send"), *spans.named("commit")):
        assert span.parent is not None
        assert span.parent.span_id == one.context.span_id
        assert other.context.span_id in [link.context.span_id for link in span.links]
        assert span.attributes is not None
        assert span.attributes["messaging.batch.message_count"] == 5
        assert "messaging.destination.partition.id" not in span.attributes


def test_a_fetch_that_is_taken_in_several_steps_is_one_span(caplog: pytest.LogCaptureFixture) -> None:
    spans, made = Spans(), records(5)
    polling(lambda: list(made), spans.traces)()
    for part in (made[:3], made[3:]):
        spans.traces.processed(spans.traces.poll, part, Outcomes.counted(map(PROCESSOR.process, part)), 0.01)
    (poll,) = spans.named("poll")
    assert [span.parent and span.parent.span_id for span in spans.named("process")] == [poll.context.span_id] * 2
    assert (len(poll.links), caplog.messages) == (3, [])


def test_what_is_split_stays_of_its_batch() -> None:
    spans = Spans()
    for part in spans.batch(records(4)).split(1):
        spans.commit(part)
    (process,) = spans.named("process")
    counts = []
    for span in spans.named("commit"):
        assert span.parent is not None
        assert span.parent.span_id == process.context.span_id
        counts.append((span.attributes or {})["messaging.batch.message_count"])
    assert counts == [1, 3]
    assert [len(span.links) for span in spans.named("send")] == [1, 3]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Aborted(KafkaUnavailable("No answer.")), "KafkaUnavailable"),
        (Refused("too_large", "Broker: Message size too large"), "too_large"),
        (SessionLost("Fenced."), "SessionLost"),
        (KafkaException(KafkaError(KafkaError._FENCED)), "_FENCED"),  # noqa: SLF001
    ],
)
def test_an_attempt_that_fails_says_why(error: Exception, kind: str) -> None:
    spans = Spans()
    outcomes = spans.batch(records(2))

    def fails(_: Publication) -> None:
        raise error

    spans.inner.act = fails
    with pytest.raises(type(error)):
        spans.commit(outcomes)
    spans.inner.act = lambda _: None
    spans.commit(outcomes)
    for failed, succeeded in (spans.named("send"), spans.named("commit")):
        assert (failed.attributes or {})["error.type"] == kind
        assert failed.status.status_code is StatusCode.ERROR
        assert failed.status.description
        assert "error.type" not in (succeeded.attributes or {})
        assert succeeded.status.status_code is StatusCode.UNSET


def test_a_fetch_that_fails_says_why() -> None:
    spans = Spans()

    def fails() -> list[object]:
        raise SessionLost("Taken away.")  # noqa: EM101

    with pytest.raises(SessionLost):
        polling(fails, spans.traces)()
    (poll,) = spans.named("poll")
    assert (poll.name, (poll.attributes or {})["error.type"]) == (f"poll {RAW}", "SessionLost")
    assert spans.traces.poll is None


def test_an_idle_fetch_is_no_span() -> None:
    spans = Spans()
    assert polling(list, spans.traces)() == []
    assert spans.traces.poll is None


def test_at_least_once_a_commit_of_offsets_is_a_span_of_its_own() -> None:
    class Consumer:
        def commit(self, *, offsets: list[TopicPartition], asynchronous: bool) -> None:
            assert asynchronous
            assert offsets

    class Settling(FakeCommitter):
        def settle(self, consumer: object, *, wait: bool) -> None:
            consumer.commit(offsets=[TopicPartition(RAW, 0, 3)], asynchronous=not wait)  # type: ignore[attr-defined]

    spans = Spans(delivery="at_least_once")
    spans.committer._inner = Settling()  # noqa: SLF001
    consumer: object = Consumer()
    spans.commit(spans.batch(records(2)))
    spans.commit(spans.batch(records(1, first=2)))
    assert not spans.named("commit")
    for _ in range(2):  # the second time nothing is left that a span could say
        spans.committer.settle(consumer, wait=False)  # type: ignore[arg-type]
    (commit,) = spans.named("commit")
    one, other = spans.named("process")
    assert commit.kind is SpanKind.CLIENT
    assert commit.parent is not None
    assert (commit.parent.span_id, commit.links[0].context.span_id) == (one.context.span_id, other.context.span_id)
    assert (commit.attributes or {})["messaging.batch.message_count"] == 3


def test_a_batch_that_is_not_sampled_has_no_spans_and_no_record_is_looked_at() -> None:
    class Sealed(FakeRecord):
        def __getattribute__(self, name: str) -> object:
            msg = f"{name} was looked at"
            raise AssertionError(msg)

    spans = Spans(recorded=False)
    polling(lambda: [Sealed(b"x")], spans.traces)()
    assert spans.traces.poll is None
    outcomes = Outcomes()
    spans.traces.processed(None, [Sealed(b"x")], outcomes, 0.01)
    assert outcomes.spans == ()
    spans.committer.commit(Publication([], [], [], outcomes.spans))
    assert len(spans.inner.publications) == 1


def test_several_input_topics_are_told_apart_by_the_links() -> None:
    spans = Spans()
    made = [*records(1), FakeRecord(b"{}", the_headers=records(1)[0].the_headers, the_topic="other")]
    spans.commit(spans.batch(made))
    (process,) = spans.named("process")
    assert process.name == "process"
    assert [(link.attributes or {})["messaging.destination.name"] for link in process.links] == [RAW, "other"]
    assert [span.name for span in spans.named("commit")] == ["commit"]


def test_a_state_that_is_not_as_w3c_has_it_fills_no_log(caplog: pytest.LogCaptureFixture) -> None:
    LastWords()
    spans = Spans()
    too_long = b",".join(b"%c=" % letter + b"x" * 200 for letter in b"abc")
    states = [b"\xff\x00=,=,a=b=c,\n", b"A=1", too_long, b"vendor=x,other=y", b""]
    made = [
        FakeRecord(b"{}", the_headers=[*(records(1)[0].the_headers or []), ("tracestate", state)]) for state in states
    ]
    spans.batch(made)
    (process,) = spans.named("process")
    assert [link.context.trace_state.to_header() for link in process.links] == ["", "", "", "vendor=x,other=y", ""]
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("servers", "address"),
    [
        ("kafka:9092", ("kafka", 9092)),
        ("kafka", ("kafka", 9092)),
        (" a:1 ,b:2", ("a", 1)),
        ("[::1]:9094", ("::1", 9094)),
        ("[::1]", ("::1", 9092)),
    ],
)
def test_the_server_is_the_first_of_kafkas_addresses(servers: str, address: tuple[str, int]) -> None:
    assert first_address(servers) == address
