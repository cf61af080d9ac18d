"""At least once, for clusters that forbid transactions: nothing is lost, but a failure may publish records twice.

`AtLeastOnce.commit` publishes; its docstring is the order of a commit.
"""

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
from stream.records.input_partition import InputPartition
from stream.records.outcomes import Outcome

log = logging.getLogger(__name__)

COMMIT_EVERY_S = 0.2
"""How often, in seconds, the offsets of acknowledged records are committed.

Trade: a commit of the offsets is one request more to the broker, and the records published since the last one are
published again after a crash. Worst case: a fifth of a second's records come twice.
"""

GRACE_S = 5.0
"""How much longer than a record's delivery timeout we wait for its report, in seconds.

The client's own deadline should come first, because its error names the cause; ours is for a client that hangs.
"""

PURGE_REPORTS_S = 1.0  # for the reports of records that were purged from the queue: no broker is asked for them

Place = tuple[str, str | None, int | None, int | None]
"""A topic that is written to, and the topic, partition and offset of the input record."""

# The errors of records that failed only because one before them failed.
BEHIND = {
    KafkaError._PURGE_QUEUE,  # noqa: SLF001
    KafkaError._PURGE_INFLIGHT,  # noqa: SLF001
    KafkaError._FATAL,  # noqa: SLF001
    KafkaError._GAPLESS_GUARANTEE,  # noqa: SLF001
}


