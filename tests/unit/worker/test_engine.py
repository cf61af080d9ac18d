"""Which errors end the worker, and which only the session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stream.config.loading import load
from stream.core.rules import builtin
from stream.errors import (
    AuthenticationFailed,
    InstanceFenced,
    InstanceHeld,
    KafkaFatal,
    NotAuthorized,
    PartitionsUnowned,
    SessionLost,
    StreamError,
    TopicMissing,
)
from stream.worker.engine import Engine

KINDS = (AuthenticationFailed, NotAuthorized, TopicMissing, KafkaFatal)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine(load(environ={}), builtin(), largest_bytes=1000)
    monkeypatch.setattr("stream.worker.next_session.LAST_PAUSE_S", 0.0)
    return made


def sessions(engine: Engine, monkeypatch: pytest.MonkeyPatch, *raised: StreamError) -> list[int]:
    """Let each session end with the next of these errors, and a last one with a stop; returns the sessions begun."""
    begun: list[int] = []
    errors: Iterator[StreamError] = iter(raised)

    def session(_: object) -> None:
        begun.append(len(begun))
        for error in errors:
            raise error
        engine.stop()

    monkeypatch.setattr(engine, "_session", session)
    return begun


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_there_once_may_come_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, kind: type[StreamError]
) -> None:
    engine.source.progress.joined_once = True
    begun = sessions(engine, monkeypatch, kind("Once."), kind("Again."))
    engine.run(print)
    assert len(begun) == 3
    assert engine.source.progress.trouble == "Again."
    assert engine.fatal is None


@pytest.mark.parametrize("kind", KINDS)
def test_what_never_was_there_ends_the_worker(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, kind: type[StreamError]
) -> None:
    sessions(engine, monkeypatch, kind("Never."))
    with pytest.raises(kind):
        engine.run(print)
    assert isinstance(engine.fatal, kind)


def test_sessions_that_fail_for_hours_do_not_end_the_worker(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pause doubles from session to session, and must stay a number however many there were."""
    engine.source.progress.joined_once = True
    begun = sessions(engine, monkeypatch, *(SessionLost("Again.") for _ in range(2000)))
    engine.run(print)
    assert len(begun) == 2001
    assert engine.fatal is None


def test_a_younger_worker_of_the_same_instance_ends_this_one(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.source.progress.joined_once = True
    begun = sessions(engine, monkeypatch, InstanceFenced("Another one."))
    engine.flow.enter(1)
    with pytest.raises(InstanceFenced):
        engine.run(print)
    assert len(begun) == 1


@pytest.mark.parametrize("times", [1, 2])
def test_after_a_silence_it_may_have_been_replaced_by_its_own_late_request(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    engine.settings = engine.settings.model_copy(update={"session_timeout_ms": 0})
    begun = sessions(engine, monkeypatch, *(InstanceFenced("Itself.") for _ in range(times)))
    engine.flow.enter(1)
    if times == 1:
        engine.run(print)
        assert engine.fatal is None
    else:
        with pytest.raises(InstanceFenced):
            engine.run(print)
    assert len(begun) == 2


def test_records_that_could_not_be_committed_before_a_stop_are_an_error(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def session(_: object) -> None:
        engine.stop()
        raise KafkaFatal("Three records under way.")  # noqa: EM101

    engine.source.progress.joined_once = True
    monkeypatch.setattr(engine, "_session", session)
    with pytest.raises(KafkaFatal):
        engine.run(print)


def test_an_instance_id_that_is_still_held_is_waited_for(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also at the first start: with the consumer protocol a killed worker's instance id is free only after a while."""
    begun = sessions(engine, monkeypatch, InstanceHeld("Held."), InstanceHeld("Held."))
    engine.run(print)
    assert len(begun) == 3
    assert engine.fatal is None


def test_an_instance_id_that_is_held_for_too_long_is_another_workers(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stream.worker.next_session.HELD_S", -1.0)
    sessions(engine, monkeypatch, InstanceHeld("Held."))
    with pytest.raises(InstanceFenced, match="Another worker runs with the instance id"):
        engine.run(print)
    assert isinstance(engine.fatal, InstanceFenced)


def test_partitions_that_nothing_gives_an_owner_end_the_worker(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.source.progress.joined_once = True
    sessions(engine, monkeypatch, PartitionsUnowned("Nobody's."))
    with pytest.raises(PartitionsUnowned):
        engine.run(print)
