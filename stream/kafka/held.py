"""Partitions whose next record waits for something other than Kafka, such as a schema that a registry has to tell.

Nothing of them is kept: they are paused, and read again from that record. So the consumer goes on to be asked, which
keeps it in its group, and a rebalance may take them away like any others. One thread, the source's, calls all methods.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from confluent_kafka import TopicPartition

from stream.kafka.member import Member
from stream.kafka.partitions import Partitions
from stream.records.input_partition import InputPartition


class Held:
    """The partitions of a consumer that wait."""

    def __init__(self, member: Member, partitions: Partitions) -> None:
        self._member = member
        self._partitions = partitions

    def put_back(self, first: Mapping[InputPartition, int]) -> None:
        """Pauses partitions, each at the offset of the record that waits, although it and others were fetched."""
        consumer = self._member.open_consumer
        for partition, offset in first.items():
            place = TopicPartition(partition.topic, partition.number, offset)
            consumer.pause([place])
            consumer.seek(place)
            self._partitions.hold(partition, offset)

    def owned(self) -> set[InputPartition]:
        """The partitions that this consumer has now."""
        return {InputPartition(each.topic, each.partition) for each in self._member.open_consumer.assignment()}

    def release(self, partitions: Collection[InputPartition]) -> None:
        """Goes on with these partitions."""
        consumer = self._member.open_consumer
        if owned := [each for each in consumer.assignment() if (each.topic, each.partition) in partitions]:
            consumer.resume(owned)
        self._partitions.release(partitions)
