"""What the metrics show of Kafka's side, as plain values: read anew at each scrape."""

from __future__ import annotations

from stream.kafka.ownership import Ownership
from stream.kafka.partitions import Partitions
from stream.observe.metrics import GroupReading, PartitionReading


def partition_readings(partitions: Partitions) -> list[PartitionReading]:
    """One reading for each partition that this worker owns now, by number."""
    return [PartitionReading(number, it.position, it.end, it.lag) for number, it in partitions.items()]


def group_reading(partitions: Partitions, ownership: Ownership) -> GroupReading | None:
    """The whole group at the last look; None where the broker cannot describe groups, or nobody has looked yet.

    The lag of its own partitions the worker knows better than the group's committed offsets tell it.
    """
    view = ownership.view
    if view is None:
        return None
    own = dict(partitions.items())
    lag = {number: own[number].lag if number in own else records for number, records in view.lag.items()}
    return GroupReading(len(ownership.unowned), lag)
