"""The source: a consumer that reads raw articles in a thread of its own, and what it does at a rebalance.

Only that thread may call the consumer. In some versions of confluent-kafka (2.16) a thread that waits in `consume`
blocks every other thread's call on the same consumer until a record arrives (docs/decisions/0004).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, KafkaError, TopicPartition

from stream.config.settings import Settings
from stream.errors import SessionLost, SettingsError
from stream.kafka import client
from stream.kafka.beginnings import Beginnings
from stream.kafka.committer import Committer
from stream.kafka.flow import Flow
from stream.kafka.gaps import gap
from stream.kafka.member import IDLE_WAIT_S, Member
from stream.kafka.partitions import Partitions
from stream.kafka.progress import Progress
from stream.kafka.refusals import ENDS_THE_SESSION
from stream.kafka.same_topic import SameTopic
from stream.records.input_partition import InputPartition, listed, partition_of
from stream.records.record import NO_TIMESTAMP, timestamp_ms

log = logging.getLogger(__name__)

REFRESH_EVERY_S = 0.05
"""How often, in seconds, the consumer is asked for the group's generation (`Member.refresh`).

Failure: the generation may change without a change to our partitions, for example when another member joins. A
transaction that still names the old generation is refused, aborted and tried again.

Trade: the sink's thread, which commits, must not call the consumer (see the module), so the source's thread asks on its
behalf. Asking at a fixed pace costs nothing that can be measured, and needs no question from one thread to the other.

Worst case: `fetch` waits up to `IDLE_WAIT_S` for a record, so a generation may be 0.15 s old. The sink tries for 3 s.
"""

FEW_RECORDS = 25
"""A fetch of fewer records than this waits for the records in flight to be committed (docs/decisions/0006).

Failure: handed on one at a time, each record would pass alone through the channel, the event loop and the agent, only
to wait at the sink for the transaction before it.

Trade: while a batch waits here it is not being cleaned. 25 records are cleaned within a small part of the time that a
commit takes, so the wait costs nothing; a larger batch is handed on at once and cleaned while the others commit.
"""

COLLECT_S = 0.02
"""The longest, in seconds, that such a small fetch waits for the records in flight.

It is longer than a commit takes, so the wait ordinarily ends with the commit and not with the time.

Worst case: the broker does not answer, and a record is handed on 20 ms later than it could have been. It could not have
been published earlier anyway, for the transaction before it is still open.
"""

FETCH_RECORDS = 500
"""The most records handed on in one batch: about as many as are cleaned while one transaction commits."""

RESETS = (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE, KafkaError._LOG_TRUNCATION)  # noqa: SLF001
"""What Kafka's client reports if the next offset of a partition is not in the log."""

WATERMARKS_TIMEOUT_S = 30.0
"""How long, in seconds, a broker may take to say where the log begins and ends after a gap was found in it.

Generous, because a log is often cut just when brokers have trouble, and a wrong guess would skip records.
"""


