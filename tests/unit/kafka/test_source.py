"""A session that makes no progress ends, and one that only waits does not; and how many records are fetched at once."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, ClassVar
from unittest.mock import Mock

import pytest
from confluent_kafka import KafkaError, TopicPartition

from harness.fakes import FakeRecord, at
from stream.config.loading import load
from stream.errors import SessionLost
from stream.kafka.flow import Flow
from stream.kafka.partitions import Partitions
from stream.kafka.source import COLLECT_S, Source

SETTINGS = load(environ={})


class NoMember:
    """A consumer that is no member of its group."""

    def memberid(self) -> str:
        """Have no member id."""
        return ""

    def consumer_group_metadata(self) -> object:
        """Return some metadata."""
        return object()


class SilentConsumer(NoMember):
    """A consumer that delivers nothing."""

    def consume(self, *_: object) -> list[Any]:
        """Return nothing."""
        return []


class Waiting(NoMember):
    """A consumer with records in its queue. Each call gets those that have arrived until then."""

    def __init__(self, *arrivals: int, record_bytes: int = 2) -> None:
        """`arrivals`: how many records arrive before each call. `record_bytes`: the size of each value."""
        self._arrivals = list(arrivals)
        self._offset = 0
        self._value = b"." * record_bytes

    def consume(self, most: int, *_: object) -> list[Any]:
        """Return what has arrived."""
        come = self._arrivals.pop(0) if self._arrivals else 0
        assert come <= most
        self._offset += come
        return [FakeRecord(self._value, the_offset=offset) for offset in range(self._offset - come, self._offset)]


class Rebalancing(Waiting):
    """A consumer in whose second call partition 0 is revoked and, if `back`, assigned again."""

    def __init__(self, source: Source, *, back: bool) -> None:
        """Three records come before the rebalance, three after it."""
        super().__init__(1, 2)
        self._source, self._back = source, back

    def consume(self, most: int, *_: object) -> list[Any]:
        """Return what has arrived; the second call also runs the callbacks of the rebalance."""
        come = super().consume(most)
        if not self._arrivals:
            zero = [TopicPartition("articles.raw", 0, 3)]
            self._source._revoked(self, zero)  # type: ignore[arg-type]  # noqa: SLF001 - librdkafka calls it
            if self._back:
                self._source._assigned(self, zero)  # type: ignore[arg-type]  # noqa: SLF001 - librdkafka calls it
                come += [FakeRecord(b"{}", the_offset=offset) for offset in range(3, 6)]
        return come

    def committed(self, partitions: list[TopicPartition], **_: object) -> list[TopicPartition]:
        """The offset after the first three records, because nothing is committed meanwhile."""
        return [TopicPartition(it.topic, it.partition, 3) for it in partitions]

    def incremental_assign(self, partitions: list[TopicPartition]) -> None:
        """Do nothing."""

    def incremental_unassign(self, partitions: list[TopicPartition]) -> None:
        """Do nothing."""


class OutOfRange:
    """A message that says that what comes next in partition 0 is in the log no more."""

    def error(self) -> KafkaError:
        """Say so."""
        return KafkaError(KafkaError._AUTO_OFFSET_RESET)  # noqa: SLF001

    def topic(self) -> str:
        """The input topic."""
        return "articles.raw"

    def partition(self) -> int:
        """The partition."""
        return 0


class Truncated(Waiting):
    """A consumer with three records in its queue, and behind them the error that the log begins at offset 10 now."""

    def consume(self, most: int, *_: object) -> list[Any]:
        """Return what has arrived, with the error behind the last record."""
        come = super().consume(most)
        return [*come, OutOfRange()] if come and not self._arrivals else come

    def get_watermark_offsets(self, *_: object, **__: object) -> tuple[int, int]:
        """All that was written is gone."""
        return 10, 10

    def incremental_assign(self, partitions: list[TopicPartition]) -> None:
        """Do nothing."""

    def incremental_unassign(self, partitions: list[TopicPartition]) -> None:
        """Do nothing."""


class IdleCommitter:
    """A committer with nothing to do; `begun` are the offsets at which reading goes on."""

    def __init__(self) -> None:
        """Nothing is committed yet."""
        self.begun: list[int] = []

    def commit_start(self, _consumer: object, offsets: list[TopicPartition], _member: object) -> None:
        """Note them."""
        self.begun += [it.offset for it in offsets]

    def own(self, *_: object) -> None:
        """Do nothing."""

    def settle(self, *_: object, **__: object) -> None:
        """Do nothing."""


class NoTopicId:
    """The topic id of brokers that have no ids."""

    known: ClassVar[dict[str, str]] = {}
    embedded = False

    def begin(self) -> None:
        """Do nothing."""

    def due(self, *, reading: bool) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def ask(self, _: object) -> dict[str, str]:
        """No id."""
        return {}

    def untold(self, _: object) -> set[str]:
        """None: there is nothing to be told."""
        return set()

    def was_another(self, _: str) -> bool:
        """Nobody knows."""
        return False

    def noticed(self, _: str) -> None:
        """Do nothing."""


class Clock:
    """A clock that the test advances."""

    def __init__(self) -> None:
        """Start at some time."""
        self.now = 1000.0

    def monotonic(self) -> float:
        """The time in seconds."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("stream.kafka.source.time.monotonic", made.monotonic)
    return made


