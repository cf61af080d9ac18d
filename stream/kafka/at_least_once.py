"""The other guarantee, for clusters that forbid transactions: nothing lost, some twice after a failure."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import NoReturn

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from stream.config.settings import Settings
from stream.errors import KafkaUnavailable, SessionLost, TopicMissing
from stream.kafka import client
from stream.kafka.committer import Aborted, Publication
from stream.kafka.flushing import flush
from stream.kafka.missing import Missing
from stream.kafka.refused import REFUSALS, Refused
from stream.records.outcomes import Outcome

log = logging.getLogger(__name__)

COMMIT_EVERY_S = 0.2
GRACE_S = 5.0  # the deliveries' own deadline comes first
Place = tuple[str, int | None, int | None]  # a topic, and the input record's partition and offset
# What those fail with that only were behind a record that failed.
BEHIND = {
    KafkaError._PURGE_QUEUE,  # noqa: SLF001
    KafkaError._PURGE_INFLIGHT,  # noqa: SLF001
    KafkaError._FATAL,  # noqa: SLF001
    KafkaError._GAPLESS_GUARANTEE,  # noqa: SLF001
}


class AtLeastOnce:
    """A committer whose offsets follow the acknowledgements of everything they stand for.

    What was acknowledged of a publication that failed is remembered until all of it is through, and not sent again.
    """

    def __init__(self, settings: Settings, on_stage: Callable[[str, float], None], *, batch_bytes: int) -> None:
        self._settings = settings
        self._on_stage = on_stage
        self._batch_bytes = batch_bytes
        self._producer: Producer | None = None
        self._lock = threading.Lock()
        self._acknowledged: dict[tuple[str, int], TopicPartition] = {}
        self._there: set[Place] = set()
        self._committed_s = 0.0
        self._missing = Missing(settings)

    def own(self, partitions: Sequence[int], gained: Sequence[int]) -> None:  # noqa: ARG002 - the protocol's
        """See `Committer`."""
        if self._producer is None:
            self._producer = self._fresh()

    def _fresh(self) -> Producer:
        """A producer that ends where a record fails, so that none behind it overtakes it: order is kept per key."""
        timeout_ms = self._settings.transaction_timeout_ms
        config = client.producer(self._settings, **{"message.timeout.ms": timeout_ms, "enable.gapless.guarantee": True})
        return Producer(config | client.batch_size(self._batch_bytes))

    def begin(self, consumer: Consumer, offsets: list[TopicPartition], member: object) -> None:  # noqa: ARG002 - the protocol's
        """See `Committer`. A member that was thrown out may set offsets back here: then some come twice."""
        if not consumer.memberid():
            msg = "The group took the partitions away before it was committed where reading begins."
            raise Aborted(SessionLost(msg))
        try:
            answers: list[TopicPartition] = consumer.commit(offsets=offsets, asynchronous=False)
            error = next((answer.error for answer in answers if answer.error is not None), None)
        except KafkaException as raised:
            error = client.error_of(raised)
        if error is not None:
            explained = client.explain(error, self._settings, doing="committing where reading begins")
            raise Aborted(explained) if isinstance(explained, SessionLost) else explained

    def commit(self, publication: Publication) -> None:
        """Publishes, in this order:

        1. What was removed from the articles is produced, and acknowledged.
        2. Outputs and dead letters are produced, and acknowledged. What is not, is sent again by the next try.
        3. The offsets after the publication's records may be committed now: `settle` does it.
        """
        producer = self._producer
        if producer is None:
            msg = "There are records but no partitions."
            raise SessionLost(msg)
        began = time.perf_counter()
        if removed_topic := self._settings.removed_topic:
            removals = [(removed_topic, it) for it in publication.outcomes if it.removed is not None]
            self._deliver(producer, removals)
            self._remember(producer, removals)
        dead, output = self._settings.dead_letter_topic, self._settings.output_topic
        produced = self._deliver(producer, [(dead if it.name == "dead" else output, it) for it in publication.outcomes])
        with self._lock:
            self._acknowledged.update({(offset.topic, offset.partition): offset for offset in publication.offsets})
            if self._there:
                through = {(it.source.partition(), it.source.offset()) for it in publication.outcomes}
                self._there = {place for place in self._there if place[1:] not in through}
        self._on_stage("produce", produced - began)
        self._on_stage("deliver", time.perf_counter() - produced)

    def _deliver(self, producer: Producer, wanted: list[tuple[str, Outcome]]) -> float:
        """Produces what is not there yet, and waits for every acknowledgement; gives when all was produced.

        Raises `Refused`, `Aborted` or one of our errors where one is missing.
        """
        if self._there:
            wanted = [(topic, it) for topic, it in wanted if _place(topic, it) not in self._there]
        removed_topic, produce = self._settings.removed_topic, client.produce
        there: list[int] = []
        failed: list[KafkaError] = []

        def told(number: int, error: KafkaError | None, _message: Message) -> None:
            if error is None:
                there.append(number)
            else:
                failed.append(error)

        try:
            for number, (topic, it) in enumerate(wanted):
                told_of = partial(told, number)
                if topic == removed_topic:
                    produce(producer, topic, it.removed, it.key, None, it.timestamp_ms, told_of)
                else:
                    produce(producer, topic, it.value, it.key, it.headers, it.timestamp_ms, told_of)
        except KafkaException as raised:
            failed.append(client.error_of(raised))
        produced = time.perf_counter()
        left, errors = flush(producer, self._settings.transaction_timeout_ms / 1000 + GRACE_S)
        failed += errors
        if left:
            failed.append(KafkaError(KafkaError._TIMED_OUT, f"{left} records are not acknowledged"))  # noqa: SLF001
        if failed:
            self._remember(producer, [wanted[number] for number in there])
            producer.purge()
            flush(producer, 1)  # the reports of what was purged
            if any(error.fatal() or error.code() in BEHIND or error.code() in REFUSALS for error in failed):
                self._renew(producer)
            self._explain(producer, failed)
        return produced

    def _remember(self, producer: Producer, there: list[tuple[str, Outcome]]) -> None:
        """These are there, should the publication fail yet."""
        with self._lock:
            if self._producer is producer:  # else its session is over, and the next one reads the records again
                self._there.update(_place(*each) for each in there)

    def _renew(self, producer: Producer) -> None:
        """Goes on with a new producer: this one has ended with the record that failed."""
        with self._lock:
            if self._producer is producer:
                self._producer = self._fresh()

    def _explain(self, producer: Producer, failed: list[KafkaError]) -> NoReturn:
        """Raises what ended a try, by the cause and not by what it led to for the records behind it."""
        for error in failed:
            if refused := Refused.by(error):
                raise refused
        error = next((error for error in failed if error.code() not in BEHIND), failed[0])
        explained = client.explain(error, self._settings, doing="publishing a batch")
        if isinstance(explained, (KafkaUnavailable, TopicMissing)) and (missing := self._missing.error()):
            self._renew(producer)  # the old one would not look for the topic again for minutes
            raise Aborted(missing)
        if isinstance(explained, SessionLost) or error.fatal():
            raise explained
        raise Aborted(explained)

    def silent_s(self) -> float:
        """See `Committer`: the deliveries have a deadline of their own."""
        return 0.0

    def settle(self, consumer: Consumer, *, wait: bool) -> None:
        """Commits the offsets of what is acknowledged; `wait` before partitions are given up.

        A commit that fails loses nothing: the records are read again.
        """
        now = time.monotonic()
        if not wait and now - self._committed_s < COMMIT_EVERY_S:
            return
        with self._lock:
            offsets, self._acknowledged = list(self._acknowledged.values()), {}
        if not offsets:
            return
        self._committed_s = now
        try:
            if wait:
                consumer.commit(offsets=offsets, asynchronous=False)
            else:
                consumer.commit(offsets=offsets, asynchronous=True)
        except KafkaException as raised:
            log.warning(
                "Offsets could not be committed, some records will come twice: %s.", client.error_of(raised).str()
            )

    def close(self) -> None:
        """Gives up the producer and whatever it still holds."""
        with self._lock:
            producer, self._producer = self._producer, None
            self._acknowledged.clear()
            self._there.clear()
        if producer is not None:
            producer.purge()


def _place(topic: str, outcome: Outcome) -> Place:
    return topic, outcome.source.partition(), outcome.source.offset()
