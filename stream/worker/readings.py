"""What the metrics show about partitions and the group, as plain values. They are read anew at each scrape."""

from __future__ import annotations

from stream.kafka.ownership import Ownership
from stream.kafka.partitions import Partitions
from stream.observe.metrics import GroupReading, PartitionReading


def partition_readings(partitions: Partitions) -> list[PartitionReading]:
    """One reading for each partition that is assigned to this worker, in order."""
    return [
        PartitionReading(place, known.position, known.end, known.lag, known.lag_s)
        for place, known in partitions.items()
    ]


def group_reading(partitions: Partitions, ownership: Ownership) -> GroupReading | None:
    """The whole group as it was last seen; None before that, and if the broker cannot describe groups.

    For this worker's own partitions the lag is what the worker itself knows, which is newer and more exact than the
    group's committed offsets: it does not count transaction markers.
    """
    view = ownership.view
    if view is None:
        return None
    own = dict(partitions.items())
    lag = {place: own[place].lag if place in own else records for place, records in view.lag.items()}
    return GroupReading(len(ownership.unowned), lag)
