"""Records of a schema registry, written and read with confluent-kafka's own serializers, through a worker."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka.schema_registry import (
    Schema,
    SchemaRegistryClient,
    header_schema_id_serializer,
    prefix_schema_id_serializer,
)
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from harness.commands import article_stream, one_sentence
from harness.fakes import CLEAN, REPEATED
from harness.kafka.raw import RawRecord, produce
from harness.processes import Worker
from harness.registry.door import Door, guid_of
from stream.records.dead_letters import read_letter
from stream.records.headers import SCHEMA_ID_HEADER
from tests.brokers import Broker, Sent, headers_of
from tests.ledger import Topics

SEED = Path(__file__).parents[3] / "shared" / "seed"
SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "Article",
    "type": "object",
    "properties": {"number": {"type": "integer"}, "text": {"type": "string"}},
}
FRAMINGS = {"id": prefix_schema_id_serializer, "header": header_schema_id_serializer}


def settings_of(topics: Topics, door: Door, **more: object) -> dict[str, object]:
    """Settings of a worker that reads records of this registry."""
    return topics.settings(registry_url=door.url, **more)


def framed(door: Door, topics: Topics, article: dict[str, Any], framing: Callable[..., bytes]) -> Sent:
    """Write an article as a producer does that uses a registry."""
    client = SchemaRegistryClient({"url": door.url})
    write = JSONSerializer(json.dumps(SCHEMA), client, conf={"schema.id.serializer": framing})
    headers: Any = []  # the client's stubs take lists for unchangeable
    context = SerializationContext(f"{topics.name}.raw", MessageField.VALUE, headers)
    return Sent(b"key", write(article, context), headers)


def read_back(door: Door, topics: Topics, value: bytes, headers: Any) -> Any:
    """Read a value as a consumer does that uses a registry."""
    client: Any = SchemaRegistryClient({"url": door.url})
    read: Any = JSONDeserializer(None, schema_registry_client=client)
    return read(value, SerializationContext(f"{topics.name}.clean", MessageField.VALUE, headers))


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("input_format", ["auto", "registry"])
def test_an_article_keeps_its_frame_and_schema(real: Broker, door: Door, framing: str, input_format: str) -> None:
    topics = real.topics("framed")
    sent = framed(door, topics, {"number": 7, "text": REPEATED}, FRAMINGS[framing])
    assert bool(sent.headers) == (framing == "header"), "the serializer frames as it is told"
    real.send(f"{topics.name}.raw", [sent])
    with Worker(settings_of(topics, door, input_format=input_format)) as worker:
        (came,) = real.read(f"{topics.name}.clean", 1)
        assert worker.terminate() == 0, worker.log
    value, headers = came.value() or b"", headers_of(came)
    assert read_back(door, topics, value, headers) == {"number": 7, "text": CLEAN}
    assert value == (sent.value or b"").replace(orjson.dumps(REPEATED)[1:-1], orjson.dumps(CLEAN)[1:-1])
    assert headers[: len(sent.headers)] == sent.headers


@pytest.mark.parametrize("framing", FRAMINGS)
def test_the_seed_article_comes_out_exactly(real: Broker, door: Door, framing: str) -> None:
    if not SEED.exists():
        pytest.skip("the seed article is not on this machine")
    raw, clean = ((SEED / name).read_text("utf-8") for name in ("raw.txt", "clean.txt"))
    topics = real.topics("seed")
    real.send(f"{topics.name}.raw", [framed(door, topics, {"number": 1, "text": raw}, FRAMINGS[framing])])
    with Worker(settings_of(topics, door)):
        (came,) = real.read(f"{topics.name}.clean", 1)
    assert read_back(door, topics, came.value() or b"", headers_of(came))["text"].strip() == clean.strip()


def test_what_names_no_known_schema_is_a_dead_letter_that_says_which(real: Broker, door: Door) -> None:
    topics = real.topics("unknown")
    plain = orjson.dumps({"text": REPEATED})
    guid = bytes.fromhex("01" + "ab" * 16)
    sent = {
        b"id": Sent(b"id", b"\x00\x00\x0f\x42\x3f" + plain),
        b"guid": Sent(b"guid", plain, [(SCHEMA_ID_HEADER, guid)]),
        b"none": Sent(b"none", plain),
    }
    real.send(f"{topics.name}.raw", [*sent.values(), sent[b"id"]])
    with Worker(settings_of(topics, door, input_format="registry")) as worker:
        dead = real.read(f"{topics.name}.dead", 4)
        assert worker.terminate() == 0, worker.log
    letters = {letter.key(): letter for letter in dead}
    said = {key: read_letter(headers_of(letter)) for key, letter in letters.items()}
    assert said[b"id"].reason == said[b"guid"].reason == "unknown_schema"
    assert said[b"id"].message == "the registry knows no schema with id 999999"
    assert said[b"guid"].message == "the registry knows no schema with GUID abababab-abab-abab-abab-abababababab"
    assert said[b"none"].reason == "no_schema_id"
    assert [letters[key].value() for key in sent] == [it.value for it in sent.values()]
    assert door.asked.count("/schemas/ids/999999") == 1, "what is unknown is asked for once in a while"


def test_with_auto_what_has_no_frame_is_read_as_before(real: Broker, door: Door) -> None:
    topics = real.topics("mixed")
    plain = orjson.dumps({"text": REPEATED})
    text = Sent(b"text", b"\x00\x00\x00\x00\x7f" + REPEATED.encode(), [("content-type", b"text/plain")])
    real.send(
        f"{topics.name}.raw", [Sent(b"json", plain), text, framed(door, topics, {"text": REPEATED}, FRAMINGS["id"])]
    )
    with Worker(settings_of(topics, door)):
        came = {message.key(): message.value() or b"" for message in real.read(f"{topics.name}.clean", 3)}
    assert orjson.loads(came[b"json"])["text"] == CLEAN
    assert came[b"text"].startswith(b"\x00\x00\x00\x00\x7f")
    assert came[b"key"][:1] == b"\x00"


def test_what_a_schema_encrypts_is_a_dead_letter_that_names_subject_and_rule(real: Broker, door: Door) -> None:
    topics = real.topics("secret")
    rule = {"name": "hide", "kind": "TRANSFORM", "mode": "WRITEREAD", "type": "ENCRYPT", "tags": ["PII"]}
    stored = {"schemaType": "JSON", "schema": json.dumps(SCHEMA), "ruleSet": {"domainRules": [rule]}}
    door.answers["/schemas/ids/4711"] = {**stored, "metadata": {"tags": {"Article.text": ["PII"]}}}
    door.answers["/schemas/ids/4711/versions"] = [{"subject": "articles-value", "version": 3}]
    real.send(f"{topics.name}.raw", [Sent(b"k", b"\x00" + (4711).to_bytes(4, "big") + b'{"text":"x"}')])
    with Worker(settings_of(topics, door)):
        (dead,) = real.read(f"{topics.name}.dead", 1)
    letter = read_letter(headers_of(dead))
    assert letter.reason == "encrypted"
    assert letter.message == (
        "the schema with id 4711, articles-value version 3: its rule 'hide' encrypts the field 'text'"
    )


def test_a_headers_bad_name_is_found_although_the_schema_was_looked_for_there(real: Broker, door: Door) -> None:
    """Kafka's client says only once that a name is not UTF-8."""
    topics = real.topics("badname")
    value = b"\x00\x00\x00\x00\x01" + orjson.dumps({"text": REPEATED})
    produce(real.bootstrap_servers, f"{topics.name}.raw", [RawRecord(b"k", value, [(b"\xff", b"1"), (b"own", b"2")])])
    with Worker(settings_of(topics, door)) as worker:
        (dead,) = real.read(f"{topics.name}.dead", 1)
        assert worker.terminate() == 0, worker.log
    assert read_letter(headers_of(dead)).reason == "bad_header"
    assert dead.value() == value


