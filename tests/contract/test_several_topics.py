"""Several input topics: each record comes out once, where it belongs, whatever topics come and go meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import orjson
import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from harness.fakes import CLEAN, REPEATED
from harness.processes import PATIENCE_S, Worker, until
from stream.kafka.embedded import EmbeddedBroker
from tests.brokers import PARTITIONS, Broker, Sent, headers_of
from tests.ledger import create, fresh_name

EACH, BACKLOG = 40, 3000


def make(broker: Broker, *topics: str) -> None:
    """Create these topics."""
    if broker.real:
        admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers})
        create(admin, broker.bootstrap_servers, [NewTopic(topic, PARTITIONS, 1) for topic in topics])
    else:
        with_names = EmbeddedBroker.__new__(EmbeddedBroker)
        with_names.bootstrap_servers = broker.bootstrap_servers
        with_names.make_topics(*topics)


def delete(broker: Broker, topic: str) -> None:
    """Delete a topic."""
    admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers})
    admin.delete_topics([topic])[topic].result(PATIENCE_S)


def sent(count: int = EACH) -> list[Sent]:
    """Articles with ten keys, numbered."""
    return [Sent(b"k%d" % (n % 10), orjson.dumps({"n": n, "text": REPEATED})) for n in range(count)]


def settings(broker: Broker, name: str, inputs: str, output: str) -> dict[str, object]:
    """A worker's settings."""
    return {
        "bootstrap_servers": broker.bootstrap_servers, "group_id": name,
        "input_topic": inputs, "output_topic": output, "dead_letter_topic": f"{name}.dead",
    }  # fmt: skip


def require_all(broker: Broker, topic: str, count: int = EACH) -> None:
    """Check that a topic has all articles once, cleaned, and those of each key in order."""
    came = broker.read(topic, count)
    values = [orjson.loads(it.value() or b"") for it in came]
    assert sorted(value["n"] for value in values) == list(range(count))
    assert {value["text"] for value in values} == {CLEAN}
    for key in {it.key() for it in came}:
        numbers = [value["n"] for it, value in zip(came, values, strict=True) if it.key() == key]
        assert numbers == sorted(numbers), key
        assert {b"k%d" % (number % 10) for number in numbers} == {key}


@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
def test_each_of_two_topics_has_an_output_of_its_own(broker: Broker, delivery: str) -> None:
    name = fresh_name("several")
    en, de = f"{name}.en", f"{name}.de"
    make(broker, en, de, f"clean.{en}", f"clean.{de}", f"{name}.dead")
    broker.send(en, sent())
    with Worker(settings(broker, name, f"{en}, {de}", "clean.{topic}") | {"delivery": delivery}) as worker:
        worker.wait_ready()
        broker.send(de, [*sent(), Sent(b"bad", b"{")])
        for topic in (en, de):
            require_all(broker, f"clean.{topic}")
        until(lambda: worker.metric("article_stream_records_in_total") == 2 * EACH + 1, "all to be counted")
        until(lambda: worker.caught_up(2 * PARTITIONS), "lag 0")
        assert set(worker.partitions()) == {f"{topic}/{number}" for topic in (en, de) for number in range(PARTITIONS)}
        lag = f'article_stream_partition_lag_records{{partition="0",topic="{de}"}} 0.0'
        until(lambda: lag in worker.get("/metrics")[1].decode(), "the metric to say the same")
        assert worker.terminate() == 0, worker.log
    (letter,) = broker.read(f"{name}.dead", 1)
    assert dict(headers_of(letter))["__streams.errors.topic"] == de.encode()
    assert "article-stream.topic" not in dict(headers_of(letter))
    for topic in (en, de):
        require_all(broker, f"clean.{topic}")


def test_one_output_for_all_names_where_each_record_came_from(broker: Broker) -> None:
    name = fresh_name("several")
    en, de, clean = f"{name}.en", f"{name}.de", f"{name}.clean"
    make(broker, en, de, clean, f"{name}.dead")
    with Worker(settings(broker, name, f"{en},{de}", clean)) as worker:
        for topic in (en, de):
            broker.send(topic, [*sent(), Sent(b"gone", None)])
        came = broker.read(clean, 2 * EACH + 2)
        worker.wait_ready()
        assert worker.terminate() == 0, worker.log
    origins = [dict(headers_of(it))["article-stream.topic"] for it in came]
    assert Counter(origins) == {en.encode(): EACH + 1, de.encode(): EACH + 1}
    for topic in (en, de):
        numbers = [
            orjson.loads(it.value() or b"")["n"]
            for it, origin in zip(came, origins, strict=True)
            if origin == topic.encode() and it.key() == b"k3"
        ]
        assert numbers == list(range(3, EACH, 10)), "in order within each topic"
    places = {(it.key(), it.partition()) for it in came}
    assert len(places) == len({key for key, _ in places}), "the same key goes to the same partition from either topic"


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_a_pattern_takes_up_a_topic_that_comes_and_lets_one_go(real: Broker, protocol: str) -> None:
    name = fresh_name("several")
    first, second, other = f"{name}.aa", f"{name}.bb", f"{name}.other"
    make(real, first, other, f"{name}.clean", f"{name}.dead")
    it = settings(real, name, rf"^{name}\.(..)$", f"{name}.clean") | {"group_protocol": protocol}
    with Worker(it | {"start_at": "latest"}) as worker:
        worker.wait_ready()
        until(lambda: b"article_stream_partitions_unowned 0.0" in worker.get("/metrics")[1], "the group to be seen")
        make(real, second)
        real.send(second, sent())  # before it is taken up: it is read from its first record on
        until(lambda: second in of(worker), "the new topic to be taken up")
        require_all(real, f"{name}.clean")
        delete(real, first)
        until(lambda: of(worker) == {second}, "the topic to be let go")
        until(lambda: f"No input topic any more, because it was deleted: {first}." in worker.log, "it to be said")
        real.send(second, [Sent(b"late", orjson.dumps({"n": EACH, "text": REPEATED}))])
        assert real.read(f"{name}.clean", EACH + 1)[-1:]
        until(worker.ready, "the worker to be ready")
        assert worker.terminate() == 0, worker.log
        assert "Reading fails" not in worker.log
        assert "assigned to no worker" not in worker.log
    assert len(real.read(f"{name}.clean", EACH + 1)) == EACH + 1


