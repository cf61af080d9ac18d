"""Exactly once: outputs, dead letters and input offsets are published in one transaction.

`Transactions._publish` does it; its docstring is the order of a commit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import NoReturn

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from stream.config.settings import Settings
from stream.errors import InstanceFenced, KafkaUnavailable, SessionLost, StreamError, TopicMissing
from stream.kafka import client
from stream.kafka.committer import Aborted, Publication
from stream.kafka.flushing import flush
from stream.kafka.missing import Missing
from stream.kafka.producing import cause_of, produce_all, produce_beside
from stream.kafka.refused import Refused
from stream.records.input_partition import InputPartition
from stream.records.outcomes import Beside

FENCES_IN_PARALLEL = 8
"""How many transactional ids are fenced at the same time.

Fencing one takes some 60 ms, nearly all of it waiting for the broker: twelve gained partitions take two rounds. More at
once would mean more connections, for every fence is a producer of its own.
"""

CALL_TIMEOUT_S = 3.0
"""How long one call of a transaction may take before it is made again, in seconds.

Failure: if the group's coordinator dies while a request is in flight, librdkafka waits for the dead one until the
call's time is over, however soon there is a new one.

Trade: a call that is made again resumes what is in progress, or asks the new coordinator, so a short timeout loses
nothing; but it must be longer than a busy broker takes to answer, or every call would be made twice.

Worst case: a new coordinator is asked 3 s late.
"""

RETRY_PAUSE_S = 0.02  # between two such calls: a call that fails at once must not spin

RENEW_TIMEOUT_S = 5.0
"""How long a new producer may take to abort what the old one left open, in seconds; then the session ends.

Between sessions that may take the whole transaction timeout; here records are in flight and a rebalance may wait.
"""

NO_PROGRESS_S = 9.0
"""A transaction is given up after this many seconds without an answer or an acknowledgement: three calls.

Failure: a producer that has lost its brokers may never find them again. Trade: one that still delivers, slowly, must
not be given up, so each acknowledgement starts the time anew. Worst case: 9 s are lost, and then a new session begins.
"""

LEAST_COMPRESSION_RATIO = 1.3
"""How many times smaller a batch becomes by compression at the least, until a refusal shows otherwise.

Failure: the records of one transaction for one partition may be larger than a batch. The rest then waits for the
acknowledgement of the first batch, while librdkafka's thread asks without a pause whether it may send.

Trade: larger batches avoid that, but the broker refuses a batch that is still too large once it is compressed. News
shrinks by 1.5 and more (docs/decisions/0011), so 1.3 is on the safe side.

