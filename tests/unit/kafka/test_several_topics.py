"""Partitions of the same number in several topics are never taken for each other."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from harness.fakes import FOOTER, NotingProducer, ProducerSupply, at, outcome
from stream.config.loading import load
from stream.core.rules import builtin
from stream.errors import SettingsError
from stream.kafka.at_least_once import AtLeastOnce
from stream.kafka.committer import Publication
from stream.kafka.demoting import demoted
from stream.kafka.flow import Flow
from stream.kafka.group import GroupView
from stream.kafka.missing import Missing
from stream.kafka.ownership import NEW_TOPIC_S, Ownership
from stream.kafka.partitions import Partitions
from stream.kafka.producing import produce_all
from stream.kafka.refused import Refused
from stream.kafka.source import Source
from stream.kafka.transaction import Transactions
from stream.records.input_partition import InputPartition, listed
from stream.records.outcomes import Outcomes
from stream.worker.engine import Engine
from stream.worker.health import live
from tests.rig import started
from tests.trials import trials

EN, DE = "articles.en", "articles.de"
SEVERAL = load({"input_topic": f"{EN},{DE}", "output_topic": "clean.{topic}"}, environ={})
PLACES = st.builds(InputPartition, st.sampled_from([EN, DE, "a"]), st.integers(0, 5))


def test_partitions_in_a_sentence() -> None:
    assert listed([at(2, EN), at(0, DE), at(10, EN), at(1, DE)]) == "0, 1 of articles.de and 2, 10 of articles.en"
    assert listed([at(1, EN), at(0, DE), at(3, "a")]) == "3 of a, 0 of articles.de and 1 of articles.en"
    assert listed([at(0)]) == "0 of articles.raw"
    assert listed([]) == "none"
    assert str(at(3, EN)) == "articles.en/3"


@trials(100)
@given(st.lists(st.tuples(PLACES, st.booleans())))
def test_what_follows_is_by_topic_and_number(picks: list[tuple[InputPartition, bool]]) -> None:
    made = [outcome(n, partition=place.number, topic=place.topic) for n, (place, _) in enumerate(picks)]
    expected = {place: n + 1 for n, (place, _) in enumerate(picks)}
    assert Outcomes.counted(made).following == expected
    both, more = Outcomes.counted(made[: len(made) // 2]), Outcomes.counted(made[len(made) // 2 :])
    both.add(more)
    assert both.following == expected


async def test_offsets_are_committed_with_their_own_topics_id() -> None:
    rig = started(SEVERAL)
    rig.flow.metadata = {EN: "id of en"}
    await rig.put([outcome(4, topic=EN), outcome(9, topic=DE)])
    assert await rig.drained()
    (publication,) = rig.committer.publications
    found = {(it.topic, it.partition): (it.offset, it.metadata) for it in publication.offsets}
    assert found == {(EN, 0): (5, "id of en"), (DE, 0): (10, "")}
    rig.sink.close(10)


class TopicsProducer(NotingProducer):
    """A producer that notes the topics."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__()
        self.topics: list[str] = []
        self.reports: list[Any] = []

    def produce(self, topic: str, *arguments: Any) -> None:
        """Note the topic."""
        self.topics.append(topic)
        self.reports.append(arguments[3])

    def flush(self, _: float) -> int:
        """Acknowledge everything."""
        reports, self.reports = self.reports, []
        for report in reports:
            report(None, None)
        return 0


def mixed() -> list[Any]:
    """An article of each topic, and a record of one that cannot be cleaned."""
    return [outcome(0, topic=EN), outcome(0, topic=DE), outcome(1, topic=DE)._replace(name="dead")]


@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
def test_each_article_goes_to_the_output_of_its_topic(delivery: str) -> None:
    producer: Any = TopicsProducer()
    if delivery == "exactly_once":
        produce_all(producer, SEVERAL, mixed())
    else:
        committer = AtLeastOnce(SEVERAL, lambda *_: None, batch_bytes=1000, make_producer=ProducerSupply(producer))
        committer.own([at(0, EN)], [])
        committer.commit(Publication(mixed(), [TopicPartition(EN, 0, 1), TopicPartition(DE, 0, 2)]))
    assert producer.topics == ["clean.articles.en", "clean.articles.de", "articles.dead"]


def test_at_least_once_sends_no_other_topics_record_for_one_that_is_acknowledged() -> None:
    """Both have partition 0 and offset 0, and go to the same output."""
    settings = load({"input_topic": f"{EN},{DE}"}, environ={})
    producer: Any = TopicsProducer()
    fails = [None, KafkaError(KafkaError.INVALID_RECORD)]

    def flush(_: float) -> int:
        reports, producer.reports = producer.reports, []
        for report, error in zip(reports, fails, strict=False):
            report(error, None)
        fails[:] = [None, None]
        return 0

    producer.flush = flush
    supply = ProducerSupply(producer, producer, producer)
    committer = AtLeastOnce(settings, lambda *_: None, batch_bytes=1000, make_producer=supply)
    committer.own([at(0, EN)], [])
    publication = Publication([outcome(0, topic=EN), outcome(0, topic=DE)], [])
    with pytest.raises(Refused):
        committer.commit(publication)
    committer.commit(publication)
    assert len(producer.topics) == 3, "one of the two is sent again"


