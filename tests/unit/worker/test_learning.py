"""A learner goes on from its counts, and never without them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from harness.fakes import FakeRecord, at
from stream.config.learner import for_learner
from stream.config.loading import load
from stream.core.rules import builtin
from stream.errors import SessionLost
from stream.learner.counts import write_counts
from stream.learner.learned import LearnedSite
from stream.learner.messages import write_sketch
from stream.learner.observation import sketch
from stream.records.known_sites import partition_of
from stream.worker.learning import LearnerEngine

LINES, SITES, COUNTS = "articles.lines", "articles.sites", "articles.counts"
SITE = "example.org"


def counted(articles: int) -> bytes:
    """Counts of so many articles."""
    site = LearnedSite.named(SITE)
    for number in range(articles):
        site.learn(
            sketch(
                f"The ferry {number} runs all winter, the board said, and nobody at the quay was surprised.", builtin()
            )
        )
    return write_counts(site)


class World:
    """What the learner reads of Kafka: how many partitions each topic has, and the topic of counts."""

    def __init__(self) -> None:
        """Four partitions each, and no counts."""
        self.partitions = {LINES: 4, SITES: 4, COUNTS: 4}
        self.counts: list[FakeRecord] = []


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    module = "stream.worker.learning"
    monkeypatch.setattr(f"{module}.partitions_in", lambda _settings, topic, _admin: made.partitions.get(topic, 0))
    monkeypatch.setattr(f"{module}.ends_of", lambda *_: {})
    read: Callable[..., list[FakeRecord]] = lambda _settings, _topic, numbers, _timeout_s: [  # noqa: E731 - short
        record for record in made.counts if record.partition() in numbers
    ]
    monkeypatch.setattr(f"{module}.read_whole", read)
    return made


@pytest.fixture
def learner() -> LearnerEngine:
    made = LearnerEngine(for_learner(load({"sites": "apply"}, environ={})), builtin(), largest_bytes=1_000_000)
    made.flow.begin_session()
    return made


def known(learner: LearnerEngine) -> dict[str, int]:
    return {each.site.name: each.site.total for each in learner._learned}  # noqa: SLF001 - no other way to look


@pytest.mark.parametrize("missing", [LINES, SITES, COUNTS])
def test_a_topic_that_is_missing_ends_the_session_so_that_nothing_is_counted_from_nothing(
    learner: LearnerEngine, world: World, missing: str
) -> None:
    del world.partitions[missing]
    with pytest.raises(SessionLost, match=f"The topic {missing} is missing"):
        learner.source.on_gain([at(0, LINES)])


def test_it_goes_on_from_the_counts_of_its_partitions(learner: LearnerEngine, world: World) -> None:
    home = partition_of(SITE, 4)
    world.counts = [FakeRecord(counted(3), SITE.encode(), the_partition=home)]
    learner.source.on_gain([at((home + 1) % 4, LINES)])
    assert known(learner) == {}
    learner.source.on_gain([at(home, LINES)])
    assert known(learner) == {SITE: 3}


def test_after_partitions_were_added_to_the_counts_those_where_the_site_belongs_count(
    learner: LearnerEngine, world: World
) -> None:
    world.partitions[COUNTS] = 7
    home = partition_of(SITE, 7)
    world.counts = [
        FakeRecord(counted(5), SITE.encode(), the_partition=(home + 1) % 7),
        FakeRecord(counted(2), SITE.encode(), the_partition=home),
    ]
    learner.source.on_gain([at(number, LINES) for number in range(4)])
    assert known(learner) == {SITE: 2}, "it was forgotten and learned again, so that it has fewer articles"
    world.counts.append(FakeRecord(None, SITE.encode(), the_partition=home))
    learner.flow.begin_session()
    learner.source.on_gain([at(number, LINES) for number in range(4)])
    assert known(learner) == {}, "it was forgotten"


def test_counts_that_stand_elsewhere_count_until_there_are_others(learner: LearnerEngine, world: World) -> None:
    world.partitions[COUNTS] = 7
    elsewhere = (partition_of(SITE, 7) + 1) % 7
    world.counts = [FakeRecord(counted(5), SITE.encode(), the_partition=elsewhere)]
    learner.source.on_gain([at(number, LINES) for number in range(4)])
    assert known(learner) == {SITE: 5}


def test_records_are_counted_until_many_sites_have_changed(
    learner: LearnerEngine, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stream.worker.learning.MOST_CHANGED", 3)
    learner.source.on_gain([at(number, LINES) for number in range(world.partitions[LINES])])
    value = write_sketch(
        sketch("The ferry runs all winter, the board said, and nobody at the quay was surprised.", builtin())
    )
    records: list[FakeRecord] = []
    for offset in range(8):
        name = f"site{offset}.example"
        place = partition_of(name, 4)
        records += 2 * [FakeRecord(value, name.encode(), the_topic=LINES, the_partition=place, the_offset=offset)]
    pieces = []
    while records:
        piece = learner._learn(learner._learned, cast("Any", records))  # noqa: SLF001 - without a loop and a sink
        pieces.append((len(piece), len(piece.more)))
        records = records[len(piece) :]
    assert pieces == [(5, 6), (4, 6), (4, 6), (3, 4)], "records, and two for each site that has changed"


def test_what_was_counted_before_partitions_were_added_is_not_committed(learner: LearnerEngine, world: World) -> None:
    learner.source.on_gain([at(number, LINES) for number in range(4)])
    check = learner._before_commit()  # noqa: SLF001 - what the sink's thread calls
    check()
    world.partitions[LINES] = 5
    with pytest.raises(SessionLost, match="Partitions were added"):
        check()
    with pytest.raises(SessionLost, match="now has 5 partitions"):
        learner._learn(learner._learned, [])  # noqa: SLF001 - without a loop and a sink
    with pytest.raises(SessionLost, match="Partitions were added"):
        check()  # what was counted before is still on its way, though the number is known now
