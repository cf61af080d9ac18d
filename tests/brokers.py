"""One face for the embedded broker and for a real Kafka, so that one suite runs against both."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from harness.processes import PATIENCE_S, until
from stream.kafka.embedded import EmbeddedBroker
from stream.records.headers import Headers
from tests.ledger import Topics, fresh_name

NO_COORDINATOR_YET = (
    KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.COORDINATOR_LOAD_IN_PROGRESS
)  # fmt: skip
NO_LEADER_YET = (
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
)
PARTITIONS = 4  # what the embedded broker gives every topic


class Sent(NamedTuple):
    """A record as a test publishes it; timestamp 0: now."""

    key: bytes | None
    value: bytes | None
    headers: Headers = []  # noqa: RUF012 - read only
    timestamp_ms: int = 0


def headers_of(message: Message) -> Headers:
    """Give a record's headers as they came, in order."""
    headers: Any = message.headers()
    return list(headers or [])


def end_of(asking: Consumer, place: TopicPartition) -> int:
    """Get the end of a partition, once somebody leads it: one that was just made may have no leader for a moment."""

    def bounds() -> tuple[int, int] | None:
        try:
            found: tuple[int, int] = asking.get_watermark_offsets(place, PATIENCE_S)
        except KafkaException as raised:
            if raised.args[0].code() not in NO_LEADER_YET:
                raise
            return None
        return found

    return until(bounds, f"a leader of {place.topic} [{place.partition}]")[1]


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker that a test uses with topics and groups of its own."""

    kind: Literal["embedded", "real"]
    bootstrap_servers: str

    @property
    def real(self) -> bool:
        """Whether guarantees hold that the embedded broker does not give."""
        return self.kind == "real"

    def topics(self, what: str = "t", **config: dict[str, str]) -> Topics:
        """Make three fresh topics, with ``removed={…}`` four; on a real Kafka that is a topic's configuration."""
        topics = Topics(self.bootstrap_servers, fresh_name(what))
        if self.real:
            topics.make(PARTITIONS, 1, **config)
        else:
            assert not any(config.values())
            with_names = EmbeddedBroker.__new__(EmbeddedBroker)
            with_names.bootstrap_servers = self.bootstrap_servers
            with_names.make_topics(*(f"{topics.name}.{role}" for role in ("raw", "clean", "dead", *config)))
        return topics

    def send(self, topic: str, records: Sequence[Sent]) -> None:
        """Publish, and wait for every acknowledgement."""
        producer = Producer(
            {"bootstrap.servers": self.bootstrap_servers, "enable.idempotence": True, "message.max.bytes": 10_000_000}
        )
        record: Any  # the client's stubs take headers for lists of strings
        for record in records:
            producer.produce(
                topic, record.value, record.key, headers=record.headers, timestamp=record.timestamp_ms
            )  # fmt: skip
        assert producer.flush(PATIENCE_S) == 0

    def read(self, topic: str, at_least: int = 0) -> list[Message]:
        """Read all that is committed in a topic, once it is so many records at least.

        A transaction that is under way is waited for: Kafka says that one is committed before readers may see it.
        """
        ends = self._ends(topic)
        consumer = Consumer(
            {
                "bootstrap.servers": self.bootstrap_servers,
                "group.id": fresh_name("reader"),
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 50,
            }
        )
        found: list[Message] = []
        deadline = time.monotonic() + PATIENCE_S
        try:
            consumer.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
            ended: set[int | None] = set()
            while len(found) < at_least or len(ended) < PARTITIONS:
                for message in consumer.consume(500, 0.2):
                    if message.error() is None:
                        found.append(message)
                    elif (message.offset() or 0) >= ends.get(message.partition(), 0):
                        ended.add(message.partition())
                if time.monotonic() > deadline:
                    msg = f"{topic} has {len(found)} records after {PATIENCE_S:g} s, not {at_least}, or more are coming"
                    raise AssertionError(msg)
        finally:
            consumer.close()
        return found

    def _ends(self, topic: str) -> dict[int | None, int]:
        """The ends of a topic's partitions, with what is not committed yet; none for the embedded broker."""
        if not self.real:
            return {}
        asking = Consumer(
            {"bootstrap.servers": self.bootstrap_servers, "group.id": "ends", "isolation.level": "read_uncommitted"}
        )
        try:
            places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
            return {place.partition: end_of(asking, place) for place in places}
        finally:
            asking.close()

    def committed(self, topics: Topics) -> int:
        """Sum up the input offsets that the group has committed; a real Kafka has them for transactions too."""
        consumer = Consumer({"bootstrap.servers": self.bootstrap_servers, "group.id": topics.name})
        try:
            places = [TopicPartition(f"{topics.name}.raw", number) for number in range(PARTITIONS)]
            return sum(max(0, place.offset) for place in consumer.committed(places, timeout=PATIENCE_S))
        except KafkaException as raised:
            if raised.args[0].code() not in NO_COORDINATOR_YET:
                raise
            return 0
        finally:
            consumer.close()

    def members(self, topics: Topics) -> int:
        """Count the members that the group has now."""
        admin = AdminClient({"bootstrap.servers": self.bootstrap_servers})
        group = admin.describe_consumer_groups([topics.name], request_timeout=PATIENCE_S)[topics.name]
        return len(group.result(PATIENCE_S).members)
