"""Spans and metrics of a worker, as a collector takes them, on the embedded broker and on a real Kafka."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import orjson
import pytest
from confluent_kafka import Message

from harness.commands import article_stream, one_sentence
from harness.fakes import CLEAN, REPEATED
from harness.otlp import Collector, TakenSpan, attributes
from harness.processes import Worker, until
from stream.demo import island
from stream.kafka.embedded import EmbeddedBroker
from stream.records.trace_context import TraceContext, context_in
from tests.brokers import Broker, Sent, headers_of
from tests.contract.test_sites import settings as sites_settings
from tests.ledger import Topics

RECORDS_IN = "article_stream_records_in_total"
ARTICLES = 30
STATE = ("tracestate", b"vendor=a:b;c,other=1")


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A collector that workers, started from now on, send to."""
    with Collector() as taken:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", taken.url)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
        monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "100")
        yield taken


def parent(number: int, *, sampled: bool = True) -> TraceContext:
    """The context that an article comes with."""
    return TraceContext(0xABC000 + number, 0x100 + number, 1 if sampled else 0)


def traced(number: int, *, sampled: bool = True, text: str = REPEATED) -> Sent:
    """An article with a context."""
    value = orjson.dumps({"id": number, "text": text})
    return Sent(b"k%d" % number, value, [("traceparent", parent(number, sampled=sampled).parent()), STATE])


RECORDS = [
    *(traced(number) for number in range(ARTICLES)),
    traced(ARTICLES, sampled=False),
    Sent(b"none", orjson.dumps({"text": CLEAN}), [("other", b"1")]),
    Sent(b"bad", orjson.dumps({"text": CLEAN}), [("traceparent", b"00-00-00-01"), STATE]),
    Sent(b"dead", b"[]", [("traceparent", parent(99).parent()), STATE]),
]


@dataclass(frozen=True)
class Run:
    """What a worker did, and what the collector took."""

    topics: Topics
    collector: Collector
    out: dict[bytes | None, Message]


def run(broker: Broker, collector: Collector, **settings: object) -> Run:
    """Let a worker clean the records until they are all committed, and stop it."""
    topics = broker.topics("traces")
    broker.send(f"{topics.name}.raw", RECORDS)
    with Worker(topics.settings(**settings)) as worker:
        until(lambda: worker.metric(RECORDS_IN) == len(RECORDS), "all records")
        assert worker.terminate() == 0, worker.log
    clean = broker.read(f"{topics.name}.clean", len(RECORDS) - 1)
    dead = broker.read(f"{topics.name}.dead", 1)
    return Run(topics, collector, {message.key(): message for message in [*clean, *dead]})


def of_batch(spans: list[TakenSpan]) -> list[TakenSpan]:
    """Without those of single articles."""
    return [span for span in spans if "messaging.batch.message_count" in span.attributes]


