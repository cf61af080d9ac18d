"""Processes that do the same work on many things; `jobs` says which, and needs none where one process is enough."""

from __future__ import annotations

import pickle
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import accumulate
from mmap import mmap
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Generic, TypeVar

from stream.errors import StreamError

Thing = TypeVar("Thing")
Result = TypeVar("Result")

ROOMS, ROOM_BYTES = 2, 1 << 22
"""Memory that a forked process shares, each for one result; more than one, so that it can go on while one waits."""
_STARTS = -1


def threads() -> int:
    """How many threads this process has on Linux, those of its libraries too."""
    return len(list(Path("/proc/self/task").iterdir()))


class Crew(Generic[Thing, Result]):
    """Processes that work, each on a pipe of its own: one that dies takes no lock along that others wait for.

    `ProcessPoolExecutor` hangs on Python 3.10 where one dies while it is sent something large (cpython issue 94777).

    Threads would wait for Python's lock (docs/decisions/0010).

    On Linux they are forked, which takes milliseconds, as long as there is no other thread, which may hold a lock just
    then; elsewhere they are new interpreters, started when there is something for them to do.

    A thing, which may be larger than a pipe holds, is sent only to a process that waits for one, so that never both
    sides send.
    """

    def __init__(self, work: Callable[[Thing], Result], jobs: int) -> None:
        self._work = work
        self._jobs = jobs
        self._forks = sys.platform == "linux" and threads() == 1
        self._context: Any = get_context("fork" if self._forks else "spawn")
        self._processes: dict[Connection, BaseProcess] = {}
        self._rooms: dict[Connection, tuple[mmap, ...]] = {}
        self._free: dict[Connection, list[int]] = {}  # which rooms hold no result
        self._held: tuple[list[int], int] | None = None  # the room of the last one that was taken
        self._busy: dict[Connection, tuple[int, int]] = {}  # with which thing, by its number, and for which room
        self._idle: list[Connection] = []
        self._waiting: deque[Thing] = deque()
        self._done: dict[int, tuple[Result, tuple[list[int], int]]] = {}
        self._given = self._taken = 0

    @property
    def under_way(self) -> int:
        """How many things are added and not taken."""
        return self._given - self._taken + len(self._waiting)

    def start(self) -> None:
        """Starts all at once where that costs next to nothing."""
        while self._forks and len(self._processes) < self._jobs:
            self._start()

    def add(self, thing: Thing) -> None:
        """One thing more."""
        self._waiting.append(thing)
        if not self._idle and len(self._processes) < self._jobs:
            self._start()
        self._hear(0)

    def take(self) -> Result:
        """The next result; the one before gives up its room."""
        if self._held is not None:
            rooms, room = self._held
            rooms.append(room)
            self._give()
        while self._taken not in self._done:
            self._hear(None)
        result, self._held = self._done.pop(self._taken)
        self._taken += 1
        return result

    def end(self) -> None:
        """Ends the processes, whatever they are at."""
        for connection, process in self._processes.items():
            process.kill()
            process.join()
            connection.close()

    def _start(self) -> None:
        ours, theirs = self._context.Pipe()
        inherited: tuple[Any, ...] = ()
        if self._forks:
            self._rooms[ours] = tuple(mmap(-1, ROOM_BYTES) for _ in range(ROOMS))
            inherited = (self._work, self._rooms[ours], [ours, *self._processes])
        process = self._context.Process(target=_work_for, args=(theirs, *inherited), daemon=True)
        with _ctrl_c_waits(spawns=not self._forks):
            process.start()
        theirs.close()  # so that the end of the process is the end of the pipe
        self._processes[ours] = process
        self._free[ours] = list(range(ROOMS))
        self._busy[ours] = (_STARTS, 0)

    def _hear(self, timeout_s: float | None) -> None:
        """Take what the processes have done, after waiting for it, and give them more."""
        ready = wait(list(self._busy), timeout_s)
        for connection in [one for one in self._busy if one in ready]:
            with self._living(connection):
                answer = connection.recv()
            number, room = self._busy.pop(connection)
            if number != _STARTS:
                self._done[number] = self._result(connection, room, answer), (self._free[connection], room)
            elif not self._forks:
                with self._living(connection):
                    _send(connection, self._work)
            self._idle.append(connection)
        self._give()

    def _give(self) -> None:
        """Give work to the processes that have none and have room for a result."""
        for connection in [one for one in self._idle if self._free[one]][: len(self._waiting)]:
            self._idle.remove(connection)
            room = self._free[connection].pop()
            with self._living(connection):
                _send(connection, (room, self._waiting.popleft()))
            self._busy[connection] = (self._given, room)
            self._given += 1

    def _result(self, connection: Connection, room: int, answer: bytes | list[int]) -> Result:
        """What `_answer` was given."""
        if isinstance(answer, bytes):
            result: Result = pickle.loads(answer)  # noqa: S301 - our own process
            return result
        view = memoryview(self._rooms[connection][room])
        parts = [view[end - size : end] for size, end in zip(answer, accumulate(answer), strict=True)]
        return pickle.loads(parts[0], buffers=parts[1:])  # type: ignore[no-any-return]  # noqa: S301

    @contextmanager
    def _living(self, connection: Connection) -> Iterator[None]:
        try:
            yield
        except (EOFError, OSError):
            process = self._processes[connection]
            process.join()
            how = f"signal {-code}" if (code := process.exitcode or 0) < 0 else f"exit code {code}"
            msg = f"A process of --jobs ended before its work was done ({how})."
            raise StreamError(msg, fix="If memory ran out, give fewer jobs.") from None


def _send(connection: Connection, thing: object) -> None:
    """What `recv` gives at the other end.

    `Connection.send` keeps a buffer, of which Python 3.13 may complain on standard error if the other end is gone.
    """
    connection.send_bytes(pickle.dumps(thing, pickle.HIGHEST_PROTOCOL))


@contextmanager
def _ctrl_c_waits(*, spawns: bool) -> Iterator[None]:
    """A Ctrl-C comes afterwards, and what is started now never gets one.

    It goes to all processes of a terminal, and the first one ends the others.
    """
    if spawns:
        resource_tracker.ensure_running()  # by itself it would start now, and let Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work_for(
    connection: Connection,
    work: Callable[[Any], object] | None = None,
    rooms: Sequence[mmap] = (),
    others: Iterable[Connection] = (),
) -> None:
    """What a process does: says that it is there, is given the work, then one thing after the other.

    A forked one has the work, memory that it shares with whom it works for, and the others' connections, which it
    closes, so that the end of whom it works for is seen.
    """
    for other in others:
        other.close()
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):  # whom it worked for has gone
        _send(connection, None)
        if work is None:
            work = connection.recv()
        while True:
            room, thing = connection.recv()
            _send(connection, _answer(work(thing), rooms[room] if rooms else None))


def _answer(result: object, room: mmap | None) -> bytes | list[int]:
    """A result, or the sizes of its parts, one after the other in the room: a pipe would copy it in small pieces."""
    if room is not None:
        parts: list[bytes | memoryview] = []
        head = pickle.dumps(result, pickle.HIGHEST_PROTOCOL, buffer_callback=lambda part: parts.append(part.raw()))
        parts.insert(0, head)
        sizes = [len(part) for part in parts]
        if sum(sizes) <= len(room):
            for part, size, end in zip(parts, sizes, accumulate(sizes), strict=True):
                room[end - size : end] = part
            return sizes
    return pickle.dumps(result, pickle.HIGHEST_PROTOCOL)
