"""Reading a topic from its beginning to its end, and then what comes: a compacted topic that others write to."""

from __future__ import annotations

import concurrent.futures
import time
from collections.abc import Collection, Iterator
from typing import Any

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from stream.config.settings import Settings
from stream.errors import KafkaUnavailable
from stream.kafka import client

ANSWER_S = 10.0
GRACE_S = 5.0  # what we wait beyond that, so that the client's own timeout comes first: its error names the cause
READ_RECORDS = 500  # in one call


class Following:
    """Reads some partitions of a topic, committed records only. Joins no group. Used by one thread.

    `caught_up`: whether each partition was read to where it ended when reading began, counting open transactions: what
    these hold is read as well, or was aborted.
    """

    def __init__(self, settings: Settings, topic: str, numbers: Collection[int]) -> None:
        """Begins at the beginning of these partitions. Raises `KafkaException`."""
        self._settings, self._topic = settings, topic
        self._ends = ends_of(settings, topic, numbers)
        # A compacted topic has gaps, and its beginning may move.
        self._consumer = Consumer(client.outsider(settings, **{"auto.offset.reset": "earliest"}))
        self._consumer.assign([TopicPartition(topic, number, 0) for number in sorted(numbers)])

    @property
    def caught_up(self) -> bool:
        """See the class."""
        return not self._ends

    def read(self, wait_s: float) -> list[Any]:
        """The records that have come; waits so many seconds for the first. Raises one of our errors."""
        records = []
        with client.explained(self._settings, doing=f"reading {self._topic}"):
            for message in self._consumer.consume(READ_RECORDS, wait_s):
                error = message.error()
                if error is None:
                    records.append(message)
                elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
                    self._reached(message.partition() or 0, message.offset() or 0)
                elif error.fatal() or not error.retriable():
                    raise client.explain(error, self._settings, doing=f"reading {self._topic}")
        return records

    def _reached(self, number: int, offset: int) -> None:
        if offset >= self._ends.get(number, 0):
            self._ends.pop(number, None)

    def close(self) -> None:
        """Ends reading."""
        self._consumer.close()


def read_whole(settings: Settings, topic: str, numbers: Collection[int], timeout_s: float) -> Iterator[Any]:
    """Every committed record of these partitions, once all transactions that were open have ended.

    Raises one of our errors, `KafkaUnavailable` if that takes longer than `timeout_s` without a record.
    """
    with client.explained(settings, doing=f"reading {topic}"):
        following = Following(settings, topic, numbers)
    try:
        progressed_s = time.monotonic()
        while not following.caught_up:
            records = following.read(0.1)
            yield from records
            now = time.monotonic()
            if records:
                progressed_s = now
            elif now - progressed_s > timeout_s:
                msg = f"{topic} could not be read to its end within {timeout_s:g} s."
                raise KafkaUnavailable(msg, fix="Does a transaction stay open, or is a partition without a leader?")
    finally:
        following.close()


def asking(settings: Settings) -> AdminClient:
    """A client for `partitions_in`. After an error another one is needed: it may never find its brokers again."""
    return AdminClient(client.common(settings))


def partitions_in(settings: Settings, topic: str, admin: AdminClient | None = None) -> int:
    """How many partitions a topic has; 0 if it does not exist or we may not see it. Raises `KafkaException`."""
    admin = asking(settings) if admin is None else admin  # a client with nothing to do has the length 0
    found = admin.list_topics(topic, timeout=ANSWER_S).topics.get(topic)
    return 0 if found is None or found.error is not None else len(found.partitions)


def ends_of(settings: Settings, topic: str, numbers: Collection[int]) -> dict[int, int]:
    """Where the logs of these partitions end, whatever is committed; without those that never had a record.

    Raises `KafkaException`.
    """
    if not numbers:
        return {}
    admin = asking(settings)
    latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    answers = admin.list_offsets(
        {TopicPartition(topic, number): latest for number in numbers},
        isolation_level=IsolationLevel.READ_UNCOMMITTED,
        request_timeout=ANSWER_S,
    )
    try:
        ends = {place.partition: future.result(ANSWER_S + GRACE_S).offset for place, future in answers.items()}
    except concurrent.futures.TimeoutError:  # no bug, and no reason to end, for whoever reads
        msg = f"no offset of {topic} in time"
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, msg)) from None  # noqa: SLF001
    return {number: end for number, end in ends.items() if end > 0}
