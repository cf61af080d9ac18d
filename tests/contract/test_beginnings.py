"""The offset at which reading begins is committed before anything is read, so that no record is skipped."""

from __future__ import annotations

import signal
from collections.abc import Mapping

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions

from harness.processes import PATIENCE_S, Worker, until
from stream.kafka.embedded import EmbeddedBroker
from tests.articles import articles, numbers
from tests.brokers import Broker
from tests.ledger import Topics, article, fresh_name

RECORDS_IN = "article_stream_records_in_total"
LATEST: dict[str, object] = {"start_at": "latest", "session_timeout_ms": 6000}
EACH_WAY = pytest.mark.parametrize(
    "way",
    [
        {},
        {"delivery": "at_least_once"},
        {"group_protocol": "consumer"},
        {"instance_id": "w"},
        {"group_protocol": "consumer", "instance_id": "w", "delivery": "at_least_once"},
    ],
    ids=lambda way: ", ".join(map(str, way.values())) or "as it comes",
)


def positions(broker: Broker, topics: Topics, partitions: int = 4) -> list[int]:
    """The offsets that the group has committed, by partition; negative if it has none."""
    consumer = Consumer({"bootstrap.servers": broker.bootstrap_servers, "group.id": topics.name})
    try:
        places = [TopicPartition(f"{topics.name}.raw", number) for number in range(partitions)]
        return [place.offset for place in consumer.committed(places, timeout=PATIENCE_S)]
    finally:
        consumer.close()


def send_to(broker: Broker, topic: str, first: int, count: int, partition: int) -> None:
    """Publish numbered articles into one partition."""
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers, "topic.metadata.refresh.interval.ms": 500})
    until(
        lambda: partition in producer.list_topics(topic, timeout=PATIENCE_S).topics[topic].partitions, "the partition"
    )
    for number in range(first, first + count):
        producer.produce(topic, article(number), b"a%d" % number, partition)
    assert producer.flush(PATIENCE_S) == 0


def worker(topics: Topics, way: Mapping[str, object]) -> Worker:
    """Start a worker with STREAM_START_AT=latest."""
    return Worker(topics.settings(**{**LATEST, **way}))


def owning_all(one: Worker) -> None:
    """Wait until the worker is ready and has all partitions."""
    until(lambda: one.ready() and len(one.partitions()) == 4, "all partitions")


@EACH_WAY
def test_what_comes_while_no_worker_runs_is_read_though_none_was_read_before(
    real: Broker, way: Mapping[str, object]
) -> None:
    """The first worker was stopped or killed before it read anything; the next one begins where the first one did."""
    topics = real.topics("latest")
    raw = f"{topics.name}.raw"
    real.send(raw, articles(0, 40))
    with worker(topics, way) as first:
        owning_all(first)
        assert sum(positions(real, topics)) == 40, "committed though nothing was read"
        assert "The group" in first.log
        assert "at the end of each partition" in first.log
        if "group_protocol" in way:  # a killed worker's partitions wait for the broker's timeout of 45 s
            assert first.terminate() == 0, first.log
        else:
            first.kill()
    real.send(raw, articles(40, 20))
    with worker(topics, way) as second:
        until(lambda: second.metric(RECORDS_IN) == 20, "what came meanwhile")
        assert second.terminate() == 0, second.log
    assert set(numbers(real.read(f"{topics.name}.clean"))) == set(range(40, 60))


@EACH_WAY
def test_a_partition_that_was_added_is_read_from_its_beginning(real: Broker, way: Mapping[str, object]) -> None:
    topics = real.topics("added")
    raw = f"{topics.name}.raw"
    admin = AdminClient({"bootstrap.servers": real.bootstrap_servers})
    with worker(topics, way) as one:
        owning_all(one)
        admin.create_partitions([NewPartitions(raw, 5)])[raw].result(PATIENCE_S)
        send_to(real, raw, 0, 20, 4)
        until(lambda: one.metric(RECORDS_IN) == 20, "what came before anybody had the partition")
        assert f"Partitions 4 of {topics.name}.raw are new to the group and are read from their beginning" in one.log
        assert positions(real, topics, 5)[4] >= 0
        assert one.terminate() == 0, one.log
    assert set(numbers(real.read(f"{topics.name}.clean"))) == set(range(20))


