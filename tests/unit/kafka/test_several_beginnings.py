"""Where each of several topics begins, which of them waits, and which was made again."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import OFFSET_BEGINNING, KafkaError, TopicPartition

from harness.fakes import at
from stream.config.loading import load
from stream.errors import SessionLost
from stream.kafka.beginnings import Beginnings
from stream.kafka.flow import Flow
from stream.kafka.outputs import ASK_EVERY_S
from stream.kafka.partitions import Partitions
from stream.kafka.same_topic import SameTopic
from stream.kafka.topic_id import TopicIds, as_metadata
from stream.records.input_partition import InputPartition

EN, DE = "articles.en", "articles.de"
SEVERAL = load({"input_topic": f"{EN},{DE}", "output_topic": "clean.{topic}"}, environ={})


class Broker:
    """A broker with two topics of two partitions, which begin at 10 and end at 50."""

    def __init__(self, **offsets: int) -> None:
        """`offsets`: what the group has committed, by the end of the topic's name and the partition."""
        self.offsets = offsets
        self.commits: list[dict[InputPartition, tuple[int, str]]] = []
        self.missing: set[str] = set()

    def committed(self, asked: list[TopicPartition], **_: object) -> list[TopicPartition]:
        """As given."""
        return [
            TopicPartition(it.topic, it.partition, self.offsets.get(f"{it.topic[-2:]}{it.partition}", -1001))
            for it in asked
        ]

    def offsets_for_times(self, asked: list[TopicPartition], **_: object) -> list[TopicPartition]:
        """The first or last offsets."""
        return [TopicPartition(it.topic, it.partition, 10 if it.offset == OFFSET_BEGINNING else 50) for it in asked]

    def list_topics(self, asked: str = "other", **_: object) -> Any:
        """The two, and the one that is asked for."""
        topic = SimpleNamespace(error=None, partitions={0: None, 1: None})
        none = SimpleNamespace(error=KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART), partitions={})
        return SimpleNamespace(topics={EN: topic, DE: topic, asked: none if asked in self.missing else topic})

    def commit_start(self, _: object, offsets: list[TopicPartition], __: object) -> None:
        """Keep them."""
        self.commits.append({at(it.partition, it.topic): (it.offset, it.metadata or "") for it in offsets})


def beginnings(broker: Broker, ids: dict[str, str] | None = None) -> Beginnings:
    """Of a group with `latest`."""
    settings = SEVERAL.model_copy(update={"start_at": "latest"})
    known = TopicIds(settings)
    known.known, known._no_ids = ids or {}, ids is None  # noqa: SLF001 - as the broker's answers do
    committer: Any = broker
    return Beginnings(settings, committer, known, Partitions())


def gains(begins: Beginnings, broker: Any, *places: InputPartition) -> list[TopicPartition]:
    """Be assigned partitions; give those that may be read now."""
    begins.take(places)
    return begins.find(broker, object())


def test_a_new_group_begins_at_the_end_of_all_topics_which_the_first_partitions_owner_commits() -> None:
    broker: Any = Broker()
    waiting = beginnings(broker)
    assert gains(waiting, broker, at(0, EN), at(1, EN)) == []
    assert broker.commits == []
    first = beginnings(broker, {DE: "d"})
    (found,) = gains(first, broker, at(0, DE))
    assert (found.topic, found.partition, found.offset) == (DE, 0, 50)
    every = {
        at(number, topic): (50, as_metadata("d") if topic == DE else "") for topic in (DE, EN) for number in (0, 1)
    }
    assert broker.commits == [every]


def test_a_topic_that_comes_later_is_read_from_its_beginning(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    broker: Any = Broker(en0=23, en1=24)
    found = gains(beginnings(broker), broker, at(0, DE), at(0, EN))
    assert {(it.topic, it.offset) for it in found} == {(EN, 23), (DE, 10)}
    assert broker.commits == [{at(0, DE): (10, "")}]
    assert "Partitions 0 of articles.de are new to the group" in caplog.text


def test_a_topic_that_was_made_again_is_named_though_kafka_has_forgotten_its_offsets(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    broker: Any = Broker(en0=23, en1=24)
    known = beginnings(broker, {EN: "e", DE: "new"})
    known._topic_ids.before = {EN: "e", DE: "old"}  # noqa: SLF001 - what a session before this one was told
    found = gains(known, broker, at(0, DE), at(1, DE), at(0, EN))
    assert {(it.topic, it.offset) for it in found} == {(EN, 23), (DE, 10)}
    assert "articles.de was deleted and created again, and Kafka has forgotten" in caplog.text
    assert "are read from their beginning: 0, 1." in caplog.text
    assert "new to the group" not in caplog.text
    caplog.clear()
    gains(known, broker, at(2, DE))
    assert "Partitions 2 of articles.de are new to the group" in caplog.text, "it was added afterwards"


def test_only_the_topic_that_was_made_again_is_skipped(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[tuple[str, int]] = []
    partitions, flow = Partitions(), Flow()
    for topic in (EN, DE):
        partitions.gain(at(3, topic), 40)
        partitions.update_end(at(3, topic), 50)
    watched = SameTopic(SEVERAL, flow, partitions, lambda *event: told.append(event), lambda _: None)
    answers = iter([{EN: "e", DE: "d"}, {EN: "e"}, {EN: "e", DE: "new"}])
    asked: list[set[str]] = []

    def answer(topics: set[str]) -> dict[str, str]:
        asked.append(topics)
        return next(answers)

    monkeypatch.setattr(watched.ids, "_answer", answer)
    partitions.gain(at(0, "articles.fr"), -1)
    watched.check()
    assert asked == [{EN, DE, "articles.fr"}]
    assert flow.metadata == {EN: as_metadata("e"), DE: as_metadata("d")}
    watched.check()
    with pytest.raises(SessionLost, match=r"The topic articles\.de was deleted and created again"):
        watched.check()
    assert told == [("skipped", 10)]
    assert "The topic articles.en" not in caplog.text


def test_a_topic_without_its_output_waits_and_the_others_are_read(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = 1000.0
    monkeypatch.setattr("stream.kafka.outputs.time.monotonic", lambda: now)
    broker: Any = Broker(en0=23, en1=24)
    broker.missing = {"clean.articles.de"}
    known = beginnings(broker)
    (found,) = gains(known, broker, at(0, DE), at(0, EN))
    assert (found.topic, found.offset) == (EN, 23)
    assert known.waiting == {at(0, DE)}
    assert not known.trouble
    assert "The output topic clean.articles.de is missing, so articles.de is not read yet" in caplog.text
    now += ASK_EVERY_S + 1
    assert not known.due(broker)
    broker.missing.clear()
    assert not known.due(broker), "it is asked for only now and then"
    now += ASK_EVERY_S + 1
    assert known.due(broker)
    (found,) = known.find(broker, object())
    assert (found.topic, found.offset) == (DE, 10)
    assert not known.waiting
    assert caplog.text.count("is missing") == 1
