"""Values that serializers for Java write and read, Apicurio's as they frame like Confluent's, through a worker."""

from __future__ import annotations

import json

import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from harness.fakes import CLEAN, REPEATED
from harness.processes import Worker
from harness.registry.door import Door
from harness.registry.java import serializers
from harness.registry.server import SchemaRegistry
from tests.brokers import Broker, Sent
from tests.contract.test_registry import settings_of

KINDS = ("avro", "json")
NOT_REPEATED = "Straßenbahnen – 電車 – fahren 🚋 wieder.\n\nDas sagte die Stadt."
JSON_SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {
        "op": {"type": "string"},
        "after": {"type": "object", "properties": {"id": {"type": "integer"}, "body": {"type": "string"}}},
    },
}


@pytest.mark.slow
@pytest.mark.usefixtures("runs_java_serializers")
def test_java_reads_what_java_wrote_but_for_the_text(real: Broker, registry: SchemaRegistry, door: Door) -> None:
    topics = real.topics("java")
    # The serializer for JSON Schema takes the latest schema of the subject. A second subject makes Apicurio's own ids,
    # which count versions, differ from Confluent's, which count schemas.
    client = SchemaRegistryClient({"url": door.url})
    for subject in ("other-value", "json-value"):
        client.register_schema(f"{topics.name}.{subject}", Schema(json.dumps(JSON_SCHEMA), "JSON"))
    texts = [(REPEATED, CLEAN), (NOT_REPEATED, NOT_REPEATED)]
    given = [(kind, text) for kind in KINDS for text in texts]
    values = serializers.run("write", registry, topics.name, [(kind, dirty.encode()) for kind, (dirty, _) in given])
    assert all(value[0] == 0 for value in values), "Confluent's frame"
    real.send(f"{topics.name}.raw", [Sent(str(number).encode(), value) for number, value in enumerate(values)])
    with Worker(settings_of(topics, door, text_field="/after/body", input_format="registry")) as worker:
        came = {int(it.key() or b""): it.value() or b"" for it in real.read(f"{topics.name}.clean", len(values))}
        assert worker.terminate() == 0, worker.log
    cleaned = [came[number] for number in range(len(values))]
    read = serializers.run(
        "read", registry, topics.name, [(kind, it) for (kind, _), it in zip(given, cleaned, strict=True)]
    )
    expected = [{"op": "c", "after": {"id": 7, "body": text}} for _, (_, text) in given]
    assert [json.loads(article) for article in read] == expected
    for (_, (dirty, text)), before, after in zip(given, values, cleaned, strict=True):
        assert after[:5] == before[:5], "the id of the schema"
        assert (after == before) == (dirty == text)