class AtLeastOnce:
    """The committer that commits offsets once everything made from their records is acknowledged; see `Committer`.

    If a publication fails, the records of it that were acknowledged are remembered until the whole publication is
    through, so that the next attempt does not send them again. The parameters are those of `Transactions`.
    """

    def __init__(
        self,
        settings: Settings,
        on_stage: Callable[[str, float], None],
        *,
        batch_bytes: int,
        make_producer: Callable[[client.Config], Producer] = Producer,
    ) -> None:
        self._settings = settings
        self._make_producer = make_producer
        self._on_stage = on_stage
        self._batch_bytes = batch_bytes
        self._producer: Producer | None = None
        self._lock = threading.Lock()
        self._committable: dict[tuple[str, int], TopicPartition] = {}  # offsets that may be committed, by partition
        self._acknowledged: set[Place] = set()  # of the publication that is being tried again
        self._committed_s = 0.0
        self._missing = Missing(settings)

    def own(self, partitions: Sequence[InputPartition], gained: Sequence[InputPartition]) -> None:  # noqa: ARG002 - the protocol's
        """See `Committer`."""
        if self._producer is None:
            self._producer = self._fresh()

    def _fresh(self) -> Producer:
        """A new producer. It stops for good at a record that fails, so that no record behind it overtakes it."""
        timeout_ms = self._settings.transaction_timeout_ms
        config = client.producer(self._settings, **{"message.timeout.ms": timeout_ms, "enable.gapless.guarantee": True})
        return self._make_producer(config | client.batch_size(self._batch_bytes))

    def commit_start(self, consumer: Consumer, offsets: list[TopicPartition], member: object) -> None:  # noqa: ARG002 - the protocol's
        """See `Committer`.

        Without a transaction the broker may take this commit from a worker that the group has just removed. The next
        owner's offsets are then set back, and some records are published twice.
        """
        if not consumer.memberid():
            msg = "The group took the partitions away before the offsets at which reading begins could be committed."
            raise Aborted(SessionLost(msg))
        try:
            answers: list[TopicPartition] = consumer.commit(offsets=offsets, asynchronous=False)
            error = next((answer.error for answer in answers if answer.error is not None), None)
        except KafkaException as raised:
            error = client.error_of(raised)
        if error is not None:
            explained = client.explain(error, self._settings, doing="committing the offsets at which reading begins")
            raise Aborted(explained) if isinstance(explained, SessionLost) else explained

    def commit(self, publication: Publication) -> None:
        """Publishes and waits for every acknowledgement. This is the order of a commit:

        1. What was removed from the articles is produced, if there is a topic for that, and all of it acknowledged. It
           comes first so that an article is never out while its removals may still be lost.
        2. Outputs and dead letters are produced, and all of them acknowledged.
        3. The input offsets after the publication's records become committable. The source's thread commits them: in
           its next call of `settle` that is `COMMIT_EVERY_S` after the last commit, or before it gives partitions up.

        If 1 or 2 fails, no offset becomes committable, and the next attempt sends only what was not acknowledged. If
        the worker dies before 3 is done, the next owner reads these records again and publishes them twice.
        """
        producer = self._producer
        if producer is None:
            msg = "There are records to publish, but this worker owns no partitions."
            raise SessionLost(msg)
        began = time.perf_counter()
        if removed_topic := self._settings.removed_topic:
            removals = [(removed_topic, it) for it in publication.outcomes if it.removed is not None]
            self._deliver(producer, removals)
            self._remember(producer, removals)
        produced = self._deliver(producer, [(self._topic_for(it), it) for it in publication.outcomes])
        with self._lock:
            self._committable.update({(offset.topic, offset.partition): offset for offset in publication.offsets})
            if self._acknowledged:
                through = {_place("", it)[1:] for it in publication.outcomes}
                self._acknowledged = {place for place in self._acknowledged if place[1:] not in through}
        self._on_stage("produce", produced - began)
        self._on_stage("deliver", time.perf_counter() - produced)

    def _topic_for(self, outcome: Outcome) -> str:
        settings = self._settings
        return settings.dead_letter_topic if outcome.name == "dead" else settings.output_for(outcome.source.topic())

    def _deliver(self, producer: Producer, wanted: list[tuple[str, Outcome]]) -> float:
        """Produces what is not acknowledged yet to the topics given, and waits for every acknowledgement.

        Returns the time (`perf_counter`) at which everything was queued. Raises `Refused`, `Aborted` or one of our
        errors if an acknowledgement is missing.
        """
        if self._acknowledged:
            wanted = [(topic, it) for topic, it in wanted if _place(topic, it) not in self._acknowledged]
        removed_topic, produce = self._settings.removed_topic, client.produce
        acknowledged: list[int] = []
        failed: list[KafkaError] = []

        def reported(number: int, error: KafkaError | None, _message: Message) -> None:
            if error is None:
                acknowledged.append(number)
            else:
                failed.append(error)

        try:
            for number, (topic, it) in enumerate(wanted):
                on_delivery = partial(reported, number)
                if topic == removed_topic:
                    produce(producer, topic, it.removed, it.key, None, it.timestamp_ms, on_delivery)
                else:
                    produce(producer, topic, it.value, it.key, it.headers, it.timestamp_ms, on_delivery)
        except KafkaException as raised:
            failed.append(client.error_of(raised))
        produced = time.perf_counter()
        left, errors = flush(producer, self._settings.transaction_timeout_ms / 1000 + GRACE_S)
        failed += errors
        # A report that got lost within the client, as for a lack of memory, acknowledges nothing.
        if left := left or (0 if failed else len(wanted) - len(acknowledged)):
            many = "1 record is" if left == 1 else f"{left} records are"
            failed.append(KafkaError(KafkaError._TIMED_OUT, f"{many} not acknowledged"))  # noqa: SLF001
        if failed:
            self._remember(producer, [wanted[number] for number in acknowledged])
            producer.purge()
            flush(producer, PURGE_REPORTS_S)
            if any(error.fatal() or error.code() in BEHIND or error.code() in REFUSALS for error in failed):
                self._renew(producer)
            self._explain(producer, failed, {it.source.topic() or "" for _, it in wanted})
        return produced

    def _remember(self, producer: Producer, acknowledged: list[tuple[str, Outcome]]) -> None:
        """Notes what need not be sent again if the publication fails.

        Not if the producer was given up: its session is over, and the next one reads the records again anyway.
        """
        with self._lock:
            if self._producer is producer:
                self._acknowledged.update(_place(*each) for each in acknowledged)

    def _renew(self, producer: Producer) -> None:
        """Replaces the producer, which has stopped for good at the record that failed."""
        with self._lock:
            if self._producer is producer:
                self._producer = self._fresh()

    def _explain(self, producer: Producer, failed: list[KafkaError], inputs: set[str]) -> NoReturn:
        """Raises the error of the record that failed first, and not of those that only were queued behind it."""
        for error in failed:
            if refused := Refused.from_error(error):
                raise refused
        error = next((error for error in failed if error.code() not in BEHIND), failed[0])
        explained = client.explain(error, self._settings, doing="publishing a batch")
        if isinstance(explained, (KafkaUnavailable, TopicMissing)):
            explained = self._missing.gone(inputs) or explained
        if isinstance(explained, (KafkaUnavailable, TopicMissing)) and (missing := self._missing.error()):
            self._renew(producer)  # the old client would not look for the topic again for minutes
            raise Aborted(missing)
        if isinstance(explained, SessionLost) or error.fatal():
            raise explained
        raise Aborted(explained)

    def silent_s(self) -> float:
        """See `Committer`. Always 0, because every delivery has a deadline after which its call ends."""
        return 0.0

    def settle(self, consumer: Consumer, *, wait: bool) -> None:
        """See `Committer`. Commits the offsets whose records are through: step 3 of `commit`.

        A commit that fails loses nothing, because a later one includes it or the records are read again.
        """
        now = time.monotonic()
        if not wait and now - self._committed_s < COMMIT_EVERY_S:
            return
        with self._lock:
            offsets, self._committable = list(self._committable.values()), {}
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
                "Offsets could not be committed, so some records may be published twice: %s.",
                client.error_of(raised).str(),
            )

    def close(self) -> None:
        """See `Committer`."""
        with self._lock:
            producer, self._producer = self._producer, None
            self._committable.clear()
            self._acknowledged.clear()
        if producer is not None:
            producer.purge()


def _place(topic: str, outcome: Outcome) -> Place:
    source = outcome.source
    return topic, source.topic(), source.partition(), source.offset()
