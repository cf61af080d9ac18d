"""Where reading begins: at the group's committed offsets, or where a partition begins that it never committed."""

from __future__ import annotations

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from stream.errors import KafkaUnavailable, StreamError
from stream.kafka import client
from stream.settings import Settings

OFFSETS_S = 10.0  # longer than it takes to abort what a killed worker left open
LOOK_S = 3.0


def beginnings(consumer: Consumer, gained: list[TopicPartition], settings: Settings) -> list[TopicPartition]:
    """The partitions with the offsets to begin at, all of them known.

    Offsets that are part of an open transaction are waited for. Raises one of our errors.
    """
    if not gained:
        return []
    try:
        found: list[TopicPartition] = consumer.committed(gained, timeout=OFFSETS_S)
    except KafkaException as raised:
        raise _explain(client.error_of(raised), gained, settings) from None
    for partition in found:
        if partition.error is not None:
            doing = f"reading the committed offset of partition {partition.partition}"
            raise client.explain(partition.error, settings, doing=doing)
        if partition.offset < 0:
            partition.offset = _first(consumer, partition, settings)
    return found


def _explain(error: KafkaError, partitions: list[TopicPartition], settings: Settings) -> StreamError:
    timed_out = error.code() == KafkaError._TIMED_OUT  # noqa: SLF001
    # Asked by a fresh client: the one that got no answer may be what is the matter.
    pending = timed_out and not _answered(partitions, settings, "read_committed")
    if not pending or not _answered(partitions, settings, "read_uncommitted"):
        return client.explain(error, settings, doing="reading the group's committed offsets")
    msg = f"Kafka has not ended a transaction that holds committed offsets of the group {settings.group_id}."
    fix = "Where that lasts, an administrator has to end it: docs/operations.md, A transaction that does not end."
    return KafkaUnavailable(msg, fix=fix)


def _answered(partitions: list[TopicPartition], settings: Settings, isolation: str) -> bool:
    """Whether the offsets can be had by somebody new; `read_uncommitted` does not wait for open transactions."""
    alone = settings.model_copy(update={"instance_id": None})
    try:
        reader = Consumer(client.consumer(alone) | {"isolation.level": isolation})
        try:
            reader.committed(partitions, timeout=LOOK_S)
        finally:
            reader.close()
    except KafkaException:
        return False
    return True


def _first(consumer: Consumer, partition: TopicPartition, settings: Settings) -> int:
    """Where a partition begins that the group has never read: as a number, so that its lag is known."""
    try:
        low, high = consumer.get_watermark_offsets(partition, timeout=OFFSETS_S)
    except KafkaException as raised:
        doing = f"looking where partition {partition.partition} begins"
        raise client.explain(client.error_of(raised), settings, doing=doing) from None
    return low if settings.start_at == "earliest" else high