@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
def test_a_batch_is_one_trace_and_its_articles_keep_their_contexts(
    broker: Broker, collector: Collector, delivery: str
) -> None:
    made = run(broker, collector, delivery=delivery)
    raw, clean, dead = (f"{made.topics.name}.{role}" for role in ("raw", "clean", "dead"))
    polls, processes = collector.spans("poll"), collector.spans("process")
    assert {span.name for span in polls} == {f"poll {raw}"}
    assert {span.name for span in processes} == {f"process {raw}"}
    assert {span.name for span in collector.spans("send")} == {f"send {clean}", f"send {dead}"}
    assert {span.name for span in collector.spans("commit")} == {f"commit {raw}"}
    assert {(span.attributes["messaging.operation.name"], span.kind) for span in collector.spans()} == {
        ("poll", "CLIENT"), ("process", "CONSUMER"), ("send", "CLIENT"), ("commit", "CLIENT")
    }  # fmt: skip
    by_id = {span.span_id: span for span in collector.spans()}
    assert all(span.parent == 0 for span in polls)
    assert all(by_id[span.parent] in polls for span in processes)
    for span in [*collector.spans("send"), *collector.spans("commit")]:
        assert by_id[span.parent] in processes
        assert span.trace_id == by_id[span.parent].trace_id
    for spans in (polls, processes):
        assert sum(span.attributes["messaging.batch.message_count"] for span in spans) == len(RECORDS)  # type: ignore[misc]
        linked = Counter(link.span_id for span in spans for link in span.links)
        assert linked == Counter([parent(number).span_id for number in (*range(ARTICLES + 1), 99)])
    types = {span.attributes["messaging.operation.type"] for span in collector.spans()}
    assert types == {"receive", "process", "send", "settle"}
    host, port = broker.bootstrap_servers.split(",")[0].split(":")
    for span in collector.spans():
        assert span.attributes["messaging.system"] == "kafka"
        assert (span.attributes["server.address"], span.attributes["server.port"]) == (host, int(port))
        assert ("messaging.consumer.group.name" in span.attributes) == (not span.name.startswith("send"))
        assert span.resource["service.name"] == "article-stream"
        assert span.resource["service.instance.id"]
        assert not span.failed
        assert "error.type" not in span.attributes
    (letter,) = [span for span in collector.spans("send") if span.name.endswith(".dead")]
    assert letter.attributes["messaging.batch.message_count"] == 1
    assert [link.span_id for link in letter.links if link.span_id == parent(99).span_id]
    assert sum(span.attributes.get("article_stream.dead_letters", 0) for span in processes) == 1  # type: ignore[misc]
    for record in RECORDS:
        assert headers_of(made.out[record.key])[: len(record.headers)] == record.headers


def test_an_article_goes_on_in_its_own_trace_with_a_span_of_its_own(broker: Broker, collector: Collector) -> None:
    made = run(broker, collector, trace_propagate="child")
    spans = collector.spans("process")
    batches = {(span.trace_id, span.span_id) for span in of_batch(spans)}
    articles = {span.parent: span for span in spans if (span.trace_id, span.span_id) not in batches}
    assert len(articles) == ARTICLES + 1
    for number in (*range(ARTICLES), 99):
        span = articles[parent(number).span_id]
        assert span.trace_id == parent(number).trace_id
        assert [(link.trace_id, link.span_id) in batches for link in span.links] == [True]
        assert span.attributes["messaging.kafka.offset"] is not None
        headers = headers_of(made.out[b"dead" if number == 99 else b"k%d" % number])
        assert headers[:2] == [("traceparent", TraceContext(span.trace_id, span.span_id, 1).parent()), STATE]
        assert span.failed == (number == 99)
        assert span.attributes.get("error.type") == ("no_text" if number == 99 else None)
    for key, record in ((b"k%d" % ARTICLES, RECORDS[ARTICLES]), (b"bad", RECORDS[-2])):
        assert headers_of(made.out[key])[:2] == record.headers, "not sampled, or not valid"
    headers = headers_of(made.out[b"none"])
    of_its_batch = context_in(headers)
    assert of_its_batch is not None
    assert (of_its_batch.trace_id, of_its_batch.span_id) in batches
    assert headers[1] == ("other", b"1")


def test_the_metrics_come_too(embedded: EmbeddedBroker, collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "news")
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    run(Broker("embedded", embedded.bootstrap_servers), collector, instance_id="first")
    found = collector.metrics()
    assert not collector.spans()
    assert collector.metrics_resource()["service.name"] == "news"
    assert collector.metrics_resource()["service.instance.id"] == "first"
    (point,) = found[RECORDS_IN].sum.data_points
    assert point.as_double == len(RECORDS)
    assert found[RECORDS_IN].sum.is_monotonic
    assert 0 < point.start_time_unix_nano < point.time_unix_nano
    sizes = found["article_stream_commit_records"].histogram.data_points[0]
    assert sizes.sum == len(RECORDS)
    assert sum(sizes.bucket_counts) == sizes.count
    assert len(sizes.bucket_counts) == len(sizes.explicit_bounds) + 1
    (build,) = found["article_stream_build_info"].gauge.data_points
    assert build.as_double == 1


