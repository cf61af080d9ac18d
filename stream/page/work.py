"""A thread of the page's own, so that what somebody asks of the page keeps no article waiting."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from stream.page.refused import Refused

Answer = TypeVar("Answer")
LONGEST_PAUSE_S, LONGEST_REST_S = 30.0, 1.0
"""How long nothing is begun after a task, and how long a task rests at once, at most, in seconds."""
PATIENCE_S = 2.0  # who would have to wait longer than this is told so
STOPPING = "The worker is stopping."


class Work:
    """Does one thing after the other. `close` is called when the worker stops.

    `most_waiting`: how many may wait; who comes then is refused. `share`: the part of one processor that all of it
    together may take: after something that took a second of processor time, with a share of 0.25 nothing is begun for
    three seconds. Methods are called by the event loop's thread.
    """

    def __init__(
        self,
        name: str,
        *,
        most_waiting: int,
        share: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._most = most_waiting
        self._rest = 1 / share - 1
        self._clock, self._sleep = clock, sleep
        self._waiting = 0
        self._free_s = 0.0
        # Of the task under way: the rest that it owes, and its processor time when it last rested.
        self._owed_s = self._paced_s = 0.0
        self.stopping = False

    def require_room(self) -> None:
        """Raises `Refused` if there is too much to do."""
        if self.stopping:
            raise Refused(503, STOPPING)
        if self._waiting > self._most:
            raise Refused(429, "Others are being answered: try again in a moment.", retry_s=1)
        if (pause_s := self._free_s - self._clock()) > PATIENCE_S:
            sentence = f"What was asked before has taken its share of the processor: try again in {pause_s:.0f} s."
            raise Refused(429, sentence, retry_s=pause_s)

    async def do(self, task: Callable[[], Answer]) -> Answer:
        """What the task gives. Raises `Refused` if there is too much to do, and what the task raises."""
        self.require_room()
        self._waiting += 1
        try:
            answer = await asyncio.get_running_loop().run_in_executor(self._pool, self._timed, task)
        finally:
            self._waiting -= 1
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def pace(self) -> bool:
        """Called by a long task now and then: rests as long as the share asks for. Gives whether the task is to end."""
        if not self.stopping:
            rest_s = min(LONGEST_REST_S, self._owe())
            self._sleep(rest_s)
            self._owed_s -= rest_s  # what is still owed is rested later
        return self.stopping

    def close(self) -> None:
        """Begins nothing more; what waits is dropped, and what is under way may look at `stopping`."""
        self.stopping = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _owe(self) -> float:
        """The rest in seconds that the task under way owes for the processor time that it has taken."""
        now_s = time.thread_time()
        self._owed_s += (now_s - self._paced_s) * self._rest
        self._paced_s = now_s
        return self._owed_s

    def _timed(self, task: Callable[[], Answer]) -> Answer | BaseException:
        """What a task gives or raises, once the rest that the last one owes is over. Called by the pool's thread."""
        self._sleep(min(PATIENCE_S, max(0.0, self._free_s - self._clock())))
        if self.stopping:  # the process ends only once this thread has
            return Refused(503, STOPPING)
        self._owed_s, self._paced_s = 0.0, time.thread_time()
        answer: Answer | BaseException
        try:
            answer = task()
        except Exception as error:  # noqa: BLE001 - raised again by who waits for it
            answer = error
        self._free_s = self._clock() + min(LONGEST_PAUSE_S, self._owe())  # here, before the next one is begun
        return answer
