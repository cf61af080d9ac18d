"""Offsets before a partition's end that were not delivered are read once, after nothing has arrived for a while."""

from __future__ import annotations

import pytest
from confluent_kafka import KafkaError, KafkaException

from harness.fakes import at
from stream.config.loading import load
from stream.kafka.partitions import Partitions
from stream.kafka.undelivered import QUIET_S, Gap, Undelivered
from stream.records.input_partition import InputPartition


class Clock:
    """A clock that the test advances."""

    now = 0.0

    def __call__(self) -> float:
        """Tell the time, in seconds."""
        return self.now


@pytest.fixture
def partitions() -> Partitions:
    """Two partitions: everything of one was delivered; of the other, offsets 7 and 8 were not."""
    made = Partitions()
    for number, end in ((0, 5), (1, 9)):
        made.gain(at(number), 3)
        following = 5 if number == 0 else 7
        made.fetched(at(number), following)
        made.published(at(number), following)
        made.reached_end(at(number), end)
    return made


class Reads(Undelivered):
    """The ranges that are read, and what is found there."""

    def __init__(self, *, holds: bool = False, fails: bool = False) -> None:
        """Find a record, or none, or time out."""
        self.clock = Clock()
        super().__init__(load(environ={}), self.clock)
        self.holds, self.fails = holds, fails
        self.read: list[tuple[InputPartition, Gap]] = []

    def has_record(self, place: InputPartition, gap: Gap) -> bool:
        """As given."""
        self.read.append((place, gap))
        if self.fails:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))  # noqa: SLF001
        return self.holds

    def later(self, partitions: Partitions) -> InputPartition | None:
        """Ask once, and again after nothing has arrived for long enough."""
        first = self.find_missed(partitions)
        assert first is None
        self.clock.now += QUIET_S
        return self.find_missed(partitions)


def test_a_record_that_did_not_come_is_told(partitions: Partitions) -> None:
    reads = Reads(holds=True)
    assert reads.later(partitions) == at(1)
    assert reads.read == [(at(1), (7, 9))]


def test_markers_are_read_once(partitions: Partitions) -> None:
    reads = Reads()
    for _ in range(3):
        assert reads.later(partitions) is None
    assert reads.read == [(at(1), (7, 9))]
    partitions.reached_end(at(1), 10)
    assert reads.later(partitions) is None
    assert reads.read[1:] == [(at(1), (7, 10))], "there may be a record now"


def test_while_records_come_nothing_is_read(partitions: Partitions) -> None:
    reads = Reads(holds=True)
    for following in range(8, 20):
        assert reads.find_missed(partitions) is None
        reads.clock.now += QUIET_S - 1
        partitions.fetched(at(1), following)
        assert reads.find_missed(partitions) is None, "what is under way is not missing"
        partitions.published(at(1), following)
        partitions.reached_end(at(1), following + 1)
    assert reads.read == []


def test_without_an_answer_it_is_asked_again(partitions: Partitions) -> None:
    reads = Reads(fails=True)
    assert reads.later(partitions) is None
    assert reads.later(partitions) is None
    assert len(reads.read) == 2


def test_a_partition_that_was_given_up_is_not_read(partitions: Partitions) -> None:
    reads = Reads(holds=True)
    reads.find_missed(partitions)
    partitions.lose(at(1))
    reads.clock.now += QUIET_S
    assert reads.find_missed(partitions) is None
