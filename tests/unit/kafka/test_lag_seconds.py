"""How long the oldest record of a partition has waited to be published."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from harness.fakes import at
from stream.kafka.partitions import Partition, Partitions
from stream.records.record import NO_TIMESTAMP
from tests.trials import trials

NOW_S = 1_700_000_000
PLACE = at(3)


class Clock:
    """The clocks that `stream.kafka.partitions` reads."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = float(NOW_S)
        clocks = SimpleNamespace(time=lambda: self.now_s, monotonic=lambda: self.now_s)
        monkeypatch.setattr("stream.kafka.partitions.time", clocks)

    def ago(self, seconds: float) -> int:
        """A timestamp of so long ago."""
        return int((self.now_s - seconds) * 1000)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def partitions(clock: Clock) -> Partitions:  # noqa: ARG001 - before anything is noted with the real ones
    """One partition that begins at offset 100; its end is not known yet."""
    known = Partitions()
    known.gain(PLACE, 100)
    return known


def of(partitions: Partitions) -> Partition:
    return dict(partitions.items())[PLACE]


def test_it_is_the_age_of_the_first_record_that_waits(partitions: Partitions, clock: Clock) -> None:
    partitions.update_end(PLACE, 105)
    partitions.fetched(PLACE, 103, clock.ago(50), clock.ago(30))
    assert of(partitions).lag_s == 50
    partitions.fetched(PLACE, 105, clock.ago(29), clock.ago(10))
    clock.now_s += 1
    assert of(partitions).lag_s == 51, "what was fetched first still waits"
    partitions.published(PLACE, 103)
    assert of(partitions).lag_s == 31, "what is left is at most as old as what was published last"
    partitions.published(PLACE, 105)
    assert of(partitions).lag_s == 0


def test_half_a_batch_published_leaves_the_age_of_its_first(partitions: Partitions, clock: Clock) -> None:
    partitions.fetched(PLACE, 110, clock.ago(50), clock.ago(30))
    partitions.published(PLACE, 105)
    assert of(partitions).lag_s == 50


def test_what_is_not_known_is_not_zero(partitions: Partitions, clock: Clock) -> None:
    assert of(partitions).lag_s is None, "where the log ends is not known"
    partitions.update_end(PLACE, 105)
    assert of(partitions).lag_s is None, "records wait, and none of them was seen"
    partitions.fetched(PLACE, 105, NO_TIMESTAMP, clock.ago(9))
    assert of(partitions).lag_s is None, "the last says nothing of the first"
    partitions.published(PLACE, 105)
    assert of(partitions).lag_s == 0
    partitions.gain(at(4), -1)
    partitions.update_end(at(4), 10)
    assert dict(partitions.items())[at(4)].lag_s is None, "where it begins is not known"


def test_records_not_fetched_yet_are_younger_than_those_before_them(partitions: Partitions, clock: Clock) -> None:
    partitions.fetched(PLACE, 110, clock.ago(90), clock.ago(80))
    partitions.published(PLACE, 110)
    partitions.update_end(PLACE, 500)
    assert of(partitions).lag_s == 80


def test_after_a_quiet_hour_a_record_is_not_an_hour_old(partitions: Partitions, clock: Clock) -> None:
    partitions.fetched(PLACE, 101, clock.ago(1), clock.ago(1))
    partitions.published(PLACE, 101)
    partitions.reached_end(PLACE, 103)
    clock.now_s += 3600
    partitions.update_end(PLACE, 103)
    clock.now_s += 3
    partitions.update_end(PLACE, 104)
    assert of(partitions).lag_s == 3, "it came after the end was last seen"
    partitions.fetched(PLACE, 104, clock.ago(0.5), clock.ago(0.5))
    assert of(partitions).lag_s == 0.5


def test_a_clock_that_is_ahead_of_ours_gives_no_negative_age(partitions: Partitions, clock: Clock) -> None:
    partitions.fetched(PLACE, 101, clock.ago(-60), clock.ago(-60))
    assert of(partitions).lag_s == 0


def test_what_waits_behind_a_record_of_the_future_grows_old(partitions: Partitions, clock: Clock) -> None:
    partitions.fetched(PLACE, 101, clock.ago(-1e9), clock.ago(-1e9))
    partitions.published(PLACE, 101)
    partitions.update_end(PLACE, 999)
    clock.now_s += 60
    assert of(partitions).lag_s == 60


