"""Where partitions begin, by what the group has committed; and that this is committed before anything is read."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any, cast

import pytest
from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, TopicPartition

from harness.fakes import at
from stream.config.loading import load
from stream.errors import SessionLost
from stream.kafka.beginnings import ASK_EVERY_S, REPORT_AFTER_S, Beginnings
from stream.kafka.committer import Aborted
from stream.kafka.partitions import Partitions
from stream.kafka.topic_id import TopicIds, as_metadata, of_metadata

RAW = "articles.raw"
LOW, HIGH, NONE = 10, 50, -1001
ME = object()


class Group:
    """A group's committed offsets, and the broker's answers to its consumers. Partitions begin at 10 and end at 50."""

    def __init__(self, partitions: int = 4) -> None:
        """Begin with nothing committed."""
        self.partitions = partitions
        self.offsets: dict[int, tuple[int, str]] = {}
        self.commits: list[dict[int, int]] = []
        self.refuses: Exception | None = None

    def committed(self, asked: list[TopicPartition], **_: object) -> list[TopicPartition]:
        """The committed offsets, as Kafka answers."""
        return [TopicPartition(it.topic, it.partition, *self.offsets.get(it.partition, (NONE, ""))) for it in asked]

    def offsets_for_times(self, asked: list[TopicPartition], **_: object) -> list[TopicPartition]:
        """The first or last offsets, as they are asked for."""
        edge = {OFFSET_BEGINNING: LOW, OFFSET_END: HIGH}
        return [TopicPartition(it.topic, it.partition, edge[it.offset]) for it in asked]

    def list_topics(self, topic: str, **_: object) -> Any:
        """The metadata: the topic's partitions."""
        return SimpleNamespace(
            topics={topic: SimpleNamespace(error=None, partitions=dict.fromkeys(range(self.partitions)))}
        )

    def commit_start(self, _: object, offsets: list[TopicPartition], member: object) -> None:
        """Act as the committer: keep the offsets."""
        assert member is ME
        if self.refuses is not None:
            raise self.refuses
        self.commits.append({it.partition: it.offset for it in offsets})
        self.offsets |= {it.partition: (it.offset, it.metadata or "") for it in offsets}


class Worker:
    """A worker of the group."""

    def __init__(self, group: Group, *, start_at: str = "latest", topic_id: str = "", embedded: bool = False) -> None:
        """Begin without partitions; without a topic's id, the brokers have none."""
        self.group, self.partitions = group, Partitions()
        settings = load({"start_at": start_at}, environ={})
        identity = TopicIds(settings)
        identity.known, identity.embedded = {RAW: topic_id} if topic_id else {}, embedded
        identity._no_ids = not topic_id  # noqa: SLF001 - as the broker's answer does
        committer: Any = group
        self.identity = identity
        self.beginnings = Beginnings(settings, committer, identity, self.partitions)

    def gains(self, *numbers: int) -> dict[int, int]:
        """Be assigned partitions; return where those begin that may be read now."""
        consumer: Any = self.group
        self.beginnings.take(map(at, numbers))
        return {it.partition: it.offset for it in self.beginnings.find(consumer, ME)}


@pytest.fixture
def group() -> Group:
    return Group()


def test_what_is_committed_is_where_reading_begins_and_nothing_is_committed_anew(group: Group) -> None:
    group.offsets = {0: (23, ""), 1: (24, "of somebody else's")}
    assert Worker(group).gains(0, 1) == {0: 23, 1: 24}
    assert group.commits == []


def test_the_owner_of_the_first_partition_begins_a_new_group_for_all(group: Group) -> None:
    """Whichever worker gets the other partitions, and whenever: it begins where the group did."""
    assert Worker(group).gains(0, 1) == {0: HIGH, 1: HIGH}
    assert group.commits == [dict.fromkeys(range(4), HIGH)], "in one commit"
    group.offsets[2] = (60, "")
    assert Worker(group).gains(2, 3) == {2: 60, 3: HIGH}


