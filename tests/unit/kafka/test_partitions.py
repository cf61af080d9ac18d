"""What is known of a partition, and when it counts as stalled."""

from __future__ import annotations

import time

import pytest

from harness.fakes import at
from stream.kafka.partitions import Partitions


@pytest.fixture
def partitions() -> Partitions:
    known = Partitions()
    known.gain(at(3), 100)
    return known


def lag(partitions: Partitions, number: int = 3) -> int:
    return dict(partitions.items())[at(number)].lag


def test_lag_is_what_is_not_yet_published(partitions: Partitions) -> None:
    partitions.update_end(at(3), 150)
    assert lag(partitions) == 50
    partitions.fetched(at(3), 140)
    assert lag(partitions) == 50, "fetched is not published"
    partitions.published(at(3), 140)
    assert lag(partitions) == 10


def test_an_end_or_a_position_that_is_not_known_is_no_lag(partitions: Partitions) -> None:
    assert lag(partitions) == 0
    partitions.update_end(at(3), -1)
    assert lag(partitions) == 0
    partitions.gain(at(4), -1)
    partitions.update_end(at(4), 10)
    assert lag(partitions, 4) == 0


def test_markers_of_transactions_behind_the_last_record_are_no_lag(partitions: Partitions) -> None:
    partitions.fetched(at(3), 110)
    partitions.reached_end(at(3), 113)
    assert lag(partitions) == 13, "the ten records are under way"
    partitions.published(at(3), 110)
    assert lag(partitions) == 0
    partitions.update_end(at(3), 120)
    assert lag(partitions) == 7


def test_a_partition_that_was_given_up_is_forgotten(partitions: Partitions) -> None:
    partitions.gain(at(5), 0)
    assert partitions.places == [at(3), at(5)]
    partitions.lose(at(3))
    partitions.lose(at(3))
    assert partitions.places == [at(5)]
    for late in (partitions.fetched, partitions.published, partitions.reached_end, partitions.update_end):
        late(at(3), 7)
    assert partitions.places == [at(5)], "what comes late does not bring it back"
    partitions.clear()
    assert partitions.items() == []
    assert not partitions.assigned, "the next session has an assignment of its own"


def it_is(monkeypatch: pytest.MonkeyPatch, now: float) -> None:
    monkeypatch.setattr("stream.kafka.partitions.time.monotonic", lambda: now)


def test_stalled_is_records_waiting_and_no_move(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Partitions()
    it_is(monkeypatch, 1000.0)
    known.gain(at(3), 100)
    known.gain(at(4), 100)
    known.update_end(at(3), 150)
    it_is(monkeypatch, 1061.0)
    assert known.stalled(60) == [at(3)]
    known.published(at(3), 101)
    assert known.stalled(60) == []
    it_is(monkeypatch, 1122.0)
    assert known.stalled(60) == [at(3)]
    known.published(at(3), 150)
    assert known.stalled(60) == []


def test_an_idle_partition_is_not_stalled_by_the_first_record_after_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Partitions()
    it_is(monkeypatch, 1000.0)
    known.gain(at(3), 100)
    known.update_end(at(3), 100)
    it_is(monkeypatch, 4600.0)
    known.update_end(at(3), 100)
    it_is(monkeypatch, 4603.0)
    known.update_end(at(3), 101)
    assert known.stalled(60) == []
    it_is(monkeypatch, 4664.0)
    known.update_end(at(3), 102)
    assert known.stalled(60) == [at(3)]


def test_items_are_by_number_and_a_copy(partitions: Partitions) -> None:
    partitions.gain(at(1), 0)
    items = partitions.items()
    partitions.clear()
    assert [place for place, _ in items] == [at(1), at(3)]


def test_what_stands_still_is_counted_over_sessions_while_it_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Partitions()
    it_is(monkeypatch, 1000.0)
    for turn in range(10):
        it_is(monkeypatch, 1000.0 + 20 * turn)
        known.gain(at(3), 100)
        known.update_end(at(3), 150)
        it_is(monkeypatch, 1010.0 + 20 * turn)
        known.lose(at(3))
        known.clear()
    known.gain(at(3), 100)
    known.update_end(at(3), 150)
    assert known.stalled(99) == [at(3)]
    assert known.stalled(101) == [], "the ten seconds between were not ours"


@pytest.mark.parametrize("moved", [101, 99], ids=["forward", "back"])
def test_what_another_worker_left_waiting_is_no_stall_of_ours(monkeypatch: pytest.MonkeyPatch, moved: int) -> None:
    known = Partitions()
    it_is(monkeypatch, 1000.0)
    known.gain(at(3), 100)
    known.update_end(at(3), 150)
    it_is(monkeypatch, 1100.0)
    known.lose(at(3))
    known.gain(at(3), moved)
    known.update_end(at(3), 10**6)
    assert known.stalled(60) == []


def test_an_idle_partition_that_comes_back_with_records_is_not_stalled(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Partitions()
    it_is(monkeypatch, 1000.0)
    known.gain(at(3), 100)
    known.update_end(at(3), 100)
    it_is(monkeypatch, 9000.0)
    known.lose(at(3))
    known.gain(at(3), 100)
    known.update_end(at(3), 150)
    assert known.stalled(60) == []


def test_sessions_too_short_for_the_end_to_be_known_count(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Partitions()
    for turn in range(40):
        it_is(monkeypatch, 1000.0 + 10 * turn)
        known.gain(at(3), 100)
        it_is(monkeypatch, 1002.0 + 10 * turn)
        known.lose(at(3))
    known.gain(at(3), -1)
    known.lose(at(3))
    known.gain(at(3), 100)
    known.update_end(at(3), 150)
    assert known.stalled(60) == [at(3)], "that it was not known for a while where it begins forgets nothing"


def test_a_partition_that_waits_for_something_else_is_no_fault_of_the_consumer(
    partitions: Partitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = time.monotonic()
    monkeypatch.setattr("stream.kafka.partitions.time.monotonic", lambda: now_s)
    partitions.update_end(at(3), 150)
    partitions.fetched(at(3), 120)
    partitions.reached_end(at(3), 150)
    now_s += 20
    assert partitions.unread(15) == [at(3)]
    partitions.hold(at(3), 105)
    known = dict(partitions.items())[at(3)]
    assert (known.fetched, known.read_to_end, known.lag) == (105, -1, 50)
    assert partitions.unread(15) == []
    assert partitions.stalled(15) == [at(3)], "the worker makes no progress all the same"
    partitions.release([at(3)])
    assert partitions.unread(15) == [], "it gets as long to arrive as any other"
    now_s += 20
    assert partitions.unread(15) == [at(3)]
    partitions.hold(at(9), 1)
