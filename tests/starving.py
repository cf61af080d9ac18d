"""``python -m tests.starving``: lets allocations of Python fail in workers, and looks whether an article gets lost.

Each life is a fork with the worker's own Faust app, agent, engine, cleaners and sink. What stands for Kafka is a log in
memory that outlives the fork: records with their numbers as values, and of each commit the numbers that were published
and the offsets that were committed with them. Somewhere in a call that the life's seed chooses, so many allocations in
a row fail as it chooses, in whatever thread they are made. A life ends when everything is published, with an error, in
a crash, or after some seconds. Whatever the end, each partition has to hold every record before its committed offset,
once.
"""

from __future__ import annotations

import argparse
import mmap
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import chain, islice
from typing import Any, NamedTuple

from harness.fakes import FakeRecord
from harness.forking import MODULES
from stream.config.loading import load
from stream.core.rules import builtin
from stream.kafka.committer import Publication
from stream.kafka.sink import Sink
from stream.worker.app import ArticleApp, ArticleWorker, Boot, SourceService, create_app
from stream.worker.engine import Engine
from tests.ledger import article

PARTITIONS, BATCHES, RECORDS = 2, 6, 40
"""Each batch has so many records of each partition."""

LIFE_S, AT_A_TIME = 20, 6
LOG_BYTES = 1 << 16


class Lack(NamedTuple):
    """When allocations fail: in which call of which method (0: the first) it begins, after how many, and how many."""

    where: type
    method: str
    call: int
    after: int
    failing: int

    @classmethod
    def chosen(cls, seed: int) -> Lack:
        """Choose one by chance."""
        pick = random.Random(seed)  # noqa: S311 - the same life again
        where, method, most = pick.choice(PLACES)
        return cls(where, method, pick.randrange(5), pick.randrange(most), int(10 ** pick.uniform(0, 4.5)))

    def __str__(self) -> str:
        return f"{self.failing} after {self.after} in call {self.call} of {self.where.__name__}.{self.method}"


PLACES: tuple[tuple[type, str, int], ...] = (
    (Engine, "clean", 12_000),
    (Sink, "put", 300),
    (Sink, "_take", 300),
    (Sink, "_publish", 300),
    (Engine, "check", 1_000),
)
"""The methods in which it begins, and about how many allocations they take."""

HANDING_ON = [Lack(Sink, "put", 1, after, 14) for after in range(50, 170, 10)]
"""So few that a batch could not be given to the sink, and that not be logged, but then all went on."""

RULES = builtin()
INPUT = [
    [FakeRecord(article(offset), b"%d" % offset, None, number, offset) for offset in range(BATCHES * RECORDS)]
    for number in range(PARTITIONS)
]


class Log:
    """The input and output of a life. Called by the source's and the sink's thread, as a consumer and a committer."""

    def __init__(self, memory: mmap.mmap) -> None:
        """`memory` is shared with the parent, and empty."""
        self._memory = memory
        self._next = [0] * PARTITIONS

    def open(self) -> None:
        """Read on from the committed offsets."""
        self._next = committed(self._memory)

    def fetch(self) -> list[Any]:
        """Get the next batch; at the end the process ends once everything is published."""
        begin, self._next = self._next, [min(each + RECORDS, BATCHES * RECORDS) for each in self._next]
        batch = [*chain(*(INPUT[number][begin[number] : self._next[number]] for number in range(PARTITIONS)))]
        if committed(self._memory) == [BATCHES * RECORDS] * PARTITIONS:
            os._exit(0)
        return batch

    def commit(self, publication: Publication) -> None:
        """Note what is published and committed, both or neither."""
        published = ",".join(f"{it.source.partition()}:{it.source.offset()}" for it in publication.outcomes)
        offsets = committed(self._memory)
        for it in publication.offsets:
            offsets[it.partition] = it.offset
        line = f"{published};{','.join(map(str, offsets))}\n".encode()
        begin = self._memory.find(b"\0")
        self._memory[begin : begin + len(line)] = line

    def silent_s(self) -> float:
        """Never."""
        return 0.0

    def close(self) -> None:
        """Nothing is open."""


def commits(memory: mmap.mmap) -> Iterator[tuple[list[tuple[int, int]], list[int]]]:
    """Read of each commit the partition and offset of each record, and the offset committed for each partition."""
    for line in memory[: memory.find(b"\0")].decode().splitlines():
        published, offsets = line.split(";")
        pairs = [pair.split(":") for pair in published.split(",")]
        yield [(int(number), int(offset)) for number, offset in pairs], [int(offset) for offset in offsets.split(",")]


