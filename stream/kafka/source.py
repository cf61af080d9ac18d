"""The source: a consumer of raw articles in a thread of its own, and what happens at a rebalance.

The consumer is touched by that thread alone: in some versions of confluent-kafka (2.16) whoever waits in
`consume` keeps every other thread's call waiting, for as long as nothing comes.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from confluent_kafka import Consumer, KafkaError, TopicPartition

from stream.config.settings import Settings
from stream.errors import SessionLost
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

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.05
FEW = 25  # records that are cleaned within a small part of a commit
COLLECT_S = 0.02  # longer than a commit takes, unless Kafka stands still
FETCH_RECORDS = 500  # most records handed on at once: so many are cleaned while the last ones commit


class Source:
    """Fetches batches. All methods are called by one thread.

    `on_event(name, count)` is told of `assigned`, `revoked`, `lost` (partitions) and `skipped` (records).
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
        self._taken_away: set[int] = set()
        self._topic = SameTopic(settings, flow, partitions, on_event)
        self._beginnings = Beginnings(settings, committer, self._topic.id, partitions)
        self.progress = Progress(settings, flow, partitions)
        self.member = Member(settings)
        self._mean_bytes = 0.0
        self._gone = False  # the group has thrown us out
        self._looked_s = 0.0

    def open(self) -> None:
        """Joins the group. Partitions come with the first fetches."""
        self._gone = False
        self._topic.id.begin()
        self._beginnings.waiting.clear()
        self.progress.opened()
        self.member.join(on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost)

    def close(self) -> None:
        """Leaves the group; see `Member.close`."""
        self.member.close()
        self._partitions.clear()

    def fetch(self) -> list[Any]:
        """What has arrived: waits a moment for the first record, never for more. Serves rebalances."""
        self._taken_away.clear()
        consumer = self.member.open_consumer
        self._committer.settle(consumer, wait=False)
        if time.monotonic() - self._looked_s > LOOK_EVERY_S:
            self._refresh_member()
        if self._beginnings.waiting and self._beginnings.due():
            self._ask_again(consumer)
        messages = self.member.consume(1, IDLE_WAIT_S)
        if messages:
            most = self._next_records()
            messages += self.member.consume(most - 1, 0)
            if len(messages) < min(FEW, most) and self._flow.records:
                # They could not be published before the last ones are: with them goes what comes until then.
                self._flow.drained(COLLECT_S)
                messages += self.member.consume(most - len(messages), 0)
        self._topic.check_now_and_then(reading=bool(messages))
        records = self._of_ours(messages)
        if records:
            self._mean_bytes = sum(map(len, records)) / len(records)
            self.progress.goes_on()
        else:
            self.progress.check()
        return records

    def _of_ours(self, messages: list[Any]) -> list[Any]:
        """The records among the messages; events are served, and what was given up meanwhile is left out.

        The next owner of a partition reads it from where it was committed. Where that is this worker again, the
        records from before and from after look the same, so the session begins anew rather than lose some.
        """
        if self._taken_away:
            if again := self._taken_away & set(self._partitions.numbers) & {it.partition() for it in messages}:
                msg = f"Partitions {_list(again)} were taken away and given back while records were fetched."
                raise SessionLost(msg)
            messages = [message for message in messages if message.partition() not in self._taken_away]
        records = [message for message in messages if message.error() is None]
        for number, last in {message.partition(): message for message in records}.items():
            self._partitions.fetched(number, last.offset() + 1)
        if len(records) < len(messages):
            for message in messages:
                if error := message.error():
                    self._told(message, error)
        return records

    def _refresh_member(self) -> None:
        self._looked_s = time.monotonic()
        self.member.refresh()

    def ask_whether_fenced(self) -> None:
        """Raises `InstanceFenced` if a younger worker of the same instance id has joined.

        It fences our producer before the group's next answer to a heartbeat tells us who we are to it. Joining
        again without waiting for that answer would fence the younger one, which would fence us, and so on.
        """
        if self.member.consumer is None or not self._settings.instance_id:
            return
        deadline = time.monotonic() + self._settings.session_timeout_ms / 1000 / 2
        while time.monotonic() < deadline and not self._gone:
            for message in self.member.consume(1, IDLE_WAIT_S):
                error = message.error()
                if error is not None and error.code() in ENDS_THE_SESSION:
                    raise client.explain(error, self._settings, doing="reading")

    def _next_records(self) -> int:
        """How many records to take at once, by the size of the last ones: so memory stays bounded."""
        return max(2, min(FETCH_RECORDS, int(self._settings.batch_max_bytes / (self._mean_bytes + 1))))

    def _assigned(self, consumer: Consumer, gained: list[TopicPartition]) -> None:
        """Partitions were gained:

        1. What is under way of the others is committed.
        2. What their last owner left open is aborted.
        3. Where reading begins is looked up, and committed where it was not: what was committed is stable now.
        """
        numbers = [partition.partition for partition in gained]
        self._refresh_member()  # what is under way is refused with the generation of before
        if not self._flow.drained(self._settings.transaction_timeout_ms / 1000):
            # The transactional id may change now, which a transaction in the middle of its commit would not survive.
            msg = f"Partitions {_list(numbers)} were gained, but what is under way could not be committed in time."
            raise SessionLost(msg)
        self._committer.own(sorted({*self._partitions.numbers, *numbers}), numbers)
        self._topic.check()
        consumer.incremental_assign(self._beginnings.find(consumer, numbers, self.member.metadata))
        self._refresh_member()
        self.progress.assigned()
        self._on_event("assigned", len(gained))
        log.info("Partitions assigned: %s (now: %s).", _list(numbers), _list(self._partitions.numbers))

    def _revoked(self, consumer: Consumer, leaving: list[TopicPartition]) -> None:
        """Partitions are asked back:

        1. What is under way is committed; if that fails or takes too long, the session ends, which aborts it.
        2. The transactional id is given up if it belongs to one of them.
        3. The group is told that they are free.
        """
        numbers = [partition.partition for partition in leaving]
        self._refresh_member()
        if self._flow.drained(self._settings.transaction_timeout_ms / 1000):
            self._committer.settle(consumer, wait=True)
        else:
            msg = f"Partitions {_list(numbers)} were asked back, but what is under way could not be committed in time."
            self._flow.fail(SessionLost(msg))
        reading = self._give_up(leaving)
        if self._flow.error is None:
            self._committer.own(self._partitions.numbers, [])
        consumer.incremental_unassign(reading)
        self._on_event("revoked", len(leaving))
        log.info("Partitions given up: %s (now: %s).", _list(numbers), _list(self._partitions.numbers))

    def _lost(self, consumer: Consumer, lost: list[TopicPartition]) -> None:
        """Partitions may be another worker's already: nothing of what is under way may be published."""
        numbers = [partition.partition for partition in lost]
        self._gone = True
        self._flow.fail(SessionLost(f"The group took partitions {_list(numbers)} away."))
        consumer.incremental_unassign(self._give_up(lost))
        self._on_event("lost", len(lost))

    def _give_up(self, leaving: list[TopicPartition]) -> list[TopicPartition]:
        """Forgets partitions; gives those that the consumer has got."""
        reading = self._beginnings.give_up(leaving)
        for partition in leaving:
            self._taken_away.add(partition.partition)
            self._partitions.lose(partition.partition)
        return reading

    def _ask_again(self, consumer: Consumer) -> None:
        """Where the partitions begin that wait for it, once nothing is under way."""
        if self._flow.drained(COLLECT_S):
            self._refresh_member()
            consumer.incremental_assign(self._beginnings.find(consumer, [], self.member.metadata))
            if trouble := self._beginnings.trouble:
                self.progress.fails(trouble)
            elif not self._beginnings.waiting:
                self.progress.goes_on()

    def _told(self, message: Any, error: KafkaError) -> None:
        """An event of the consumer that is no record."""
        code, number = error.code(), message.partition()
        if code == KafkaError._PARTITION_EOF:  # noqa: SLF001
            self._partitions.reached_end(number, message.offset())
            self.progress.goes_on()
        elif code in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE, KafkaError._LOG_TRUNCATION):  # noqa: SLF001
            self._reset(number, error)
        elif error.fatal() or code in ENDS_THE_SESSION:
            raise client.explain(error, self._settings, doing="reading")
        else:
            self.progress.fails(str(client.explain(error, self._settings, doing="reading")))

    def _reset(self, number: int, error: KafkaError) -> None:
        """The committed offset is not in the log any more: said loudly and counted, then read from what is left."""
        self._topic.check()
        consumer, topic = self.member.open_consumer, self._settings.input_topic
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=30.0)
        found = dict(self._partitions.items()).get(number)
        if found is None:
            return  # given up meanwhile
        truncated = error.code() == KafkaError._LOG_TRUNCATION  # noqa: SLF001
        same = bool(self._topic.id.known)
        target, skipped, says = gap(f"{topic} [{number}]", found.fetched, low, high, truncated=truncated, same=same)
        log.error("%s", says)
        if target != found.fetched:
            self._flow.drained(self._settings.transaction_timeout_ms / 1000)
            self._committer.settle(consumer, wait=True)
            self._beginnings.move(consumer, number, target, self.member.metadata)
        # After this error the client has stopped the partition, and seeking in it is an error: it begins anew.
        consumer.incremental_unassign([TopicPartition(topic, number)])
        consumer.incremental_assign([TopicPartition(topic, number, target)])
        self._on_event("skipped", skipped)


def _list(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(numbers))) or "none"
