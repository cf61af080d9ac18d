"""The source's thread while it waits to hand a batch on."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from harness.processes import until
from stream.config.loading import load
from stream.core.rules import builtin
from stream.errors import SessionLost
from stream.kafka.flow import Batch
from stream.worker.app import SourceService
from stream.worker.engine import Engine


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
    await asyncio.to_thread(until, lambda: member.metadata == 2, "the new generation", 10)
    assert not handed_on.done()
    channel.room.set()
    await handed_on


async def test_a_session_that_fails_while_the_pipeline_is_full_ends(engine: Engine) -> None:
    channel = Channel()
    handed_on = handing_on(engine, channel)
    engine.flow.fail(SessionLost("Over."))
    with pytest.raises(SessionLost, match="Over"):
        await asyncio.wait_for(handed_on, 10)
    channel.room.set()
