"""What somebody asks of the page waits in a bounded queue and takes a bounded share of a processor."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from stream.page.refused import Refused
from stream.page.work import LONGEST_REST_S, Work


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        """Begin at some time."""
        self.now_s = 1000.0

    def __call__(self) -> float:
        """Give the time."""
        return self.now_s


def busy(seconds: float) -> None:
    """Take so much time of a processor."""
    began = time.thread_time()
    while time.thread_time() - began < seconds:
        pass


async def test_it_is_done_by_another_thread() -> None:
    work = Work("try", most_waiting=1, share=0.5)
    assert await work.do(threading.get_ident) != threading.get_ident()
    work.close()


async def test_who_comes_when_too_many_wait_is_refused() -> None:
    work, go = Work("try", most_waiting=2, share=1.0), threading.Event()
    waiting = [asyncio.ensure_future(work.do(go.wait)) for _ in range(3)]
    await asyncio.sleep(0)
    try:
        async with asyncio.timeout(60):
            with pytest.raises(Refused) as refused:
                await work.do(lambda: None)
    finally:
        go.set()
    assert refused.value.status == 429
    assert await asyncio.gather(*waiting) == [True, True, True]
    await work.do(lambda: None)
    work.close()


async def test_after_something_long_there_is_a_pause_in_its_proportion() -> None:
    clock, slept = Clock(), []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.now_s += seconds

    work = Work("try", most_waiting=1, share=0.25, clock=clock, sleep=sleep)
    await work.do(lambda: busy(0.02))
    assert await work.do(lambda: 7) == 7
    assert slept[0] == 0
    assert slept[1] >= 0.06, "a short one is waited for"
    work.close()


async def test_who_would_have_to_wait_long_is_told_so() -> None:
    clock = Clock()
    work = Work("try", most_waiting=1, share=0.002, clock=clock, sleep=lambda _: None)
    await work.do(lambda: busy(0.02))
    with pytest.raises(Refused, match="share of the processor") as refused:
        await work.do(lambda: None)
    assert refused.value.retry_s > 2
    clock.now_s += refused.value.retry_s
    assert await work.do(lambda: 7) == 7
    work.close()


async def test_a_long_task_rests_meanwhile_and_owes_less_after_it() -> None:
    clock = Clock()
    work = Work("page", most_waiting=1, share=0.5, clock=clock)

    def long() -> float:
        began = time.monotonic()
        busy(0.02)
        assert not work.pace()
        return time.monotonic() - began

    assert await work.do(long) >= 0.04
    clock.now_s += 0.01
    assert await work.do(lambda: 7) == 7, "it has rested already"
    work.close()
    assert work.pace(), "it is to end"


async def test_what_a_task_still_owes_after_a_rest_it_rests_later() -> None:
    slept: list[float] = []
    work = Work("page", most_waiting=1, share=0.002, clock=Clock(), sleep=slept.append)

    def long() -> None:
        busy(0.02)  # for which it owes ten seconds
        for _ in range(3):
            work.pace()

    await work.do(long)
    assert slept == [0, *[LONGEST_REST_S] * 3]
    with pytest.raises(Refused, match="share of the processor"):
        await work.do(lambda: None)
    work.close()


async def test_what_has_not_begun_when_the_worker_stops_never_does() -> None:
    done: list[bool] = []
    work = Work("page", most_waiting=1, share=1.0, sleep=lambda _: work.close())  # while it rests before it begins
    with pytest.raises(Refused, match="stopping"):
        await work.do(lambda: done.append(True))
    assert not done


async def test_an_error_is_raised_to_who_asked() -> None:
    work = Work("try", most_waiting=1, share=1.0)

    def fail() -> None:
        raise KeyError(3)

    with pytest.raises(KeyError):
        await work.do(fail)
    work.close()
    with pytest.raises(Refused, match="stopping"):
        await work.do(fail)
