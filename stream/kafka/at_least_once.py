"""The other guarantee, for clusters that forbid transactions: nothing lost, some twice after a failure."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from stream.errors import KafkaUnavailable, SessionLost, TopicMissing
from stream.kafka import client
from stream.kafka.missing import Missing
from stream.kafka.transaction import REFUSALS, Aborted, Chunk, Refused, produce_all
from stream.settings import Settings

log = logging.getLogger(__name__)

COMMIT_EVERY_S = 0.2
GRACE_S = 5.0  # the deliveries' own deadline comes first


class AtLeastOnce:
    """A committer whose offsets follow the acknowledgements of everything they stand for."""

    def __init__(self, settings: Settings, on_stage: Callable[[str, float], None], *, batch_bytes: int) -> None:
        self._settings = settings
        self._on_stage = on_stage
        self._batch_bytes = batch_bytes
        self._producer: Producer | None = None
        self._lock = threading.Lock()
        self._acknowledged: dict[tuple[str, int], TopicPartition] = {}
        self._committed_s = 0.0
        self._missing = Missing(settings)

    def own(self, partitions: Sequence[int], gained: Sequence[int]) -> None:  # noqa: ARG002 - the protocol's
        """See `Committer`."""
        if self._producer is None:
            self._producer = self._new_producer()

    def _new_producer(self) -> Producer:
        timeout_ms = self._settings.transaction_timeout_ms
        config = client.producer(self._settings, **{"message.timeout.ms": timeout_ms})
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

    def commit(self, chunk: Chunk) -> None:
        """Publishes a chunk, in this order:

        1. Outputs and dead letters are produced.
        2. Every one of them is acknowledged; if one is not, the chunk is sent again.
        3. The offsets after the chunk's records may be committed now: `settle` does it.
        """
        producer = self._producer
        if producer is None:
            msg = "There are records but no partitions."
            raise SessionLost(msg)
        failed: list[KafkaError] = []

        def delivered(error: KafkaError | None, _message: Message) -> None:
            if error is not None:
                failed.append(error)

        clock = time.perf_counter
        began = produced = clock()
        try:
            produce_all(producer, self._settings, chunk.outcomes, delivered)
            produced = clock()
            left = producer.flush(self._settings.transaction_timeout_ms / 1000 + GRACE_S)
            if left:
                failed.append(KafkaError(KafkaError._TIMED_OUT, f"{left} records are not acknowledged"))  # noqa: SLF001
        except KafkaException as raised:
            failed.append(client.error_of(raised))
        if failed:
            # Those that only were in the same batch as the one that is refused fail with it.
            self._give_up(producer, next((error for error in failed if error.code() in REFUSALS), failed[0]))
        with self._lock:
            self._acknowledged.update({(offset.topic, offset.partition): offset for offset in chunk.offsets})
        self._on_stage("produce", produced - began)
        self._on_stage("deliver", clock() - produced)

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

    def _give_up(self, producer: Producer, error: KafkaError) -> None:
        producer.purge()
        producer.flush(1)  # the reports of what was purged
        if error.code() in REFUSALS:
            raise Refused(REFUSALS[error.code()], error.str())
        explained = client.explain(error, self._settings, doing="publishing a batch")
        if isinstance(explained, (KafkaUnavailable, TopicMissing)) and (missing := self._missing.error()):
            if self._producer is producer:
                self._producer = self._new_producer()  # the old one would not look for the topic again for minutes
            raise Aborted(missing)
        if isinstance(explained, SessionLost) or error.fatal():
            raise explained
        raise Aborted(explained)

    def close(self) -> None:
        """Gives up the producer and whatever it still holds."""
        with self._lock:
            self._acknowledged.clear()
        if self._producer is not None:
            self._producer.purge()
            self._producer = None
