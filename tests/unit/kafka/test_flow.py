"""Records in flight are counted; a thread that waits for them wakes up when all are done or the session has failed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from stream.errors import SessionLost
from stream.kafka.flow import Flow

LOST = SessionLost("lost")


def test_what_enters_and_leaves_is_counted() -> None:
    flow = Flow()
    session = flow.begin_session()
    flow.enter(5)
    flow.enter(2)
    flow.leave(session, 3)
    assert flow.in_flight == 4
    flow.leave(session, 4)
    assert flow.wait_drained(0)


def test_not_drained_in_time_is_false() -> None:
    flow = Flow()
    flow.begin_session()
    flow.enter(1)
    assert not flow.wait_drained(0.01)


def test_a_new_session_forgets_what_was_under_way_and_the_error() -> None:
    flow = Flow()
    first = flow.begin_session()
    flow.enter(5)
    flow.fail(LOST)
    second = flow.begin_session()
    assert second != first
    assert (flow.in_flight, flow.error) == (0, None)
    flow.check()
    flow.enter(1)
    flow.leave(first, 5)
    assert flow.in_flight == 1, "what comes late from the first session does not count in the second"


def test_the_first_error_counts() -> None:
    flow = Flow()
    flow.begin_session()
    flow.check()
    flow.fail(LOST)
    flow.fail(ValueError("later"))
    with pytest.raises(SessionLost, match="lost"):
        flow.check()
    assert not flow.wait_drained(0), "a failed session is not drained, even with nothing under way"


def test_a_session_fails_even_if_nobody_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(_: object) -> None:
        raise MemoryError

    flow = Flow()
    flow.begin_session()
    monkeypatch.setattr(threading.Condition, "notify_all", no_memory)
    with pytest.raises(MemoryError):
        flow.fail(LOST)
    assert flow.error is LOST


def test_who_waits_for_the_drain_wakes_up_when_it_is_done() -> None:
    flow = Flow()
    session = flow.begin_session()
    flow.enter(2)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(flow.wait_drained, 60)
        flow.leave(session, 1)
        flow.leave(session, 1)
        assert waiting.result(60)


def test_who_waits_wakes_up_when_the_session_fails() -> None:
    flow = Flow()
    flow.begin_session()
    flow.enter(1)
    with ThreadPoolExecutor(2) as pool:
        drained, failed = pool.submit(flow.wait_drained, 3600), pool.submit(flow.wait_failed, 3600)
        flow.fail(LOST)
        assert not drained.result(60)
        assert failed.result(60)


def test_waiting_for_a_failure_does_not_end_for_a_stop() -> None:
    flow = Flow()
    flow.begin_session()
    flow.stopping.set()
    assert not flow.wait_failed(0.05)


def test_many_threads_count_right() -> None:
    flow = Flow()
    session = flow.begin_session()
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        for _ in range(2000):
            flow.enter(1)
            flow.leave(session, 1)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(work) for _ in range(4)]:
            done.result()
    assert flow.in_flight == 0
