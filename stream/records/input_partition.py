"""A partition of an input topic: what offsets, the lag and everything else of the input are kept by."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from stream.records.record import Record


class InputPartition(NamedTuple):
    """A partition by its topic and number.

    A tuple, because it is made and hashed for each record: it equals the plain pair of its parts.
    """

    topic: str
    number: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.number}"


def partition_of(record: Record) -> InputPartition:
    """The partition that a record came from."""
    return InputPartition(record.topic() or "", record.partition() or 0)


def listed(partitions: Iterable[InputPartition]) -> str:
    """Partitions for a sentence, in order: "0, 1 of articles.de and 2 of articles.en"; "none" if there are none."""
    by_topic = groupby(sorted(partitions), attrgetter("topic"))
    parts = [f"{', '.join(str(each.number) for each in some)} of {topic}" for topic, some in by_topic]
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:]))) or "none"