Worst case: data that does not compress is refused once. That transaction is aborted and sent again in smaller batches.
"""


class Transactions:
    """The committer that uses Kafka's transactions; see `Committer`.

    The transactional id is made from the lowest partition that the worker owns, by topic and number. A worker that
    gains partitions fences the transactional id of each. So a transaction that a killed worker left open is aborted at
    once, by whoever takes over its partitions, and not by the broker after `transaction.timeout.ms`
    (docs/decisions/0002).

    `group_metadata()` returns the consumer's membership for `send_offsets_to_transaction`; `on_stage(name, seconds)` is
    told how long each step took; `batch_bytes` is the largest batch that every topic takes for certain; `make_producer`
    makes a producer from its configuration.

    `before_commit`, if given, is called before a transaction with records beside the outcomes is committed, once all of
    its records are acknowledged. What it raises ends the session, and nothing is committed.
    """

    def __init__(  # noqa: PLR0913 - what it is wired to
        self,
        settings: Settings,
        group_metadata: Callable[[], object],
        on_stage: Callable[[str, float], None],
        *,
        batch_bytes: int,
        make_producer: Callable[[client.Config], Producer] = Producer,
        before_commit: Callable[[], None] | None = None,
    ) -> None:
        self._settings = settings
        self._before_commit = before_commit
        self._group_metadata = group_metadata
        self._on_stage = on_stage
        self._batch_bytes = batch_bytes
        self._make_producer = make_producer
        self._missing = Missing(settings)
        self._compression_ratio = 1.0 if settings.compression == "none" else LEAST_COMPRESSION_RATIO
        self._producer: Producer | None = None
        self._id = ""
        # The producer in one of whose calls the sink's thread is waiting, and since when (monotonic).
        self._call_in_progress: tuple[Producer | None, float] = None, 0.0
        self._timeout_s = settings.transaction_timeout_ms / 1000

    def transactional_id(self, partition: InputPartition) -> str:
        """The transactional id of a worker whose lowest partition is `partition`."""
        return f"{self._settings.group_id}.{partition.topic}.{partition.number}"

    def own(self, partitions: Sequence[InputPartition], gained: Sequence[InputPartition]) -> None:
        """See `Committer`. Fences the ids of all gained partitions. Raises one of our errors."""
        wanted = self.transactional_id(min(partitions)) if partitions else ""
        if self._id != wanted:
            self.close()
        others = [identity for identity in map(self.transactional_id, gained) if identity != wanted]
        if others:
            with ThreadPoolExecutor(FENCES_IN_PARALLEL, thread_name_prefix="fence") as pool:
                list(pool.map(self._initialised, others, repeat(self._timeout_s)))
        if wanted and self._producer is None:
            self._producer = self._initialised(wanted, self._timeout_s)
            self._id = wanted

    def _initialised(self, transactional_id: str, timeout_s: float) -> Producer:
        """A new producer with this id, which has fenced older ones and aborted what they left open."""
        size = client.batch_size(self._batch_bytes, self._compression_ratio)
        producer = self._make_producer(client.transactional(self._settings, transactional_id, **size))
        with client.explained(self._settings, doing=f"opening the transactional id {transactional_id}"):
            producer.init_transactions(timeout_s)
        return producer

    def commit_start(self, consumer: Consumer, offsets: list[TopicPartition], member: object) -> None:  # noqa: ARG002 - the protocol's
        """See `Committer`. Uses a transaction, because the broker takes a plain commit even of a removed member."""
        self._publish(Publication((), offsets), member)

    def commit(self, publication: Publication) -> None:
        """See `Committer`. Publishes in the name of the membership that the source has last looked up."""
        self._publish(publication, self._group_metadata())

    def _publish(self, publication: Publication, member: object) -> None:
        """Publishes in one transaction. This is the order of a commit:

        1. The transaction is begun.
        2. The input offsets join it: of each partition, the offset after its last record in the publication. With them
           goes `member`, the consumer's group metadata, so that a worker that has lost its partitions is refused here
           (KIP-447). This step comes before the outputs because the coordinator may still be finishing the previous
           transaction: librdkafka then repeats this request every few milliseconds, but a request for an output's
           partition only every 20 ms (docs/decisions/0009).
        3. Outputs and dead letters are produced, and with each what was removed from its article, if there is a topic
           for that, and what is to be learned. They are only queued here; librdkafka sends them in the background.
        4. With `before_commit` it is waited until every record is acknowledged, and then that is called.
        5. The transaction is committed. The commit first waits until every record is acknowledged.

        A call that gets no answer is made again (`_retrying`). If any step fails, the transaction is aborted
        (`_abort`), and a `read_committed` reader never sees any of it. Between the steps it is checked that the session
        has not ended meanwhile; if it has, nothing more is done, and the next session fences this producer.

        Raises `Refused` if the broker will never take a record of it, `Aborted` if the same publication may be tried
        again, or another error if it may not.
        """
        producer = self._producer
        if producer is None:
            msg = "There are records to publish, but this worker owns no partitions."
            raise SessionLost(msg)
        clock = time.perf_counter
        try:
            began = clock()
            producer.begin_transaction()
            self._retrying(
                producer, lambda: producer.send_offsets_to_transaction(publication.offsets, member, CALL_TIMEOUT_S)
            )
            sent = clock()
            self._check_in_use(producer)
            try:
                produce_all(producer, self._settings, publication.outcomes)
                produce_beside(producer, publication.beside)
            except KafkaException as raised:
                raise KafkaException(cause_of(producer, client.error_of(raised))) from None
            produced = clock()
            if self._before_commit is not None and publication.beside:
                self._retrying(producer, lambda: _acknowledged(producer))
                self._before_commit()
            self._check_in_use(producer)
            self._retrying(producer, lambda: producer.commit_transaction(CALL_TIMEOUT_S))
            self._on_stage("offsets", sent - began)
            self._on_stage("produce", produced - sent)
            self._on_stage("commit", clock() - produced)
        except KafkaException as raised:
            self._abort(producer, client.error_of(raised), publication)

    def _check_in_use(self, producer: Producer) -> None:
        """Raises `SessionLost` if this producer was given up while the sink's thread waited for an answer."""
        if self._producer is not producer:
            msg = "The session ended before its transaction was committed."
            raise SessionLost(msg)

    def _retrying(self, producer: Producer, call: Callable[[], None]) -> None:
        """Makes a call, and makes it again for as long as librdkafka says that its error is retriable.

        Gives up when the transaction timeout is over, because the broker has then aborted the transaction; when there
        was no progress for `NO_PROGRESS_S`; or when the producer was given up, because its session has ended and the
        next one waits for this thread.
        """
        began = progressed = time.monotonic()
        unacknowledged = len(producer)
        while True:
            if self._producer is producer:  # the calls of a producer that was given up are nobody's concern
                self._call_in_progress = producer, time.monotonic()
            try:
                return call()
            except KafkaException as raised:
                error, now = client.error_of(raised), time.monotonic()
                if len(producer) < unacknowledged:  # slow, but it makes progress
                    unacknowledged, progressed = len(producer), now
                too_late = now > began + self._timeout_s or now > progressed + NO_PROGRESS_S
                if too_late or self._producer is not producer or not error.retriable() or error.txn_requires_abort():
                    raise
                time.sleep(RETRY_PAUSE_S)
            finally:
                if self._call_in_progress[0] is producer:
                    self._call_in_progress = None, 0.0

    def _abort(self, producer: Producer, error: KafkaError, publication: Publication) -> NoReturn:
        """Ends a transaction that failed with `error`; raises what `_publish` says. In this order:

        1. If there was no answer because a topic is missing, the producer is replaced and the publication tried again.
        2. If Kafka does not answer, or the transaction, the membership or an input topic is lost, the producer is given
           up unaborted: the next session's producer aborts what is still open before it does anything else. That our
           instance id has another member now says nothing of who that is: after a silence our own consumer joins anew,
           and replaces itself. So the session ends, and the consumer is asked (`Member.ask_whether_fenced`).
        3. Otherwise the transaction is aborted. Refused records are named to the sink, which publishes something else
           instead; anything else is tried again. Where partitions were added to a topic, the producer is told first: by
           itself it would ask for them only every few minutes.
        """
        doing = "publishing a transaction"
        explained = client.explain(error, self._settings, doing=doing)
        if isinstance(explained, (KafkaUnavailable, TopicMissing)):
            explained = self._missing.gone({it.topic for it in publication.offsets}) or explained
        unanswered = isinstance(explained, (KafkaUnavailable, TopicMissing)) and self._producer is producer
        more = [("lines", self._settings.lines_topic)] if publication.beside and self._settings.topics_of_sites else []
        if unanswered and (missing := self._missing.error(*more)):
            producer.purge()
            self._renew(producer)  # the old client would not look for the topic again for minutes
            raise Aborted(missing)
        if isinstance(explained, InstanceFenced):
            explained = SessionLost("The group gave our instance id to another member.")
        stale = error.code() in client.STALE
        # A client that gets no answer may never get one again (see `client.common`).
        silent = isinstance(explained, KafkaUnavailable) and not error.txn_requires_abort()
        if silent or error.fatal() or (isinstance(explained, SessionLost) and not stale):
            self._forget(producer)
            raise explained
        try:
            self._retrying(producer, lambda: producer.abort_transaction(CALL_TIMEOUT_S))
        except KafkaException as raised:
            self._forget(producer)  # the transaction may still be open: the next session fences it
            msg = f"The transaction could not be aborted: {client.error_of(raised).str()}."
            raise SessionLost(msg) from None
        if refused := Refused.from_error(error):
            if refused.reason == "too_large" and len(publication.outcomes) > 1:
                self._compression_ratio = 1.0  # perhaps only the batch was too large, and no record in it
            self._renew(producer)
            raise refused
        if error.code() == KafkaError._UNKNOWN_PARTITION and _finds_partitions(producer, publication.beside):  # noqa: SLF001
            msg = "Kafka's client did not know yet that partitions were added to a topic."
            raise Aborted(KafkaUnavailable(msg))
        raise Aborted(explained)

    def _renew(self, producer: Producer) -> None:
        """Replaces the producer by a new one with the same id, which aborts what the old one left open.

        After a refusal the old one cannot go on: it has counted the refused records in its sequence numbers and the
        broker has not, so the next transaction would fail too, and only after half a second to three seconds.
        """
        self._check_in_use(producer)  # if it is not, the id may belong to the next session already
        try:
            fresh = self._initialised(self._id, RENEW_TIMEOUT_S)
        except StreamError:
            self._forget(producer)
            raise
        self._check_in_use(producer)
        self._producer = fresh

    def _forget(self, producer: Producer) -> None:
        """Gives up a producer and what it has queued. The producer of a later session is left alone."""
        producer.purge()
        if self._producer is producer:
            self._producer, self._id = None, ""

    def silent_s(self) -> float:
        """See `Committer`. May be called by any thread."""
        producer, called_s = self._call_in_progress
        silent = time.monotonic() - called_s if producer is not None else 0.0
        return silent if silent > 2 * CALL_TIMEOUT_S else 0.0

    def settle(self, consumer: Consumer, *, wait: bool) -> None:
        """See `Committer`. Does nothing, because the offsets are committed with the transaction."""

    def close(self) -> None:
        """See `Committer`. Called when no transaction is open, or when the open one may be aborted."""
        self._call_in_progress = None, 0.0
        if self._producer is not None:
            self._forget(self._producer)


def _acknowledged(producer: Producer) -> None:
    """Waits until every record is acknowledged, or has failed: then the commit says so."""
    left, errors = flush(producer, CALL_TIMEOUT_S)
    if errors:
        raise KafkaException(errors[0])
    if left:
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, retriable=True))  # noqa: SLF001


def _finds_partitions(producer: Producer, beside: Sequence[Beside]) -> bool:
    """Lets a producer ask for the topics of records that name their partition; whether all of these exist."""
    try:
        return all(
            partition in producer.list_topics(topic, CALL_TIMEOUT_S).topics[topic].partitions
            for topic, partition in {(it.topic, it.partition) for it in beside}
        )
    except KafkaException:
        return False
