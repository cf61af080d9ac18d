"""Where each partition begins, and the commit that says so before anything of it is read.

A position that was taken and never committed is forgotten with the worker that took it: with `latest` the next one
would begin at an end that has moved on, and what came between would never be read.
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
from stream.kafka.partitions import Partitions
from stream.kafka.topic_id import TopicId, as_metadata, of_metadata

log = logging.getLogger(__name__)

FIRST = 0  # the partition whose owner says where a new group begins
ASK_AGAIN_S = 0.2
SAY_AFTER_S = 2.0  # a rebalance is over by then


class Beginnings:
    """Finds where our partitions begin. All methods are called by the source's thread, while nothing is under way.

    `waiting`: partitions that are ours, of which that is not known yet; the consumer has not got them. `trouble`: why
    they wait, if that lasts.
    """

    def __init__(self, settings: Settings, committer: Committer, topic_id: TopicId, partitions: Partitions) -> None:
        self._settings = settings
        self._committer = committer
        self._topic_id = topic_id
        self._partitions = partitions
        self._has_begun = False  # this process has read the topic: for it the group is not new
        self._why = ""
        self._asked_s = self._waiting_s = 0.0
        self.waiting: set[int] = set()

    @property
    def trouble(self) -> str:
        """See the class; empty where nothing waits, or not for long."""
        lasts = self.waiting and time.monotonic() - self._waiting_s > SAY_AFTER_S
        return self._why if lasts else ""

    def due(self) -> bool:
        """Whether it is time to ask again for those that wait."""
        return time.monotonic() - self._asked_s > ASK_AGAIN_S

    def give_up(self, leaving: Iterable[TopicPartition]) -> list[TopicPartition]:
        """Those of the partitions that the consumer has got; the others wait no longer."""
        reading = [partition for partition in leaving if partition.partition not in self.waiting]
        self.waiting.difference_update(partition.partition for partition in leaving)
        return reading

    def find(self, consumer: Consumer, gained: Iterable[int], member: object) -> list[TopicPartition]:
        """Those of the gained partitions, and of those that wait, that may be read now, with where they begin.

        The others wait. Raises one of our errors.
        """
        if not self.waiting:
            self._waiting_s = time.monotonic()
        wanted = sorted(self.waiting.union(gained))
        found = self._find(consumer, wanted, member)
        begun = {it.partition: it.offset for it in found}
        for number in wanted:
            self._partitions.gain(number, begun.get(number, -1))
        self.waiting = set(wanted) - begun.keys()
        self._asked_s = time.monotonic()
        return found

    def _find(self, consumer: Consumer, numbers: Sequence[int], member: object) -> list[TopicPartition]:
        """A partition begins:

        1. At the committed offset, if it is of this topic and not of one that was deleted.
        2. In a new group, which has committed nothing of the topic, where `start_at` says. With `latest` the owner of
           the first partition commits the ends of all, in one commit, and the others wait for that: so no partition
           begins later than the group, whenever it gets its first owner.
        3. Any other partition at its beginning: it was added, or it was made again.
        4. What 2 and 3 have found is committed, as the `member` that we were in the group before 1.

        Those that are missing in the answer are not known yet.
        """
        self._why = ""
        known: dict[int, int] = {}
        again: dict[int, int] = {}
        for it in offsets.committed(consumer, numbers, self._settings):
            of_another = self._is_another(of_metadata(it.metadata))
            if it.offset >= 0:
                (again if of_another else known)[it.partition] = it.offset
        begun = self._of(known)
        if fresh := [number for number in numbers if number not in known]:
            begun += self._begin(consumer, fresh, again, member)
        self._has_begun = self._has_begun or bool(begun)
        return begun

    def _is_another(self, topic_id: str) -> bool:
        if topic_id and not self._topic_id.known:
            self._topic_id.taken.add(topic_id)  # it is compared once it is known
            return False
        return topic_id not in ("", self._topic_id.known)

    def _begin(
        self, consumer: Consumer, fresh: list[int], again: dict[int, int], member: object
    ) -> list[TopicPartition]:
        """The partitions of which nothing was committed, or of another topic (`again`: by number, what was)."""
        topic, group = self._settings.input_topic, self._settings.group_id
        wanted = fresh
        if self._settings.start_at == "latest" and self._is_new(consumer, again):
            if not self._topic_id.embedded:
                if FIRST not in fresh:
                    self._why = (
                        f"The group {group} is new, and the owner of partition {FIRST} of {topic} "
                        "has not committed yet where it begins (STREAM_START_AT=latest)."
                    )
                    return []
                wanted = sorted({*self._all(consumer), *fresh})
            found = offsets.edges(consumer, wanted, OFFSET_END, self._settings)
            if not self._commit(consumer, found, member):
                return []
            log.info(
                "The group %s is new: with STREAM_START_AT=latest it begins at the end of each partition: %s.",
                group, ", ".join(f"{number} at {offset}" for number, offset in sorted(found.items())),
            )  # fmt: skip
        else:
            found = offsets.edges(consumer, wanted, OFFSET_BEGINNING, self._settings)
            if not self._commit(consumer, found, member):
                return []
            self._tell(found, again)
        return self._of({number: found[number] for number in fresh})

    def _is_new(self, consumer: Consumer, again: dict[int, int]) -> bool:
        """Whether the group has never read the topic."""
        if again or (self._has_begun and not self._topic_id.embedded):
            return False  # the embedded broker forgets what was committed in transactions
        return all(it.offset < 0 for it in offsets.committed(consumer, self._all(consumer), self._settings))

    def _all(self, consumer: Consumer) -> list[int]:
        topic = self._settings.input_topic
        return sorted(consumer.list_topics(topic, timeout=offsets.OFFSETS_S).topics[topic].partitions)

    def _commit(self, consumer: Consumer, found: dict[int, int], member: object) -> bool:
        try:
            self._committer.begin(consumer, self._of(found), member)
        except Aborted as aborted:  # the group goes on just now: what was found may be another's already
            self._why = str(aborted.error)
            return False
        return True

    def move(self, consumer: Consumer, number: int, offset: int, member: object) -> None:
        """Commits that a partition is read on elsewhere. Raises `SessionLost` where that can not be now."""
        if not self._commit(consumer, {number: offset}, member):
            raise SessionLost(self._why)
        self._partitions.gain(number, offset)

    def _of(self, found: dict[int, int]) -> list[TopicPartition]:
        topic, metadata = self._settings.input_topic, as_metadata(self._topic_id.known)
        return [TopicPartition(topic, number, offset, metadata) for number, offset in sorted(found.items())]

    def _tell(self, found: dict[int, int], again: dict[int, int]) -> None:
        topic = self._settings.input_topic
        if again:
            each = (f"{number} from {found[number]} on (up to {again[number]})" for number in sorted(again))
            log.error(
                "%s was deleted and made again: these partitions are read anew (in brackets, how far the group had "
                "read the old ones; what it had not read of them is gone): %s.",
                topic, ", ".join(each),
            )  # fmt: skip
        added = sorted(found.keys() - again.keys())
        if added and (self._has_begun or self._settings.start_at == "latest"):
            log.info("%s: partitions %s are new to the group and are read from their beginning.", topic, _list(added))


def _list(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))
