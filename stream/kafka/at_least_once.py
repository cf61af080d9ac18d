"""The other guarantee, for clusters that forbid transactions: nothing lost, some twice after a failure."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NoReturn

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer

from stream.errors import SessionLost
from stream.kafka import client
from stream.kafka.transaction import REFUSALS, Aborted, Chunk, Refused, produce_all
from stream.settings import Settings


class AtLeastOnce:
    """A committer whose offsets follow the acknowledgements of everything they stand for."""

    def __init__(
        self,
        settings: Settings,
        consumer: Callable[[], Consumer],
        on_stage: Callable[[str, float], None],
        *,
        batch_bytes: int,
    ) -> None:
        self._settings = settings
        self._consumer = consumer
        self._on_stage = on_stage
        self._batch_bytes = batch_bytes
        self._producer: Producer | None = None
        self._timeout_s = settings.transaction_timeout_ms / 1000

    def own(self, partitions: Sequence[int], gained: Sequence[int]) -> None:  # noqa: ARG002 - the protocol's
        """See `Committer`."""
        if self._producer is None:
            timeout_ms = self._settings.transaction_timeout_ms
            config = client.producer(self._settings, **{"message.timeout.ms": timeout_ms})
            self._producer = Producer(config | client.batch_size(self._batch_bytes))

    def commit(self, chunk: Chunk) -> None:
        """Publishes a chunk, in this order:

        1. Outputs and dead letters are produced.
        2. Every one of them is acknowledged; if one is not, nothing is committed and the chunk is sent again.
        3. The offsets after the chunk's records are committed.
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
        began = clock()
        try:
            produce_all(producer, self._settings, chunk.outcomes, delivered)
            produced = clock()
            left = producer.flush(self._timeout_s + 5)  # the deliveries' own deadline comes first
            if left:
                failed.append(KafkaError(KafkaError._TIMED_OUT, f"{left} records are not acknowledged"))  # noqa: SLF001
            sent = clock()
            if not failed:
                self._consumer().commit(offsets=chunk.offsets, asynchronous=False)
        except KafkaException as raised:
            failed.append(client.error_of(raised))
        if failed:
            self._give_up(producer, failed[0])
        self._on_stage("produce", produced - began)
        self._on_stage("deliver", sent - produced)
        self._on_stage("commit", clock() - sent)

    def _give_up(self, producer: Producer, error: KafkaError) -> NoReturn:
        producer.purge()
        producer.flush(1)  # the reports of what was purged
        if error.fatal():
            self.close()
        if error.code() in REFUSALS:
            raise Refused(REFUSALS[error.code()], error.str())
        explained = client.explain(error, self._settings, doing="publishing a batch")
        if isinstance(explained, SessionLost) or error.fatal():
            raise explained
        raise Aborted(explained)

    def close(self) -> None:
        """Gives up the producer and whatever it still holds."""
        if self._producer is not None:
            self._producer.purge()
            self._producer = None
