"""When nothing arrives, a new session is started, unless the records wait for something other than Kafka."""

from __future__ import annotations

import time

import pytest

from harness.fakes import at
from stream.config.loading import load
from stream.errors import SessionLost
from stream.kafka.flow import Flow
from stream.kafka.partitions import Partitions
from stream.kafka.progress import NO_ASSIGNMENT_S, NO_PROGRESS_S, Progress


def test_a_partition_that_is_held_starts_no_new_session(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = time.monotonic()
    monkeypatch.setattr("stream.kafka.partitions.time.monotonic", lambda: now_s)
    partitions = Partitions()
    progress = Progress(load(environ={}), Flow(), partitions)
    partitions.gain(at(0), 5)
    partitions.update_end(at(0), 9)
    progress.assigned()
    now_s += NO_PROGRESS_S + 1
    with pytest.raises(SessionLost, match=r"No records arrive from partitions 0 of articles\.raw"):
        progress.check()
    partitions.hold(at(0), 5)
    progress.check()
    partitions.release([at(0)])
    progress.check()


def test_a_worker_that_is_to_have_nothing_starts_no_new_session(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = time.monotonic()
    monkeypatch.setattr("stream.kafka.progress.time.monotonic", lambda: now_s)
    partitions = Partitions()
    progress = Progress(load(environ={}), Flow(), partitions)
    progress.opened()
    progress.nothing_is_assigned()
    progress.check()
    assert partitions.assigned
    now_s += NO_ASSIGNMENT_S + 1
    progress.check()
    partitions.clear()
    progress.opened()  # of the next session the group has said nothing yet
    now_s += NO_ASSIGNMENT_S + 1
    with pytest.raises(SessionLost, match="has not assigned any partitions for 20 s"):
        progress.check()
