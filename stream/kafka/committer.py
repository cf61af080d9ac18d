"""What both delivery guarantees have in common: the interface that publishes records and commits offsets.

`stream.kafka.transaction` and `stream.kafka.at_least_once` implement it. An attempt to publish succeeds, or ends with
`Aborted` (try the same again), `Refused` (the broker will never take a record of it) or an error of `stream.errors`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from confluent_kafka import Consumer, TopicPartition

from stream.errors import StreamError
from stream.records.input_partition import InputPartition
from stream.records.outcomes import Beside, Outcome


class Publication(NamedTuple):
    """What one commit publishes: outcomes, in order within each input partition, and the input offsets after them.

    `beside`: records for learning. `spans`: those of the outcomes' batches that are recorded (`stream.kafka.traced`).
    """

    outcomes: Sequence[Outcome]
    offsets: list[TopicPartition]
    beside: Sequence[Beside] = ()
    spans: Sequence[Any] = ()


class Aborted(Exception):
    """An attempt has failed and published nothing that counts; the same publication may be tried again.

    `error`: why, as a sentence for the user.
    """

    def __init__(self, error: StreamError) -> None:
        super().__init__(str(error))
        self.error = error


class Committer(Protocol):
    """Publishes one publication at a time. `commit` is called by the sink's thread, the others by the source's."""

    def own(self, partitions: Sequence[InputPartition], gained: Sequence[InputPartition]) -> None:
        """The worker now owns `partitions`, of which it has just gained `gained`. Called while no record is in flight.

        Afterwards nothing that the previous owners have left open can change the committed offsets any more.
        """

    def commit_start(self, consumer: Consumer, offsets: list[TopicPartition], member: object) -> None:
        """Commits the offsets at which reading begins, before anything is read. Called while no record is in flight.

        `member`: the consumer's group metadata from before the offsets were looked up. If the group has changed since
        then, another worker may own the partitions and have read on, so the commit must be refused. Raises `Aborted` if
        it was, or one of our errors.
        """

    def commit(self, publication: Publication) -> None:
        """Publishes the publication; raises `Refused`, `Aborted` or one of our errors if it could not."""

    def silent_s(self) -> float:
        """For how many seconds a call to the client has been overdue; 0 if none is. May be called by any thread."""

    def settle(self, consumer: Consumer, *, wait: bool) -> None:
        """Does what only the consumer's thread may do, such as to commit offsets. The source calls it at each fetch.

        `wait`: whether to wait for the answer, as before partitions are given up.
        """

    def close(self) -> None:
        """Gives up the producer and everything that is open."""
