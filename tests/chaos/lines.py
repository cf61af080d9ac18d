"""Faults of the topic of lines: missing, deleted, grown, refusing, or full of what is no observation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import orjson
from confluent_kafka import Producer
from confluent_kafka.admin import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    ResourceType,
)

from harness.processes import PATIENCE_S, Worker, until
from stream.records.known_sites import partition_of
from tests.chaos.learning import COMPACTED, LearningStage
from tests.chaos.result import Result, Size
from tests.chaos.site import Site
from tests.chaos.stage import ENOUGH_S, ONE_SESSION_MS

GOES_ON_S = 27.0
"""How long at most no article may come out: a producer without an answer is given up after 9 s.

librdkafka by itself would wait for half a minute.
"""


def lines_missing(site: Site, size: Size) -> Result:
    """The topic of lines is missing at the start, is made, is deleted under load and made again."""
    topics = {"sites": COMPACTED, "counts": COMPACTED}
    with LearningStage(site, size, sites=topics, session_timeout_ms=ONE_SESSION_MS) as stage:
        lines = stage.name("lines")
        worker = stage.worker()
        worker.wait_ready()
        assert f"The topic {lines} does not exist" in worker.log, worker.log
        with stage.load():
            stage.wait_output(size.rate)
            until(lambda: stage.dropped() > 0, "articles without learning to be counted")
            _warned(worker, lines)
            stage.make_with(lines, {})
            learner = stage.learner()
            stage.wait_some_learned()
            until(learner.ready, "the learner to be well")
            before = stage.dropped()
            stage.delete(lines)
            until(lambda: stage.dropped() > before, "articles without learning to be counted again")
            stage.wait_output(2 * size.rate)
            _warned(worker, lines)
            stage.make_with(lines, {})
            _published_again(worker)
            stage.wait_some_learned()
        assert worker.metric("article_stream_sessions_total") == 1, worker.log
        silence_s = stage.ledger.longest_silence_s
        assert silence_s < GOES_ON_S, f"no article for {silence_s:.1f} s"
        note = f"{stage.dropped():,.0f} articles not learned from, said and counted; one session"
        return stage.learned_result("topic of lines missing, deleted and made again", note, compare="at least")


def lines_refused(site: Site, size: Size) -> Result:
    """The topic of lines takes no record of a usual size, and then it does."""
    topics = {"lines": {"max.message.bytes": "100"}, "sites": COMPACTED, "counts": COMPACTED}
    with LearningStage(site, size, sites=topics) as stage:
        worker = stage.worker()
        worker.wait_ready()
        with stage.load():
            until(lambda: stage.dropped() > 0, "articles without learning to be counted")
            stage.wait_output(5 * size.rate)
            assert "Nothing is learned from articles for" in worker.log, worker.log
            _warned(worker, "nothing is learned from articles")
            _by_default(stage, stage.name("lines"), "max.message.bytes")
            _published_again(worker)
            stage.learner()
            stage.wait_some_learned()
        assert worker.metric("article_stream_sessions_total") == 1, worker.log
        note = f"{stage.dropped():,.0f} articles not learned from, said and counted; one session"
        return stage.learned_result("topic of lines takes too small records", note)


def lines_partitions_added(site: Site, size: Size) -> Result:
    """The topic of lines gets more partitions under load, with a learner and without one for a while.

    What stands where its site does not belong any more is sent on.
    """
    with LearningStage(site, size) as stage:
        worker, learner = stage.worker(), stage.learner()
        worker.wait_ready()
        with stage.load():
            stage.wait_some_learned()
            _add_partitions(stage, 7)
            until(lambda: len(learner.partitions()) == 7 and learner.ready(), "the new partitions to be found")
            stage.wait_some_learned()
            learner.kill()
            stage.wait_output(2 * size.rate)
            _add_partitions(stage, 9)
            stage.wait_output(2 * size.rate)
            learner = stage.learner()
            stage.wait_some_learned()
        stage.wait_all()
        stage.wait_learned()
        moved = learner.metric('article_stream_observations_total{result="moved"}')
        assert moved > 0, "no observation stood where its site did not belong"
        assert worker.metric("article_stream_sessions_total") == 1, worker.log
        assert not stage.dropped(), worker.log
        note = f"from 4 to 7 and 9; {moved:.0f} observations were sent on"
        # What was sent on comes after what came later, so that a replay in order comes to other versions.
        return stage.learned_result("partitions added to the topic of lines", note, compare="totals")


def lines_partitions_added_to_two(site: Site, size: Size) -> Result:
    """The topic of lines gets more partitions under load, one by one, while two learners count.

    A site that moves to the other learner goes on from all that was counted of it.
    """
    with LearningStage(site, size) as stage:
        worker, learners = stage.worker(), [stage.learner(), stage.learner()]
        worker.wait_ready()
        with stage.load():
            for number in range(5, 9):
                stage.wait_some_learned()
                _add_partitions(stage, number)
                until(partial(_share, learners, number), "the new partition to be found")
        stage.wait_all()
        stage.wait_learned()
        assert worker.metric("article_stream_sessions_total") == 1, worker.log
        moved = sum(it.metric('article_stream_observations_total{result="moved"}') for it in learners)
        note = f"from 4 to 8, one by one; {moved:.0f} observations were sent on, {stage.dropped():.0f} not published"
        return stage.learned_result("partitions added to the topic of lines of two learners", note, compare="totals")


def _share(learners: Sequence[Worker], partitions: int) -> bool:
    """Whether the learners have all partitions between them."""
    return sum(len(it.partitions()) for it in learners) == partitions and all(it.ready() for it in learners)


def no_observations(site: Site, size: Size) -> Result:
    """Records that are no observations stand among them: they are counted, said, and skipped."""
    with LearningStage(site, size) as stage:
        stage.worker().wait_ready()
        learner = stage.learner()
        learner.wait_ready()
        producer = Producer({"bootstrap.servers": stage.topics.bootstrap_servers})
        with stage.load():
            stage.wait_some_learned()
            for turn in range(10):
                for at, (key, value) in enumerate(UNFIT):
                    where = partition_of(key.decode(), 4) if key and key.isascii() else (turn + at) % 4
                    producer.produce(stage.name("lines"), value, key, where)
                assert producer.flush(PATIENCE_S) == 0
                stage.wait_some_learned()
        unfit = 10 * len(UNFIT)
        until(lambda: learner.metric('article_stream_observations_total{result="unfit"}') == unfit, "all to be counted")
        assert "A record to learn from is of no use" in learner.log
        assert max(map(len, learner.log.splitlines())) < 1_000, "the log holds no records"
        return stage.learned_result("records that are no observations", f"{unfit} said, counted and skipped")


SITE = b"old1.example"
LINES = {"v": 1, "told": [], "end": 0, "lines": []}
UNFIT: list[tuple[bytes | None, bytes | None]] = [
    (SITE, b"no JSON"),
    (SITE, b"[1]"),
    (SITE, b""),
    (SITE, None),
    (SITE, orjson.dumps(LINES | {"v": 2})),
    (SITE, orjson.dumps(LINES | {"v": "x" * 900_000})),
    (SITE, orjson.dumps(LINES | {"lines": ["x" * 900_000]})),
    (SITE, orjson.dumps(LINES | {"lines": ["x"] * 5_000})),
    (SITE, orjson.dumps(LINES | {"end": -1})),
    (SITE, orjson.dumps(LINES | {"end": 10**18})),
    (SITE, orjson.dumps(LINES | {"told": ["no hash"]})),
    (SITE, b'{"v": 1, "told": [], "end": 1, "lines": ["\\ud800"]}'),
    (SITE, b"[" * 100_000),
    (SITE, orjson.dumps({"v": 1, "do": "dance"})),
    (SITE, orjson.dumps({"v": 1, "do": ["x" * 10_000]})),
    (SITE, orjson.dumps({"v": 1, "do": "rollback", "version": "none"})),
    (SITE, orjson.dumps({"v": 1, "do": "import", "site": "[]"})),
    (SITE, orjson.dumps({"v": 1, "do": "import", "site": '{"v": 1, "rows": "!"}'})),
    (b"never.example", orjson.dumps({"v": 1, "do": "approve"})),
    (None, orjson.dumps(LINES)),
    (b"", orjson.dumps(LINES)),
    (b"\xff\xfe", orjson.dumps(LINES)),
    (b"localhost", orjson.dumps(LINES)),
    (b"WWW.Example.org:80", orjson.dumps(LINES)),
    (b"x" * 100_000, orjson.dumps(LINES)),
]


def _warned(worker: Worker, topic: str) -> None:
    """The page warns of a topic, and the worker is ready all the same."""
    until(lambda: topic in " ".join(worker.warnings()), f"a warning of {topic}")


def _add_partitions(stage: LearningStage, number: int) -> None:
    lines = stage.name("lines")
    stage.admin.create_partitions([NewPartitions(lines, number)])[lines].result(PATIENCE_S)


def _published_again(worker: Worker) -> None:
    """Wait until more articles are published to learn from than now."""
    sample = 'article_stream_articles_observed_total{result="published"}'
    before = worker.metric(sample)
    until(lambda: worker.metric(sample) > before, "articles to be published to learn from", ENOUGH_S)


def _by_default(stage: LearningStage, topic: str, name: str) -> None:
    """Give a topic a setting's default again."""
    entry = ConfigEntry(name, None, incremental_operation=AlterConfigOpType.DELETE)
    wanted = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    for future in stage.admin.incremental_alter_configs([wanted]).values():
        future.result(PATIENCE_S)
