"""The seed article in Avro and Protobuf, written and read by confluent-kafka's own serializers, through a worker."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message_factory import GetMessageClass

from harness.commands import article_stream
from harness.fakes import CLEAN, REPEATED
from harness.processes import Worker
from harness.registry.door import Door
from stream.records.dead_letters import read_letter
from tests.brokers import Broker, Sent, headers_of
from tests.contract.test_registry import FRAMINGS, settings_of
from tests.ledger import Topics

SEED = Path(__file__).parents[3] / "shared" / "seed"
AVRO = """{"type": "record", "name": "Envelope", "namespace": "cdc", "fields": [
    {"name": "op", "type": "string"},
    {"name": "after", "type": ["null", {"type": "record", "name": "Article", "fields": [
        {"name": "id", "type": "long"}, {"name": "body", "type": ["null", "string"]}]}]}]}"""
OTHERS = {"c": ["First", "Second"], "u": []}
"""By the operation of an article: the messages before its own in the Protobuf schema, so that its index is not 0."""


def envelope_class(*before: str) -> Any:
    """The class of a Protobuf message with an article in it; `before` it the schema has messages with these names."""
    file = FileDescriptorProto(name="cdc.proto", package="cdc", syntax="proto3")
    for name in before:
        file.message_type.add(name=name)
    kinds = FieldDescriptorProto
    envelope = file.message_type.add(name="Envelope")
    article = envelope.nested_type.add(name="Article")
    article.field.add(name="id", number=1, type=kinds.TYPE_INT64, label=kinds.LABEL_OPTIONAL)
    article.field.add(name="body", number=2, type=kinds.TYPE_STRING, label=kinds.LABEL_OPTIONAL)
    envelope.field.add(name="op", number=1, type=kinds.TYPE_STRING, label=kinds.LABEL_OPTIONAL)
    envelope.field.add(
        name="after", number=2, type=kinds.TYPE_MESSAGE, label=kinds.LABEL_OPTIONAL, type_name=".cdc.Envelope.Article"
    )
    pool = DescriptorPool()
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName("cdc.Envelope"))


class Kind(NamedTuple):
    """A type of schemas: how a producer writes an article and how a consumer reads one."""

    write: Callable[[SchemaRegistryClient, Any, dict[str, Any], SerializationContext], bytes]
    read: Callable[[SchemaRegistryClient, bytes, SerializationContext], dict[str, Any]]


def write_avro(client: Any, framing: Any, article: dict[str, Any], context: SerializationContext) -> bytes:
    written: Any = AvroSerializer(client, AVRO, conf={"schema.id.serializer": framing})
    return bytes(written(article, context))


def read_avro(client: Any, value: bytes, context: SerializationContext) -> dict[str, Any]:
    read: Any = AvroDeserializer(client)
    found: dict[str, Any] = read(value, context)
    return found


def write_protobuf(client: Any, framing: Any, article: dict[str, Any], context: SerializationContext) -> bytes:
    envelope = envelope_class(*OTHERS[article["op"]])
    write: Any = ProtobufSerializer(envelope, client, {"schema.id.serializer": framing})
    return bytes(write(ParseDict(article, envelope()), context))


def read_protobuf(client: Any, value: bytes, context: SerializationContext) -> dict[str, Any]:
    read: Any = ProtobufDeserializer(envelope_class(*OTHERS["c"]), schema_registry_client=client)
    found: dict[str, Any] = MessageToDict(read(value, context))
    found["after"]["id"] = int(found["after"]["id"])  # JSON's integers are too small for Protobuf's
    return found


KINDS = {"avro": Kind(write_avro, read_avro), "protobuf": Kind(write_protobuf, read_protobuf)}


def written(door: Door, topics: Topics, how: tuple[str, str], body: str, op: str = "c") -> Sent:
    """Write an article as a producer does that uses a registry. `how`: the type of its schema, and the framing."""
    kind, framing = how
    headers: Any = []
    client = SchemaRegistryClient({"url": door.url})
    context = SerializationContext(f"{topics.name}.raw", MessageField.VALUE, headers)
    article = {"op": op, "after": {"id": 7, "body": body}}
    return Sent(b"key", KINDS[kind].write(client, FRAMINGS[framing], article, context), headers)


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("kind", KINDS)
def test_an_article_comes_out_exactly(real: Broker, door: Door, kind: str, framing: str) -> None:
    texts = [(REPEATED, CLEAN)]
    if SEED.exists():
        raw, clean = ((SEED / name).read_text("utf-8") for name in ("raw.txt", "clean.txt"))
        texts.append((raw, clean))
    topics = real.topics(kind)
    sent = [written(door, topics, (kind, framing), raw) for raw, _ in texts]
    real.send(f"{topics.name}.raw", sent)
    settings = settings_of(topics, door, text_field="/after/body", input_format="registry")
    with Worker(settings) as worker:
        came = real.read(f"{topics.name}.clean", len(sent))
        assert worker.terminate() == 0, worker.log
    client = SchemaRegistryClient({"url": door.url})
    for before, message, (_, clean) in zip(sent, came, texts, strict=True):
        headers: Any = headers_of(message)
        context = SerializationContext(f"{topics.name}.clean", MessageField.VALUE, headers)
        article = KINDS[kind].read(client, message.value() or b"", context)
        assert (article["op"], article["after"]["id"]) == ("c", 7)
        assert article["after"]["body"].rstrip("\n") == clean.rstrip("\n")
        assert headers[: len(before.headers)] == before.headers
        frame = 5 if framing == "id" else 0
        assert (message.value() or b"")[:frame] == (before.value or b"")[:frame]


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_without_a_text_there_is_named(real: Broker, door: Door, kind: str) -> None:
    topics = real.topics(kind)
    real.send(f"{topics.name}.raw", [written(door, topics, (kind, "id"), REPEATED, "u")])
    settings = settings_of(topics, door, text_field="/after/bodi")
    with Worker(settings):
        (dead,) = real.read(f"{topics.name}.dead", 1)
    letter = read_letter(headers_of(dead))
    assert letter.reason == "unusable_schema"
    assert "the schema with id " in letter.message
    assert "bodi" in letter.message
    assert "body" in letter.message, "the nearest name"
    answer = article_stream("check", settings=settings)
    assert answer.code == 1
    assert "STREAM_TEXT_FIELD=/after/bodi does not fit version 1" in answer.out
    assert "Texts are at /op, /after/body." in answer.out
    assert article_stream("check", settings=settings | {"text_field": "/after/body"}).code == 0


def test_a_schema_in_another_subject_is_followed(real: Broker, door: Door) -> None:
    topics = real.topics("referring")
    client: Any = SchemaRegistryClient({"url": door.url})
    inner = {"type": "record", "name": "Article", "namespace": "cdc", "fields": [{"name": "body", "type": "string"}]}
    outer = {"type": "record", "name": "Envelope", "fields": [{"name": "after", "type": "cdc.Article"}]}
    client.register_schema(topics.name, Schema(json.dumps(inner), "AVRO"))
    referring = Schema(json.dumps(outer), "AVRO", [SchemaReference("cdc.Article", topics.name, 1)])
    write: Any = AvroSerializer(client, referring)
    context = SerializationContext(f"{topics.name}.raw", MessageField.VALUE)
    real.send(f"{topics.name}.raw", [Sent(b"k", write({"after": {"body": REPEATED}}, context))])
    with Worker(settings_of(topics, door, text_field="/after/body")) as worker:
        (came,) = real.read(f"{topics.name}.clean", 1)
        assert worker.terminate() == 0, worker.log
    read: Any = AvroDeserializer(client)
    assert read(came.value(), context) == {"after": {"body": CLEAN}}


def test_a_change_feed_in_avro_with_deletes_and_tombstones(real: Broker, door: Door) -> None:
    """What Debezium writes: an envelope, one with nothing after the delete, and a tombstone behind it."""
    topics = real.topics("feed")
    update = written(door, topics, ("avro", "id"), REPEATED, "u")
    delete: Any = AvroSerializer(SchemaRegistryClient({"url": door.url}), AVRO)
    context = SerializationContext(f"{topics.name}.raw", MessageField.VALUE)
    gone = delete({"op": "d", "after": None}, context)
    real.send(f"{topics.name}.raw", [update, Sent(b"key", gone), Sent(b"key", None)])
    settings = settings_of(topics, door, text_field="/after/body", no_text="pass", input_format="registry")
    with Worker(settings) as worker:
        came = [message.value() for message in real.read(f"{topics.name}.clean", 3)]
        assert worker.terminate() == 0, worker.log
    want = written(door, topics, ("avro", "id"), CLEAN, "u")
    assert came == [want.value, gone, None], "byte for byte"
