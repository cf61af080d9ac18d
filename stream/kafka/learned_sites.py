"""What the topics of sites and counts hold, and asking the learner to change it, for the commands."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition

from stream.config.learner import for_learner
from stream.config.settings import Settings
from stream.errors import KafkaUnavailable, StreamError, TopicMissing
from stream.kafka import client
from stream.kafka.cluster import Cluster
from stream.kafka.flushing import flush
from stream.kafka.following import partitions_in, read_whole
from stream.learner.counts import read_counts
from stream.learner.learned import LearnedSite
from stream.learner.messages import Command, Published, read_published, write_command
from stream.records.known_sites import partition_of

Known = TypeVar("Known")
READ_S = 30.0  # how long a topic may stand still while it is read
DONE_S = 15.0
"""How long a learner may take to do what was asked, in seconds; it commits every second, and some after a rebalance."""

ASK_EVERY_S = 0.2
LOOK_RECORDS = 500  # after so many records `stopping` is asked


class LearnedSites:
    """The sites on a cluster. Every method raises one of our errors."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        cluster = Cluster(settings)
        cluster.connect()

    def published(self) -> dict[str, Published]:
        """What the workers know of each site, by name."""
        found: dict[str, Published] = {}
        for name, value in self._records(self._settings.sites_topic):
            if value is None:
                found.pop(name, None)
            else:
                found[name] = _read(read_published, name, value, self._settings.sites_topic)
        return dict(sorted(found.items()))

    def counts(self, only: str = "", stopping: Callable[[], bool] = lambda: False) -> dict[str, LearnedSite]:
        """What the learners keep of each site, by name; `only`: of this one.

        Raises `StreamError` if `stopping()` ends it early: a part is of no use.
        """
        topic = self._settings.counts_topic
        values: dict[str, bytes] = {}
        for number, (name, value) in enumerate(self._records(topic, only)):
            if number % LOOK_RECORDS == 0 and stopping():
                msg = f"{topic} was not read to its end: the worker is stopping."
                raise StreamError(msg)
            if value is None:
                values.pop(name, None)
            elif only in {"", name}:
                values[name] = value
        return {name: _read(read_counts, name, value, topic) for name, value in sorted(values.items())}

    def _records(self, topic: str, only: str = "") -> Iterable[tuple[str, bytes | None]]:
        there = self._partitions(topic)
        numbers = [partition_of(only, there)] if only else range(there)
        for record in read_whole(self._settings, topic, numbers, READ_S):
            yield (record.key() or b"").decode("utf-8", "replace"), record.value()

    def _partitions(self, topic: str) -> int:
        with client.explained(self._settings, doing=f"asking about {topic}"):
            there = partitions_in(self._settings, topic)
        if not there:
            msg = f"The topic {topic} is missing."
            raise TopicMissing(
                msg, fix="`article-stream topics create`, with STREAM_SITES=propose or apply, creates it."
            )
        return there

    def ask(self, wanted: Iterable[tuple[str, Command]]) -> None:
        """Asks the learner to do something to each of these sites, and waits until all is done.

        Raises `KafkaUnavailable` if no learner has done it within `DONE_S`.
        """
        self._wait_done(self.send(wanted))

    def send(self, wanted: Iterable[tuple[str, Command]]) -> dict[int, int]:
        """Asks, and does not wait until it is done; gives by partition the offset behind what was asked.

        Raises one of our errors unless Kafka has acknowledged all of it within `READ_S`.
        """
        topic = self._settings.lines_topic
        there = self._partitions(topic)
        ends: dict[int, int] = {}
        producer = Producer(client.producer(self._settings))
        problems: list[StreamError] = []

        def reported(error: KafkaError | None, message: Message) -> None:
            if error is None:
                ends[message.partition() or 0] = (message.offset() or 0) + 1
            else:
                problems.append(client.explain(error, self._settings, doing=f"sending to {topic}"))

        with client.explained(self._settings, doing=f"sending to {topic}"):
            for site, command in wanted:
                value = write_command(command)
                client.produce(producer, topic, value, site.encode(), None, 0, reported, partition_of(site, there))
        left, errors = flush(producer, READ_S)
        problems += [client.explain(error, self._settings, doing=f"sending to {topic}") for error in errors]
        if left and not problems:
            producer.purge()
            msg = f"Kafka has not taken what the learner was to do within {READ_S:g} s."
            fix = "It may be done all the same: look at the site before you ask again."
            problems.append(KafkaUnavailable(msg, fix=fix))
        if problems:
            raise problems[0]
        return ends

    def _wait_done(self, ends: dict[int, int]) -> None:
        settings = for_learner(self._settings)
        consumer = Consumer(client.outsider(settings))
        deadline = time.monotonic() + DONE_S
        try:
            while ends:
                asked = [TopicPartition(settings.input_topic, number) for number in ends]
                with client.explained(settings, doing="asking how far the learner has come"):
                    for place in consumer.committed(asked, timeout=READ_S):
                        if place.offset >= ends[place.partition]:
                            del ends[place.partition]
                if ends and time.monotonic() > deadline:
                    msg = f"No learner has done it within {DONE_S:g} s; it will be done once one runs."
                    raise KafkaUnavailable(msg, fix="Start `article-stream learn`, or `article-stream worker --learn`.")
                if ends:
                    time.sleep(ASK_EVERY_S)
        finally:
            consumer.close()


def _read(read: Callable[[str, bytes], Known], name: str, value: bytes, topic: str) -> Known:
    try:
        return read(name, value)
    except ValueError as error:
        msg = f"The record of {name} in {topic} cannot be used: {error}."
        raise StreamError(msg) from None
