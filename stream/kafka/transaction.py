"""A batch's outputs, its dead letters and its input offsets, published as one: the guarantee is made here."""

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
from stream.kafka.missing import Missing
from stream.kafka.refused import Refused
from stream.records.outcomes import Outcome

FENCE_AT_ONCE = 8
# Where the group's coordinator dies under a request, librdkafka waits for the old one to the end of the call's time.
# Calling again goes on with what is under way, or asks the new one.
ASK_AGAIN_S = 3.0
AGAIN_S = 0.02
RENEW_S = 5.0
STILL_S = 9.0  # no answer and no acknowledgement for so long: begin anew
COMPRESSES_TIMES = 1.3
"""How much smaller compression makes a batch at least, where nothing has shown otherwise: news takes 1.5 and more.

A batch's rest waits for its first part, and librdkafka's thread asks without a pause whether it may go.
"""


def produce_all(
    producer: Producer, settings: Settings, outcomes: Sequence[Outcome], on_delivery: Callable[..., None] | None = None
) -> None:
    """Hands all outcomes to the client's queue, waiting where it is full; with each what was removed from it.

    Raises `KafkaException`.
    """
    output, removed_topic = settings.output_topic, settings.removed_topic
    topics = {"cleaned": output, "unchanged": output, "tombstone": output, "dead": settings.dead_letter_topic}
    produce = client.produce
    for one in outcomes:
        produce(producer, topics[one.name], one.value, one.key, one.headers, one.timestamp_ms, on_delivery)
        if one.removed is not None and removed_topic:
            produce(producer, removed_topic, one.removed, one.key, None, one.timestamp_ms, on_delivery)


def cause_of(producer: Producer, error: KafkaError) -> KafkaError:
    """Why an open transaction takes no more records, where `error` only says that it does not.

    The broker may have refused the first ones before the last one is produced. To begin another transaction is
    then refused with the cause, and can do nothing to the one that has failed.
    """
    if error.code() == KafkaError._STATE:  # noqa: SLF001
        try:
            producer.begin_transaction()
        except KafkaException as raised:
            return client.error_of(raised)
    return error