def register(door: Door, subject: str, schema: object) -> None:
    """Register a JSON Schema."""
    SchemaRegistryClient({"url": door.url}).register_schema(subject, Schema(json.dumps(schema), "JSON"))


def test_check_says_where_the_text_is(real: Broker, door: Door) -> None:
    topics = real.topics("checked")
    answer = article_stream("check", settings=settings_of(topics, door))
    assert f"schema registry: {door.url} answers; it takes " in answer.out, answer
    assert f"the registry has no subject {topics.name}.raw-value, so it is not known yet" in answer.out
    assert answer.code == 0
    register(door, f"{topics.name}.raw-value", SCHEMA)
    answer = article_stream("check", settings=settings_of(topics, door))
    assert f"schema of {topics.name}.raw-value: version 1, JSON: text is a text" in answer.out
    answer = article_stream("check", settings=settings_of(topics, door, text_field="/number"))
    assert answer.code == 1
    assert "STREAM_TEXT_FIELD=/number does not fit version 1, JSON of" in answer.out
    assert "/number leads to integer. Texts are at /text." in answer.out


def test_a_registry_that_is_not_there_is_said_at_the_start(real: Broker) -> None:
    topics = real.topics("nowhere")
    settings = topics.settings(registry_url="http://127.0.0.1:9", startup_timeout_s=5)
    sentence = one_sentence(article_stream("worker", settings=settings), 1)
    assert sentence.startswith("No answer from the schema registry at http://127.0.0.1:9 (")
    assert sentence.endswith("Is STREAM_REGISTRY_URL right, with its path if it has one?")
    answer = article_stream("check", settings=settings)
    assert answer.code == 1
    assert "✗ schema registry: No answer from the schema registry at" in answer.out


def test_a_path_that_is_no_registry_is_said_at_the_start(real: Broker, door: Door) -> None:
    settings = real.topics("path").settings(registry_url=f"{door.url}/elsewhere", startup_timeout_s=5)
    sentence = one_sentence(article_stream("worker", settings=settings), 1)
    assert "answers with status 404" in sentence


def test_wrong_credentials_are_said_at_the_start_and_right_ones_are_sent(real: Broker, door: Door) -> None:
    topics = real.topics("login")
    door.authorization = "Basic bWU6c2VjcmV0"  # me:secret
    wrong = settings_of(topics, door, registry_username="me", registry_password="wrong")  # noqa: S106 - made up
    sentence = one_sentence(article_stream("worker", settings=wrong), 1)
    assert sentence == (
        f"The schema registry at {door.url} refuses us (it answers with status 401). "
        "Check the credentials in STREAM_REGISTRY_…."
    )
    right = wrong | {"registry_password": "secret"}
    real.send(f"{topics.name}.raw", [framed_by_hand(door)])
    with Worker(right):
        (came,) = real.read(f"{topics.name}.clean", 1)
    assert orjson.loads((came.value() or b"")[5:])["text"] == CLEAN


def framed_by_hand(door: Door) -> Sent:
    """An article of a schema that the door itself knows."""
    door.answers["/schemas/ids/12"] = {"schemaType": "JSON", "schema": json.dumps(SCHEMA), "guid": guid_of(12)}
    return Sent(b"k", b"\x00\x00\x00\x00\x0c" + orjson.dumps({"text": REPEATED}))
