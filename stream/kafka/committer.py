"""What publishes records and commits offsets: the face that both guarantees share, and how a try may end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from confluent_kafka import Consumer, TopicPartition

from stream.errors import StreamError
from stream.records.outcomes import Outcome


class Publication(NamedTuple):
    """What one commit publishes: outcomes in the order of their partitions, and the offsets after them."""

    outcomes: Sequence[Outcome]
    offsets: list[TopicPartition]


class Aborted(Exception):
    """The publication was not published, and the same publication may be published by a later try."""

    def __init__(self, error: StreamError) -> None:
        super().__init__(str(error))
        self.error = error


class Committer(Protocol):
    """Publishes publications, one at a time. `commit` is called by the sink's thread, the others by the source's."""

    def own(self, partitions: Sequence[int], gained: Sequence[int]) -> None:
        """The worker owns these partitions now, some of them newly. Called while nothing is under way."""

    def begin(self, consumer: Consumer, offsets: list[TopicPartition], member: object) -> None:
        """Commits where reading begins, before anything is read. Called while nothing is under way.

        `member`: who we were in the group before it was looked up where that is; whoever has taken over since then
        may have read on. Raises `Aborted` where the group has gone on, or one of our errors.
        """

    def commit(self, publication: Publication) -> None:
        """Publishes the publication, or raises `Refused`, `Aborted`, `SessionLost` or `KafkaFatal`."""

    def silent_s(self) -> float:
        """How long a call to the client has not come back that should have long ago; 0 where there is none."""

    def settle(self, consumer: Consumer, *, wait: bool) -> None:
        """Called by the consumer's thread, often: the place for what only that thread may do."""

    def close(self) -> None:
        """Gives up whatever is open."""