class Source:
    """Fetches batches of records. All methods are called by one thread.

    `most_records`: the most in one batch; `linger_s`: for how many seconds after the first more are waited for.
    `on_gain(partitions)` is called before these are read, and once nothing that their previous owners have left open
    can change anything; `on_lose(partition)` when one is given up. They may raise one of our errors.

    `on_event(name, count)` is called with `assigned`, `revoked` or `lost` and a number of partitions, and with
    `skipped` and a number of records.
    """

    def __init__(
        self,
        settings: Settings,
        flow: Flow,
        partitions: Partitions,
        committer: Committer,
        on_event: Callable[[str, int], None],
    ) -> None:
        self._settings = settings
        self._flow = flow
        self._partitions = partitions
        self._committer = committer
        self._on_event = on_event
        self._taken_away: set[InputPartition] = set()
        self._topic = SameTopic(settings, flow, partitions, on_event, self._waits)
        self._beginnings = Beginnings(settings, committer, self._topic.ids, partitions)
        self.progress = Progress(settings, flow, partitions)
        self.member = Member(settings)
        self.most_records = FETCH_RECORDS
        self.linger_s = 0.0
        self.on_gain: Callable[[list[InputPartition]], None] = _nothing
        self.on_lose: Callable[[InputPartition], None] = _nothing
        self._resets: list[Any] = []  # messages of that kind that came behind records which were not handed on yet
        self._mean_bytes = 0.0
        self._removed_from_group = False
        self._refreshed_s = 0.0

    def open(self) -> None:
        """Joins the group. The group assigns partitions during the first calls of `fetch`."""
        self._removed_from_group = False
        self._topic.ids.begin()
        self._beginnings.waiting.clear()
        self._resets.clear()
        self.progress.opened()
        self.member.join(
            on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost, on_error=self._flow.fail
        )

    def close(self) -> None:
        """Leaves the group and forgets the partitions; see `Member.close`."""
        self.member.close()
        self._partitions.clear()

    def fetch(self) -> list[Any]:
        """The records that have arrived, possibly none. Callbacks of a rebalance run within this call.

        Waits up to `IDLE_WAIT_S` for the first record. Raises `SessionLost` or another error that ends the session.
        """
        self._taken_away.clear()
        consumer = self.member.open_consumer
        self._committer.settle(consumer, wait=False)
        self.stay_current()
        while self._resets:
            message = self._resets.pop(0)
            self._handle_event(message, message.error())
        if self._beginnings.waiting and self._beginnings.due(consumer):
            self._find_waiting_beginnings(consumer)
        messages = self.member.consume(1, IDLE_WAIT_S)
        if messages:
            most = self._max_records()
            messages += self.member.consume(most - 1, self.linger_s)
            if len(messages) < min(FEW_RECORDS, most) and self._flow.in_flight:
                # These few cannot be published before the records in flight are committed, so nothing is lost by
                # waiting for that, and whatever arrives meanwhile joins the same batch.
                self._flow.wait_drained(COLLECT_S)
                messages += self.member.consume(most - len(messages), 0)
        # Events that are no records do not wait: they may say why there is no answer.
        if not self._topic.check_now_and_then(reading=any(message.error() is None for message in messages)):
            return []  # the worker is to stop; whoever reads next fetches them again
        records = self._records_among(messages)
        if records:
            self._mean_bytes = sum(map(len, records)) / len(records)
            self.progress.recovered()
        else:
            self.progress.check()
        return records

    def _records_among(self, messages: list[Any]) -> list[Any]:
        """The records among the messages, without those of partitions that were given up during this fetch.

        Messages that are no records are handled as events. Records of a partition that was given up are dropped,
        because its next owner reads them again. If that owner is this worker, they cannot be told from records fetched
        after the rebalance, so `SessionLost` is raised rather than drop one by mistake.
        """
        if self._taken_away:
            came = {partition_of(message) for message in messages}
            again = self._taken_away & set(self._partitions.places) & came
            if again:
                msg = f"Partitions {listed(again)} were taken away and given back during one fetch."
                raise SessionLost(msg)
            messages = [message for message in messages if partition_of(message) not in self._taken_away]
        records = [message for message in messages if message.error() is None]
        # Pairs of topic and number, because making an `InputPartition` of each record would take twice as long.
        # For the same reason only a few are searched for the first of each partition.
        first = {(message.topic(), message.partition()): message for message in reversed(records[:FEW_RECORDS])}
        for place, last in {(message.topic(), message.partition()): message for message in records}.items():
            first_ms = timestamp_ms(first[place]) if place in first else NO_TIMESTAMP
            self._partitions.fetched(InputPartition._make(place), last.offset() + 1, first_ms, timestamp_ms(last))
        if len(records) < len(messages):
            for message in messages:
                error = message.error()
                if error and records and error.code() in RESETS:
                    self._resets.append(message)  # the records that came with it are published first
                elif error:
                    self._handle_event(message, error)
        return records

    def stay_current(self) -> None:
        """Looks the group's generation up if that was not done lately. To be called by a source that cannot fetch now.

        The pipeline may be full because the group refuses the sink's generation: then only this makes room again.
        """
        if time.monotonic() - self._refreshed_s > REFRESH_EVERY_S:
            self._refresh_member()

    def _waits(self, trouble: str) -> None:
        """Called while Kafka is waited for; `trouble`: why, a sentence, once that lasts."""
        if trouble:
            self.progress.failing(trouble)
        self._committer.settle(self.member.open_consumer, wait=False)  # what a new session would publish again
        self.stay_current()

    def _drained(self, timeout_s: float) -> bool:
        """Waits until no record is in flight, and meanwhile stays current; False as `Flow.wait_drained`."""
        deadline = time.monotonic() + timeout_s
        while not self._flow.wait_drained(REFRESH_EVERY_S):
            if self._flow.error is not None or time.monotonic() > deadline:
                return False
            self.stay_current()
        return True

    def _refresh_member(self) -> None:
        self._refreshed_s = time.monotonic()
        self.member.refresh()

    def ask_whether_fenced(self) -> None:
        """See `Member`."""
        self.member.ask_whether_fenced(lambda: self._removed_from_group)

    def _max_records(self) -> int:
        """How many records to fetch at most, judged by the mean size of the last ones, so that memory stays bounded."""
        return max(2, min(self.most_records, int(self._settings.batch_max_bytes / (self._mean_bytes + 1))))

    def _assigned(self, consumer: Consumer, gained: list[TopicPartition]) -> None:
        """Called when the group assigns partitions. In this order:

        1. The records in flight, which are of the partitions that we already had, are committed.
        2. Transactions that the previous owners left open are aborted. After that the committed offsets are final.
        3. The offset at which each partition begins is looked up, and committed if it was not committed yet.
        """
        places = _places(gained)
        self._require_other_outputs(places)
        self._refresh_member()  # the group would refuse the records in flight with the previous generation
        if not self._drained(self._settings.transaction_timeout_ms / 1000):
            self._flow.check()
            # The transactional id may change below, which would break a transaction in the middle of its commit.
            msg = f"Partitions {listed(places)} were gained, but the records in flight were not committed in time."
            raise SessionLost(msg)
        self._committer.own(sorted({*self._partitions.places, *places}), places)
        self._beginnings.take(places)  # now, so that who watches the group does not miss them while an id is waited for
        if not self._topic.check():
            consumer.incremental_assign([])  # the worker is to stop: nothing is read or committed any more
            return
        found = self._beginnings.find(consumer, self.member.metadata)
        self.on_gain(places)
        consumer.incremental_assign(found)
        self._refresh_member()
        self.progress.assigned(reads=not self._beginnings.waiting.issuperset(self._partitions.places))
        self._on_event("assigned", len(gained))
        log.info("Partitions assigned: %s (now: %s).", listed(places), listed(self._partitions.places))

    def _require_other_outputs(self, gained: list[InputPartition]) -> None:
        """Raises `SettingsError` if a topic that has come later would feed itself; those at the start are checked."""
        for topic in {place.topic for place in gained}:
            if why := self._settings.why_not_read(topic):
                msg = f"The input topic {topic} cannot be read: {why}."
                raise SettingsError(msg, fix="Change STREAM_INPUT_TOPIC or STREAM_OUTPUT_TOPIC.")

    def _revoked(self, consumer: Consumer, leaving: list[TopicPartition]) -> None:
        """Called when the group asks for partitions back. In this order:

        1. The records in flight are committed. If that fails or takes too long, the session ends and they are aborted.
        2. The transactional id is given up if it is made from one of these partitions.
        3. The group is told that they are free.
        """
        places = _places(leaving)
        self._refresh_member()
        if self._drained(self._settings.transaction_timeout_ms / 1000):
            self._committer.settle(consumer, wait=True)
        else:
            why = "but the records in flight were not committed in time"
            self._flow.fail(SessionLost(f"The group asked for partitions {listed(places)} back, {why}."))
        reading = self._give_up(leaving)
        if self._flow.error is None:
            self._committer.own(self._partitions.places, [])
        consumer.incremental_unassign(reading)
        self._on_event("revoked", len(leaving))
        log.info("Partitions given up: %s (now: %s).", listed(places), listed(self._partitions.places))

    def _lost(self, consumer: Consumer, lost: list[TopicPartition]) -> None:
        """Called when the group has taken partitions away without asking.

        Another worker may own them already, so none of the records in flight may be published.
        """
        self._removed_from_group = True
        self._flow.fail(SessionLost(f"The group took partitions {listed(_places(lost))} away."))
        consumer.incremental_unassign(self._give_up(lost))
        self._on_event("lost", len(lost))

    def _give_up(self, leaving: list[TopicPartition]) -> list[TopicPartition]:
        """Forgets these partitions. Returns those that had been assigned to the consumer."""
        reading = self._beginnings.give_up(leaving)
        for place in _places(leaving):
            self._taken_away.add(place)
            self.on_lose(place)
            self._partitions.lose(place)
        return reading

    def _find_waiting_beginnings(self, consumer: Consumer) -> None:
        """Asks again where the partitions begin whose beginning is not known yet, once no record is in flight."""
        if self._flow.wait_drained(COLLECT_S):
            self._refresh_member()
            consumer.incremental_assign(self._beginnings.find(consumer, self.member.metadata))
            if trouble := self._beginnings.trouble:
                self.progress.failing(trouble)
            elif not self._beginnings.waiting:
                self.progress.recovered()

    def _handle_event(self, message: Any, error: KafkaError) -> None:
        """Handles a message that is not a record: the end of a partition, a gap, or an error."""
        code = error.code()
        if code == KafkaError._PARTITION_EOF:  # noqa: SLF001
            self._partitions.reached_end(partition_of(message), message.offset())
            self.progress.recovered()
        elif code in RESETS:
            self._reset(partition_of(message), error)
        elif error.fatal() or code in ENDS_THE_SESSION:
            raise client.explain(error, self._settings, doing="reading")
        elif code not in client.MISSING or self._settings.inputs.one:  # of several, the monitor says that one is gone
            self.progress.failing(str(client.explain(error, self._settings, doing="reading")))

    def _reset(self, place: InputPartition, error: KafkaError) -> None:
        """Handles a committed offset that is no longer in the log.

        The gap is logged as an error and its records are counted as skipped; then reading goes on with what is left.
        """
        if not self._topic.check():
            return  # the worker is to stop
        consumer = self.member.open_consumer
        low, high = consumer.get_watermark_offsets(TopicPartition(*place), timeout=WATERMARKS_TIMEOUT_S)
        found = dict(self._partitions.items()).get(place)
        if found is None:
            return  # the partition was given up meanwhile
        truncated = error.code() == KafkaError._LOG_TRUNCATION  # noqa: SLF001
        same = place.topic in self._topic.ids.known
        target, skipped, says = gap(
            f"{place.topic} [{place.number}]", found.fetched, low, high, truncated=truncated, same=same
        )
        log.error("%s", says)
        if target != found.fetched:
            if not self._drained(self._settings.transaction_timeout_ms / 1000):
                self._flow.check()
                msg = f"Records of {listed([place])} from before a gap were not committed in time."
                raise SessionLost(msg)
            self._committer.settle(consumer, wait=True)
            self._beginnings.move(consumer, place, target, self.member.metadata)
        # After this error librdkafka has stopped the partition and refuses to seek in it, so it is assigned anew.
        consumer.incremental_unassign([TopicPartition(*place)])
        consumer.incremental_assign([TopicPartition(*place, target)])
        self._on_event("skipped", skipped)


def _places(partitions: list[TopicPartition]) -> list[InputPartition]:
    return [InputPartition(it.topic, it.partition) for it in partitions]


def _nothing(_place: object) -> None:
    pass
