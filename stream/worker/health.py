"""Whether the worker is live and ready.

Live: every assigned partition makes progress or has no records waiting. Ready: it is live, Kafka answers, the topics
exist, the group has assigned partitions, all partitions are assigned to a worker, and reading and publishing work.
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
from stream.kafka.undelivered import Undelivered
from stream.records.input_partition import listed
from stream.worker.engine import Engine
from stream.worker.readings import partition_readings

log = logging.getLogger("stream.health")

ASK_EVERY_S = 3.0
"""How often the monitor asks the broker, in seconds: orchestrators probe about every ten.

Trade: three small requests each time. Worst case: the answer of a health page is 3 s old.
"""

MIN_PAUSE_S = 0.1  # between two questions, if the broker was slow to answer


@dataclass(frozen=True, slots=True)
class Health:
    """An answer.

    `problems`: a clause each, none if all is well. `partitions`: position and lag of each, in records and in seconds
    (None: unknown), by its number, or by topic and number where there may be several topics. `warnings`: a clause each
    for what keeps no article waiting.
    """

    problems: tuple[str, ...]
    partitions: dict[str, dict[str, float | None]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is no problem."""
        return not self.problems

    def as_json(self) -> dict[str, Any]:
        """The answer as the page shows it."""
        return {
            "status": "ok" if self.ok else "failing",
            "problems": list(self.problems),
            "warnings": list(self.warnings),
            "partitions": self.partitions,
        }


def live(engine: Engine) -> Health:
    """Whether the worker makes progress. If it does not, the process should be restarted."""
    stall_s = engine.settings.stall_timeout_s
    problems = [
        f"partition {listed([place])} has records waiting and has made no progress for {stall_s:g} s"
        for place in engine.partitions.stalled(stall_s)
    ]
    if engine.fatal is not None:
        problems.append(str(engine.fatal))
    return Health(tuple(problems), _partitions(engine))


def ready(engine: Engine) -> Health:
    """Whether the worker can do its work now. If not, it will once the cause that a problem names is gone."""
    problems = list(live(engine).problems)
    if engine.flow.stopping.is_set():
        problems.append("the worker is stopping")
    if not engine.partitions.assigned:
        problems.append("the group has not assigned partitions yet")
    if waiting := [place for place, known in engine.partitions.items() if known.position < 0]:
        problems.append(f"it is not known yet where partitions {listed(waiting)} begin")
    if trouble := engine.source.progress.trouble:
        problems.append(f"reading fails: {trouble}")
    elif engine.flow.error is not None:
        problems.append(f"the session has ended: {engine.flow.error}")
    if engine.gate is not None and engine.gate.trouble:
        problems.append(f"records wait for the schema registry: {engine.gate.trouble}")
    if engine.sink.problem:
        problems.append(f"publishing fails and is being retried: {engine.sink.problem}")
    if unowned := engine.ownership.unowned:
        group = engine.settings.group_id
        problems.append(f"partitions {listed(unowned)} are assigned to no worker of the group {group}")
    problems.extend(engine.cluster_problems)
    return Health(tuple(problems), _partitions(engine), tuple(engine.warnings))


def passing(engine: Engine) -> dict[str, bool]:
    """Which checks pass, for the metrics: the two pages', whether publishing works, and whether learning does."""
    return {
        "live": live(engine).ok,
        "ready": ready(engine).ok,
        "publishing": not engine.sink.problem,
        "learning": not engine.warnings,
    }


def _partitions(engine: Engine) -> dict[str, dict[str, float | None]]:
    one = engine.settings.inputs.one
    return {
        str(it.place.number if one else it.place): {
            "position": it.position,
            "lag": it.lag_records,
            "lag_seconds": None if it.lag_s is None else round(it.lag_s, 1),
        }
        for it in partition_readings(engine.partitions)
    }


class Monitor(Service):
    """Asks the broker every `ASK_EVERY_S` whether the topics exist and where the assigned partitions end."""

    def __init__(self, engine: Engine, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._engine = engine
        self._undelivered = Undelivered(engine.settings)
        self._inputs: set[str] = set()

    @Service.task
    async def _watch(self) -> None:
        ends = Ends(self._engine.settings)
        loop = asyncio.get_running_loop()
        while not self.should_stop:
            began = time.monotonic()
            await loop.run_in_executor(None, self._ask_once, ends)
            await self.sleep(max(MIN_PAUSE_S, ASK_EVERY_S - (time.monotonic() - began)))

    def _tell_of_inputs(self, inputs: set[str]) -> None:
        """Says which of several input topics have gone since the last time, and which have come."""
        if gone := self._inputs - inputs:
            log.warning("No input topic any more, because it was deleted: %s.", ", ".join(sorted(gone)))
        if self._inputs and (come := inputs - self._inputs):
            log.info("A new input topic: %s.", ", ".join(sorted(come)))
        self._inputs = inputs

    def _ask_once(self, ends: Ends) -> None:
        engine = self._engine
        try:
            with client.explained(engine.settings, doing="asking about the topics"):
                engine.cluster_problems, engine.cluster_warnings = ends.missing_topics(), ends.warnings
                self._tell_of_inputs(set(ends.inputs))
                for place, end in ends.last_stable_offsets(engine.partitions.places).items():
                    engine.partitions.update_end(place, end)
            if (missed := self._undelivered.find_missed(engine.partitions)) is not None:
                msg = (
                    f"Kafka's client has passed over records of partition {listed([missed])}; they will be read again."
                )
                engine.flow.fail(SessionLost(msg))
            return
        except StreamError as error:
            engine.cluster_problems = [str(error)]
        except concurrent.futures.TimeoutError:  # a monitor must not end the worker
            engine.cluster_problems = [f"No answer from Kafka at {engine.settings.bootstrap_servers} in time."]
        engine.source.progress.kafka_unanswered()
        ends.renew()
