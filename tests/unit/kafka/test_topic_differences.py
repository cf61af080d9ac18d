"""What an existing topic is said to be instead of what was asked for."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from stream.kafka.topic_differences import Asked, differences


def topic(partitions: int, copies: int) -> SimpleNamespace:
    """Metadata of a topic, as far as it is looked at."""
    return SimpleNamespace(partitions={n: SimpleNamespace(replicas=list(range(copies))) for n in range(partitions)})


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked(), []),
        (Asked(12, 3, 3_600_000), []),
        (Asked(partitions=4), ["12 partitions instead of 4"]),
        (Asked(replication=1), ["3 copies of each partition instead of 1"]),
        (Asked(retention_ms=7_200_000), ["a retention of 1 hour instead of 2 hours"]),
        (Asked(1, 2), ["12 partitions instead of 1", "3 copies of each partition instead of 2"]),
    ],
)
def test_only_what_was_asked_for_and_is_otherwise_is_said(asked: Asked, said: list[str]) -> None:
    assert list(differences(asked, topic(12, 3), {"retention.ms": "3600000"})) == said


def test_records_that_are_kept_for_ever() -> None:
    asked = Asked(retention_ms=3_600_000)
    assert list(differences(asked, topic(1, 1), {"retention.ms": "-1"})) == [
        "a retention of unlimited time instead of 1 hour"
    ]


def test_what_the_broker_does_not_tell_is_not_said() -> None:
    assert not list(differences(Asked(retention_ms=1), topic(1, 1), {}))
    assert not list(differences(Asked(replication=3), topic(0, 0), {}))