def committed(memory: mmap.mmap) -> list[int]:
    """Read of each partition the offset that was last committed."""
    *_, (_, offsets) = [([], [0] * PARTITIONS), *commits(memory)]
    return offsets


def _app() -> ArticleApp:
    return create_app(load(environ={"STREAM_HTTP_PORT": "0"}), rules=RULES, largest_bytes=1_000_000)


def warm_up() -> None:
    """Do here what takes long, and not in each fork."""
    for module in MODULES:
        import_module(module)
    _app()


def _live(lack: Lack, memory: mmap.mmap) -> None:
    """Run a worker until its end."""
    failing: Any = import_module("_testcapi")  # not in every Python
    signal.alarm(LIFE_S)
    null = os.open(os.devnull, os.O_RDWR)
    if not os.environ.get("SHOWN"):
        os.dup2(null, 1)
        os.dup2(null, 2)
    app = _app()
    engine, log = app.engine, Log(memory)
    source: Any = engine.source
    source.open, source.fetch, source.close = log.open, log.fetch, log.close
    source.stay_current = source.ask_whether_fenced = log.close
    engine.committer = engine.sink._committer = log  # type: ignore[assignment]  # noqa: SLF001
    Boot.server = lambda self: [*self.agents(), SourceService(app, engine, app.channels[0])]  # type: ignore[method-assign]

    wait, real = lack.call, getattr(lack.where, lack.method)

    def starving(*args: Any) -> Any:
        nonlocal wait
        wait -= 1
        if wait == -1:
            failing.set_nomemory(lack.after, lack.after + lack.failing)
        return real(*args)

    setattr(lack.where, lack.method, starving)
    run = engine.run

    def run_and_end(hand_on: Any) -> None:
        """End with the last session, because Faust takes a second to stop."""
        try:
            run(hand_on)
        finally:
            engine.sink.quiesce()
            os._exit(1)

    engine.run = run_and_end  # type: ignore[method-assign]
    ArticleWorker(app).execute_from_commandline()


def begin(lack: Lack) -> tuple[int, mmap.mmap]:
    """Begin a life; give its process id and its log."""
    memory = mmap.mmap(-1, LOG_BYTES)
    pid = os.fork()
    if pid == 0:
        try:
            _live(lack, memory)
        except SystemExit as ended:
            os._exit(int(ended.code or 0))
        finally:
            os._exit(1)
    return pid, memory


def wrong_in(memory: mmap.mmap) -> list[str]:
    """Tell what is wrong with what a life has published."""
    published = Counter(chain(*(records for records, _ in commits(memory))))
    offsets = committed(memory)
    owed = {(number, offset) for number in range(PARTITIONS) for offset in range(offsets[number])}
    wrong = []
    if lost := owed - published.keys():
        wrong.append(f"{len(lost)} lost, from {min(lost)} to {max(lost)}")
    if more := {each for each, times in published.items() if times > 1 or each not in owed}:
        wrong.append(f"{len(more)} twice or too early, from {min(more)} to {max(more)}")
    return wrong


def live(lacks: Iterable[Lack]) -> Iterator[tuple[Lack, str, list[str]]]:
    """Run lives, some at a time; give of each its lack, how it ended, and what is wrong with what it has published."""
    running: dict[int, tuple[Lack, mmap.mmap]] = {}
    waiting = iter(lacks)
    while True:
        for lack in islice(waiting, AT_A_TIME - len(running)):
            pid, memory = begin(lack)
            running[pid] = lack, memory
        if not running:
            return
        pid, status = os.wait()
        lack, memory = running.pop(pid)
        code = os.waitstatus_to_exitcode(status)
        yield lack, {0: "complete", -signal.SIGALRM: "stuck", 1: "error"}.get(code, f"crash {code}"), wrong_in(memory)


def main() -> int:
    """Run the lives; returns 1 if an article got lost or came twice."""
    parser = argparse.ArgumentParser(prog="python -m tests.starving", description=__doc__)
    parser.add_argument("lives", nargs="?", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="of the first life; the next one has the next")
    parser.add_argument("--handing-on", action="store_true", help="a few lives, while batches are given to the sink")
    arguments = parser.parse_args()
    seed: int = arguments.seed
    warm_up()
    lacks = HANDING_ON if arguments.handing_on else [*map(Lack.chosen, range(seed, seed + arguments.lives))]
    ends = Counter[str]()
    failed = 0
    for lack, ended, wrong in live(lacks):
        ends[ended] += 1
        failed += bool(wrong)
        if wrong:
            print(f"{lack} ({ended}): {'; '.join(wrong)}", flush=True)  # noqa: T201
    print(f"{len(lacks)} lives, {failed} of them lost articles: {dict(ends)}")  # noqa: T201
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
