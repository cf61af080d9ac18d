"""Sending dead letters back to the input topic, each once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from stream.config.settings import Settings
from stream.errors import StreamError
from stream.kafka import client
from stream.kafka.checks import Cluster
from stream.kafka.refused import Refused
from stream.kafka.topics import read_one
from stream.kafka.transaction import cause_of
from stream.records.dead_letters import Letter, read_letter
from stream.records.demotion import is_pointer, original_ms
from stream.records.headers import readable
from stream.records.process import Processor
from stream.records.redrive import Redriven, Selection, back, times_redriven

ANSWER_S = 30.0
BATCH_RECORDS = 500
STAYS = ("refused", "stays")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A dead letter that was asked for, and what would become of it."""

    partition: int
    offset: int
    letter: Letter
    record: Any
    headers: list[tuple[str, bytes | None]]
    verdict: str  # "succeeds", "may succeed: …", "fails again: …"; "stays, …" and "refused: …" do not go
    is_letter: bool  # else it is the record that a pointer names

    @property
    def goes(self) -> bool:
        """Whether it goes back."""
        return not self.verdict.startswith(STAYS)


@dataclass(slots=True)
class Tally:
    """What happened, by verdict and reason."""

    verdicts: Counter[str] = field(default_factory=Counter)
    sent: int = 0


class Redrive:
    """One run over the dead letter topic, up to where it ended when the run began.

    The offsets that a run commits belong to the group `{group_id}.replay`; its transactional id is the same
    name, so that of two runs at once the older is refused.
    """

    def __init__(
        self, settings: Settings, processor: Processor, selection: Selection, *, most_rounds: int, failing: bool
    ) -> None:
        self._settings = settings
        self._processor = processor
        self._selection = selection
        self._most_rounds = most_rounds
        self._failing = failing
        self._group = f"{settings.group_id}.replay"
        cluster = Cluster(settings)
        cluster.connect()
        self._numbers = sorted(cluster.topic(settings.dead_letter_topic).partitions)
        self._input_partitions = len(cluster.topic(settings.input_topic).partitions)
        self._consumer = Consumer(
            client.consumer(settings.model_copy(update={"instance_id": None}), **{"group.id": self._group})
            | {"auto.offset.reset": "earliest"}
        )
        self.tally = Tally()
        self._redriven = self._committed()
        self.some_before = any(it.begun for it in self._redriven.values())

    def _committed(self) -> dict[int, Redriven]:
        topic = self._settings.dead_letter_topic
        asked = [TopicPartition(topic, number) for number in self._numbers]
        try:
            found = self._consumer.committed(asked, timeout=ANSWER_S)
        except KafkaException as raised:
            doing = f"reading the offsets of the group {self._group}"
            raise client.explain(client.error_of(raised), self._settings, doing=doing) from None
        return {it.partition: Redriven(it.offset, it.metadata or "") for it in found}

    def candidates(self) -> Iterator[Candidate]:
        """Every letter that was asked for and has not gone back yet, with what would become of it."""
        topic = self._settings.dead_letter_topic
        places = [TopicPartition(topic, number, self._redriven[number].position) for number in self._numbers]
        self._consumer.assign(places)
        left = set(self._numbers)
        while left:
            for message in self._consumer.consume(BATCH_RECORDS, 1.0):
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
            headers, verdict = [], "refused: its headers can not be read, the name of one is not UTF-8"
        rounds = times_redriven(headers)
        if rounds >= self._most_rounds:
            verdict = f"refused: it has gone back {rounds} times already"
        verdict = verdict or self._would(record, letter)
        self.tally.verdicts[verdict] += 1
        return Candidate(partition, offset, letter, record, headers, verdict, is_letter)

    def _would(self, record: Any, letter: Letter) -> str:
        outcome = self._processor.process(record)
        if outcome.name == "dead":
            return f"fails again: {outcome.reason}" if self._failing else f"stays, would fail again: {outcome.reason}"
        return "may succeed: the topic decides" if letter.reason in ("too_large", "rejected") else "succeeds"

    def run(self) -> None:
        """Sends back what goes, in transactions that hold the records and the offsets of their letters.

        A letter that the input topic refuses stays where it is, and the others go.
        """
        try:
            self._begin()
            batch: list[Candidate] = []
            for candidate in self.candidates():
                if candidate.goes:
                    batch.append(candidate)
                if len(batch) >= BATCH_RECORDS:
                    self._send(batch)
                    batch = []
            if batch:
                self._send(batch)
        except KafkaException as raised:
            doing = "sending dead letters back"
            raise client.explain(client.error_of(raised), self._settings, doing=doing) from None

    def _begin(self) -> None:
        """Takes a producer whose first act is to abort what the last one of this name left open."""
        self._producer = Producer(client.transactional(self._settings, self._group))
        self._producer.init_transactions(ANSWER_S)

    def _send(self, batch: list[Candidate]) -> None:
        """Commits a batch; where the topic refuses a record of it, by halves, until that one is found."""
        numbers = {it.partition for it in batch}
        before = {number: copy(self._redriven[number]) for number in numbers}
        try:
            self._commit(batch)
        except KafkaException as raised:
            refused = Refused.by(cause_of(self._producer, client.error_of(raised)))
            if refused is None:
                raise
            self._redriven |= before
            self._producer.purge()
            self._begin()
            if len(batch) == 1:
                self._stays(batch[0], refused.message)
                return
            middle = len(batch) // 2
            self._send(batch[:middle])
            self._send(batch[middle:])

    def _stays(self, candidate: Candidate, why: str) -> None:
        verdicts = self.tally.verdicts
        verdicts[candidate.verdict] -= 1
        verdicts += Counter()  # without those that there are none of
        topic = self._settings.input_topic
        verdicts[f"refused: {topic} does not take {candidate.partition}:{candidate.offset} ({why})"] += 1

    def _commit(self, batch: list[Candidate]) -> None:
        """Sends one batch back, in this order:

        1. The transaction is begun and the records are produced to the input topic.
        2. Which letters they came from is committed in the same transaction.
        3. The transaction is committed; if anything fails it is aborted by the next producer of this name.
        """
        producer = self._producer
        producer.begin_transaction()
        for it in batch:
            again = back(it.record, it.headers, is_letter=it.is_letter)
            more: Any = {"partition": it.letter.partition} if 0 <= it.letter.partition < self._input_partitions else {}
            producer.produce(
                self._settings.input_topic,
                it.record.value(),
                again.key,
                headers=again.headers,  # type: ignore[arg-type]  # the stubs take lists for invariant
                timestamp=again.timestamp_ms,
                **more,
            )
            self._redriven[it.partition].add([it.offset])
        changed = {it.partition for it in batch}
        if not all(self._redriven[number].fits for number in changed):
            msg = "What has gone back is too scattered to be remembered."
            raise StreamError(msg, fix="Replay a wider choice (fewer options), or one partition at a time.")
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