def test_partitions_of_a_worker_that_froze_before_it_read_anything_lose_nothing(real: Broker) -> None:
    topics = real.topics("frozen")
    raw = f"{topics.name}.raw"
    with worker(topics, {}) as first, worker(topics, {}) as second:
        both = [first, second]
        until(lambda: all(it.ready() and len(it.partitions()) == 2 for it in both), "two partitions each")
        first.signal(signal.SIGSTOP)
        for partition in range(4):
            send_to(real, raw, 5 * partition, 5, partition)
        until(lambda: len(second.partitions()) == 4, "the partitions to be taken over")
        until(lambda: second.metric(RECORDS_IN) == 20, "what came while nobody had them")
        first.signal(signal.SIGCONT)
        until(lambda: sum(positions(real, topics)) >= 20, "all to be committed")
        for it in both:
            until(it.ready, "both to be well")
            assert it.terminate() == 0, it.log
    assert numbers(real.read(f"{topics.name}.clean")) == dict.fromkeys(range(20), 1)


def test_workers_that_start_a_group_together_begin_at_one_place(real: Broker) -> None:
    """A worker without the first partition waits until that one's owner has committed where the group begins."""
    topics = real.topics("together")
    raw = f"{topics.name}.raw"
    real.send(raw, articles(0, 40))
    with worker(topics, {}) as first, worker(topics, {}) as second, worker(topics, {}) as third:
        all_three = [first, second, third]
        until(lambda: all(it.ready() for it in all_three), "all to be ready")
        until(lambda: sum(len(it.partitions()) for it in all_three) == 4, "the partitions to be shared out")
        assert sum(positions(real, topics)) == 40
        real.send(raw, articles(40, 40))
        until(lambda: sum(it.metric(RECORDS_IN) for it in all_three) == 40, "the new ones")
        for it in all_three:
            assert it.terminate() == 0, it.log
    assert numbers(real.read(f"{topics.name}.clean")) == dict.fromkeys(range(40, 80), 1)


def test_a_group_begins_before_a_transaction_that_is_still_open(real: Broker) -> None:
    topics = real.topics("open-end")
    raw = f"{topics.name}.raw"
    sender = Producer({"bootstrap.servers": real.bootstrap_servers, "transactional.id": fresh_name("sender")})
    sender.init_transactions(PATIENCE_S)
    sender.begin_transaction()
    sender.produce(raw, article(7), b"a7", 2)
    assert sender.flush(PATIENCE_S) == 0
    with worker(topics, {}) as one:
        owning_all(one)
        sender.commit_transaction(PATIENCE_S)
        until(lambda: one.metric(RECORDS_IN) == 1, "what was committed after the group had begun")


def test_with_earliest_too_the_beginning_is_committed(real: Broker) -> None:
    """So that records which Kafka deletes before the first one is read are counted."""
    topics = real.topics("earliest")
    raw = f"{topics.name}.raw"
    with Worker(topics.settings()) as first:
        owning_all(first)
        assert positions(real, topics) == [0, 0, 0, 0]
        first.kill()
    send_to(real, raw, 0, 20, 1)
    admin = AdminClient({"bootstrap.servers": real.bootstrap_servers})
    for future in admin.delete_records([TopicPartition(raw, 1, 15)]).values():
        future.result(PATIENCE_S)
    with Worker(topics.settings()) as second:
        until(lambda: second.metric(RECORDS_IN) == 5, "what is left")
        assert second.metric("article_stream_records_skipped_total") == 15


def test_the_embedded_broker_begins_at_the_end_for_all_workers(embedded: EmbeddedBroker) -> None:
    broker = Broker("embedded", embedded.bootstrap_servers)
    topics = broker.topics("latest")
    broker.send(f"{topics.name}.raw", articles(0, 40))
    with worker(topics, {}) as first, worker(topics, {}) as second:
        until(lambda: first.ready() and second.ready(), "both to be ready")
        until(lambda: len(first.partitions()) == 2 == len(second.partitions()), "two partitions each")
        broker.send(f"{topics.name}.raw", articles(40, 40))
        until(lambda: len(set(numbers(broker.read(f"{topics.name}.clean")))) >= 40, "each at least once")
    assert set(numbers(broker.read(f"{topics.name}.clean"))) == set(range(40, 80))
