"""The same work on many things, in this process or in several, with results in the order of the things."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any, TypeVar

from stream.errors import StreamError

Thing = TypeVar("Thing")
Result = TypeVar("Result")

AHEAD = 3
"""How many things a process may have under way: one it works on, the others read or done and not yet taken."""


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_order(work: Callable[[Thing], Result], things: Iterable[Thing], jobs: int) -> Generator[Result, None, None]:
    """`work` of each thing, in their order; with more jobs than one in processes, which are given `work` once.

    At most `AHEAD` times `jobs` things are under way. A `StreamError` of `things` is raised when all before it is done,
    one of its own where a process dies. No process is left when this ends or is closed.

    What a result pickles out of band (PEP 574) stays where its process wrote it, and is good until the next result.

    Where it can, this starts its processes at once: call it before there are other threads.
    """
    results = _in_order(work, things, jobs)
    next(results)
    return results


def _in_order(work: Callable[[Thing], Result], things: Iterable[Thing], jobs: int) -> Generator[Any, None, None]:
    """Yields nothing first, when its processes are started."""
    if jobs == 1:
        yield None
        yield from map(work, things)
        return
    from stream.offline.crew import Crew  # noqa: PLC0415 - importing it takes longer than cleaning a small file

    crew = Crew(work, jobs)
    failures: list[StreamError] = []
    try:
        crew.start()
        yield None
        for thing in _until_failure(things, failures):
            crew.add(thing)
            if crew.under_way >= AHEAD * jobs:
                yield crew.take()
        while crew.under_way:
            yield crew.take()
    finally:
        crew.end()
    for failure in failures:
        raise failure


def _until_failure(things: Iterable[Thing], failures: list[StreamError]) -> Iterator[Thing]:
    try:
        yield from things
    except StreamError as failure:
        failures.append(failure)
