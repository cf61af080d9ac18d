"""/health/live and /health/ready tell the truth about each partition."""

from __future__ import annotations

import time
from functools import partial

import pytest

from harness.fakes import at
from stream.config.loading import load
from stream.core.rules import builtin
from stream.errors import KafkaFatal, SessionLost
from stream.kafka.group import GroupView
from stream.worker.engine import Engine
from stream.worker.health import live, passing, ready


@pytest.fixture
def engine() -> Engine:
    """An engine with two partitions and nothing to do."""
    made = Engine(load({"stall_timeout_s": 60}, environ={}), builtin(), largest_bytes=1_000_000)
    made.flow.begin_session()
    made.partitions.gain(at(0), 5)
    made.partitions.gain(at(3), 7)
    for number, end in ((0, 5), (3, 7)):
        made.partitions.update_end(at(number), end)
    return made


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    now = time.monotonic() + seconds
    monkeypatch.setattr("stream.kafka.partitions.time.monotonic", lambda: now)


def test_all_well_is_live_and_ready(engine: Engine) -> None:
    assert live(engine).ok
    assert ready(engine).as_json() == {
        "status": "ok",
        "problems": [],
        "warnings": [],
        "partitions": {
            "0": {"position": 5, "lag": 0, "lag_seconds": 0},
            "3": {"position": 7, "lag": 0, "lag_seconds": 0},
        },
    }


def test_idle_for_long_is_live(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    later(monkeypatch, 3600)
    assert live(engine).ok


def test_a_partition_that_does_not_move_is_named_and_not_live(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.partitions.update_end(at(3), 9)
    assert live(engine).ok, "records may wait a while"
    assert live(engine).partitions["3"] == {"position": 7, "lag": 2, "lag_seconds": pytest.approx(0, abs=60)}
    later(monkeypatch, 61)
    health = live(engine)
    assert health.problems == ("partition 3 of articles.raw has records waiting and has made no progress for 60 s",)
    assert health.as_json()["status"] == "failing"
    assert not ready(engine).ok, "what is not live is not ready"
    engine.partitions.published(at(3), 8)
    assert live(engine).ok


def test_a_fatal_error_is_not_live(engine: Engine) -> None:
    engine.fatal = KafkaFatal("It is over.")
    assert live(engine).problems == ("It is over.",)


def test_before_the_first_assignment_it_is_live_but_not_ready() -> None:
    fresh = Engine(load(environ={}), builtin(), largest_bytes=1_000_000)
    assert live(fresh).ok
    assert ready(fresh).problems == ("the group has not assigned partitions yet",)


def test_an_assignment_of_nothing_is_ready() -> None:
    """There are more workers than partitions, and this one is a spare."""
    spare = Engine(load(environ={}), builtin(), largest_bytes=1_000_000)
    spare.partitions.assigned = True
    assert ready(spare).ok


def test_what_makes_it_not_ready_is_named(engine: Engine) -> None:
    engine.flow.fail(SessionLost("Partitions 3 went to another worker."))
    engine.sink.problem = "Kafka is away."
    engine.cluster_problems = ["the output topic articles.clean is missing"]
    engine.stop()
    assert ready(engine).problems == (
        "the worker is stopping",
        "the session has ended: Partitions 3 went to another worker.",
        "publishing fails and is being retried: Kafka is away.",
        "the output topic articles.clean is missing",
    )
    assert live(engine).ok, "a restart would mend none of these"
    engine.source.progress.trouble = "Kafka forbids the use of a topic."
    problems = ready(engine).problems
    assert "reading fails: Kafka forbids the use of a topic." in problems
    assert not any("Partitions 3" in problem for problem in problems), "one thing is said once"


def test_the_metrics_tell_which_checks_pass(engine: Engine) -> None:
    engine.partitions.assigned = True
    assert passing(engine) == dict.fromkeys(("live", "ready", "publishing", "learning"), True)
    engine.metrics.show_health(partial(passing, engine))
    engine.sink.problem = "Kafka is away."
    assert b'article_stream_healthy{check="publishing"} 0.0' in engine.metrics.text()
    assert b'article_stream_healthy{check="live"} 1.0' in engine.metrics.text()
    engine.cluster_warnings = ["the topic of lines is missing"]
    assert not passing(engine)["ready"]
    assert not passing(engine)["learning"]


def test_a_worker_that_knows_of_partitions_without_an_owner_is_not_ready(engine: Engine) -> None:
    seen = GroupView(
        frozenset(map(at, range(5))), {"a": frozenset({at(0), at(3)}), "b": frozenset({at(1)})}, stable=True
    )
    for _ in range(2):
        engine.ownership.observe(seen, "a")
    assert ready(engine).problems == (
        "partitions 2, 4 of articles.raw are assigned to no worker of the group article-stream",
    )
    assert live(engine).ok, "it heals without a restart"


def test_a_new_session_is_not_ready_before_its_own_assignment(engine: Engine) -> None:
    engine.partitions.clear()
    assert ready(engine).problems == ("the group has not assigned partitions yet",)


def test_a_partition_that_nobody_knows_the_beginning_of_is_not_ready(engine: Engine) -> None:
    engine.partitions.gain(at(7), -1)
    assert ready(engine).problems == ("it is not known yet where partitions 7 of articles.raw begin",)
    assert live(engine).ok


def test_records_that_wait_for_the_registry_make_it_not_ready_with_the_reason() -> None:
    waits = Engine(load({"registry_url": "http://127.0.0.1:9"}, environ={}), builtin(), largest_bytes=1_000_000)
    waits.partitions.assigned = True
    assert waits.gate is not None
    assert ready(waits).ok
    waits.gate.trouble = "No answer."
    assert ready(waits).problems == ("records wait for the schema registry: No answer.",)
    assert live(waits).ok
