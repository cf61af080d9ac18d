"""A source that waits until Kafka tells the id of an input topic: what it does meanwhile, and at a stop."""

from __future__ import annotations

from typing import Any, ClassVar
from unittest.mock import Mock

import pytest
from confluent_kafka import KafkaError, TopicPartition

from harness.fakes import at
from stream.config.loading import load
from stream.errors import SessionLost
from stream.kafka.flow import Flow
from stream.kafka.partitions import Partitions
from stream.kafka.source import Source
from tests.unit.kafka.test_source import IdleCommitter, NoMember, NoTopicId, OutOfRange, fetched


class SilentId(NoTopicId):
    """Ids that Kafka does not tell. The worker is asked to stop while that is waited for."""

    why_silent = "no answer"

    def __init__(self, flow: Flow) -> None:
        """`flow`: the worker's."""
        self._flow = flow

    def due(self, *, reading: bool) -> bool:  # noqa: ARG002
        """Always."""
        return True

    def ask(self, _: object) -> None:  # type: ignore[override]
        """Get no answer."""
        self._flow.stopping.set()


@pytest.fixture
def committer() -> IdleCommitter:
    return IdleCommitter()


@pytest.fixture
def source(flow: Flow, partitions: Partitions, committer: IdleCommitter) -> Source:
    """A source, in a session, that is not told the ids."""
    made = Source(load(environ={}), flow, partitions, committer, lambda *_: None)  # type: ignore[arg-type]
    made.progress.opened()
    made.member.consumer = NoMember()  # type: ignore[assignment]
    made._topic.ids = SilentId(flow)  # type: ignore[assignment]  # noqa: SLF001
    return made


def test_records_that_wait_for_the_id_of_their_topic_are_not_handed_on_when_the_worker_stops(
    source: Source, flow: Flow, partitions: Partitions
) -> None:
    """Those in flight are committed as at any stop, so that none comes twice: the session has not failed."""
    partitions.gain(at(0), 0)
    assert fetched(source, 1, 2) == 0
    assert [known.fetched for _, known in partitions.items()] == [0]
    assert flow.error is None


def test_what_is_published_while_an_id_is_waited_for_is_committed(
    source: Source, flow: Flow, committer: IdleCommitter, partitions: Partitions
) -> None:
    """With at-least-once delivery the next session would publish it again, if no answer comes."""

    class Late(SilentId):
        def ask(self, _: object) -> None:  # type: ignore[override]
            committer.settle = Mock(side_effect=lambda *_, **__: flow.fail(SessionLost("No answer.")))  # type: ignore[method-assign]

    partitions.gain(at(0), 0)
    source._topic.ids = Late(flow)  # type: ignore[assignment]  # noqa: SLF001
    with pytest.raises(SessionLost, match="No answer"):
        fetched(source, 1)


def test_the_trouble_is_shown_while_it_lasts(source: Source) -> None:
    source._waits("")  # noqa: SLF001 - what `SameTopic` calls
    assert source.progress.trouble == ""
    source._waits("Kafka does not tell the id.")  # noqa: SLF001
    assert source.progress.trouble == "Kafka does not tell the id."


def test_events_that_are_no_records_wait_for_no_id(source: Source, partitions: Partitions) -> None:
    """What the group, or a broker, forbids is said at once."""

    class Forbidden(NoMember):
        def consume(self, *_: object) -> list[Any]:
            return [FakeMessage(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED))]

    class FakeMessage(OutOfRange):
        def __init__(self, error: KafkaError) -> None:
            self._error = error

        def error(self) -> KafkaError:
            return self._error

    partitions.gain(at(0), 0)
    source._topic.check = check = Mock(return_value=True)  # type: ignore[method-assign]  # noqa: SLF001
    source.member.consumer = Forbidden()  # type: ignore[assignment]
    assert source.fetch() == []
    check.assert_called_once_with(waits=False)
    assert "forbids the use of a topic" in source.progress.trouble


def test_partitions_that_wait_for_the_id_of_their_topic_are_given_back_unread_when_the_worker_stops(
    source: Source, flow: Flow, partitions: Partitions, committer: IdleCommitter
) -> None:
    class Assigning(NoMember):
        assigned: ClassVar[list[Any]] = []
        unassigned: ClassVar[list[Any]] = []

        def incremental_assign(self, partitions: list[TopicPartition]) -> None:
            self.assigned.append(partitions)

        def incremental_unassign(self, partitions: list[TopicPartition]) -> None:
            self.unassigned.append(partitions)

    class SeenWaiting(SilentId):
        def ask(self, _: object) -> None:  # type: ignore[override]
            super().ask(_)
            assert partitions.places == [at(0)], "who watches the group would miss them"

    consumer: Any = Assigning()
    source.member.consumer = consumer
    source._topic.ids = SeenWaiting(flow)  # type: ignore[assignment]  # noqa: SLF001
    gained: list[Any] = []
    source.on_gain = gained.append
    zero = [TopicPartition("articles.raw", 0)]
    source._assigned(consumer, zero)  # noqa: SLF001 - librdkafka calls it
    assert (consumer.assigned, committer.begun, gained) == ([[]], [], [])
    assert flow.error is None
    source._revoked(consumer, zero)  # noqa: SLF001 - librdkafka calls it
    assert consumer.unassigned == [[]]
    assert partitions.places == []
    assert flow.error is None
