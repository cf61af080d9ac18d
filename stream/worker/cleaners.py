"""Cleans the records of a batch in several threads at once, where the compiled core lets Python's lock go meanwhile."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

from stream.core import native
from stream.records.outcomes import Outcome, Outcomes
from stream.records.record import Record

MOST_THREADS = 4
"""What is around the cleaning of an article is Python, a quarter of its time: more threads would wait for its lock."""

FEW_RECORDS = 16
"""The fewest records that a thread is asked for: what asking takes is as long as a tenth of their cleaning."""


def processors() -> int:
    """Give how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Cleaners:
    """Some threads that clean. All methods are called by the thread of the event loop, one batch at a time."""

    def __init__(self, threads: int) -> None:
        """With one thread, or without the compiled core, the event loop's own thread does it all."""
        self._threads = min(threads, MOST_THREADS) if native.compiled is not None else 1
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="clean") if self._threads > 1 else None

    async def outcomes(self, process: Callable[[Record], Outcome], records: Sequence[Record]) -> Outcomes:
        """Give the outcomes of these records, in their order. Raises what `process` raises."""
        shares = min(self._threads, len(records) // FEW_RECORDS)
        if self._pool is None or shares < 2:  # noqa: PLR2004 - one share is no sharing
            return Outcomes.counted(map(process, records))
        ends = [len(records) * share // shares for share in range(shares + 1)]
        parts = [records[begin:end] for begin, end in pairwise(ends)]
        loop = asyncio.get_running_loop()
        asked = [loop.run_in_executor(self._pool, Outcomes.counted, map(process, part)) for part in parts]
        first, *others = await asyncio.gather(*asked)
        for more in others:
            first.add(more)
        return first

    def close(self) -> None:
        """Let the threads end. A batch that still comes is cleaned by the event loop's thread."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False)
