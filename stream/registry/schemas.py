"""The schemas by id, each as a format. What an id means never changes, so it is asked for once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

from stream.config.paths import Path
from stream.records.framing import SchemaFormat, SchemaId
from stream.records.shape import Undecodable
from stream.registry.client import Unresolved
from stream.registry.encryption import encrypted

if TYPE_CHECKING:
    from confluent_kafka.schema_registry import Schema as Stored

UNKNOWN_S = 30.0
"""For how many seconds an id counts as unknown before it is asked for again.

Failure: a producer that registers its schema somewhere else, or too late. Trade: each such record would cost a request.
Worst case: records with a schema that was registered meanwhile become dead letters for 30 s, and can be sent back.
"""

MOST_UNKNOWN = 10_000  # ids that are remembered as unknown; those known longest are forgotten first

Make = Callable[[str, str, Mapping[str, str]], SchemaFormat]
"""Makes the format of a schema from its type, its text, and the texts that it refers to. Raises `ValueError`."""


class Registry(Protocol):
    """What is asked of a schema registry (`stream.registry.client.Client`)."""

    def schema(self, schema: SchemaId) -> Stored | None:
        """The schema; None if the registry does not know it."""

    def subject_of(self, schema: SchemaId) -> str:
        """The subject and version; "" if unknown."""

    def references(self, stored: Stored) -> dict[str, str]:
        """The texts that it refers to, by name. Raises `Unresolved`."""


class Known:
    """The schemas that were asked for. One thread asks (`learn`), any thread may read (`format_of`)."""

    def __init__(
        self, registry: Registry, make: Make, texts: tuple[Path, ...], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._registry = registry
        self._make = make
        self._texts = texts
        self._clock = clock
        self._formats: dict[SchemaId, SchemaFormat | Undecodable] = {}
        self._unknown_s: dict[SchemaId, float] = {}  # when the registry last did not know an id, or what it refers to

    def format_of(self, schema: SchemaId) -> SchemaFormat | Undecodable:
        """The format, or why the schema is of no use. Raises `KeyError` if it was never asked for."""
        return self._formats[schema]

    def missing(self, schemas: Iterable[SchemaId]) -> list[SchemaId]:
        """Those that have to be asked for, in order and each once."""
        return [schema for schema in dict.fromkeys(schemas) if self._is_missing(schema)]

    def _is_missing(self, schema: SchemaId) -> bool:
        asked_s = self._unknown_s.get(schema)
        return schema not in self._formats or (asked_s is not None and self._clock() - asked_s > UNKNOWN_S)

    def learn(self, schema: SchemaId) -> None:
        """Asks the registry for a schema. Raises `RegistryUnavailable` or `RegistryRefused`; nothing is kept then."""
        stored = self._registry.schema(schema)
        may_change = stored is None
        if stored is None:
            made: SchemaFormat | Undecodable = _unknown(schema)
        else:
            try:
                made = format_of(self._registry, stored, self._make, self._texts)
            except Unresolved as error:
                made, may_change = Undecodable("unusable_schema", str(error)), True  # what is missing may still come
            if isinstance(made, Undecodable):
                subject = self._registry.subject_of(schema)
                which = f"{named(schema)}, {subject}" if subject else named(schema)
                made = made._replace(message=f"the schema with {which}: {made.message}")
        self._unknown_s.pop(schema, None)
        if may_change:
            while len(self._unknown_s) >= MOST_UNKNOWN:
                oldest = next(iter(self._unknown_s))
                del self._unknown_s[oldest], self._formats[oldest]
            self._unknown_s[schema] = self._clock()
        self._formats[schema] = made


class Asked:
    """The same for a command, which may wait: each schema is asked for when it is met."""

    def __init__(self, known: Known) -> None:
        self._known = known

    def format_of(self, schema: SchemaId) -> SchemaFormat | Undecodable:
        """The format, or why the schema is of no use. Raises `RegistryUnavailable` or `RegistryRefused`."""
        for missing in self._known.missing([schema]):
            self._known.learn(missing)
        return self._known.format_of(schema)


def format_of(registry: Registry, stored: Stored, make: Make, texts: tuple[Path, ...]) -> SchemaFormat | Undecodable:
    """The format of a schema, or why it is of no use. Raises `Unresolved`, and the errors of the registry."""
    if rule := encrypted(stored, texts):
        return Undecodable("encrypted", rule)
    kind = stored.schema_type or "AVRO"
    references = {} if kind == "JSON" else registry.references(stored)  # JSON is read without its schema
    try:
        return make(kind, stored.schema_str or "", references)
    except Exception as error:  # noqa: BLE001 - whatever a schema holds, it must not end the worker at each start
        return Undecodable("unusable_schema", str(error) or type(error).__name__)


def _unknown(schema: SchemaId) -> Undecodable:
    return Undecodable("unknown_schema", f"the registry knows no schema with {named(schema)}")


def named(schema: SchemaId) -> str:
    """An id as sentences say it."""
    return f"id {schema}" if isinstance(schema, int) else f"GUID {schema}"