def test_a_refused_article_fails_its_attempt_and_its_letter_goes_on_in_its_trace(
    real: Broker, collector: Collector
) -> None:
    topics = real.topics("refused", clean={"max.message.bytes": "2000"})
    large = traced(7, text="\n".join(f"Ferry {number} has left for island {number * 7}." for number in range(500)))
    real.send(f"{topics.name}.raw", [large, traced(8)])
    with Worker(topics.settings(trace_propagate="child", compression="none")) as worker:
        until(lambda: worker.metric(RECORDS_IN) == 2, "both")
        assert worker.terminate() == 0, worker.log
    failed = [span for span in collector.spans() if span.failed]
    assert {span.name for span in failed} >= {f"send {topics.name}.clean", f"commit {topics.name}.raw"}
    assert {span.attributes["error.type"] for span in failed} == {"too_large"}
    assert not [span for span in collector.spans("commit") if span.failed == ("error.type" not in span.attributes)]
    (letter,) = real.read(f"{topics.name}.dead", 1)
    (span,) = [span for span in collector.spans("process") if span.parent == parent(7).span_id]
    context = context_in(headers_of(letter))
    assert context is not None
    assert (context.trace_id, context.span_id) == (span.trace_id, span.span_id)


def test_a_collector_that_is_away_costs_a_line_and_no_article(
    embedded: EmbeddedBroker, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    collector.status = 503
    broker = Broker("embedded", embedded.bootstrap_servers)
    topics = broker.topics("away")
    broker.send(f"{topics.name}.raw", RECORDS)
    with Worker(topics.settings(shutdown_timeout_s=20)) as worker:
        until(lambda: worker.metric(RECORDS_IN) == len(RECORDS), "all records")
        until(lambda: worker.log.count("do not reach") == 2, "a line for each signal")
        assert worker.terminate() == 0, worker.log
        log = worker.log
    assert len(broker.read(f"{topics.name}.clean", len(RECORDS) - 1)) == len(RECORDS) - 1
    assert len(re.findall(r"do not reach http\S+ \((no success in time|Service Unavailable)\)\.", log)) == 2
    assert log.count("[warning  ]") <= 3, "one more says that the last ones could not be sent"
    assert "Traceback" not in log


@pytest.mark.parametrize("command", ["worker", "check"])
def test_an_exporter_that_is_not_installed_is_one_sentence(
    command: str, embedded: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    topics = Broker("embedded", embedded.bootstrap_servers).topics("grpc")
    answer = article_stream(command, settings=topics.settings(http_port=0))
    said = "Install it: pip install 'opentelemetry-exporter-otlp-proto-grpc'."
    if command == "worker":
        assert one_sentence(answer, 2).endswith(said)
    else:
        assert answer.code == 1
        assert "✗ traces: The OTEL_… variables ask for traces over gRPC, which need the package" in answer.out


def test_a_learner_beside_a_worker_has_traces_and_metrics_of_its_own(
    embedded: EmbeddedBroker, collector: Collector
) -> None:
    broker = Broker("embedded", embedded.bootstrap_servers)
    given = sites_settings(broker, sites="propose")
    articles = [Sent(b"%d" % number, line) for number, line in enumerate(island())]
    broker.send(str(given["input_topic"]), articles)
    with Worker(given, name="worker --learn") as worker:
        learned = 'article_stream_observations_total{result="learned"}'
        until(lambda: worker.metric(learned, "/learner/metrics") == len(articles), "all to be learned")
        assert worker.terminate() == 0, worker.log
    lines, sites, counts = (str(given[f"{role}_topic"]) for role in ("lines", "sites", "counts"))
    names = {span.name for span in collector.spans()}
    assert names >= {f"{operation} {lines}" for operation in ("poll", "process", "send", "commit")}
    assert names >= {f"send {sites}", f"send {counts}", f"send {given['output_topic']}"}
    by_id = {span.span_id: span for span in collector.spans()}
    for span in collector.spans("send"):
        assert by_id[span.parent].name.startswith("process ")
    points = collector.metrics()["article_stream_sessions_total"].sum.data_points
    assert [attributes(point.attributes) for point in points] == [{}, {"article_stream.role": "learner"}]