@pytest.fixture
def committer() -> IdleCommitter:
    return IdleCommitter()


@pytest.fixture
def source(
    clock: Clock,  # noqa: ARG001 - at that time
    flow: Flow,
    partitions: Partitions,
    committer: IdleCommitter,
    monkeypatch: pytest.MonkeyPatch,
) -> Source:
    monkeypatch.setattr("stream.kafka.same_topic.TopicIds", lambda _: NoTopicId())
    made = Source(SETTINGS, flow, partitions, committer, lambda *_: None)  # type: ignore[arg-type]
    made.member.consumer = SilentConsumer()  # type: ignore[assignment]
    made.progress.opened()
    return made


def fetch_for(source: Source, clock: Clock, seconds: int) -> None:
    """Fetch once a second for this many seconds; nothing arrives."""
    for _ in range(seconds):
        clock.now += 1
        assert source.fetch() == []


def test_a_group_that_assigns_nothing_is_joined_anew(source: Source, clock: Clock) -> None:
    fetch_for(source, clock, 19)
    with pytest.raises(SessionLost, match="The group article-stream has not assigned any partitions for 20 s"):
        fetch_for(source, clock, 3)


def test_while_kafka_is_away_an_assignment_is_waited_for(source: Source, clock: Clock) -> None:
    for _ in range(60):
        source.progress.kafka_unanswered()
        fetch_for(source, clock, 1)


def test_an_assignment_of_nothing_is_waited_with_for_ever(source: Source, clock: Clock, partitions: Partitions) -> None:
    partitions.assigned = True
    fetch_for(source, clock, 300)


def test_records_that_wait_and_do_not_come_end_the_session(
    source: Source, clock: Clock, partitions: Partitions
) -> None:
    partitions.gain(at(3), 100)
    fetch_for(source, clock, 60)
    partitions.update_end(at(3), 150)
    with pytest.raises(SessionLost, match="No records arrive from partitions 3 of"):
        fetch_for(source, clock, 17)


def test_while_records_are_under_way_nothing_is_doubted(
    source: Source, clock: Clock, flow: Flow, partitions: Partitions
) -> None:
    partitions.gain(at(3), 100)
    partitions.update_end(at(3), 150)
    flow.enter(1)
    fetch_for(source, clock, 60)


def test_reading_that_fails_for_long_begins_anew(source: Source, clock: Clock, partitions: Partitions) -> None:
    partitions.gain(at(3), 100)
    source.progress.failing("Kafka forbids the use of a topic.")
    fetch_for(source, clock, 15)
    with pytest.raises(SessionLost, match="Kafka forbids the use of a topic"):
        fetch_for(source, clock, 1)


def fetched(source: Source, *arrivals: int, record_bytes: int = 2) -> int:
    """How many records one fetch gives from a consumer with these arrivals."""
    source.member.consumer = Waiting(*arrivals, record_bytes=record_bytes)  # type: ignore[assignment]
    return len(source.fetch())


def test_a_lone_record_is_handed_on_at_once(source: Source) -> None:
    assert fetched(source, 1, 0, 99) == 1


