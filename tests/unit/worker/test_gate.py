"""Records pass once their schemas are known; a partition's others wait, and are read again."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any

import pytest

from harness.fakes import FakeRecord, at
from stream.errors import RegistryUnavailable
from stream.kafka.held import Held
from stream.records.framing import SchemaId
from stream.records.input_partition import InputPartition
from stream.worker.gate import ASKING_S, LAST_PAUSE_S, Gate


class FakeSchemas:
    """A registry that can be away, with all schemas but those below zero."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.known: set[SchemaId] = set()
        self.asked: list[SchemaId] = []
        self.away = False
        self.forbidden: set[int] = set()
        self.takes_s = 0.0

    def missing(self, schemas: Sequence[SchemaId]) -> Collection[SchemaId]:
        """Those that nobody has asked for."""
        return [schema for schema in dict.fromkeys(schemas) if schema not in self.known]

    def learn(self, schema: SchemaId) -> None:
        """Answer, or not."""
        self.asked.append(schema)
        self.clock.now_s += self.takes_s
        if self.away or (isinstance(schema, int) and schema in self.forbidden):
            msg = "Away."
            raise RegistryUnavailable(msg)
        self.known.add(schema)


class FakeHeld(Held):
    """Notes what is put back."""

    def __init__(self) -> None:
        self.back: dict[InputPartition, int] = {}
        self.released = 0
        self.going: list[InputPartition] = []
        self.lost: set[InputPartition] = set()

    def put_back(self, first: Mapping[InputPartition, int]) -> None:
        """Note it."""
        self.back |= first

    def owned(self) -> set[InputPartition]:
        """Give those that were put back, and not lost since."""
        return set(self.back) - self.lost

    def release(self, partitions: Collection[InputPartition]) -> None:
        """Note it."""
        self.released += 1
        self.going += partitions


class Clock:
    """A clock that a test sets."""

    now_s = 100.0

    def __call__(self) -> float:
        """Give the time."""
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def schemas(clock: Clock) -> FakeSchemas:
    return FakeSchemas(clock)


@pytest.fixture
def held() -> FakeHeld:
    return FakeHeld()


@pytest.fixture
def gate(schemas: FakeSchemas, held: FakeHeld, clock: Clock) -> Gate:
    return Gate(schemas, held, clock)


def record(partition: int, offset: int, schema: int | None) -> Any:
    value = b"{}" if schema is None else b"\x00" + schema.to_bytes(4, "big") + b"{}"
    return FakeRecord(value, the_partition=partition, the_offset=offset)


def test_what_the_registry_tells_passes_at_once(gate: Gate, schemas: FakeSchemas, held: FakeHeld) -> None:
    records = [record(0, 1, 7), record(0, 2, None), record(1, 1, 7), record(0, 3, 8)]
    assert gate.admit(records) == records
    assert gate.admit(records) == records
    assert schemas.asked == [7, 8]
    assert (held.back, held.released, gate.trouble) == ({}, 0, "")


def test_a_partition_waits_from_its_first_unknown_schema_on(gate: Gate, schemas: FakeSchemas, held: FakeHeld) -> None:
    schemas.known.add(7)
    schemas.away = True
    records = [record(0, 1, 7), record(0, 2, 8), record(1, 5, 7), record(0, 3, 7), record(2, 9, 9), record(1, 6, None)]
    assert gate.admit(records) == [records[0], records[2], records[5]]
    assert held.back == {at(0): 2, at(2): 9}
    assert gate.trouble == "Away. Asked for: the schema with id 8."
    assert schemas.asked == [8], "one that does not answer is not asked again at once"
    assert gate.admit([record(3, 1, 9), record(3, 2, 7)]) == []
    assert schemas.asked == [8]
    assert held.back[at(3)] == 1


def test_it_is_asked_again_with_longer_pauses(gate: Gate, schemas: FakeSchemas, clock: Clock) -> None:
    schemas.away = True
    gate.admit([record(0, 2, 8)])
    asked_s = []
    for _ in range(1000):
        before = len(schemas.asked)
        assert gate.admit([]) == []
        if len(schemas.asked) > before:
            asked_s.append(clock.now_s)
        clock.now_s += 0.1
    pauses = [round(then - now, 1) for now, then in pairwise(asked_s)]
    assert pauses == sorted(pauses)
    assert 0.1 < pauses[0] < 1
    assert LAST_PAUSE_S - 0.2 < pauses[-1] < LAST_PAUSE_S + 0.2


def test_once_it_answers_all_are_released(
    gate: Gate, schemas: FakeSchemas, held: FakeHeld, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "stream")
    schemas.away = True
    gate.admit([record(0, 2, 8), record(1, 4, 9)])
    clock.now_s += 60
    gate.admit([])
    assert held.released == 0
    schemas.away = False
    clock.now_s += 60
    assert gate.admit([]) == []
    assert held.released == 1
    assert gate.trouble == ""
    gate.admit([])
    assert held.released == 1
    assert [entry.getMessage().partition(":")[0] for entry in caplog.records] == [
        "Records wait for the schema registry, which is asked again and again",
        "The schema registry answers again.",
    ]


def test_a_slow_registry_does_not_keep_the_consumer_from_its_group(
    gate: Gate, schemas: FakeSchemas, held: FakeHeld
) -> None:
    schemas.takes_s = 3.0
    records = [record(0, at, 100 + at) for at in range(20)]
    through = gate.admit(records)
    assert 0 < len(through) <= ASKING_S / 3 + 1
    assert held.back == {at(0): len(through)}
    assert gate.trouble == "", "it is slow, not away"
    rounds = 0
    while gate.admit(records) != records:
        before = len(schemas.asked)
        gate.admit([])
        assert len(schemas.asked) - before <= ASKING_S / 3 + 1
        rounds += 1
        assert rounds < len(records)


def test_a_new_session_asks_at_once(gate: Gate, schemas: FakeSchemas, held: FakeHeld) -> None:
    schemas.away = True
    gate.admit([record(0, 2, 8)])
    gate.open()
    assert gate.trouble == ""
    schemas.away = False
    assert gate.admit([record(0, 2, 8)]) == [record(0, 2, 8)]
    assert held.released == 0


def test_a_schema_that_is_kept_from_us_does_not_keep_other_partitions_waiting(
    gate: Gate, schemas: FakeSchemas, held: FakeHeld, clock: Clock
) -> None:
    schemas.forbidden = {66, 67}
    gate.admit([record(0, 2, 66), record(1, 4, 7), record(2, 1, 67)])
    gate.admit([record(3, 1, 8)])
    for _ in range(4):
        clock.now_s += 10
        gate.admit([])
    assert sorted(held.going) == [at(1), at(3)]
    assert "the schema with id 6" in gate.trouble
    assert gate.admit([record(1, 4, 7)]) == [record(1, 4, 7)]
    schemas.forbidden = set()
    for _ in range(2):
        clock.now_s += 10
        gate.admit([])
    assert sorted(held.going) == [at(0), at(1), at(2), at(3)]
    assert gate.trouble == ""


def test_a_partition_that_was_taken_away_is_waited_for_no_more(
    gate: Gate, schemas: FakeSchemas, held: FakeHeld, clock: Clock
) -> None:
    schemas.forbidden = {66}
    gate.admit([record(0, 2, 66)])
    assert gate.trouble
    held.lost.add(at(0))
    clock.now_s += 10
    gate.admit([])
    assert gate.trouble == ""
    clock.now_s += 10
    gate.admit([])
    assert schemas.asked == [66]
