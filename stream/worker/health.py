"""Whether the worker lives and is ready, told per partition from what the broker says.

Live: every assigned partition moves, or has nothing to do. Ready: Kafka answers, the group has given an
assignment, the topics are there, publishing works.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import time
from dataclasses import dataclass, field
from typing import Any

from mode import Service

from stream.errors import SessionLost, StreamError
from stream.kafka import client
from stream.kafka.ends import Ends
from stream.kafka.ownership import numbers
from stream.kafka.undelivered import Undelivered
from stream.worker.engine import Engine

log = logging.getLogger("stream.health")

LOOK_EVERY_S = 3.0


@dataclass(frozen=True, slots=True)
class Health:
    """An answer: `problems` is empty where all is well."""

    problems: tuple[str, ...]
    partitions: dict[int, dict[str, int]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether there is no problem."""
        return not self.problems

    def as_json(self) -> dict[str, Any]:
        """What the page shows."""
        return {
            "status": "ok" if self.ok else "failing",
            "problems": list(self.problems),
            "partitions": {str(number): it for number, it in self.partitions.items()},
        }


def live(engine: Engine) -> Health:
    """Not live: the process should be restarted."""
    stall_s = engine.settings.stall_timeout_s
    problems = [
        f"partition {number} has records waiting and has not moved for {stall_s:g} s"
        for number in engine.partitions.stalled(stall_s)
    ]
    if engine.fatal is not None:
        problems.append(str(engine.fatal))
    return Health(tuple(problems), _partitions(engine))


def ready(engine: Engine) -> Health:
    """Not ready: it can not do its work now, and will when what the problem names is mended."""
    problems = list(live(engine).problems)
    if engine.flow.stopping.is_set():
        problems.append("the worker is stopping")
    if not engine.partitions.assigned:
        problems.append("the group has not assigned partitions yet")
    if waiting := [number for number, it in engine.partitions.items() if it.position < 0]:
        problems.append(f"it is not known yet where partitions {numbers(waiting)} begin")
    if trouble := engine.source.progress.trouble:
        problems.append(f"nothing is read now: {trouble}")
    elif engine.flow.error is not None:
        problems.append(f"the session ended: {engine.flow.error}")
    if engine.sink.problem:
        problems.append(f"publishing is tried again: {engine.sink.problem}")
    if unowned := engine.ownership.unowned:
        problems.append(f"partitions {numbers(unowned)} belong to no worker of the group {engine.settings.group_id}")
    problems.extend(engine.cluster_problems)
    return Health(tuple(problems), _partitions(engine))


def _partitions(engine: Engine) -> dict[int, dict[str, int]]:
    return {number: {"position": it.position, "lag": it.lag} for number, it in engine.partitions.items()}


class Monitor(Service):
    """Asks the broker every few seconds whether it answers, whether the topics are there, where they end."""

    def __init__(self, engine: Engine, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._engine = engine
        self._undelivered = Undelivered(engine.settings)

    @Service.task
    async def _watch(self) -> None:
        ends = Ends(self._engine.settings)
        loop = asyncio.get_running_loop()
        while not self.should_stop:
            began = time.monotonic()
            await loop.run_in_executor(None, self._ask_once, ends)
            await self.sleep(max(0.1, LOOK_EVERY_S - (time.monotonic() - began)))

    def _ask_once(self, ends: Ends) -> None:
        engine = self._engine
        try:
            with client.explained(engine.settings, doing="looking at the topics"):
                engine.cluster_problems = ends.missing_topics()
                for number, end in ends.of(engine.partitions.numbers).items():
                    engine.partitions.ends(number, end)
            if (missed := self._undelivered.find_missed(engine.partitions)) is not None:
                msg = f"Kafka's client has passed over records of partition {missed}: they are read again."
                engine.flow.fail(SessionLost(msg))
            return
        except StreamError as error:
            engine.cluster_problems = [str(error)]
        except concurrent.futures.TimeoutError:  # whoever only looks must not end the worker
            engine.cluster_problems = [f"No answer from Kafka at {engine.settings.bootstrap_servers} in time."]
        engine.source.progress.kafka_is_away()
        ends.renew()
