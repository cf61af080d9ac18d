"""The source's thread while it waits to hand a batch on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from harness.processes import PATIENCE_S, until
from stream.config.loading import load
from stream.core.rules import builtin
from stream.errors import KafkaFatal, SessionLost
from stream.kafka.flow import Batch
from stream.worker.app import SourceService, create_app
from stream.worker.engine import Engine


class Panic(BaseException):
    """As the compiled core raises it."""


class Channel:
    """A channel that has no room until the test makes some."""

    def __init__(self) -> None:
        """Be full."""
        self.room = asyncio.Event()

    async def put(self, _: Batch) -> None:
        """Wait for room."""
        await self.room.wait()


class Consumer:
    """A member of a group whose generation is a number."""

    def __init__(self) -> None:
        """Be in the first generation."""
        self.generation = 1

    def memberid(self) -> str:
        """The same one."""
        return "member"

    def consumer_group_metadata(self) -> int:
        """The generation."""
        return self.generation


@pytest.fixture
def engine() -> Engine:
    made = Engine(load(environ={}), builtin(), largest_bytes=1000)
    made.source.member.consumer = Consumer()  # type: ignore[assignment]
    made.source.member.refresh()
    return made


def handing_on(engine: Engine, channel: Channel) -> asyncio.Future[None]:
    """Hand a batch on in a thread of its own, as the source does."""
    loop = asyncio.get_running_loop()
    service: Any = SimpleNamespace(batches=channel, engine=engine)
    hand_on = SourceService._hand_on(service, loop)  # noqa: SLF001 - what the source is given
    return loop.run_in_executor(None, hand_on, Batch(1, []))


async def test_a_generation_that_changes_while_the_pipeline_is_full_is_known_to_the_sink(engine: Engine) -> None:
    channel, member = Channel(), engine.source.member
    handed_on = handing_on(engine, channel)
    member.open_consumer.generation = 2  # type: ignore[attr-defined]
    await asyncio.to_thread(until, lambda: member.metadata == 2, "the new generation")
    assert not handed_on.done()
    channel.room.set()
    await handed_on


async def test_a_batch_that_was_lost_on_the_way_is_not_passed_over(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Faust starts an agent anew that has failed, and goes on with the next batch."""
    cleaned: list[Batch] = []

    async def clean(batch: Batch) -> None:
        cleaned.append(batch)

    monkeypatch.setattr(engine, "clean", clean)
    session = engine.flow.begin_session()
    await engine.take(Batch(session, [], before=0))
    assert engine.flow.error is None
    await engine.take(Batch(session, [], before=7))
    with pytest.raises(SessionLost, match="Of 7 records of this session 0 came through"):
        engine.flow.check()
    engine.flow.begin_session()
    await engine.take(Batch(session, [], before=7))
    assert engine.flow.error is None, "a batch of an earlier session says nothing of this one"
    assert [batch.before for batch in cleaned] == [0, 7]


@pytest.mark.parametrize("error", [MemoryError(), Panic("PyObject pointer is null")])
async def test_without_memory_to_say_what_went_wrong_the_process_ends_at_once(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """Raised, that error would let Faust start the agent anew, with the next batch."""
    ended: list[bool] = []

    async def fails(_: Batch) -> None:
        raise error

    def no_memory(*_: object, **__: object) -> None:
        raise MemoryError

    app = create_app(load(environ={"STREAM_HTTP_PORT": "0"}), rules=builtin(), largest_bytes=1000)
    monkeypatch.setattr(app.engine, "clean", fails)
    monkeypatch.setattr("stream.worker.app.log.error", no_memory)
    monkeypatch.setattr("stream.worker.app._exit_at_once", lambda: ended.append(True))
    monkeypatch.setattr(app, "add_future", lambda coroutine: coroutine.close())

    async def batches() -> AsyncIterator[Batch]:
        yield Batch(app.engine.flow.begin_session(), [])

    (agent,) = app.agents.values()
    await agent.fun(batches())
    assert ended == [True]
    assert isinstance(app.engine.flow.error, KafkaFatal)


async def test_a_session_that_fails_while_the_pipeline_is_full_ends(engine: Engine) -> None:
    channel = Channel()
    handed_on = handing_on(engine, channel)
    engine.flow.fail(SessionLost("Over."))
    with pytest.raises(SessionLost, match="Over"):
        await asyncio.wait_for(handed_on, PATIENCE_S)
    channel.room.set()