def test_a_refused_article_is_told_of_with_the_output_that_refused_it() -> None:
    letter = demoted(outcome(3, topic=DE, text=FOOTER), Refused("too_large", "no"), SEVERAL)
    assert b"clean.articles.de refuses" in dict(letter.headers)["__streams.errors.message"]  # type: ignore[operator]


def test_the_transactional_id_is_made_from_the_first_partition_by_topic_and_number() -> None:
    made: list[str] = []

    def make(config: dict[str, Any]) -> Any:
        made.append(config["transactional.id"])
        return NotingProducer()

    transactions = Transactions(SEVERAL, object, lambda *_: None, batch_bytes=1000, make_producer=make)
    places = [at(1, EN), at(3, DE)]
    transactions.own(sorted(places), places)
    assert made == ["article-stream.articles.en.1", "article-stream.articles.de.3"], "the others are fenced first"
    transactions.own([at(1, EN)], [])
    assert made[2:] == ["article-stream.articles.en.1"]


class Clock:
    """A clock that the test advances."""

    now = 1000.0

    def __call__(self) -> float:
        """Tell the time, in seconds."""
        return self.now


def test_a_new_topic_has_time_to_get_owners() -> None:
    clock = Clock()
    ownership = Ownership(6.0, clock=clock)
    old, new = frozenset({at(0, EN)}), frozenset({at(0, DE)})
    ownership.observe(GroupView(old, {"a": old}, stable=False), "a")
    grown = GroupView(old | new, {"a": old}, stable=True)
    for _ in range(10):
        assert ownership.observe(grown, "a") == ""
        clock.now += NEW_TOPIC_S / 10 - 0.1
    assert not ownership.unowned
    clock.now += 2
    ownership.observe(grown, "a")
    assert ownership.observe(grown, "a") == "rebalance"
    assert ownership.unowned == (at(0, DE),)


def test_a_partition_without_an_owner_in_a_topic_that_has_one_is_no_new_topic() -> None:
    ownership = Ownership(6.0, clock=Clock())
    old, new = frozenset({at(0, EN)}), frozenset({at(0, DE), at(1, DE)})
    ownership.observe(GroupView(old, {"a": old}, stable=True), "a")
    orphaned = GroupView(old | new, {"a": old | {at(0, DE)}}, stable=True)
    ownership.observe(orphaned, "a")
    assert ownership.observe(orphaned, "a") == "rebalance"


def test_a_topic_that_feeds_itself_is_not_read() -> None:
    settings = load({"input_topic": "^.*news$", "output_topic": "clean.{topic}"}, environ={})
    committer: Any = SimpleNamespace()
    source = Source(settings, Flow(), Partitions(), committer, lambda *_: None)
    with pytest.raises(SettingsError, match=r"The input topic news cannot be read: its output topic clean\.news is an"):
        source._assigned(SimpleNamespace(), [TopicPartition("news", 0)])  # type: ignore[arg-type]  # noqa: SLF001 - librdkafka calls it


def test_health_and_metrics_name_the_topic() -> None:
    engine = Engine(SEVERAL, builtin(), largest_bytes=1_000_000)
    for topic, position in ((EN, 5), (DE, 7)):
        engine.partitions.gain(at(0, topic), position)
        engine.partitions.update_end(at(0, topic), 9)
    assert live(engine).as_json()["partitions"] == {
        "articles.de/0": {"position": 7, "lag": 2, "lag_seconds": None},
        "articles.en/0": {"position": 5, "lag": 4, "lag_seconds": None},
    }
    text = engine.metrics.text().decode()
    assert 'article_stream_partition_lag_records{partition="0",topic="articles.de"} 2.0' in text
    assert 'article_stream_partition_lag_records{partition="0",topic="articles.en"} 4.0' in text


@pytest.mark.parametrize(
    ("inputs", "topics", "gone"),
    [(f"{EN},{DE}", {EN, DE}, DE), (f"{EN},{DE}", {EN}, ""), (DE, {DE}, ""), ("^articles.*$", {DE}, DE)],
)
def test_an_input_topic_that_is_gone_is_told_where_there_are_others(
    monkeypatch: pytest.MonkeyPatch, inputs: str, topics: set[str], gone: str
) -> None:
    there = SimpleNamespace(topics={EN: SimpleNamespace(error=None)})
    monkeypatch.setattr("stream.kafka.missing.AdminClient", lambda _: SimpleNamespace(list_topics=lambda **_: there))
    missing = Missing(load({"input_topic": inputs, "dead_letter_topic": "dead", "output_topic": "clean"}, environ={}))
    error = missing.gone(topics)
    assert str(error or "") == (f"Input topics with records in flight were deleted: {gone}." if gone else "")
