"""Creating topics, and reading whole topics for the commands that show or replay records."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AclOperation, NewTopic

from stream.config.settings import Settings
from stream.errors import TopicMissing
from stream.kafka import client
from stream.kafka.cluster import Cluster, forbidden
from stream.kafka.topic_differences import ANYTHING, Asked, differences
from stream.kafka.topic_settings import LARGEST_COUNTS
from stream.observe.wording import noun

ANSWER_S = 15.0  # creating a topic waits until each of its partitions has a leader
GRACE_S = 5.0  # what we wait beyond that, so that the client's own timeout comes first: its error names the cause
KNOWN_EVERY_S = 0.05  # between two looks whether a topic that was created is known
READ_RECORDS, READ_WAIT_S = 500, 1.0  # one call: as many as fill a screen many times, or what came within a second

COMPACTED = {
    "cleanup.policy": "compact", "retention.ms": "-1", "max.compaction.lag.ms": str(24 * 60 * 60 * 1000)
}  # fmt: skip
"""The settings of a topic of which the last record of each key is kept for good, and no other for longer than a day."""

OF_COUNTS = {"max.message.bytes": str(LARGEST_COUNTS)}
"""What is more of the topic of counts, unless the user says otherwise."""

ReadRecord = Message
"""The type of a record that was read, for rooms that must not import a Kafka client."""


@dataclass(frozen=True, slots=True)
class Made:
    """What became of one topic. `new`: whether it was created. `detail`: a clause that follows the topic's name."""

    topic: str
    new: bool
    detail: str
    differs: tuple[str, ...] = ()
    """In what it is not as asked for, where it exists already."""


def create(
    settings: Settings, partitions: int, replication: int, config: Mapping[str, str], asked: Asked = ANYTHING
) -> Iterator[Made]:
    """Creates those of our topics that do not exist yet, and tells of each. Raises a `StreamError`.

    `partitions`, `replication`: how many partitions, and how many copies of each. `asked`: what the user asked for;
    an existing topic is compared with it.
    """
    cluster = Cluster(settings)
    cluster.connect()
    inputs = list(settings.inputs.names) or cluster.inputs()
    for role, topic in settings.topics(inputs):
        found = cluster.metadata.topics.get(topic)
        if found is not None and found.error is None:
            differs = tuple(
                differences(asked, found, cluster.settings_of(topic) if asked.retention_ms is not None else {})
            )
            there = len(found.partitions)
            detail = "exists already" if differs else f"exists already, with {there} {noun(there, 'partition')}"
            yield Made(topic, new=False, detail=detail, differs=differs)
            continue
        entries = {**config, **COMPACTED} if role in {"sites", "counts"} else dict(config)
        if role == "counts":
            entries = OF_COUNTS | entries
        wanted = NewTopic(topic, num_partitions=partitions, replication_factor=replication, config=entries)
        try:
            cluster.admin.create_topics([wanted], request_timeout=ANSWER_S)[topic].result(ANSWER_S + GRACE_S)
        except KafkaException as raised:
            error = client.error_of(raised)
            if error.code() == KafkaError.TOPIC_ALREADY_EXISTS:
                yield Made(topic, new=False, detail="exists already")
                continue
            if error.code() in (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED):
                raise forbidden(AclOperation.CREATE, f"the topic {topic}") from None
            raise client.explain(error, settings, doing=f"creating the topic {topic}") from None
        _wait_until_known(cluster, topic)
        yield Made(topic, new=True, detail=f"created, with {partitions} {noun(partitions, 'partition')}")


def _wait_until_known(cluster: Cluster, topic: str) -> None:
    """Waits, for up to `ANSWER_S`, until a broker tells of a topic that is made: it may learn of it a moment later.

    Failure: a worker that was started right after ended, because a topic did not exist.
    """
    deadline = time.monotonic() + ANSWER_S
    while time.monotonic() < deadline:
        with suppress(KafkaException):
            found = cluster.admin.list_topics(topic=topic, timeout=ANSWER_S).topics[topic]
            if found.error is None or found.error.code() not in client.MISSING:  # one that we may not see is there, too
                return
        time.sleep(KNOWN_EVERY_S)


def _reader(settings: Settings, *, start: str) -> Consumer:
    """A consumer that joins no group; where there is no such offset it begins at the `earliest` or `latest` one."""
    more = {"group.id": f"{settings.group_id}.reader", "auto.offset.reset": start}
    return Consumer(client.outsider(settings, **more))


def read(settings: Settings, topic: str) -> Iterator[Message]:
    """Every committed record of a topic, each partition up to the first time that its end is reached.

    Records are in order within their partition; partitions are interleaved. Joins no group and commits nothing. Raises
    one of our errors.
    """
    cluster = Cluster(settings)
    cluster.connect()
    numbers = sorted(cluster.topic(topic).partitions)
    consumer = _reader(settings, start="earliest")
    try:
        consumer.assign([TopicPartition(topic, number, 0) for number in numbers])
        left = set(numbers)
        while left:
            for message in consumer.consume(READ_RECORDS, READ_WAIT_S):
                error = message.error()
                if error is None:
                    yield message
                elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
                    left.discard(message.partition())
                else:
                    raise client.explain(error, settings, doing=f"reading {topic}")
    finally:
        consumer.close()


def read_one(settings: Settings, topic: str, partition: int, offset: int) -> Message | None:
    """The record at an offset; None if there is no such topic, partition or record. Raises one of our errors."""
    cluster = Cluster(settings)
    cluster.connect()
    try:
        partitions = cluster.topic(topic).partitions
    except TopicMissing:
        return None
    if partition not in partitions:
        return None
    consumer = _reader(settings, start="latest")
    try:
        consumer.assign([TopicPartition(topic, partition, offset)])
        for message in consumer.consume(1, ANSWER_S):
            if message.error() is None and message.offset() == offset:
                return message
        return None
    finally:
        consumer.close()
