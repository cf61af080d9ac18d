"""What cleaning takes, page by page: processor time of this thread, the least of several rounds."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

ROUNDS = 3
Clean = Callable[[str], object]


class Page(NamedTuple):
    """What a page is, and how long it took."""

    bytes: int
    lines: int
    us: float


class Figures(NamedTuple):
    """The figures of many pages."""

    us: float
    mb_per_s: float
    us_per_line: float
    p99_to_mean: float


def timed(series: Mapping[str, tuple[Clean, Sequence[str]]], rounds: int = ROUNDS) -> dict[str, list[Page]]:
    """Call what belongs to each series on each of its texts; the series take turns."""
    best = {name: [float("inf")] * len(texts) for name, (_, texts) in series.items()}
    for _ in range(rounds):
        for name, (call, texts) in series.items():
            times = best[name]
            for at, text in enumerate(texts):
                began = time.thread_time_ns()
                call(text)
                times[at] = min(times[at], (time.thread_time_ns() - began) / 1000)
    return {
        name: [Page(len(text.encode()), text.count("\n") + 1, us) for text, us in zip(texts, best[name], strict=True)]
        for name, (_, texts) in series.items()
    }


def figures(pages: Sequence[Page]) -> Figures:
    """Sum up pages, of which there is at least one."""
    us = sum(page.us for page in pages)
    slowest = sorted(page.us for page in pages)[int(0.99 * len(pages))]
    return Figures(
        us / len(pages),
        sum(page.bytes for page in pages) / us,
        us / sum(page.lines for page in pages),
        slowest * len(pages) / us,
    )
