"""Partitions are added to a topic while our producers write to it: what is acknowledged is there."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewPartitions

from harness.processes import PATIENCE_S
from stream.config.loading import load
from stream.config.settings import Settings
from stream.kafka import client
from tests.brokers import Broker
from tests.chaos.stage import read_all

ADDED = 60
AT_ONCE = 5  # librdkafka sends no second request while so many records of a partition are on their way
SEEN_AT_ONCE = {"topic.metadata.refresh.interval.ms": "10"}


def with_transactions(settings: Settings) -> tuple[Producer, Callable[[], None], Callable[[], None]]:
    producer = Producer(client.transactional(settings, settings.group_id, **client.batch_size(1)))
    producer.init_transactions(PATIENCE_S)
    return producer, producer.begin_transaction, lambda: producer.commit_transaction(PATIENCE_S)


def without(settings: Settings) -> tuple[Producer, Callable[[], None], Callable[[], None]]:
    producer = Producer(client.producer(settings, **client.batch_size(1)))
    return producer, lambda: None, lambda: unacknowledged(producer)


def unacknowledged(producer: Producer) -> None:
    assert producer.flush(PATIENCE_S) == 0


@pytest.mark.parametrize("opened", [with_transactions, without])
def test_no_acknowledged_record_is_lost(
    real: Broker, opened: Callable[[Settings], tuple[Producer, Callable[[], None], Callable[[], None]]]
) -> None:
    topics = real.topics("grown")
    settings = load({**topics.settings(), "producer_properties": SEEN_AT_ONCE}, environ={})
    topic, admin = settings.output_topic, AdminClient({"bootstrap.servers": real.bootstrap_servers})
    producer, begin, commit = opened(settings)

    def add() -> None:
        for partitions in range(5, 5 + ADDED):
            admin.create_partitions([NewPartitions(topic, partitions)])[topic].result(PATIENCE_S)

    adding = threading.Thread(target=add)
    adding.start()
    sent = 0
    while adding.is_alive():
        newest = len(producer.list_topics(topic, PATIENCE_S).topics[topic].partitions) - 1
        begin()
        for _ in range(AT_ONCE):
            try:
                producer.produce(topic, b"{}", b"%d" % sent, newest)
            except KafkaException:  # the producer does not know the partition yet
                producer.produce(topic, b"{}", b"%d" % sent)
            sent += 1
        commit()
    adding.join()
    found = Counter(int(key) for key, _ in read_all(real.bootstrap_servers, topic))
    assert found == Counter(range(sent))
