"""Records pass once their schemas are known. Before that, the registry is asked; while it is away, they wait in Kafka.

The processor runs in the event loop and must not wait for a registry. So the source's thread asks before it hands a
batch on: the schemas that a batch names are known when it is cleaned.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

from stream.errors import RegistryRefused, RegistryUnavailable
from stream.kafka.held import Held
from stream.records.framing import SchemaId, schema_of
from stream.records.input_partition import InputPartition, partition_of
from stream.registry.schemas import named

log = logging.getLogger("stream")

FIRST_PAUSE_S, LAST_PAUSE_S = 0.2, 5.0
"""The pause between two questions to a registry that is away, in seconds: it doubles from the first to the last value.

Worst case: records are read again 5 s after the registry is back.
"""

MOST_DOUBLINGS = 10  # the last value is reached long before

ASKING_S = 10.0
"""How long one batch may ask for schemas, in seconds; what it has not asked for by then waits for the next turn.

Failure: a producer gone wrong names a new schema in each of hundreds of records, and the registry is slow. The consumer
must be asked for records every five minutes, or its group takes its partitions away.
"""


class Schemas(Protocol):
    """The schemas that were asked for (`stream.registry.schemas.Known`)."""

    def missing(self, schemas: Sequence[SchemaId]) -> Collection[SchemaId]:
        """Those that have to be asked for, in order."""

    def learn(self, schema: SchemaId) -> None:
        """Asks the registry. Raises `RegistryUnavailable` or `RegistryRefused`."""


class Gate:
    """All methods are called by the source's thread. `trouble`: why records wait, in one sentence; else empty."""

    def __init__(self, schemas: Schemas, held: Held, clock: Callable[[], float] = time.monotonic) -> None:
        self._schemas = schemas
        self._held = held
        self._clock = clock
        self._waiting: dict[InputPartition, SchemaId] = {}  # by the schema that the first record there names
        self._failed: Counter[SchemaId] = Counter()  # how often the registry gave no answer for a schema
        self._failures = 0
        self._next_s = 0.0
        self.trouble = ""

    def open(self) -> None:
        """A session begins: nothing waits yet, and the next question is asked at once."""
        self._waiting, self._failures, self._next_s, self.trouble = {}, 0, 0.0, ""
        self._failed.clear()

    def admit(self, records: list[Any]) -> list[Any]:
        """Those of the records that may be cleaned now. A partition's others are put back, from the first that waits.

        To be called again and again while there are no records, so that those that wait are read again.
        """
        if self._waiting and self._clock() >= self._next_s:
            self._ask_again()
        if not records:
            return records
        read = [schema_of(record) for record in records]
        wanted = [schema for _, schema in read if schema is not None]
        missing = self._schemas.missing(wanted)
        if missing and self._clock() >= self._next_s:
            missing = self._ask(missing)
        if not missing:
            return [record for record, _ in read]
        first: dict[InputPartition, int] = {}
        through = []
        for record, schema in read:
            partition = partition_of(record)
            if partition not in first and schema is not None and schema in missing:
                first[partition] = record.offset() or 0
                self._waiting[partition] = schema
            if partition not in first:
                through.append(record)
        self._held.put_back(first)
        return through

    def _ask_again(self) -> None:
        """Asks for what partitions wait for, and goes on with each whose schema is known."""
        owned = self._held.owned()
        self._waiting = {partition: schema for partition, schema in self._waiting.items() if partition in owned}
        missing = self._ask(dict.fromkeys(self._waiting.values()))
        if known := [partition for partition, schema in self._waiting.items() if schema not in missing]:
            for partition in known:
                del self._waiting[partition]
            self._held.release(known)
        if not self._waiting:
            self._failed.clear()
            self.trouble = ""

    def _ask(self, schemas: Collection[SchemaId]) -> list[SchemaId]:
        """Asks for each, as long as the registry answers. Returns those that are still missing.

        Those for which it gave no answer come last: one that it keeps from us must not keep the others waiting.
        """
        began_s, left = self._clock(), sorted(schemas, key=self._failed.__getitem__)
        while left and self._clock() - began_s < ASKING_S:
            schema = left[0]
            try:
                self._schemas.learn(schema)
            except (RegistryUnavailable, RegistryRefused) as error:
                self._failed[schema] += 1
                self._pause(f"{error} Asked for: the schema with {named(schema)}.")
                return left
            del left[0]
            self._failed.pop(schema, None)
            self._failures = 0
            if self.trouble and not self._failed:
                log.info("The schema registry answers again.")
                self.trouble = ""
        return left

    def _pause(self, why: str) -> None:
        pause_s = min(FIRST_PAUSE_S * 2 ** min(self._failures, MOST_DOUBLINGS), LAST_PAUSE_S)
        self._failures += 1
        self._next_s = self._clock() + pause_s
        if not self.trouble:
            log.warning("Records wait for the schema registry, which is asked again and again: %s", why)
        self.trouble = why