def test_what_comes_while_others_commit_goes_with_the_first_of_them(
    source: Source, flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(flow, "wait_drained", waited.append)
    flow.enter(1)
    assert fetched(source, 1, 2, 3, 99) == 6
    assert waited == [COLLECT_S]


def test_many_are_cleaned_while_others_commit(source: Source, flow: Flow) -> None:
    flow.enter(500)
    assert fetched(source, 1, 60, 99) == 61


def test_what_is_collected_stays_within_a_batch_in_bytes(source: Source, flow: Flow) -> None:
    size = int(SETTINGS.batch_max_bytes / 8.5)
    assert fetched(source, 1, record_bytes=size) == 1, "from now on it expects records of this size"
    flow.enter(1)
    assert fetched(source, 1, 7, 99, record_bytes=size) == 8, "a full batch waits for nothing"
    assert fetched(source, 1, 3, 4, 99, record_bytes=size) == 8, "what is collected fills it up"


@pytest.mark.parametrize("back", [False, True], ids=["taken away", "and given back"])
def test_no_record_of_a_partition_that_moves_is_passed_over(
    source: Source, partitions: Partitions, *, back: bool
) -> None:
    """Records from before the rebalance are the next owner's to publish, those from after it this worker's."""
    partitions.gain(at(0), 0)
    source.member.consumer = Rebalancing(source, back=back)  # type: ignore[assignment]
    if back:
        with pytest.raises(SessionLost, match=r"Partitions 0 of articles.raw were taken away and given back"):
            source.fetch()
    else:
        assert source.fetch() == []


@pytest.mark.parametrize("waits", [True, False])
def test_the_trouble_of_the_session_before_starts_no_new_session_where_nothing_is_read_yet(
    source: Source, clock: Clock, partitions: Partitions, *, waits: bool
) -> None:
    """Nothing can come that would show that it is over, as where the output topic is missing."""
    source.progress.trouble = "The topic articles.en was deleted."
    consumer: Any = Rebalancing(source, back=False)
    source.member.consumer = consumer
    find, due = Mock(return_value=[]), Mock(return_value=False)
    if waits:
        source._beginnings.find, source._beginnings.due = find, due  # type: ignore[method-assign]  # noqa: SLF001
    source._assigned(consumer, [TopicPartition("articles.raw", 0)])  # noqa: SLF001 - librdkafka calls it
    assert partitions.places == [at(0)]
    source.member.consumer = SilentConsumer()  # type: ignore[assignment]
    with nullcontext() if waits else pytest.raises(SessionLost, match="was deleted"):
        fetch_for(source, clock, 60)
    assert bool(source.progress.trouble) != waits


def test_what_has_ended_the_session_is_named_though_partitions_are_assigned_after_it(
    source: Source, flow: Flow
) -> None:
    consumer: Any = Rebalancing(source, back=False)
    source.member.consumer = consumer
    flow.fail(SessionLost("The group took partitions away."))
    with pytest.raises(SessionLost, match="The group took partitions away"):
        source._assigned(consumer, [])  # noqa: SLF001 - librdkafka calls it


@pytest.fixture
def before_a_gap(source: Source, flow: Flow, partitions: Partitions, committer: IdleCommitter) -> Source:
    """The source, with three records in flight that came together with the error that the log goes on behind them."""
    partitions.gain(at(0), 0)
    source.member.consumer = Truncated(1, 2)  # type: ignore[assignment]
    assert len(source.fetch()) == 3
    assert committer.begun == []
    flow.enter(3)
    return source


def test_what_was_fetched_before_a_gap_is_published_before_the_offset_behind_the_gap_is_committed(
    before_a_gap: Source, flow: Flow, partitions: Partitions, committer: IdleCommitter
) -> None:
    """A worker that ended in between would not have published these records, nor counted them as skipped."""
    partitions.published(at(0), 3)
    flow.leave(flow.session, 3)
    assert before_a_gap.fetch() == []
    assert committer.begun == [10]
    assert [known.position for _, known in partitions.items()] == [10]


def test_what_is_not_published_in_time_is_not_passed_over_for_a_gap(
    before_a_gap: Source, flow: Flow, committer: IdleCommitter
) -> None:
    flow.fail(SessionLost("The members of the group changed."))
    with pytest.raises(SessionLost):
        before_a_gap.fetch()
    assert committer.begun == []
