"""What is said of Avro schemas that hold no text where the paths lead, or are none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stream.config.paths import path_of, paths_of
from stream.records.schemas import SchemaError, SchemaFormat, format_of, texts_in
from stream.records.shape import Shape, Text

PARAGRAPH = {"type": "record", "name": "Paragraph", "fields": [{"name": "content", "type": ["null", "string"]}]}
ARTICLE = {
    "type": "record", "name": "Article", "namespace": "org.example", "fields": [
        {"name": "id", "type": {"type": "int", "logicalType": "date"}},
        {"name": "raw", "type": "bytes"},
        {"name": "text", "type": "string"},
        {"name": "paragraphs", "type": {"type": "array", "items": PARAGRAPH}},
        {"name": "more", "type": {"type": "map", "values": "string"}},
        {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["NEWS"]}},
        {"name": "next", "type": ["null", "Article"]},
    ],
}  # fmt: skip


def made(schema: Any, texts: str, **references: Any) -> SchemaFormat:
    """The format of a schema."""
    others = {name: json.dumps(reference) for name, reference in references.items()}
    return format_of("AVRO", json.dumps(schema), others, Shape(paths_of(texts), path_of("source")))


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("txt", "record org.example.Article has no field 'txt'; did you mean 'text'? It has text"),
        ("/next/next/body", "record org.example.Article has no field 'body'; it has id, raw"),
        ("id", "id leads to an int, and not to a string"),
        ("raw", "raw leads to bytes, and not to a string"),
        ("kind", "kind leads to an enum org.example.Kind, and not to a string"),
        ("/text/x", "/text is a string, so /text/x leads nowhere"),
        ("next", "next leads to a record org.example.Article, and not to a string"),
        ("/paragraphs/x", "/paragraphs is an array, so a number or * has to follow it, not 'x'"),
        ("/paragraphs/01/content", "a number or * has to follow it, not '01'"),
        ("/paragraphs/*/contents", "record org.example.Paragraph has no field 'contents'; did you mean 'content'?"),
        ("/more/*", "/more is a map; * stands for the items of an array"),
        ("/next/*/text", "/next is a record org.example.Article; * stands for the items of an array"),
        ("more", "more leads to a map, and not to a string"),
    ],
)
def test_a_path_that_leads_nowhere(path: str, said: str) -> None:
    with pytest.raises(SchemaError) as error:
        made(ARTICLE, path)
    assert said in str(error.value)


@pytest.mark.parametrize(
    "path", ["text", "/text", "/paragraphs/*/content", "/paragraphs/0/content", "/more/x", "/next/text"]
)
def test_a_path_that_leads_to_a_text(path: str) -> None:
    made(ARTICLE, path)


def test_the_texts_of_a_schema() -> None:
    schema = json.dumps(ARTICLE)
    assert texts_in("AVRO", schema, {}) == ["/text", "/paragraphs/*/content"]
    assert texts_in("AVRO", schema, {}, most=1) == ["/text"]


def test_types_that_another_schema_defines() -> None:
    article = {"type": "record", "name": "a.Article", "fields": [{"name": "body", "type": "Body"}]}
    body = {"type": "record", "name": "Body", "namespace": "a", "fields": [{"name": "text", "type": "string"}]}
    assert made(article, "/body/text", Body=body).decode(b"\2x") == [Text("/body/text", "x")]
    assert made("a.Body", "text", Body=body).decode(b"\2x") == [Text("text", "x")]
    with pytest.raises(SchemaError, match=r"the schema uses a type a[.]Body, which neither it nor"):
        made(article, "/body/text")


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (
            {"type": "record", "name": "A", "fields": [{"name": "a", "type": "A"}]},
            "no value of the schema can end: A in A",
        ),
        ({"type": "record", "fields": []}, "a record without a name"),
        ({"type": "record", "name": "A"}, "a record A has no list of fields"),
        ({"type": "record", "name": "A", "fields": [3]}, "a record A has a field without a name"),
        ({"type": "record", "name": "A", "fields": [{"name": "a"}]}, "a type that is neither a name"),
        ({"type": "fixed", "name": "A", "size": -1}, "the size of a fixed A is no number"),
        ([{"type": "fixed", "name": "A", "size": 1}] * 2, "defines A twice"),
        ("string", "the value is a string, so text leads nowhere"),
        ({"type": "fixed", "name": "A" * 501, "size": 1}, "a name of more than 500 characters"),
        (json.loads("[" * 150 + '"string"' + "]" * 150), "nested deeper than 100 types"),
    ],
)
def test_schemas_that_cannot_be_used(schema: Any, said: str) -> None:
    with pytest.raises(SchemaError) as error:
        made(schema, "text")
    assert said in str(error.value)


def test_a_schema_that_is_no_json() -> None:
    with pytest.raises(SchemaError, match="the schema is no JSON"):
        format_of("AVRO", "{", {}, Shape(paths_of("text"), path_of("source")))
    with pytest.raises(SchemaError, match="longer than"):
        format_of("AVRO", " " * 4_000_001, {}, Shape(paths_of("text"), path_of("source")))


def test_a_schema_of_a_megabyte_that_multiplies() -> None:
    """Each record holds the one before it twice: its values have no byte, and its program is no longer than it."""
    first = {"type": "record", "name": "R0", "fields": []}
    fields = [{"name": "r0", "type": first}]
    for at in range(1, 9000):
        inner = [{"name": name, "type": f"R{at - 1}"} for name in "ab"]
        fields.append({"name": f"r{at}", "type": {"type": "record", "name": f"R{at}", "fields": inner}})
    schema = {"type": "record", "name": "Top", "fields": [*fields, {"name": "text", "type": "string"}]}
    assert made(schema, "text").decode(b"\2a") == [Text("text", "a")]


def test_many_branches_on_every_step() -> None:
    branches = [{"type": "record", "name": f"B{at}", "fields": [{"name": "x", "type": "Any"}]} for at in range(200)]
    top = {"type": "record", "name": "Any", "fields": [{"name": "x", "type": [*branches, "string"]}]}
    made(top, "/x" * 31)


def test_a_union_without_branches_is_named() -> None:
    schema = '{"type": "record", "name": "R", "fields": [{"name": "text", "type": []}]}'
    with pytest.raises(SchemaError, match="/text is a union without branches"):
        format_of("AVRO", schema, {}, Shape(paths_of("text"), path_of("source")))
