"""Finds the offset at which each partition begins, and commits it before anything is read.

An offset that was never committed is forgotten when its worker dies. With `STREAM_START_AT=latest` the next owner would
then begin at an end that has moved on, and the records between would never be read (docs/decisions/0013).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, TopicPartition

from stream.config.settings import Settings
from stream.errors import SessionLost
from stream.kafka import offsets
from stream.kafka.committer import Aborted, Committer
from stream.kafka.found import partitions_of
from stream.kafka.outputs import Outputs
from stream.kafka.partitions import Partitions
from stream.kafka.topic_id import TopicIds, as_metadata, of_metadata
from stream.records.input_partition import InputPartition, listed

log = logging.getLogger(__name__)

ASK_EVERY_S = 0.2
"""How often the partitions that wait are looked up again, in seconds.

They wait for one commit of another worker, or for the end of a rebalance, so the answer changes soon. Worst case: they
are read 0.2 s later than they could be. Trade: five requests a second while something waits, none otherwise.
"""

REPORT_AFTER_S = 2.0  # how long partitions may wait before it is reported as trouble; a rebalance is over by then


class Beginnings:
    """Finds where our partitions begin. All methods are called by the source's thread while no record is in flight.

    `waiting`: our partitions whose beginning is not known yet, or whose topic has no output topic yet, or is unknown to
    the broker that was asked for its id; they are not assigned to the consumer. `trouble`: why the first kind waits, in
    one sentence.
    """

    def __init__(self, settings: Settings, committer: Committer, topic_ids: TopicIds, partitions: Partitions) -> None:
        self._settings = settings
        self._committer = committer
        self._topic_ids = topic_ids
        self._partitions = partitions
        self._has_begun = False  # whether a partition was found in this process, so that the group is not new
        self._why = ""
        self._asked_s = self._waiting_s = 0.0
        self._outputs = Outputs(settings)
        self.waiting: set[InputPartition] = set()

    @property
    def trouble(self) -> str:
        """See the class; empty if nothing waits, or not for longer than `REPORT_AFTER_S`."""
        lasts = self.waiting and time.monotonic() - self._waiting_s > REPORT_AFTER_S
        return self._why if lasts else ""

    def due(self, consumer: Consumer) -> bool:
        """Whether it is time to look up the waiting partitions again."""
        topics = {place.topic for place in self.waiting}
        topics -= self._topic_ids.untold(topics)
        if not topics:
            return False  # the ids are asked for in any case
        if topics <= self._outputs.missing:
            if self._outputs.due():
                self._outputs.ask(consumer, topics)
            return not topics <= self._outputs.missing
        return time.monotonic() - self._asked_s > ASK_EVERY_S

    def give_up(self, leaving: Iterable[TopicPartition]) -> list[TopicPartition]:
        """Forgets partitions. Returns those of them that are assigned to the consumer: all that did not wait."""
        leaving = list(leaving)
        reading = [it for it in leaving if (it.topic, it.partition) not in self.waiting]
        self.waiting.difference_update(InputPartition(it.topic, it.partition) for it in leaving)
        return reading

    def take(self, gained: Iterable[InputPartition]) -> None:
        """These partitions are ours, and wait: `find` asks where they begin."""
        if not self.waiting:
            self._waiting_s = time.monotonic()
        for place in gained:
            self._partitions.gain(place, -1)
            self.waiting.add(place)

    def find(self, consumer: Consumer, member: object) -> list[TopicPartition]:
        """The partitions that may be read now, of those that wait, with the offsets at which they begin.

        The other ones go on waiting. `member`: the consumer's group metadata, from before this call. Raises one of our
        errors.
        """
        wanted = sorted(self.waiting)
        topics = {place.topic for place in wanted}
        if not self._topic_ids.embedded:  # which creates a topic when it is asked for it
            self._outputs.ask(consumer, topics)
        # Without its id it is not known whether an offset is of this topic or of one before it with the same name.
        not_yet = self._outputs.missing | self._topic_ids.untold(topics)
        found = self._find(consumer, [place for place in wanted if place.topic not in not_yet], member)
        begun = {InputPartition(it.topic, it.partition): it.offset for it in found}
        for place in wanted:
            self._partitions.gain(place, begun.get(place, -1))
        self.waiting = set(wanted) - begun.keys()
        self._asked_s = time.monotonic()
        return found

    def _find(self, consumer: Consumer, places: Sequence[InputPartition], member: object) -> list[TopicPartition]:
        """Decides where each partition begins. The first of these that applies:

        1. At its committed offset, unless that was committed for a topic of the same name that was deleted since.
        2. In a new group, which has committed nothing of any input topic: where `start_at` says. With `latest` the
           owner of the first partition (of the first topic) commits the ends of all partitions at once, and the owners
           of the others wait for that. So no partition begins later than the group does, even if it gets its first
           owner only later.
        3. At its first offset: the topic or the partition was added, or the topic was deleted and created again.

        Offsets found by 2 and 3 are committed as `member`, the membership from before 1. If the group has changed since
        then, that is refused, and the partitions wait. Partitions that are missing in the result are not known yet.
        """
        self._why = ""
        known: dict[InputPartition, int] = {}
        deleted: dict[InputPartition, int] = {}
        for committed in offsets.committed(consumer, places, self._settings):
            of_deleted = self._is_deleted(committed.topic, of_metadata(committed.metadata))
            if committed.offset >= 0:
                place = InputPartition(committed.topic, committed.partition)
                (deleted if of_deleted else known)[place] = committed.offset
        self._noticed(place.topic for place in known)  # somebody has begun to read it, and has said so
        begun = self._as_partitions(known)
        if fresh := [place for place in places if place not in known]:
            begun += self._begin(consumer, fresh, deleted, member)
            self._noticed(it.topic for it in begun)
        self._has_begun = self._has_begun or bool(begun)
        return begun

    def _noticed(self, topics: Iterable[str]) -> None:
        for topic in set(topics):
            self._topic_ids.noticed(topic)

    def _is_deleted(self, topic: str, topic_id: str) -> bool:
        """Whether an offset with this topic id belongs to a deleted topic of the same name, as far as is known."""
        return topic_id != "" and self._topic_ids.known.get(topic, topic_id) != topic_id

    def _begin(
        self,
        consumer: Consumer,
        fresh: list[InputPartition],
        deleted: dict[InputPartition, int],
        member: object,
    ) -> list[TopicPartition]:
        """Steps 2 and 3 of `_find`, for the partitions `fresh`, which have no usable committed offset.

        `deleted`: by partition, the offsets that were committed for a topic that was deleted since.
        """
        group = self._settings.group_id
        wanted = fresh
        if self._settings.start_at == "latest" and self._is_new(consumer, fresh, deleted):
            if not self._topic_ids.embedded:
                wanted = sorted({*self._all_partitions(consumer), *fresh})
                if wanted[0] not in fresh:
                    self._why = (
                        f"The group {group} is new, and the owner of partition {listed(wanted[:1])} "
                        "has not yet committed where the group begins (STREAM_START_AT=latest)."
                    )
                    return []
            found = offsets.edges(consumer, wanted, OFFSET_END, self._settings)
            if not self._commit(consumer, found, member):
                return []
            log.info(
                "The group %s is new. With STREAM_START_AT=latest it begins at the end of each partition: %s.",
                group, ", ".join(f"{place} at {offset}" for place, offset in sorted(found.items())),
            )  # fmt: skip
        else:
            found = offsets.edges(consumer, wanted, OFFSET_BEGINNING, self._settings)
            if not self._commit(consumer, found, member):
                return []
            self._report(found, deleted)
        return self._as_partitions({place: found[place] for place in fresh})

    def _is_new(self, consumer: Consumer, fresh: Iterable[InputPartition], deleted: dict[InputPartition, int]) -> bool:
        """Whether the group has never read any of the topics, nor one of the same name that was deleted.

        Nor is it new if this process was a member of it, perhaps one without partitions, when the topic was another.
        The embedded broker is always asked, because it forgets what was committed in transactions.
        """
        if any(self._topic_ids.was_another(place.topic) for place in fresh):
            return False
        if deleted or (self._has_begun and not self._topic_ids.embedded):
            return False
        committed = offsets.committed(consumer, self._all_partitions(consumer), self._settings)
        return all(partition.offset < 0 for partition in committed)

    def _all_partitions(self, consumer: Consumer) -> list[InputPartition]:
        return partitions_of(consumer, self._settings.inputs, offsets.OFFSETS_S)

    def _commit(self, consumer: Consumer, found: dict[InputPartition, int], member: object) -> bool:
        """Commits these offsets; False if the group has changed, so that the partitions may be another worker's."""
        try:
            self._committer.commit_start(consumer, self._as_partitions(found), member)
        except Aborted as aborted:
            self._why = str(aborted.error)
            return False
        return True

    def move(self, consumer: Consumer, place: InputPartition, offset: int, member: object) -> None:
        """Commits that a partition is read on from another offset. Raises `SessionLost` if the group has changed."""
        if not self._commit(consumer, {place: offset}, member):
            raise SessionLost(self._why)
        self._partitions.gain(place, offset)

    def _as_partitions(self, found: dict[InputPartition, int]) -> list[TopicPartition]:
        """These offsets, by partition, as the client takes them, with the topic's id as metadata."""
        known = self._topic_ids.known
        return [
            TopicPartition(*place, offset, as_metadata(known.get(place.topic, "")))
            for place, offset in sorted(found.items())
        ]

    def _report(self, found: dict[InputPartition, int], deleted: dict[InputPartition, int]) -> None:
        for topic in sorted({place.topic for place in deleted}):
            each = (
                f"{place.number} from offset {found[place]} (old: {offset})"
                for place, offset in sorted(deleted.items()) if place.topic == topic
            )  # fmt: skip
            log.error(
                "The topic %s was deleted and created again. These partitions are read from their beginning (in "
                "brackets, how far the group had read the old partition; the rest of it is gone): %s.",
                topic, ", ".join(each),
            )  # fmt: skip
        added = found.keys() - deleted.keys()
        again = {place for place in added if self._topic_ids.was_another(place.topic)}
        for topic in sorted({place.topic for place in again}):
            log.error(
                "The topic %s was deleted and created again, and Kafka has forgotten how far the group had read the "
                "old one, the rest of which is gone. These partitions are read from their beginning: %s.",
                topic, ", ".join(str(place.number) for place in sorted(again) if place.topic == topic),
            )  # fmt: skip
        added -= again
        if added and (self._has_begun or self._settings.start_at == "latest"):
            log.info("Partitions %s are new to the group and are read from their beginning.", listed(added))
