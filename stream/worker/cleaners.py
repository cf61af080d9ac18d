"""Cleans the records of a batch in several threads at once, where the compiled core lets Python's lock go meanwhile."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from stream.core import native
from stream.records.outcomes import Outcome, Outcomes
from stream.records.record import Record

MOST_THREADS = 4
"""What is around the cleaning of an article is Python, a quarter of its time: more threads would wait for its lock."""

FEW_RECORDS = 16
"""The fewest records that a thread is asked for: what asking takes is as long as a tenth of their cleaning."""

PIECE_RECORDS = 8
"""A thread that is done takes the next so many. Pages differ a hundredfold: with equal shares the others would wait for
the slowest. Counting a piece by itself costs 7 µs.
"""


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
        threads = min(self._threads, len(records) // FEW_RECORDS)
        if self._pool is None or threads < 2:  # noqa: PLR2004 - one thread has nobody to share with
            return Outcomes.counted(map(process, records))
        pieces = [records[begin : begin + PIECE_RECORDS] for begin in range(0, len(records), PIECE_RECORDS)]
        waiting = enumerate(pieces)  # Python's lock sees to it that no two threads get the same one
        done: dict[int, Outcomes] = {}

        def clean() -> None:
            for number, piece in waiting:
                done[number] = Outcomes.counted(map(process, piece))

        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(self._pool, clean) for _ in range(threads)))
        first, *others = (done[number] for number in range(len(pieces)))
        for more in others:
            first.add(more)
        return first

    def close(self) -> None:
        """Let the threads end. A batch that still comes is cleaned by the event loop's thread."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False)
