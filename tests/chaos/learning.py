"""Articles of sites, learners beside the workers, and what was learned in the end."""

from __future__ import annotations

import threading
from typing import Any, Self

import orjson
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import NewTopic

from harness.processes import PATIENCE_S, Worker, until
from tests.chaos.learned import Compared, Stored, check, records_in
from tests.chaos.result import Result, Size
from tests.chaos.site import Site
from tests.chaos.stage import ENOUGH_S, Stage
from tests.ledger import article, create, expected

OLD_SITES = 8
"""Sites that last. Of every other article the site is a new one, which `NEW_ARTICLES` come from."""
NEW_ARTICLES = 40
COMPACTED = {"cleanup.policy": "compact"}


def site_named(number: int) -> str:
    """The site of an article: half of them come from few sites, half from sites that are new and soon gone."""
    if number % 2:
        return f"old{number // 2 % OLD_SITES}.example"
    return f"new{number // 2 // NEW_ARTICLES}.example"


def line_of(site: str) -> str:
    """What a site writes above each of its articles."""
    return f"From the harbour desk of {site.removesuffix('.example')}"


def dressed(value: bytes) -> bytes:
    """An article of the ledger as an article of its site."""
    data = orjson.loads(value)
    site = site_named(data["number"])
    return orjson.dumps(data | {"source": site, "text": f"{line_of(site)}\n{data['text']}"})


def undressed(value: bytes) -> bytes:
    """What came out, as the ledger expects it, if it is what it should be, with or without the line of the site."""
    data = orjson.loads(value)
    want = expected(article(data["number"]))
    lines = data["text"].split("\n")
    kept = lines[lines[0] == line_of(data["source"]) :]
    return want if "\n".join(kept) == orjson.loads(want)["text"] else value


def observations(learner: Worker) -> float:
    """How many records a learner, by itself or in a worker, has learned from."""
    sample = 'article_stream_observations_total{result="learned"}'
    return learner.metric(sample) + learner.metric(sample, "/learner/metrics")


class LearningStage(Stage):
    """A stage with the topics of sites, whose workers clean with what is known of sites, and with learners."""

    def __init__(self, site: Site, size: Size, *, sites: dict[str, dict[str, str]] | None = None, **more: Any) -> None:
        """``sites``: the configuration of the topics `lines`, `sites` and `counts`; one that is left out is missing."""
        super().__init__(site, size, **more)
        self._sites = {"lines": {}, "sites": COMPACTED, "counts": COMPACTED} if sites is None else sites
        self.learners: list[Worker] = []
        self.followed: dict[str, Follower] = {}
        self.settings["sites"] = "apply"

    def __enter__(self) -> Self:
        super().__enter__()
        for role, config in self._sites.items():
            self.make_with(self.name(role), config)
        self.ledger.dress, self.ledger.undress, self._undress = dressed, undressed, undressed
        return self

    def _shown(self) -> str:
        logs = [f"--- learner {place}:\n{it.log[-4000:]}" for place, it in enumerate(self.learners)]
        return "\n".join([super()._shown(), *logs])

    def name(self, role: str) -> str:
        """A topic by the end of its name."""
        return f"{self.topics.name}.{role}"

    def make_with(self, topic: str, config: dict[str, str]) -> None:
        """Create a topic with this configuration, as soon as an earlier one of this name has gone."""
        wanted = NewTopic(topic, self._partitions, self._replication, config=config)

        def made() -> bool:
            try:
                create(self.admin, self.topics.bootstrap_servers, [wanted])
            except KafkaException as raised:
                if raised.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise
                return False
            return True

        until(made, f"{topic} to be made")

    def learner(self, name: str = "learn", **more: object) -> Worker:
        """Start a learner, without waiting until it is ready; ``name``: its command."""
        settings = {"session_timeout_ms": self.size.session_timeout_ms, **self.settings, **more}
        learner = self._stack.enter_context(Worker(self.topics.settings() | settings, name=name))
        self.learners.append(learner)
        return learner

    def learning_worker(self, **more: object) -> Worker:
        """Start a worker that learns, too."""
        worker = self.learner("worker --learn", **more)
        self.workers.append(worker)
        return worker

    def records(self, role: str) -> list[Stored]:
        """Every committed record of the topic with this end of its name, as far as it was followed or is in it now."""
        there = list(records_in(self.topics.bootstrap_servers, self.name(role)))
        if role in self.followed:
            followed = self.followed[role].records
            until(lambda: set(there) <= set(followed), "what is in it to be followed")
            return sorted(followed)
        return there

    def wait_some_learned(self) -> None:
        """Wait until the running learners have learned from more records than now."""
        running = [it for it in self.learners if it.process.poll() is None]
        before = {it.port: observations(it) for it in running}
        until(lambda: any(observations(it) > before[it.port] for it in running), "something to be learned")

    def dropped(self) -> float:
        """How many articles the running workers have not published to learn from."""
        sample = 'article_stream_articles_observed_total{result="dropped"}'
        return sum(worker.metric(sample) for worker in self.workers if worker.process.poll() is None)

    def learned_result(self, fault: str, note: str = "", *, compare: Compared = "replay") -> Result:
        """Wait for what is due of articles and of learning, end everybody, and check both."""
        result = self.result(fault)
        self.wait_learned()
        codes = [it.terminate() for it in self.learners if it.process.poll() is None]
        assert not any(codes), f"exit codes of learners {codes}"
        found = check(self.records("lines"), self.records("counts"), self.records("sites"), compare)
        assert not found.wrong, "; ".join(found.wrong[:5])
        assert found.observations, "nothing was observed"
        notes = "; ".join(filter(None, [note, found.note]))
        values = {name: getattr(result, name) for name in Result.__slots__}
        return Result(**values | {"note": notes})

    def wait_learned(self) -> None:
        """Wait until the learners have committed every record of the topic of lines."""
        lines, group = self.name("lines"), f"{self.topics.name}.learner"
        asking = Consumer({"bootstrap.servers": self.topics.bootstrap_servers, "group.id": group})

        def done() -> bool:
            ends: dict[int, int] = {}
            for record in records_in(self.topics.bootstrap_servers, lines):
                ends[record.partition] = record.offset + 1
            places = [TopicPartition(lines, number) for number in ends]
            return (
                all(it.offset >= ends[it.partition] for it in asking.committed(places, PATIENCE_S)) if places else True
            )

        try:
            until(done, "everything to be learned", ENOUGH_S)
        finally:
            asking.close()


class Follower:
    """Keeps every committed record of a topic, before compaction removes it. Ends with the block."""

    def __init__(self, stage: LearningStage, role: str) -> None:
        """``role``: the end of the topic's name."""
        self.records: list[Stored] = []
        self._stop = threading.Event()
        self._consumer = Consumer(
            {"bootstrap.servers": stage.topics.bootstrap_servers, "group.id": "follower", "enable.auto.commit": False,
             "isolation.level": "read_committed", "auto.offset.reset": "error"}
        )  # fmt: skip
        self._consumer.assign([TopicPartition(stage.name(role), number, 0) for number in range(4)])
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def _follow(self) -> None:
        while not self._stop.is_set():
            for it in self._consumer.consume(1000, 0.1):
                if it.error() is None:
                    self.records.append(Stored(it.partition() or 0, it.offset() or 0, it.key() or b"", it.value()))
        self._consumer.close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)