def test_who_has_not_the_first_partition_waits_for_its_owner(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("stream.kafka.beginnings.time.monotonic", lambda: now)
    other, consumer = Worker(group), cast("Any", group)
    assert other.gains(2, 3) == {}
    assert group.commits == []
    assert other.beginnings.waiting == {at(2), at(3)}
    assert dict(other.partitions.items())[at(2)].position == -1
    assert not other.beginnings.trouble, "a moment is no news"
    now += REPORT_AFTER_S + ASK_EVERY_S
    assert other.beginnings.due(consumer)
    assert other.gains() == {}
    assert "the owner of partition 0 of articles.raw has not yet committed" in other.beginnings.trouble
    Worker(group).gains(0, 1)
    assert other.gains() == {2: HIGH, 3: HIGH}
    assert not other.beginnings.waiting
    assert not other.beginnings.trouble


@pytest.mark.parametrize("start_at", ["earliest", "latest"])
def test_a_partition_that_is_new_to_the_group_is_read_from_its_beginning(group: Group, start_at: str) -> None:
    group.offsets = {1: (20, "")}
    assert Worker(group, start_at=start_at).gains(3) == {3: LOW}
    assert group.commits == [{3: LOW}]


def test_a_group_that_this_process_has_read_for_is_not_new_though_kafka_has_forgotten_it(group: Group) -> None:
    """As Kafka does when the topic is deleted."""
    worker = Worker(group)
    worker.gains(0, 1, 2, 3)
    group.offsets.clear()
    assert worker.gains(0, 1, 2, 3) == dict.fromkeys(range(4), LOW)


def test_a_group_is_not_new_if_a_session_of_this_process_has_known_the_topic_as_another_one(
    group: Group, caplog: pytest.LogCaptureFixture
) -> None:
    """It had no partitions then; another worker had read the old topic, of which Kafka has forgotten all."""
    worker = Worker(group, topic_id="new")
    worker.identity.before = {RAW: "old"}
    assert worker.gains(0, 1, 2, 3) == dict.fromkeys(range(4), LOW)
    assert "was deleted and created again, and Kafka has forgotten" in caplog.text


@pytest.mark.parametrize("together", [True, False])
def test_a_partition_that_is_added_after_the_group_has_begun_the_topic_anew_is_called_new(
    group: Group, caplog: pytest.LogCaptureFixture, *, together: bool
) -> None:
    """Another worker was the first that read the new topic."""
    caplog.set_level(logging.INFO)
    group.offsets = {0: (30, as_metadata("new"))}
    worker = Worker(group, topic_id="new")
    worker.identity.before = {RAW: "old"}
    found = worker.gains(0, 3) if together else worker.gains(0) | worker.gains(3)
    assert found == {0: 30, 3: LOW}
    assert "deleted" not in caplog.text
    assert "Partitions 3 of articles.raw are new to the group" in caplog.text


def test_earliest_begins_each_for_itself(group: Group) -> None:
    assert Worker(group, start_at="earliest").gains(2, 3) == {2: LOW, 3: LOW}
    assert group.commits == [{2: LOW, 3: LOW}]


def test_the_offset_of_a_topic_that_was_deleted_counts_for_nothing(
    group: Group, caplog: pytest.LogCaptureFixture
) -> None:
    group.offsets = {0: (100, as_metadata("old")), 1: (30, as_metadata("new")), 2: (31, "")}
    assert Worker(group, topic_id="new").gains(0, 1, 2) == {0: LOW, 1: 30, 2: 31}
    assert group.commits == [{0: LOW}]
    assert of_metadata(group.offsets[0][1]) == "new"
    assert "was deleted and created again. These partitions are read from their beginning" in caplog.text
    assert "0 from offset 10 (old: 100)." in caplog.text


def test_where_brokers_have_no_ids_offsets_are_taken_as_they_are(group: Group) -> None:
    group.offsets = {0: (100, as_metadata("old")), 1: (7, "")}
    assert Worker(group).gains(0, 1) == {0: 100, 1: 7}


def test_where_the_broker_does_not_know_the_topic_yet_no_offset_is_used_and_none_is_committed(group: Group) -> None:
    """It is just being deleted, or created: an offset may be of the one before it."""
    group.offsets = {0: (100, as_metadata("old")), 1: (7, as_metadata("new"))}
    worker, consumer = Worker(group, topic_id="of another topic"), cast("Any", group)
    worker.identity.known = {}
    assert worker.gains(0, 1, 2) == {}
    assert group.commits == []
    assert worker.beginnings.waiting == {at(0), at(1), at(2)}
    worker.beginnings._asked_s = 0.0  # noqa: SLF001 - long ago
    assert not worker.beginnings.due(consumer)
    worker.identity.known = {RAW: "new"}
    assert worker.beginnings.due(consumer)
    assert worker.gains() == {0: LOW, 1: 7, 2: LOW}


def test_where_the_group_goes_on_meanwhile_nothing_is_read_before_it_is_asked_again(group: Group) -> None:
    worker = Worker(group)
    group.refuses = Aborted(SessionLost("The group went on."))
    assert worker.gains(0, 1) == {}
    assert worker.beginnings.waiting == {at(0), at(1)}
    group.refuses = None
    group.offsets = {0: (70, ""), 1: (HIGH, "")}  # another worker was faster and has read on
    assert worker.gains() == {0: 70, 1: HIGH}
    assert group.commits == []


def test_what_waits_is_not_the_consumers_to_give_up(group: Group) -> None:
    worker = Worker(group)
    group.offsets = {1: (20, "")}
    worker.gains(1)
    group.refuses = Aborted(SessionLost("The group went on."))
    worker.gains(2, 3)
    leaving = [TopicPartition("articles.raw", number) for number in (1, 2)]
    assert [it.partition for it in worker.beginnings.give_up(leaving)] == [1]
    assert worker.beginnings.waiting == {at(3)}


def test_on_the_embedded_broker_nobody_waits(group: Group) -> None:
    """The embedded broker forgets what was committed in a transaction."""
    assert Worker(group, embedded=True).gains(2, 3) == {2: HIGH, 3: HIGH}


def test_a_position_that_is_moved_is_committed_or_the_session_ends(group: Group) -> None:
    worker = Worker(group)
    consumer: Any = group
    worker.beginnings.move(consumer, at(2), 17, ME)
    assert group.commits == [{2: 17}]
    assert dict(worker.partitions.items())[at(2)].position == 17
    group.refuses = Aborted(SessionLost("The group went on."))
    with pytest.raises(SessionLost, match="The group went on"):
        worker.beginnings.move(consumer, at(2), 18, ME)
