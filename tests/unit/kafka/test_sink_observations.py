"""No article waits for the topic of lines: what is to be learned is left out if that may be to blame, and only then."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from harness.fakes import outcome
from stream.config.loading import load
from stream.errors import KafkaFatal, KafkaUnavailable, NotAuthorized, SessionLost, StreamError, TopicMissing
from stream.kafka.committer import Aborted, Publication
from stream.kafka.refused import Refused
from stream.records.outcomes import Beside, Outcome
from tests.rig import PATIENCE_S, Rig, offsets, started

LINES = TopicMissing("The lines topic articles.lines is missing.", topic="articles.lines")
OUTPUT = TopicMissing("The output topic articles.clean is missing.", topic="articles.clean")


class Unobserved:
    """What the sink has told: articles and the error; `observes` is what it is answered."""

    def __init__(self) -> None:
        """Nothing is told yet."""
        self.told: list[tuple[int, Exception | None]] = []
        self.observes = True


@pytest.fixture
def unobserved() -> Unobserved:
    return Unobserved()


@pytest.fixture
async def rig(monkeypatch: pytest.MonkeyPatch, unobserved: Unobserved) -> AsyncIterator[Rig]:
    monkeypatch.setattr("stream.kafka.sink.FIRST_RETRY_S", 0.001)
    running = started(
        load({"sites": "apply"}, environ={}),
        on_unobserved=lambda articles, error: unobserved.told.append((articles, error)),
        observes=lambda: unobserved.observes,
    )
    yield running
    running.sink.close(PATIENCE_S)


def observed(number: int) -> Outcome:
    """An outcome with something to be learned beside it."""
    return outcome(number)._replace(beside=Beside("articles.lines", 0, b"example.org", b"{}"))


def failing_once(rig: Rig, error: Exception) -> list[int]:
    """Let the first attempt fail; gives how many records for learning each attempt had."""
    beside: list[int] = []

    def act(publication: Publication) -> None:
        beside.append(len(publication.beside))
        if len(beside) == 1:
            raise error

    rig.committer.act = act
    return beside


@pytest.mark.parametrize("error", [LINES, NotAuthorized("Kafka forbids it.")], ids=str)
async def test_what_may_be_the_topic_of_lines_is_tried_without_it(
    rig: Rig, unobserved: Unobserved, error: StreamError
) -> None:
    beside = failing_once(rig, Aborted(error))
    await rig.put([observed(0), observed(1)])
    assert await rig.drained()
    assert beside == [2, 0]
    assert unobserved.told == [(2, error)]
    assert offsets(rig.committer.published) == [0, 1]


@pytest.mark.parametrize("error", [TopicMissing("A topic is missing."), KafkaFatal("Out of order.")], ids=str)
async def test_what_may_pass_is_tried_again_before_it_is_left_out(
    rig: Rig, unobserved: Unobserved, error: StreamError
) -> None:
    beside: list[int] = []

    def act(publication: Publication) -> None:
        beside.append(len(publication.beside))
        if publication.beside:
            raise Aborted(error)

    rig.committer.act = act
    await rig.put([observed(0)])
    assert await rig.drained()
    assert beside == [1, 1, 0]
    assert unobserved.told == [(1, error)]


async def test_a_refusal_is_first_tried_without_it(rig: Rig, unobserved: Unobserved) -> None:
    refused = Refused("too_large", "Message size too large")
    beside = failing_once(rig, refused)
    await rig.put([observed(0), observed(1)])
    assert await rig.drained()
    assert beside == [2, 0]
    assert unobserved.told == [(2, refused)]


@pytest.mark.parametrize("error", [OUTPUT, KafkaUnavailable("No answer."), SessionLost("Another generation.")], ids=str)
async def test_what_is_to_be_learned_waits_with_the_article_for_anything_else(
    rig: Rig, unobserved: Unobserved, error: StreamError
) -> None:
    beside = failing_once(rig, Aborted(error))
    await rig.put([observed(0)])
    assert await rig.drained()
    assert beside == [1, 1]
    assert not unobserved.told


async def test_what_waits_is_published_without_it_once_the_topic_takes_nothing(
    rig: Rig, unobserved: Unobserved
) -> None:
    unobserved.observes = False
    beside = failing_once(rig, AssertionError("never raised"))
    rig.committer.act = lambda publication: beside.append(len(publication.beside))
    await rig.put([observed(0), observed(1)])
    assert await rig.drained()
    assert beside == [0]
    assert unobserved.told == [(2, None)]