def test_a_record_that_waits_for_a_registry_keeps_its_age(partitions: Partitions, clock: Clock) -> None:
    partitions.update_end(PLACE, 110)
    partitions.fetched(PLACE, 110, clock.ago(70), clock.ago(20))
    partitions.hold(PLACE, 100)
    assert of(partitions).lag_s == 70
    partitions.fetched(PLACE, 110, clock.ago(70), clock.ago(20))
    partitions.hold(PLACE, 104)
    partitions.published(PLACE, 104)
    assert of(partitions).lag_s == 70, "of those before it none tells more of its age"
    partitions.release([PLACE])
    partitions.fetched(PLACE, 110, clock.ago(40), clock.ago(20))
    assert of(partitions).lag_s == 40


class Log(RuleBasedStateMachine):
    """A partition whose records come in the order of their timestamps, whatever happens to it."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.clock = Clock(self.patch)
        self.sent: list[int] = []  # the timestamp of each record, by offset
        self.in_flight: list[int] = []  # of each batch in flight, the offset after its last record
        self.partitions = Partitions()

    def teardown(self) -> None:
        """The real clocks again."""
        self.patch.undo()

    @initialize(backlog=st.lists(st.integers(0, 1000), max_size=20), position=st.integers(0, 20))
    def gain(self, backlog: list[int], position: int) -> None:
        """Assigned with records that are there already."""
        self.sent = [self.clock.ago(age) for age in sorted(backlog, reverse=True)]
        self.partitions.gain(PLACE, min(position, len(self.sent)))

    @property
    def known(self) -> Partition:
        """The partition."""
        return of(self.partitions)

    @rule(records=st.integers(1, 5))
    def send(self, records: int) -> None:
        """New records come."""
        self.sent += [self.clock.ago(0)] * records

    @rule(seconds=st.integers(1, 10))
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.clock.now_s += seconds

    @rule()
    def ask_for_the_end(self) -> None:
        """The monitor asks the broker."""
        self.partitions.update_end(PLACE, len(self.sent))

    @precondition(lambda self: self.known.fetched < len(self.sent))
    @rule(records=st.integers(1, 20), first_is_seen=st.booleans())
    def fetch(self, records: int, *, first_is_seen: bool) -> None:
        """A batch; of large ones the first record is not looked for."""
        begin = self.known.fetched
        following = min(begin + records, len(self.sent))
        first_ms = self.sent[begin] if first_is_seen else NO_TIMESTAMP
        self.partitions.fetched(PLACE, following, first_ms, self.sent[following - 1])
        self.in_flight.append(following)
        if following == len(self.sent):
            self.partitions.reached_end(PLACE, following)

    @precondition(lambda self: bool(self.in_flight))
    @rule(fewer=st.integers(0, 3))
    def publish(self, fewer: int) -> None:
        """The first batch in flight, or part of it."""
        following = max(self.known.position, self.in_flight[0] - fewer)
        self.partitions.published(PLACE, following)
        self.in_flight = [it for it in self.in_flight if it > following]

    @precondition(lambda self: bool(self.in_flight))
    @rule(records=st.integers(1, 20))
    def hold(self, records: int) -> None:
        """The last records that were fetched wait, and are to be fetched again."""
        *before, last = [self.known.position, *self.in_flight]
        offset = max(before[-1], last - records)
        self.partitions.hold(PLACE, offset)
        self.in_flight = [*before[1:], *([offset] if offset > before[-1] else [])]

    @invariant()
    def the_oldest_is_never_older_than_said(self) -> None:
        """What is said is 0 if nothing is known to wait, and never too little."""
        if PLACE not in self.partitions.places or (said := self.known.lag_s) is None:
            return
        known = self.known
        if known.position < max(known.end, known.fetched):
            assert said >= self.clock.now_s - self.sent[known.position] / 1000 - 0.001
        else:
            assert said == 0


TestLog = Log.TestCase
TestLog.settings = settings(trials(60), stateful_step_count=25)


def test_nothing_is_older_than_the_session_knows(partitions: Partitions, clock: Clock) -> None:
    partitions.fetched(PLACE, 110, clock.ago(70), clock.ago(20))
    partitions.clear()
    partitions.gain(PLACE, 100)
    partitions.update_end(PLACE, 110)
    assert of(partitions).lag_s is None, "the next session has to see the record itself"
    assert time.time() > NOW_S, "the clock is this module's alone"
