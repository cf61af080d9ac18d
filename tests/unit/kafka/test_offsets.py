"""The error if the group's committed offsets are not answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from harness.fakes import at
from stream.config.loading import load
from stream.errors import KafkaUnavailable
from stream.kafka import offsets

PENDING = "Kafka has not ended a transaction"


class Asked:
    """A consumer that answers only if its isolation level is one of these."""

    answers: tuple[str, ...] = ()

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Take librdkafka's configuration."""
        self.isolation = config["isolation.level"]
        assert "group.instance.id" not in config

    def committed(self, partitions: list[TopicPartition], **_: object) -> list[TopicPartition]:
        """Answer, or time out."""
        if self.isolation not in self.answers:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))  # noqa: SLF001
        return partitions

    def close(self) -> None:
        """Close."""


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        (("read_uncommitted",), PENDING),
        ((), "No answer from Kafka"),
        (("read_committed", "read_uncommitted"), "No answer from Kafka"),
    ],
    ids=["a transaction is open", "Kafka is away", "only our client had no answer"],
)
def test_a_transaction_is_blamed_only_where_it_is_one(
    monkeypatch: pytest.MonkeyPatch, answers: tuple[str, ...], says: str
) -> None:
    monkeypatch.setattr(offsets, "Consumer", Asked)
    monkeypatch.setattr(Asked, "answers", answers)
    silent = Asked({"isolation.level": "none of these"})
    with pytest.raises(KafkaUnavailable, match=says):
        offsets.committed(silent, [at(0)], load({"instance_id": "a"}, environ={}))  # type: ignore[arg-type]
