"""A schema is asked for once; one that the registry does not know, once in a while."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from confluent_kafka.schema_registry import (
    Metadata,
    MetadataTags,
    Rule,
    RuleKind,
    RuleMode,
    RuleParams,
    RuleSet,
    Schema,
)

from stream.config.paths import path_of, paths_of
from stream.errors import RegistryUnavailable
from stream.records.framing import SchemaFormat, SchemaId
from stream.records.schema_formats import schema_format
from stream.records.shape import Shape, Undecodable
from stream.registry.client import Unresolved
from stream.registry.encryption import encrypted
from stream.registry.schemas import MOST_UNKNOWN, UNKNOWN_S, Known

SHAPE = Shape(paths_of("/a/text"), path_of("source"))


def made(kind: str, schema: str, references: Mapping[str, str]) -> SchemaFormat:
    if schema == "deep":
        raise RecursionError
    return schema_format(kind, schema, references, SHAPE)


class FakeRegistry:
    """Has these schemas, and counts what it is asked for."""

    def __init__(self, **schemas: Schema) -> None:
        self.schemas: dict[SchemaId, Schema] = {int(name[1:]): schema for name, schema in schemas.items()}
        self.asked: list[SchemaId] = []
        self.away = False

    def schema(self, schema: SchemaId) -> Schema | None:
        """Give a schema."""
        if self.away:
            msg = "Away."
            raise RegistryUnavailable(msg)
        self.asked.append(schema)
        return self.schemas.get(schema)

    def subject_of(self, schema: SchemaId) -> str:
        """Give a subject."""
        return f"articles-value version {schema}"

    def references(self, stored: Schema) -> dict[str, str]:
        """Refuse."""
        msg = f"it refers to {len(stored.references or [])} schemas"
        raise Unresolved(msg)


class Clock:
    """A clock that a test sets."""

    now_s = 100.0

    def __call__(self) -> float:
        """Give the time."""
        return self.now_s


def test_a_schema_is_asked_for_once() -> None:
    registry = FakeRegistry(_1=Schema("{}", "JSON"))
    known = Known(registry, made, SHAPE.texts)
    assert known.missing([1, 2, 1]) == [1, 2]
    with pytest.raises(KeyError):
        known.format_of(1)
    known.learn(1)
    assert known.missing([1, 2, 1]) == [2]
    assert not isinstance(known.format_of(1), Undecodable)


def test_an_unknown_one_is_asked_for_again_after_a_while() -> None:
    registry, clock = FakeRegistry(), Clock()
    known = Known(registry, made, SHAPE.texts, clock)
    known.learn(7)
    assert known.format_of(7) == Undecodable("unknown_schema", "the registry knows no schema with id 7")
    assert known.missing([7]) == []
    clock.now_s += UNKNOWN_S + 1
    assert known.missing([7]) == [7]
    assert isinstance(known.format_of(7), Undecodable), "what was let through before is still answered"
    registry.schemas[7] = Schema("{}", "JSON")
    known.learn(7)
    assert not isinstance(known.format_of(7), Undecodable)
    clock.now_s += 10 * UNKNOWN_S
    assert known.missing([7]) == []


def test_a_schema_that_refers_to_one_that_is_missing_is_asked_for_again() -> None:
    registry, clock = FakeRegistry(_7=Schema("{}", "AVRO")), Clock()
    known = Known(registry, made, SHAPE.texts, clock)
    known.learn(7)
    assert isinstance(known.format_of(7), Undecodable)
    clock.now_s += UNKNOWN_S + 1
    assert known.missing([7]) == [7]


def test_an_unknown_one_stays_to_be_asked_for_where_its_references_get_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registry, clock = FakeRegistry(), Clock()
    known = Known(registry, made, SHAPE.texts, clock)
    known.learn(7)
    clock.now_s += UNKNOWN_S + 1
    registry.schemas[7] = Schema("{}", "AVRO")

    def away(_: Schema) -> dict[str, str]:
        msg = "Away."
        raise RegistryUnavailable(msg)

    monkeypatch.setattr(registry, "references", away)
    with pytest.raises(RegistryUnavailable):
        known.learn(7)
    assert known.missing([7]) == [7]


def test_of_unknown_ones_only_so_many_are_remembered() -> None:
    known = Known(FakeRegistry(), made, SHAPE.texts)
    for schema in range(MOST_UNKNOWN + 5):
        known.learn(schema)
    assert known.missing([0, 4, 5]) == [0, 4]


def test_nothing_is_kept_of_a_registry_that_is_away() -> None:
    registry = FakeRegistry(_1=Schema("{}", "JSON"))
    known = Known(registry, made, SHAPE.texts)
    registry.away = True
    with pytest.raises(RegistryUnavailable):
        known.learn(1)
    assert known.missing([1]) == [1]


def test_a_schema_of_no_use_is_named_with_its_subject() -> None:
    known = Known(FakeRegistry(_3=Schema("deep", "JSON"), _4=Schema("{}", "AVRO")), made, SHAPE.texts)
    known.learn(3)
    known.learn(4)
    found = known.format_of(4)
    assert isinstance(found, Undecodable)
    assert found.reason == "unusable_schema"
    assert found.message == "the schema with id 4, articles-value version 4: it refers to 0 schemas"
    assert isinstance(known.format_of(3), Undecodable)


def rule(kind: str, *tags: str, disabled: bool = False) -> Rule:
    return Rule(
        "r", None, RuleKind.TRANSFORM, RuleMode.WRITEREAD, kind, list(tags), RuleParams({}), None, None, None, disabled
    )


def stored(schema: object, *rules: Rule, kind: str = "JSON", tags: dict[str, list[str]] | None = None) -> Schema:
    text = schema if isinstance(schema, str) else json.dumps(schema)
    metadata = Metadata(MetadataTags(tags), None, None) if tags else None
    return Schema(text, kind, [], metadata, RuleSet(None, list(rules)))


TAGGED: list[tuple[str, Any]] = [
    ("JSON", {"properties": {"a": {"properties": {"text": {"type": "string", "confluent:tags": ["PII"]}}}}}),
    (
        "AVRO",
        {"type": "record", "name": "A", "fields": [{"name": "text", "type": "string", "confluent:tags": ["PII"]}]},
    ),
    ("PROTOBUF", 'message A { string text = 1 [\n (confluent.field_meta) = { tags: ["PII"] }\n]; }'),
]


@pytest.mark.parametrize(("kind", "schema"), TAGGED)
def test_a_rule_that_encrypts_the_text_is_seen(kind: str, schema: object) -> None:
    assert (
        encrypted(stored(schema, rule("ENCRYPT", "PII"), kind=kind), SHAPE.texts)
        == "its rule 'r' encrypts the field 'text'"
    )
    assert not encrypted(stored(schema, rule("ENCRYPT", "OTHER"), kind=kind), SHAPE.texts)
    assert not encrypted(stored(schema, rule("ENCRYPT", "PII", disabled=True), kind=kind), SHAPE.texts)
    assert not encrypted(stored(schema, rule("CEL", "PII"), kind=kind), SHAPE.texts)
    assert not encrypted(stored(schema, rule("ENCRYPT", "PII"), kind=kind), paths_of("/title,body"))


def test_tags_that_are_no_strings_are_passed_over() -> None:
    schema = {"properties": {"text": {"confluent:tags": [{"a": 1}, 5, "PII"]}}}
    assert encrypted(stored(schema, rule("ENCRYPT", "PII")), SHAPE.texts)


@pytest.mark.parametrize("pattern", ["Article.text", "**.text", "*.te*"])
def test_tags_may_stand_in_the_metadata(pattern: str) -> None:
    found = stored({}, rule("ENCRYPT", "PII"), tags={pattern: ["PII"], "A.other": ["X"]})
    assert encrypted(found, paths_of("/items/0/text/*"))
    assert not encrypted(found, paths_of("/items/*/body"))


def test_a_rule_may_encrypt_everything() -> None:
    assert encrypted(stored({}, rule("ENCRYPT")), SHAPE.texts)
    assert encrypted(stored({}, rule("ENCRYPT_PAYLOAD")), SHAPE.texts) == "its rule 'r' encrypts the whole value"
    assert not encrypted(Schema("{}", "JSON"), SHAPE.texts)
    known = Known(FakeRegistry(_1=stored({}, rule("ENCRYPT"))), made, SHAPE.texts)
    known.learn(1)
    found = known.format_of(1)
    assert isinstance(found, Undecodable)
    assert found.reason == "encrypted"
