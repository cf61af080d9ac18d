"""What is known of each assigned partition: how far it is fetched and published, and where its log ends."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field

from stream.records.input_partition import InputPartition
from stream.records.record import NO_TIMESTAMP


@dataclass(slots=True)
class Partition:
    """Offsets of one partition; -1 if it is not known yet.

    `position`: the next offset to publish. `fetched`: the offset after the last record that was fetched. `read_to_end`:
    the offset at which the consumer last found the end of the log; it may be greater than `fetched`, because behind
    the last record there may be transaction markers, which take offsets but are no records. `end`: the last stable
    offset, as the broker last reported it. `moved_s`: when `position` last moved or nothing was left to publish
    (seconds, monotonic). `held`: whether the next record waits for something other than Kafka; `released_s`: when it
    last was let go.

    Times since 1970 in milliseconds, `NO_TIMESTAMP` while unknown: `waiting_ms`, before which the next record to
    publish was not sent; `end_ms`, when `end` was found. `in_flight`: of each batch that is fetched and not yet
    published, the offset after its last record of this partition, and that record's timestamp.
    """

    position: int = -1
    read_to_end: int = -1
    end: int = -1
    moved_s: float = 0.0
    fetched: int = -1
    held: bool = False
    released_s: float = 0.0
    waiting_ms: int = NO_TIMESTAMP
    end_ms: int = NO_TIMESTAMP
    in_flight: deque[tuple[int, int]] = field(default_factory=deque)

    @property
    def lag(self) -> int:
        """Number of records not published yet; transaction markers behind the last record do not count."""
        return self.behind(self.end)

    def behind(self, end: int) -> int:
        """Number of records not published yet if the log ended at `end`; 0 if `end` or the position is not known."""
        done = max(self.position, self.read_to_end if self.caught_up else -1)
        return max(0, end - done) if end >= 0 and done >= 0 else 0

    @property
    def caught_up(self) -> bool:
        """Whether every record that was fetched is published."""
        return self.position >= self.fetched

    @property
    def lag_s(self) -> float | None:
        """How many seconds ago the oldest record that is not published was sent, by its timestamp; 0 if there is none.

        Exact for a record that came among the first of a batch while nothing else was in flight. For any other it is an
        upper bound: the age of the record published before it, or the time since the partition was last seen without
        records waiting, whichever is less. None if neither is known, and while it is not known where the log ends.
        """
        if self.caught_up and min(self.position, self.end) < 0:
            return None
        if self.caught_up and self.lag == 0:
            return 0.0
        return None if self.waiting_ms == NO_TIMESTAMP else max(0.0, time.time() - self.waiting_ms / 1000)

    def found_end(self, end: int) -> None:
        """The log ends at this offset now."""
        self.end, self.end_ms = end, int(time.time() * 1000)
        self.nothing_waits()

    def nothing_waits(self) -> None:
        """If nothing is left to publish before the end: what comes next is sent after that was found."""
        if self.caught_up and self.lag == 0:
            self.waiting_ms = max(self.waiting_ms, self.end_ms)


class Partitions:
    """The assigned partitions. Written by the source's and the sink's thread and the monitor, read by any thread.

    The time for which a partition has not moved carries over from one session of this worker to the next, so that a
    worker that begins session after session without publishing anything is still found to be stalled.
    """

    def __init__(self) -> None:
        self._partitions: dict[InputPartition, Partition] = {}
        # Of the partitions given up: the position, and for how many seconds it had not moved.
        self._given_up: dict[InputPartition, tuple[int, float]] = {}
        self.assigned = False  # whether the group has assigned partitions in this session, possibly none

    def items(self) -> list[tuple[InputPartition, Partition]]:
        """The partitions with what is known of each, in order. The list is a copy, the partitions are not."""
        return sorted(self._partitions.copy().items())

    @property
    def places(self) -> list[InputPartition]:
        """Which partitions are assigned, in order."""
        return sorted(self._partitions.copy())

    def gain(self, place: InputPartition, position: int) -> None:
        """A partition was assigned; `position` is the next offset to read, -1 if that is not known yet."""
        before, still_s = self._given_up.get(place, (-1, 0.0))
        # If the position is another than before, the partition has moved while another worker owned it.
        moved_s = time.monotonic() - (still_s if position == before else 0.0)
        self._partitions[place] = Partition(position=position, fetched=position, moved_s=moved_s)
        self.assigned = True

    def lose(self, place: InputPartition) -> None:
        """A partition was given up."""
        if (partition := self._partitions.pop(place, None)) and partition.position >= 0:
            idle = partition.end >= 0 and partition.lag == 0
            self._given_up[place] = partition.position, 0.0 if idle else time.monotonic() - partition.moved_s

    def clear(self) -> None:
        """The session is over: every partition is given up."""
        for place in self.places:
            self.lose(place)
        self.assigned = False

    def fetched(
        self, place: InputPartition, following: int, first_ms: int = NO_TIMESTAMP, last_ms: int = NO_TIMESTAMP
    ) -> None:
        """A batch was fetched, and with it all records before the offset `following`.

        `first_ms` and `last_ms`: the timestamps of the batch's first and last record of this partition. One of the
        future counts as of now: nothing that waits behind such a record would be late before that time has come.
        """
        if partition := self._partitions.get(place):
            now_ms = int(time.time() * 1000)
            first_ms, last_ms = min(first_ms, now_ms), min(last_ms, now_ms)
            if partition.caught_up and first_ms != NO_TIMESTAMP:
                partition.waiting_ms = first_ms
            partition.in_flight.append((following, last_ms))
            partition.fetched = following

    def reached_end(self, place: InputPartition, offset: int) -> None:
        """The consumer found the end of the partition at this offset."""
        if partition := self._partitions.get(place):
            partition.read_to_end = offset
            partition.found_end(max(partition.end, offset))

    def published(self, place: InputPartition, following: int) -> None:
        """All records before the offset `following` were published and committed."""
        if partition := self._partitions.get(place):
            partition.position = following
            partition.moved_s = time.monotonic()
            in_flight = partition.in_flight  # `hold` may put another in its place meanwhile
            while in_flight and in_flight[0][0] <= following:
                _, last_ms = in_flight.popleft()
                partition.waiting_ms = partition.waiting_ms if last_ms == NO_TIMESTAMP else last_ms
            partition.nothing_waits()

    def update_end(self, place: InputPartition, end: int) -> None:
        """The broker reports this last stable offset; -1 if it could not tell, which changes nothing."""
        if (partition := self._partitions.get(place)) and end >= 0:
            partition.found_end(end)
            if partition.lag == 0:
                partition.moved_s = time.monotonic()

    def hold(self, place: InputPartition, offset: int) -> None:
        """The record at this offset waits for something other than Kafka; it and those behind it are fetched again."""
        if partition := self._partitions.get(place):
            partition.fetched, partition.read_to_end, partition.held = offset, -1, True
            # Of the records before it, which go on, it is not known when the last was sent.
            kept = [(min(following, offset), NO_TIMESTAMP) for following, _ in tuple(partition.in_flight)]
            partition.in_flight = deque(it for it in kept if it[0] > partition.position)

    def release(self, places: Collection[InputPartition]) -> None:
        """No record of these waits any more."""
        for place in places:
            if (partition := self._partitions.get(place)) and partition.held:
                partition.held, partition.released_s = False, time.monotonic()

    def unread(self, for_s: float) -> list[InputPartition]:
        """The partitions that are `stalled` although nothing but Kafka is waited for."""
        now, known = time.monotonic(), self._partitions.copy()
        return [
            place
            for place in self.stalled(for_s)
            if place in known and not known[place].held and now - known[place].released_s > for_s
        ]

    def stalled(self, for_s: float) -> list[InputPartition]:
        """The partitions that have records waiting and whose position has not moved for `for_s` seconds."""
        now = time.monotonic()
        return [place for place, known in self.items() if known.lag > 0 and now - known.moved_s > for_s]
