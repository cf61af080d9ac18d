"""Whether Kafka's client has passed over records: it says that a partition ends behind offsets that never came.

Such offsets are nearly always no records: the markers of transactions, and what compaction or an abort has taken away.
Nobody can tell without reading. So what lies between the last record that came and the end is read once by a client
of its own, when nothing has come for a while. If there is a record, a new session reads on from the committed offset.

Seen twice in some thousand rebalances with the consumer protocol on an overloaded machine: the last records of a
partition had not come, and the client had told of the end behind them.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from stream.config.settings import Settings
from stream.kafka import client
from stream.kafka.partitions import Partition, Partitions

QUIET_S = 5.0
ANSWER_S = 3.0
Gap = tuple[int, int]  # the first offset that did not come, and the partition's end


class Undelivered:
    """Looks for such records. `find_missed` may block for `ANSWER_S`; called by one thread."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._gaps: dict[int, tuple[Gap, float]] = {}  # by partition, and since when
        self._known: dict[int, Gap] = {}  # no record is in these

    def find_missed(self, partitions: Partitions) -> int | None:
        """A partition with a record that did not come; None where there is none, or it could not be read."""
        now, gaps = self._clock(), {number: _gap(it) for number, it in partitions.items()}
        for number, gap in gaps.items():
            if gap is None or gap == self._known.get(number):
                self._gaps.pop(number, None)
            elif self._gaps.get(number, (None, 0.0))[0] != gap:
                self._gaps[number] = gap, now
        due = [number for number, (_, since) in self._gaps.items() if number in gaps and now - since >= QUIET_S]
        for number in due[:1]:  # the next one with the next look
            gap, _ = self._gaps.pop(number)
            try:
                if self.has_record(number, gap):
                    return number
            except KafkaException:
                return None
            self._known[number] = gap
        return None

    def has_record(self, number: int, gap: Gap) -> bool:
        """Whether a committed record is among these offsets. Raises `KafkaException`."""
        first, end = gap
        consumer = Consumer(client.consumer(self._settings.model_copy(update={"instance_id": None})))
        try:
            consumer.assign([TopicPartition(self._settings.input_topic, number, first)])  # it joins nothing
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
    """What did not come before the end, where all that came is published."""
    if partition.caught_up and 0 <= partition.fetched < partition.read_to_end:
        return partition.fetched, partition.read_to_end
    return None
