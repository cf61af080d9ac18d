"""What is known of each assigned partition: where reading, publishing and the log's end stand."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(slots=True)
class Partition:
    """Offsets of one partition; -1 is not known yet.

    `position`: the next offset to publish. `read_to_end`: the offset at which the consumer last found the
    end; beyond the last record there may be markers of transactions, which are no records. `end`: the last
    stable offset, as the broker told it. `moved_s`: when `position` last moved, or when it last had nothing
    to do (monotonic).
    """

    position: int = -1
    read_to_end: int = -1
    end: int = -1
    moved_s: float = 0.0

    @property
    def lag(self) -> int:
        """Records not yet published; markers of transactions behind the last record do not count."""
        return self.behind(self.end)

    def behind(self, end: int) -> int:
        """Records not yet published, if the log ends there; 0 where either is not known."""
        done = max(self.position, self.read_to_end if self.caught_up else -1)
        return max(0, end - done) if end >= 0 and done >= 0 else 0

    fetched: int = -1  # the next offset to fetch, as far as records show

    @property
    def caught_up(self) -> bool:
        """Whether all that was fetched is published."""
        return self.position >= self.fetched


class Partitions:
    """The assigned partitions. Written by the source's and the sink's thread, read by everybody.

    For how long a partition has not moved is counted over all sessions, while it was this worker's.
    """

    def __init__(self) -> None:
        self._partitions: dict[int, Partition] = {}
        self._given_up: dict[int, tuple[int, float]] = {}  # by number: the position, for how long it had not moved
        self.assigned = False  # whether the group has given this session an assignment, even an empty one

    def items(self) -> list[tuple[int, Partition]]:
        """The partitions by number, a copy."""
        return sorted(self._partitions.copy().items())

    @property
    def numbers(self) -> list[int]:
        """The assigned partitions' numbers, in order."""
        return sorted(self._partitions.copy())

    def gain(self, number: int, position: int) -> None:
        """A partition was assigned; `position` is the next offset to read, -1 where that is not known yet."""
        before, still_s = self._given_up.get(number, (-1, 0.0))
        moved_s = time.monotonic() - (still_s if position == before else 0.0)  # another worker may have moved it
        self._partitions[number] = Partition(position=position, fetched=position, moved_s=moved_s)
        self.assigned = True

    def lose(self, number: int) -> None:
        """A partition was given up."""
        if (partition := self._partitions.pop(number, None)) and partition.position >= 0:
            idle = partition.end >= 0 and partition.lag == 0
            self._given_up[number] = partition.position, 0.0 if idle else time.monotonic() - partition.moved_s

    def clear(self) -> None:
        """The session is over."""
        for number in self.numbers:
            self.lose(number)
        self.assigned = False

    def fetched(self, number: int, following: int) -> None:
        """Records up to before `following` were fetched."""
        if partition := self._partitions.get(number):
            partition.fetched = following

    def reached_end(self, number: int, offset: int) -> None:
        """The consumer found the partition's end at this offset."""
        if partition := self._partitions.get(number):
            partition.read_to_end = offset
            partition.end = max(partition.end, offset)

    def published(self, number: int, following: int) -> None:
        """Records up to before `following` were committed."""
        if partition := self._partitions.get(number):
            partition.position = following
            partition.moved_s = time.monotonic()

    def ends(self, number: int, end: int) -> None:
        """The broker says where the log ends now."""
        if (partition := self._partitions.get(number)) and end >= 0:
            partition.end = end
            if partition.lag == 0:
                partition.moved_s = time.monotonic()

    def stalled(self, for_s: float) -> list[int]:
        """Partitions with records waiting whose position has not moved for so many seconds."""
        now = time.monotonic()
        return [number for number, it in self.items() if it.lag > 0 and now - it.moved_s > for_s]
