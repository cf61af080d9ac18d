"""Finds records that Kafka's client has passed over: it reports the end of a partition without having delivered them.

Between the last record delivered and the end of a partition there often are offsets that never arrive, and nearly
always they are no records: transaction markers, and what compaction or an abort has removed. Only reading tells. So
once nothing has arrived for a while, a consumer of its own reads that range, each range once. If it finds a record, a
new session is started, which reads on from the committed offset.

This was seen twice in a few thousand rebalances with the consumer protocol on an overloaded machine: the last records
of a partition had not been delivered, and the client had reported the end behind them.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from stream.config.settings import Settings
from stream.kafka import client
from stream.kafka.partitions import Partition, Partitions
from stream.records.input_partition import InputPartition

QUIET_S = 5.0
"""How long, in seconds, a range must have stayed undelivered before it is read.

Under load such ranges come and go with every transaction, and each reading is a new consumer with its connections.
Worst case: records that were passed over wait for this, the next health check, and the new session.
"""

ANSWER_S = 3.0  # for one reading: the monitor waits for it, and tries again at its next check

Gap = tuple[int, int]
"""The first offset that was not delivered, and the offset at which the partition ends."""


class Undelivered:
    """Looks for records that were passed over. Called by one thread."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._gaps: dict[InputPartition, tuple[Gap, float]] = {}  # by partition: the range, and since when (monotonic)
        self._known: dict[InputPartition, Gap] = {}  # by partition: a range that was read and has no records

    def find_missed(self, partitions: Partitions) -> InputPartition | None:
        """A partition of which records were passed over; None if there is none, or reading failed.

        Reads at most one range, and blocks for up to `ANSWER_S`.
        """
        now, gaps = self._clock(), {place: _gap(known) for place, known in partitions.items()}
        for place, gap in gaps.items():
            if gap is None or gap == self._known.get(place):
                self._gaps.pop(place, None)
            elif self._gaps.get(place, (None, 0.0))[0] != gap:
                self._gaps[place] = gap, now
        due = [place for place, (_, since) in self._gaps.items() if place in gaps and now - since >= QUIET_S]
        for place in due[:1]:  # the others at the next calls
            gap, _ = self._gaps.pop(place)
            try:
                if self.has_record(place, gap):
                    return place
            except KafkaException:
                return None
            self._known[place] = gap
        return None

    def has_record(self, place: InputPartition, gap: Gap) -> bool:
        """Whether there is a committed record in this range. Raises `KafkaException`, also if that takes too long."""
        first, end = gap
        consumer = Consumer(client.consumer(self._settings.model_copy(update={"instance_id": None})))
        try:
            # Assigned by hand, so that this consumer does not join the group.
            consumer.assign([TopicPartition(*place, first)])
            deadline = time.monotonic() + ANSWER_S
            while time.monotonic() < deadline:
                for message in consumer.consume(1, 0.2):
                    error = message.error()
                    if error is None:
                        return (message.offset() or 0) < end
                    if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
                        return False
                    raise KafkaException(error)
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))  # noqa: SLF001
        finally:
            consumer.close()


def _gap(partition: Partition) -> Gap | None:
    """The range that was not delivered before the end of a partition, if everything that was is published."""
    if partition.caught_up and 0 <= partition.fetched < partition.read_to_end:
        return partition.fetched, partition.read_to_end
    return None
