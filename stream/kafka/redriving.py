"""Sending dead letters back to their input topics, each exactly once.

`Redrive._commit` does it; its docstring is the order of a commit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from stream.config.settings import Settings
from stream.errors import StreamError
from stream.kafka import client
from stream.kafka.cluster import Cluster
from stream.kafka.newest import QUEUE_KB
from stream.kafka.producing import cause_of
from stream.kafka.refused import Refused
from stream.kafka.topics import read_one
from stream.observe.wording import noun
from stream.records.dead_letters import Letter, read_letter
from stream.records.demotion import is_pointer, original_ms
from stream.records.headers import readable
from stream.records.process import Processor
from stream.records.record import size
from stream.records.redrive import Redriven, Selection, back, times_redriven

ANSWER_S = 30.0  # long, because a command that gives up in the middle has to be started again by hand
BATCH_RECORDS = 500  # of one transaction, unless its bytes are too many before: enough that its cost does not count
READ_WAIT_S = 1.0  # how long one call waits for a letter
MOST_ROUNDS = 3  # how often one record may be sent back in all, unless the user says otherwise
STAYS = ("refused", "stays")  # how verdicts begin with which a letter does not go back


@dataclass(frozen=True, slots=True)
class Candidate:
    """A dead letter that the user has selected, and what would become of it.

    `partition`, `offset`: its place in the dead letter topic. `letter`: what its headers say. `record`, `headers`: what
    is sent back; the letter itself if `is_letter`, else the input record that a pointer names. `verdict`: "succeeds",
    "may succeed: …" or "fails again: …" if it goes back; "stays, …" or "refused: …" if it does not. `topic`: the input
    topic that it came from; that of a letter that names none is the only one.
    """

    partition: int
    offset: int
    letter: Letter
    record: Any
    headers: list[tuple[str, bytes | None]]
    verdict: str
    is_letter: bool
    topic: str

    @property
    def goes(self) -> bool:
        """Whether the letter goes back."""
        return not self.verdict.startswith(STAYS)

    @property
    def size_bytes(self) -> int:
        """An upper bound of what is sent back, in bytes on the wire."""
        return size(self.record.key(), self.record.value(), self.headers)


@dataclass(slots=True)
class Tally:
    """What a run has done. `verdicts`: how many letters had each verdict. `sent`: how many were sent back."""

    verdicts: Counter[str] = field(default_factory=Counter)
    sent: int = 0

    @property
    def goes(self) -> int:
        """How many letters had a verdict with which a letter goes back."""
        return sum(count for verdict, count in self.verdicts.items() if not verdict.startswith(STAYS))


class Redrive:
    """One run over the dead letter topic, each partition up to the first time that its end is reached.

    The offsets that a run commits belong to the group `{group_id}.replay`. That is its transactional id as well, so
    that of two runs at the same time the older one is refused. It holds no more letters at a time than a transaction
    takes, by number and by bytes, and what the client fetches ahead: it may run within a worker.

    `most_rounds`: how often a record may go back. `failing`: whether letters go back that would fail again.
    `some_before`: whether an earlier run has sent letters back. `stopping()` ends a run early, after what was found so
    far. Constructing it connects, and raises one of our errors.
    """

    def __init__(
        self, settings: Settings, processor: Processor, selection: Selection, *, most_rounds: int, failing: bool
    ) -> None:
        self.stopping: Callable[[], bool] = lambda: False
        self._settings = settings
        self._processor = processor
        self._selection = selection
        self._most_rounds = most_rounds
        self._failing = failing
        self._group = f"{settings.group_id}.replay"
        cluster = Cluster(settings)
        cluster.connect()
        self._numbers = sorted(cluster.topic(settings.dead_letter_topic).partitions)
        self._partitions = {name: len(cluster.topic(name).partitions) for name in cluster.inputs()}
        self._consumer = Consumer(
            client.consumer(settings.model_copy(update={"instance_id": None}), **{"group.id": self._group})
            | {"auto.offset.reset": "earliest", "queued.max.messages.kbytes": QUEUE_KB}
        )
        self.tally = Tally()
        self._redriven = self._committed()  # a dry run has no later look
        self.some_before = self._some_gone()

    def _some_gone(self) -> bool:
        return any(redriven.begun for redriven in self._redriven.values())

    def _committed(self) -> dict[int, Redriven]:
        """By partition, which letters have gone back so far."""
        topic = self._settings.dead_letter_topic
        asked = [TopicPartition(topic, number) for number in self._numbers]
        with client.explained(self._settings, doing=f"reading the offsets of the group {self._group}"):
            found = self._consumer.committed(asked, timeout=ANSWER_S)
        return {place.partition: Redriven(place.offset, place.metadata or "") for place in found}

    def candidates(self) -> Iterator[Candidate]:
        """Every selected letter that has not gone back yet, with what would become of it. Raises one of our errors."""
        topic = self._settings.dead_letter_topic
        places = [TopicPartition(topic, number, self._redriven[number].position) for number in self._numbers]
        self._consumer.assign(places)
        left = set(self._numbers)
        while left and not self.stopping():
            message = self._consumer.poll(READ_WAIT_S)  # one at a time, as each may be large
            if message is None:
                continue
            error = message.error()
            if error is not None:
                if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
                    left.discard(message.partition() or 0)
                    continue
                raise client.explain(error, self._settings, doing=f"reading {topic}")
            candidate = self._candidate(message)
            if candidate is not None:
                yield candidate

    def _candidate(self, message: Any) -> Candidate | None:
        headers = readable(message)
        letter = read_letter(headers)
        partition, offset = message.partition(), message.offset()
        if not self._selection.takes(letter, partition, offset, original_ms(message, headers or [])):
            return None
        if offset in self._redriven[partition]:
            return None
        record, verdict, is_letter = message, "", True
        if headers is not None and is_pointer(headers):
            is_letter = False
            record = read_one(self._settings, letter.topic, letter.partition, letter.offset)
            if record is None:
                verdict = f"refused: {letter.topic} {letter.partition}:{letter.offset} is gone from its topic"
            else:
                headers = readable(record)
        if headers is None:
            headers, verdict = [], "refused: its headers cannot be read, because the name of one is not UTF-8"
        inputs = self._settings.inputs
        topic = letter.topic or (inputs.names[0] if inputs.one else "")
        if not verdict and topic not in inputs:
            verdict = f"refused: its topic {topic or '(none)'} is not an input topic"
        elif not verdict and topic not in self._partitions:
            verdict = f"refused: its topic {topic} is gone"
        rounds = times_redriven(headers)
        if rounds >= self._most_rounds:
            verdict = f"refused: it has already gone back {rounds} {noun(rounds, 'time')}"
        verdict = verdict or self._verdict(record, letter)
        self.tally.verdicts[verdict] += 1
        return Candidate(partition, offset, letter, record, headers, verdict, is_letter, topic)

    def _verdict(self, record: Any, letter: Letter) -> str:
        """What would become of a record that is sent back; found out by processing it."""
        outcome = self._processor.process(record)
        if outcome.name == "dead":
            return f"fails again: {outcome.reason}" if self._failing else f"stays, would fail again: {outcome.reason}"
        return "may succeed: the topic decides" if letter.reason in ("too_large", "rejected") else "succeeds"

    def play(self, *, dry_run: bool) -> Tally:
        """Send back the candidates that go, or with `dry_run` only count what would become of them; then close.

        Raises one of our errors.
        """
        try:
            if dry_run:
                for _ in self.candidates():
                    pass
            else:
                self.run()
        finally:
            self.close()
        return self.tally

    def run(self) -> None:
        """Sends back the candidates that go, and counts them in `tally`.

        A transaction ends at `BATCH_RECORDS`, or once it has the bytes that the settings allow one. A record that its
        topic refuses stays a dead letter, and the others go. Raises one of our errors.
        """
        with client.explained(self._settings, doing="sending dead letters back"):
            self._begin()
            self.some_before = self._some_gone()
            batch: list[Candidate] = []
            size_bytes = 0
            for candidate in self.candidates():
                if candidate.goes:
                    batch.append(candidate)
                    size_bytes += candidate.size_bytes
                if len(batch) >= BATCH_RECORDS or size_bytes >= self._settings.batch_max_bytes:
                    self._send(batch)
                    batch, size_bytes = [], 0
            self._send(batch)

    def _begin(self) -> None:
        """Makes a producer, and reads what has gone back.

        The producer first aborts what an earlier one with this transactional id left open, and shuts that one out. Only
        from then on can no other run commit unnoticed: what was read before may be out of date.
        """
        self._producer = Producer(client.transactional(self._settings, self._group))
        self._producer.init_transactions(ANSWER_S)
        self._redriven = self._committed()

    def _send(self, batch: list[Candidate]) -> None:
        """Commits a batch. If the topic refuses a record of it, the batch is halved until that record is found.

        What another run has sent back since, before this one began anew, is left out.
        """
        waiting: list[Candidate] = []
        for candidate in batch:
            if candidate.offset in self._redriven[candidate.partition]:
                self._uncount(candidate)
                self.some_before = True
            else:
                waiting.append(candidate)
        if not waiting:
            return
        try:
            self._commit(waiting)
        except KafkaException as raised:
            refused = Refused.from_error(cause_of(self._producer, client.error_of(raised)))
            if refused is None:
                raise
            self._producer.purge()
            self._begin()
            if len(waiting) == 1:
                self._stays(waiting[0], refused.message)
                return
            middle = len(waiting) // 2
            self._send(waiting[:middle])
            self._send(waiting[middle:])

    def _stays(self, candidate: Candidate, why: str) -> None:
        """Counts a candidate as refused instead of by its verdict."""
        self._uncount(candidate)
        verdict = f"refused: {candidate.topic} does not accept {candidate.partition}:{candidate.offset} ({why})"
        self.tally.verdicts[verdict] += 1

    def _uncount(self, candidate: Candidate) -> None:
        """Takes a candidate out of the count of its verdict."""
        verdicts = self.tally.verdicts
        verdicts[candidate.verdict] -= 1
        verdicts += Counter()  # drops verdicts whose count is 0

    def _commit(self, batch: list[Candidate]) -> None:
        """Sends one batch back in one transaction, in this order:

        1. The transaction is begun, and each record is produced to the input topic that it came from.
        2. The offsets of their letters join the transaction. Their metadata tells which letters before the offset have
           gone back and which have not (`Redriven`).
        3. The transaction is committed. If anything fails it stays open, and the next producer with this transactional
           id aborts it.
        """
        producer = self._producer
        producer.begin_transaction()
        for candidate in batch:
            again = back(candidate.record, candidate.headers, is_letter=candidate.is_letter)
            number = candidate.letter.partition
            more: Any = {"partition": number} if 0 <= number < self._partitions[candidate.topic] else {}
            producer.produce(
                candidate.topic,
                candidate.record.value(),
                again.key,
                headers=again.headers,  # type: ignore[arg-type]  # the stubs take lists for invariant
                timestamp=again.timestamp_ms,
                **more,
            )
            self._redriven[candidate.partition].add([candidate.offset])
        changed = {candidate.partition for candidate in batch}
        if not all(self._redriven[number].fits for number in changed):
            msg = "The letters that have gone back are too scattered to be remembered beside one offset."
            raise StreamError(msg, fix="Select more letters (give fewer options), or replay one partition at a time.")
        topic = self._settings.dead_letter_topic
        offsets = [
            TopicPartition(topic, number, self._redriven[number].position, metadata=self._redriven[number].metadata)
            for number in changed
        ]
        producer.send_offsets_to_transaction(offsets, self._consumer.consumer_group_metadata(), ANSWER_S)
        producer.commit_transaction(ANSWER_S)
        self.tally.sent += len(batch)

    def close(self) -> None:
        """Closes the consumer."""
        self._consumer.close()
