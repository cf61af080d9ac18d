"""The worker, as the page sees it: what it is told when it is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from stream.config.settings import Settings
from stream.kafka.ownership import Ownership
from stream.kafka.partitions import Partitions
from stream.observe.metrics import Metrics
from stream.records.known_sites import KnownSites
from stream.records.process import Processor


class Condition(NamedTuple):
    """What is wrong, a clause each: what keeps the worker from its work, and what keeps no article waiting."""

    problems: Sequence[str]
    warnings: Sequence[str]


@dataclass(frozen=True, slots=True)
class Subject:
    """All that the page knows of its worker. What can change is asked for.

    `member`: the worker's id in its group, "" while it has none. `processor`: what it cleans with. `sites`: what it
    knows of sites; None where that is off.
    """

    settings: Settings
    metrics: Metrics
    partitions: Partitions
    ownership: Ownership
    sites: KnownSites | None
    processor: Callable[[], Processor]
    condition: Callable[[], Condition]
    member: Callable[[], str]
