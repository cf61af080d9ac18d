"""A topic of lines with fewer copies than the outputs is warned of, because articles may have to wait for it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from stream.errors import TopicMissing
from stream.kafka.checks import _fewer_copies
from stream.kafka.cluster import Cluster


def cluster(**copies: int) -> Cluster:
    """A cluster with topics of two partitions, with so many copies each; 0: the topic is missing."""

    def topic(name: str) -> Any:
        if not copies[name]:
            msg = "The topic does not exist."
            raise TopicMissing(msg)
        partition = SimpleNamespace(replicas=[*range(copies[name])])
        return SimpleNamespace(partitions={0: partition, 1: partition})

    return cast("Cluster", SimpleNamespace(topic=topic))


@pytest.mark.parametrize(("lines", "clean", "dead", "warned"), [(1, 3, 3, True), (3, 3, 3, False), (1, 3, 1, False)])
def test_fewer_copies_than_the_outputs_have(lines: int, clean: int, dead: int, warned: bool) -> None:  # noqa: FBT001
    found = list(_fewer_copies(cluster(lines=lines, clean=clean, dead=dead), "lines", ["clean", "dead"]))
    assert [check.warning for check in found] == [True] * warned
    if warned:
        assert found[0].detail.startswith("lines has 1 copy of each partition and the output topics have 3, so that")


def test_an_output_that_is_missing_has_a_check_of_its_own() -> None:
    assert not list(_fewer_copies(cluster(lines=1, clean=0), "lines", ["clean"]))