def of(worker: Worker) -> set[str]:
    """The topics whose partitions a worker has."""
    return {name.rpartition("/")[0] for name in worker.partitions()}


def test_a_topic_that_is_deleted_in_the_middle_of_its_backlog_costs_the_others_nothing(real: Broker) -> None:
    name = fresh_name("several")
    going, staying = f"{name}.aa", f"{name}.bb"
    make(real, going, staying, f"clean.{going}", f"clean.{staying}", f"{name}.dead")
    for topic in (going, staying):
        real.send(topic, sent(BACKLOG))
    with Worker(settings(real, name, f"{going},{staying}", "clean.{topic}") | {"batch_max_records": 50}) as worker:
        until(lambda: worker.metric("article_stream_records_in_total") > 0, "the first records")
        delete(real, going)
        until(lambda: of(worker) == {staying}, "the topic to be let go", 2 * PATIENCE_S)
        real.send(staying, [Sent(b"k0", orjson.dumps({"n": BACKLOG, "text": REPEATED}))])
        require_all(real, f"clean.{staying}", BACKLOG + 1)
        assert worker.terminate() == 0, worker.log
    require_all(real, f"clean.{staying}", BACKLOG + 1)
    came = [orjson.loads(it.value() or b"")["n"] for it in real.read(f"clean.{going}")]
    assert len(came) == len(set(came)), "none of the deleted topic's is twice"


def test_a_topic_that_comes_before_its_output_waits_for_it_alone(real: Broker) -> None:
    name = fresh_name("several")
    first, second = f"{name}.aa", f"{name}.bb"
    make(real, first, f"clean.{first}", f"{name}.dead")
    with Worker(settings(real, name, rf"^{name}\.(..)$", "clean.{topic}")) as worker:
        worker.wait_ready()
        make(real, second)
        real.send(second, sent())
        missing = f"The output topic clean.{second} is missing, so {second} is not read yet"
        until(lambda: missing in worker.log, "it to be said")
        real.send(first, sent())
        require_all(real, f"clean.{first}")
        until(
            lambda: f"the output topic clean.{second} is missing" in worker.get("/health/ready")[1].decode(), "health"
        )
        make(real, f"clean.{second}")
        require_all(real, f"clean.{second}")
        until(worker.ready, "the worker to be ready")
        assert worker.terminate() == 0, worker.log
        assert "Publishing fails" not in worker.log


def test_a_listed_topic_that_is_missing_is_said_and_read_once_it_is_there(real: Broker) -> None:
    name = fresh_name("several")
    there, missing = f"{name}.aa", f"{name}.bb"
    make(real, there, f"{name}.clean", f"{name}.dead")
    with Worker(settings(real, name, f"{there},{missing}", f"{name}.clean")) as worker:
        worker.wait_ready()
        assert f"{missing} does not exist; it will be read once it does." in worker.log
        assert of(worker) == {there}
        make(real, missing)
        real.send(missing, sent())
        require_all(real, f"{name}.clean")
        assert worker.terminate() == 0, worker.log


def test_a_topic_that_would_feed_itself_ends_the_worker_when_it_comes(real: Broker) -> None:
    name = fresh_name("several").replace("-", ".")
    make(real, f"{name}.x", f"{name}.x.more", f"{name}.dead.x")
    it = settings(real, name, rf"^{name}\.(x|y|y\.more)$", "{topic}.more") | {"dead_letter_topic": f"{name}.dead.x"}
    with Worker(it) as worker:
        worker.wait_ready()
        make(real, f"{name}.y")
        assert worker.process.wait(PATIENCE_S) == 2, worker.log
        assert (
            f"The input topic {name}.y cannot be read: its output topic {name}.y.more is an input topic" in worker.log
        )


def test_a_worker_dies_and_another_takes_its_topics_over(real: Broker) -> None:
    """What the first has left open is aborted at once, in whichever topic its lowest partition was."""
    name = fresh_name("several")
    topics = [f"{name}.{end}" for end in ("aa", "bb", "cc")]
    make(real, *topics, f"{name}.clean", f"{name}.dead")
    it = settings(real, name, ",".join(topics), f"{name}.clean")
    with Worker(it) as first, Worker(it) as second:
        until(lambda: {*of_all([first, second])} == all_of(topics), "both to have their partitions")
        for topic in topics:
            real.send(topic, sent(10))
        first.kill()
        until(lambda: {*second.partitions()} == all_of(topics), "the other to take over")
        assert len(real.read(f"{name}.clean", 30)) == 30
        assert second.terminate() == 0, second.log
    assert len(real.read(f"{name}.clean", 30)) == 30


def of_all(workers: Sequence[Worker]) -> list[str]:
    """The partitions that these workers have."""
    return [place for worker in workers for place in worker.partitions()]


def all_of(topics: Sequence[str]) -> set[str]:
    """All partitions of these topics, as the health page names them."""
    return {f"{topic}/{number}" for topic in topics for number in range(PARTITIONS)}