class Transactions:
    """Exactly once: the committer that uses Kafka's transactions.

    The transactional id is made from the lowest partition that the worker owns, and on taking a partition
    over the ids of all gained ones are fenced. So whatever a killed worker left open is aborted by whoever
    takes its partitions over, at once, and not by the broker when `transaction.timeout.ms` has passed.
    """

    def __init__(
        self,
        settings: Settings,
        group_metadata: Callable[[], object],
        on_stage: Callable[[str, float], None],
        *,
        batch_bytes: int,
    ) -> None:
        self._settings = settings
        self._group_metadata = group_metadata
        self._on_stage = on_stage
        self._batch_bytes = batch_bytes
        self._missing = Missing(settings)
        self._compresses = 1.0 if settings.compression == "none" else COMPRESSES_TIMES
        self._producer: Producer | None = None
        self._id = ""
        self._called: tuple[Producer | None, float] = None, 0.0  # whose call is waited for, and since when
        self._timeout_s = settings.transaction_timeout_ms / 1000

    def transactional_id(self, partition: int) -> str:
        """The id that the owner of `partition` may use."""
        return f"{self._settings.group_id}.{self._settings.input_topic}.{partition}"

    def own(self, partitions: Sequence[int], gained: Sequence[int]) -> None:
        """See `Committer`. Raises one of our errors."""
        wanted = self.transactional_id(min(partitions)) if partitions else ""
        if self._id != wanted:
            self.close()
        others = [identity for identity in map(self.transactional_id, gained) if identity != wanted]
        if others:
            with ThreadPoolExecutor(FENCE_AT_ONCE, thread_name_prefix="fence") as pool:
                # Each takes some 60 ms, nearly all of it waiting.
                list(pool.map(self._initialised, others, repeat(self._timeout_s)))
        if wanted and self._producer is None:
            self._producer = self._initialised(wanted, self._timeout_s)
            self._id = wanted

    def _initialised(self, transactional_id: str, timeout_s: float) -> Producer:
        size = client.batch_size(self._batch_bytes, self._compresses)
        producer = Producer(client.transactional(self._settings, transactional_id, **size))
        try:
            producer.init_transactions(timeout_s)
        except KafkaException as raised:
            doing = f"opening the transactional id {transactional_id}"
            raise client.explain(client.error_of(raised), self._settings, doing=doing) from None
        return producer

    def begin(self, consumer: Consumer, offsets: list[TopicPartition], member: object) -> None:  # noqa: ARG002 - the protocol's
        """See `Committer`. In a transaction, for the broker takes a plain commit of a member that it has thrown out."""
        self._publish(Publication((), offsets), member)

    def commit(self, publication: Publication) -> None:
        """Publishes it as what we are in the group now: what joins later must not be taken for this one's."""
        self._publish(publication, self._group_metadata())

    def _publish(self, publication: Publication, member: object) -> None:
        """Publishes, in this order:

        1. The transaction is begun.
        2. The offsets after the publication's records join it, with the consumer's group metadata: a worker that lost
           its partitions is refused here (KIP-447). First, because librdkafka asks again every few milliseconds
           while the coordinator is still finishing the last transaction, and every 20 ms if an output came first
           (docs/decisions/0009).
        3. Outputs and dead letters are produced.
        4. The transaction is committed; the commit waits for every record's acknowledgement.

        If 2, 3 or 4 fails the transaction is aborted, and a read_committed reader never sees any of it.
        """
        producer = self._producer
        if producer is None:
            msg = "There are records but no partitions."
            raise SessionLost(msg)
        clock = time.perf_counter
        try:
            began = clock()
            producer.begin_transaction()
            self._again(
                producer, lambda: producer.send_offsets_to_transaction(publication.offsets, member, ASK_AGAIN_S)
            )
            sent = clock()
            self._check_is_ours(producer)
            try:
                produce_all(producer, self._settings, publication.outcomes)
            except KafkaException as raised:
                raise KafkaException(cause_of(producer, client.error_of(raised))) from None
            produced = clock()
            self._check_is_ours(producer)
            self._again(producer, lambda: producer.commit_transaction(ASK_AGAIN_S))
            self._on_stage("offsets", sent - began)
            self._on_stage("produce", produced - sent)
            self._on_stage("commit", clock() - produced)
        except KafkaException as raised:
            self._abort(producer, client.error_of(raised), publication)

    def _check_is_ours(self, producer: Producer) -> None:
        """Raises `SessionLost` where the producer was given up while it waited for an answer."""
        if self._producer is not producer:
            msg = "The session ended before its transaction was committed."
            raise SessionLost(msg)

    def _again(self, producer: Producer, call: Callable[[], None]) -> None:
        """Calls again what librdkafka says may be called again, until the broker would have aborted anyway.

        Not once the producer was given up: its session is over, and the next one waits for us.
        """
        began = moved = time.monotonic()
        left = len(producer)
        while True:
            if self._producer is producer:  # of one that was given up nobody waits for anything
                self._called = producer, time.monotonic()
            try:
                return call()
            except KafkaException as raised:
                error, now = client.error_of(raised), time.monotonic()
                if len(producer) < left:  # slow, but it moves
                    left, moved = len(producer), now
                over = now > began + self._timeout_s or now > moved + STILL_S or self._producer is not producer
                if over or not error.retriable() or error.txn_requires_abort():
                    raise
                time.sleep(AGAIN_S)
            finally:
                if self._called[0] is producer:
                    self._called = None, 0.0

    def _abort(self, producer: Producer, error: KafkaError, publication: Publication) -> NoReturn:
        doing = "publishing a transaction"
        explained = client.explain(error, self._settings, doing=doing)
        unanswered = isinstance(explained, (KafkaUnavailable, TopicMissing)) and self._producer is producer
        if unanswered and (missing := self._missing.error()):
            producer.purge()
            self._renew(producer)  # the client would not look for the topic again for minutes
            raise Aborted(missing)
        stale = error.code() in client.STALE
        # A client that gets no answer may never get one (see `client.common`): the next session has a new one,
        # whose first act is to end this transaction if it is still open.
        silent = isinstance(explained, KafkaUnavailable) and not error.txn_requires_abort()
        if silent or error.fatal() or (isinstance(explained, SessionLost) and not stale):
            self._forget(producer)
            raise explained
        try:
            self._again(producer, lambda: producer.abort_transaction(ASK_AGAIN_S))
        except KafkaException as raised:
            # Whether it is open still is not known: a new session fences it.
            self._forget(producer)
            msg = f"The transaction could not be aborted: {client.error_of(raised).str()}."
            raise SessionLost(msg) from None
        if refused := Refused.by(error):
            if refused.reason == "too_large" and len(publication.outcomes) > 1:
                self._compresses = 1.0  # it may have been a batch, and no record in it
            self._renew(producer)
            raise refused
        if isinstance(explained, InstanceFenced):
            raise explained  # no later try succeeds
        raise Aborted(explained)

    def _renew(self, producer: Producer) -> None:
        """Goes on with a new producer, which ends what the old one left open.

        The old one counts the records that were refused, and the broker does not: so it refuses the next
        transaction, too, and librdkafka takes half a second to three to see it.
        """
        self._check_is_ours(producer)  # else the id is another session's
        try:
            fresh = self._initialised(self._id, RENEW_S)
        except StreamError:
            self._forget(producer)
            raise
        self._check_is_ours(producer)
        self._producer = fresh

    def _forget(self, producer: Producer) -> None:
        producer.purge()
        if self._producer is producer:  # and not the next session's
            self._producer, self._id = None, ""

    def silent_s(self) -> float:
        """See `Committer`. May be called by any thread."""
        producer, called_s = self._called
        silent = time.monotonic() - called_s if producer is not None else 0.0
        return silent if silent > 2 * ASK_AGAIN_S else 0.0

    def settle(self, consumer: Consumer, *, wait: bool) -> None:
        """Nothing is left to do: the offsets went with the transaction."""

    def close(self) -> None:
        """Gives up the producer. Only called while no transaction is open, or when it may be lost."""
        self._called = None, 0.0
        if self._producer is not None:
            self._forget(self._producer)
