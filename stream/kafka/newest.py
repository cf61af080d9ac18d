"""The newest records of a topic, bounded in number and bytes, for whoever looks at it while a worker runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from stream.config.settings import Settings
from stream.errors import KafkaUnavailable
from stream.kafka import client
from stream.kafka.cluster import ANSWER_S, Cluster

Kept = TypeVar("Kept")
FEWEST = 20
"""How many offsets of each partition are read at least, however many partitions there are."""
MOST_BYTES = 32_000_000
"""So many bytes of values are read at most. Worst case: of records of a megabyte thirty are shown."""
READ_RECORDS, READ_WAIT_S = 50, 0.1
PATIENCE_S = 10.0
QUEUE_KB = 8192  # how much the client fetches ahead: it is within a worker


class Newest(NamedTuple):
    """What was made of each record that was read. `whole`: whether these are all that the topic has."""

    kept: list[Any]
    whole: bool


def newest(
    settings: Settings, topic: str, most: int, keep: Callable[[Any], Kept], stopping: Callable[[], bool]
) -> Newest:
    """What `keep` makes of the last committed records of a topic, about `most` in all; in order within a partition.

    `stopping()` ends it early. Joins no group. Raises one of our errors.
    """
    cluster = Cluster(settings)
    cluster.connect()
    numbers = sorted(cluster.topic(topic).partitions)
    more = {"group.id": f"{settings.group_id}.reader", "auto.offset.reset": "earliest"}
    consumer = Consumer(client.outsider(settings, **more) | {"queued.max.messages.kbytes": QUEUE_KB})
    kept: list[Any] = []
    try:
        with client.explained(settings, doing=f"reading {topic}"):
            bounds = {number: _bounds(consumer, topic, number) for number in numbers}
            filled = {number: (low, high) for number, (low, high) in bounds.items() if high > low}
            share = max(FEWEST, most // max(1, len(filled)))
            places = [TopicPartition(topic, number, max(low, high - share)) for number, (low, high) in filled.items()]
            consumer.assign(places)
            ended = _read(consumer, set(filled), lambda record: kept.append(keep(record)), stopping)
    finally:
        consumer.close()
    return Newest(kept, ended and all(high - low <= share for low, high in filled.values()))


def _bounds(consumer: Consumer, topic: str, number: int) -> tuple[int, int]:
    found = consumer.get_watermark_offsets(TopicPartition(topic, number), ANSWER_S)
    if found is None:
        msg = f"No answer in time where {topic} [{number}] begins and ends."
        raise KafkaUnavailable(msg)
    low, high = found
    return low, high


def _read(consumer: Consumer, left: set[int], take: Callable[[Any], None], stopping: Callable[[], bool]) -> bool:
    """Reads until the end of these partitions; whether it came there. Raises `KafkaException`."""
    size, deadline = 0, time.monotonic() + PATIENCE_S
    while left and not stopping():
        if size > MOST_BYTES or time.monotonic() > deadline:
            return False
        for message in consumer.consume(READ_RECORDS, READ_WAIT_S):
            error = message.error()
            if error is None:
                size += len(message)
                take(message)
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name has the underscore
                left.discard(message.partition() or 0)
            else:
                raise KafkaException(error)
    return not left
