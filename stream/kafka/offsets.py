"""Asks Kafka for offsets through the consumer: those the group has committed, and where partitions begin and end."""

from __future__ import annotations

from collections.abc import Iterable

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from stream.config.settings import Settings
from stream.errors import KafkaUnavailable, StreamError
from stream.kafka import client
from stream.records.input_partition import InputPartition

OFFSETS_S = 10.0
"""How long Kafka may take to answer, in seconds.

Committed offsets that are part of an open transaction are not answered before it has ended. Aborting one that a killed
worker left open takes the broker less than this; what lasts longer is a transaction that does not end, which is
reported as such.
"""

DIAGNOSIS_S = 3.0  # for each of the two questions by which such a transaction is told from a broker that is down


def committed(consumer: Consumer, places: Iterable[InputPartition], settings: Settings) -> list[TopicPartition]:
    """The committed offsets of these partitions, with their metadata.

    The offset is negative (`OFFSET_INVALID`) if none is committed. Waits for open transactions that hold such offsets.
    Raises one of our errors.
    """
    asked = [TopicPartition(*place) for place in places]
    if not asked:
        return []
    try:
        found: list[TopicPartition] = consumer.committed(asked, timeout=OFFSETS_S)
    except KafkaException as raised:
        raise _explain(client.error_of(raised), asked, settings) from None
    return _without_errors(found, settings, "reading the committed offset of partition")


def edges(
    consumer: Consumer, places: Iterable[InputPartition], which: int, settings: Settings
) -> dict[InputPartition, int]:
    """The offset at which each of these partitions begins (`OFFSET_BEGINNING`) or ends (`OFFSET_END`).

    If a transaction is open, the end is where the first one begins. Raises one of our errors.
    """
    asked = [TopicPartition(*place, which) for place in places]
    edge = "first" if which == OFFSET_BEGINNING else "last"
    doing = f"looking up the {edge} offset of a partition"
    with client.explained(settings, doing=doing):
        found: list[TopicPartition] = consumer.offsets_for_times(asked, timeout=OFFSETS_S)
    return {InputPartition(it.topic, it.partition): it.offset for it in _without_errors(found, settings, f"{doing}:")}


def _without_errors(found: list[TopicPartition], settings: Settings, doing: str) -> list[TopicPartition]:
    for partition in found:
        if partition.error is not None:
            raise client.explain(partition.error, settings, doing=f"{doing} {partition.partition} of {partition.topic}")
    return found


def _explain(error: KafkaError, partitions: list[TopicPartition], settings: Settings) -> StreamError:
    timed_out = error.code() == KafkaError._TIMED_OUT  # noqa: SLF001
    # A new client asks, because the one that got no answer may itself be the cause.
    pending = timed_out and not _answered(partitions, settings, "read_committed")
    if not pending or not _answered(partitions, settings, "read_uncommitted"):
        return client.explain(error, settings, doing="reading the group's committed offsets")
    msg = f"Kafka has not ended a transaction that holds committed offsets of the group {settings.group_id}."
    fix = "If that lasts, an administrator has to end it: see docs/operations.md, A transaction that does not end."
    return KafkaUnavailable(msg, fix=fix)


def _answered(partitions: list[TopicPartition], settings: Settings, isolation: str) -> bool:
    """Whether a new consumer gets the committed offsets; with `read_uncommitted` it does not wait for transactions."""
    alone = settings.model_copy(update={"instance_id": None})
    try:
        reader = Consumer(client.consumer(alone) | {"isolation.level": isolation})
        try:
            reader.committed(partitions, timeout=DIAGNOSIS_S)
        finally:
            reader.close()
    except KafkaException:
        return False
    return True
