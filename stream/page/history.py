"""What the worker did in each second of the last fifteen minutes."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

SECONDS = 15 * 60
LINES = ("in", "cleaned", "unchanged", "dead")
"""What is counted: all records, and what became of them. What holds no text to clean counts as unchanged."""


class Sample(NamedTuple):
    """Records a second at one moment, in seconds since 1970, in the order of `LINES`."""

    time_s: float
    rates: tuple[float, ...]


class History:
    """A ring of samples. Used by the event loop's thread."""

    def __init__(self) -> None:
        self.samples: deque[Sample] = deque(maxlen=SECONDS)
        self._before: tuple[float, tuple[int, ...]] | None = None

    def take(self, now_s: float, totals: Mapping[str, int]) -> Sample | None:
        """Takes a sample of the totals since the worker's start, by outcome; None at the first time."""
        counts = counts_of(totals)
        before, self._before = self._before, (now_s, counts)
        if before is None or now_s <= before[0]:
            return None
        passed_s = now_s - before[0]
        rates = tuple(round(max(0, now - then) / passed_s, 2) for now, then in zip(counts, before[1], strict=True))
        sample = Sample(round(now_s, 1), rates)
        self.samples.append(sample)
        return sample

    def as_json(self) -> dict[str, list[float]]:
        """All samples: the times, and each line's rates."""
        lines = {name: [sample.rates[at] for sample in self.samples] for at, name in enumerate(LINES)}
        return {"time": [sample.time_s for sample in self.samples], **lines}


def counts_of(totals: Mapping[str, int]) -> tuple[int, ...]:
    """The records by what became of them, in the order of `LINES`."""
    cleaned, dead = totals.get("cleaned", 0), totals.get("dead", 0)
    unchanged = sum(totals.get(name, 0) for name in ("unchanged", "passed", "tombstone"))
    return cleaned + unchanged + dead, cleaned, unchanged, dead
