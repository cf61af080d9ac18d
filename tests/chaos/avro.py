"""Articles of a ledger as a schema registry's Avro, and back."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager

import fastavro
import orjson
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from harness.registry.server import RealRegistry

SCHEMA = {
    "type": "record",
    "name": "Article",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "number", "type": "long"},
        {"name": "text", "type": ["null", "string"]},
    ],
}
FRAME_BYTES = 5


class Avro:
    """The framing of one schema. `url`: the registry that it is in."""

    def __init__(self, url: str, subject: str) -> None:
        """Register the schema."""
        self.url = url
        with SchemaRegistryClient({"url": url}) as client:
            number = client.register_schema(subject, Schema(json.dumps(SCHEMA), "AVRO"))
        self._frame = b"\x00" + number.to_bytes(4, "big")
        self._schema = fastavro.parse_schema(SCHEMA)

    def dress(self, value: bytes) -> bytes:
        """Write an article in JSON as framed Avro."""
        out = io.BytesIO(self._frame)
        out.seek(FRAME_BYTES)
        fastavro.schemaless_writer(out, self._schema, orjson.loads(value))
        return out.getvalue()

    def undress(self, value: bytes) -> bytes:
        """Read framed Avro as an article in JSON."""
        assert value[:FRAME_BYTES] == self._frame
        return orjson.dumps(fastavro.schemaless_reader(io.BytesIO(value[FRAME_BYTES:]), self._schema, None))


@contextmanager
def avro(subject: str) -> Iterator[Avro]:
    """Start a registry with the schema in it."""
    with RealRegistry() as registry:
        yield Avro(registry.url, subject)
