"""Following a topic: what Kafka does not answer is an error of Kafka, and no bug."""

from __future__ import annotations

import concurrent.futures
import re
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from confluent_kafka import TopicPartition

from stream.config.loading import load
from stream.errors import KafkaUnavailable
from stream.kafka import following


def no_answer(_timeout_s: float) -> NoReturn:
    raise concurrent.futures.TimeoutError


def test_a_broker_that_tells_no_end_in_time_is_an_error_that_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {TopicPartition("articles.counts", 0): SimpleNamespace(result=no_answer)}
    monkeypatch.setattr(following, "asking", lambda _: SimpleNamespace(list_offsets=lambda *_, **__: answers))
    with pytest.raises(KafkaUnavailable, match=re.escape("no offset of articles.counts in time")):
        next(following.read_whole(load(environ={}), "articles.counts", [0], 1))


def test_a_client_that_has_nothing_to_do_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its length is the number of its open requests; each new client would open new connections."""

    class Idle:
        def __len__(self) -> int:
            return 0

        def list_topics(self, topic: str, timeout: float) -> SimpleNamespace:
            assert timeout > 0
            return SimpleNamespace(topics={topic: SimpleNamespace(error=None, partitions={0: None, 1: None})})

    def new(_: object) -> NoReturn:
        raise AssertionError

    monkeypatch.setattr(following, "asking", new)
    kept: Any = Idle()
    assert following.partitions_in(load(environ={}), "articles.lines", kept) == 2
