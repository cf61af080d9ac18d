"""A topic that was made is said to be made once the broker knows it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from itertools import repeat
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from stream.config.loading import load
from stream.kafka import topics

SETTINGS = load(environ={})
UNKNOWN = KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)
FORBIDDEN = KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)
SILENT = KafkaException(KafkaError(KafkaError._TIMED_OUT))  # noqa: SLF001


class Cluster:
    """A cluster without topics, whose brokers give these answers after one was made."""

    def __init__(self, answers: Iterator[KafkaError | KafkaException | None]) -> None:
        """Be the client of its own."""
        self.answers, self.admin, self.metadata = answers, self, SimpleNamespace(topics={})
        self.looks = 0

    def connect(self) -> None:
        """Be connected."""

    def create_topics(self, wanted: list[Any], **_: object) -> dict[str, Future[None]]:
        """Make them."""
        made = Future[None]()
        made.set_result(None)
        return {it.topic: made for it in wanted}

    def list_topics(self, topic: str, timeout: float) -> SimpleNamespace:
        """Answer."""
        assert timeout > 0
        self.looks += 1
        answer = next(self.answers)
        if isinstance(answer, KafkaException):
            raise answer
        return SimpleNamespace(topics={topic: SimpleNamespace(error=answer)})


@pytest.mark.parametrize(
    ("answers", "looks"), [([None], 1), ([UNKNOWN, UNKNOWN, SILENT, None], 4), ([UNKNOWN, FORBIDDEN], 2)]
)
def test_it_is_waited_for_until_the_broker_knows_it(
    monkeypatch: pytest.MonkeyPatch, answers: list[KafkaError | KafkaException | None], looks: int
) -> None:
    """A worker that is started right after would say that it does not exist, and end."""
    cluster = Cluster(iter(answers))
    monkeypatch.setattr(topics, "Cluster", lambda _: cluster)
    monkeypatch.setattr(topics, "KNOWN_EVERY_S", 0)
    made = next(topics.create(SETTINGS, 4, 1, {}))
    assert (made.topic, made.new) == (SETTINGS.input_topic, True)
    assert cluster.looks == looks


def test_it_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster(repeat(UNKNOWN))
    monkeypatch.setattr(topics, "Cluster", lambda _: cluster)
    monkeypatch.setattr(topics, "KNOWN_EVERY_S", 0)
    now = iter(range(1000))
    monkeypatch.setattr(topics, "time", SimpleNamespace(monotonic=lambda: next(now), sleep=lambda _: None))
    assert next(topics.create(SETTINGS, 4, 1, {})).new
    assert 10 < cluster.looks < 20
