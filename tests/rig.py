"""A running sink with a committer that does what a test wants, and what is around them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from stream.config.settings import Settings
from stream.kafka.committer import Publication
from stream.kafka.flow import Flow
from stream.kafka.sink import Sink
from stream.records.input_partition import InputPartition
from stream.records.outcomes import Outcome, Outcomes

Act = Callable[[Publication], None]
PATIENCE_S = 60.0


class FakeCommitter:
    """Keeps what it is given, after asking `act`, which may raise or wait."""

    def __init__(self) -> None:
        self.tries: list[list[int]] = []
        self.publications: list[Publication] = []
        self.act: Act = lambda _: None

    def own(self, partitions: Sequence[InputPartition], gained: Sequence[InputPartition]) -> None:
        """Not used by the sink."""

    def commit_start(self, consumer: Consumer, offsets: list[TopicPartition], member: object) -> None:
        """Not used by the sink."""

    def commit(self, publication: Publication) -> None:
        """Try, and keep."""
        self.tries.append(offsets(publication.outcomes))
        self.act(publication)
        self.publications.append(publication)

    def silent_s(self) -> float:
        """Not used by the sink."""
        return 0.0

    def settle(self, consumer: Consumer, *, wait: bool) -> None:
        """Not used by the sink."""

    def close(self) -> None:
        """Not used by the sink."""

    @property
    def published(self) -> list[Outcome]:
        """All that was published, in order."""
        return [outcome for publication in self.publications for outcome in publication.outcomes]


@dataclass
class Rig:
    """A running sink with what is around it."""

    sink: Sink
    flow: Flow
    committer: FakeCommitter
    delivered: list[Outcome] = field(default_factory=list)
    aborted: int = 0

    async def put(self, outcomes: Sequence[Outcome], *, session: int | None = None) -> None:
        """Give it outcomes as the agent does."""
        if session is None or session == self.flow.session:
            self.flow.enter(len(outcomes))
        await asyncio.wait_for(self.sink.put(session or self.flow.session, Outcomes.counted(outcomes)), PATIENCE_S)

    async def drained(self) -> bool:
        """Wait until all is published or the session has failed."""
        return await asyncio.to_thread(self.flow.wait_drained, PATIENCE_S)


def started(settings: Settings, *, largest_bytes: int = 1_000_000, **more: Any) -> Rig:
    """Start a sink, in a session; ``more`` are other arguments of it."""
    flow, committer = Flow(), FakeCommitter()
    flow.begin_session()

    def on_aborted() -> None:
        made.aborted += 1

    sink = Sink(
        settings,
        flow,
        committer,
        on_delivered=lambda outcomes, _: made.delivered.extend(outcomes.made),
        on_aborted=on_aborted,
        largest_bytes=largest_bytes,
        **more,
    )
    made = Rig(sink, flow, committer)
    sink.start()
    return made


def offsets(outcomes: Sequence[Outcome]) -> list[int]:
    """Where their articles stood."""
    return [outcome.source.offset() or 0 for outcome in outcomes]
