"""Where a JSON Schema says that texts are, and what it says against a path."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.config.paths import path_of
from stream.records.json_schema import texts, wrong
from tests.trials import trials

SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "title": {"type": ["null", "string"]},
        "a/b": {"type": "string"},
        "payload": {"oneOf": [{"type": "null"}, {"$ref": "#/definitions/Payload"}]},
        "paragraphs": {"type": "array", "items": {"type": "string"}},
        "counts": {"type": "array", "items": {"type": "integer"}},
        "items": {"type": "array", "items": {"type": "object", "properties": {"content": {"type": "string"}}}},
        "open": {"type": "object", "additionalProperties": {"type": "string"}},
        "anything": {},
    },
    "definitions": {
        "Payload": {
            "type": "object",
            "properties": {"body": {"type": "string"}, "again": {"$ref": "#/definitions/Payload"}},
        }
    },
}
TEXT = json.dumps(SCHEMA)


@pytest.mark.parametrize(
    "path",
    [
        *("title", "/title", "/a~1b", "/payload/body", "/payload/again/again/body", "/paragraphs", "/paragraphs/*"),
        *("/items/*/content", "/items/0/content", "/open/whatever", "/anything/at/all"),
    ],
)
def test_a_text_is_found(path: str) -> None:
    assert wrong(TEXT, path_of(path)) == ""


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/id", "/id leads to integer"),
        ("/counts", "/counts leads to array"),
        ("/items", "/items leads to array"),
        ("/payload", "/payload leads to object"),
        ("text", "the object has no 'text'"),
        ("/payload/bodi", "/payload has no 'bodi'; did you mean 'body'?"),
        ("/id/x", "/id has no 'x'"),
        ("/items/*/body", "/items/* has no 'body'"),
    ],
)
def test_what_speaks_against_a_path_is_a_sentence(path: str, sentence: str) -> None:
    assert wrong(TEXT, path_of(path)) == sentence


@pytest.mark.parametrize("schema", ["{}", "true", "[]", "not json", '{"$ref": "elsewhere.json"}', "[" * 100_000])
def test_a_schema_that_says_nothing_says_nothing_against_it(schema: str) -> None:
    assert wrong(schema, path_of("/a/b")) == ""
    assert texts(schema) == []


def test_texts_are_named_the_shallow_ones_first() -> None:
    found = texts(TEXT)
    assert found[:2] == ["/title", "/a~1b"]
    assert {"/payload/body", "/paragraphs/*", "/items/*/content"} < set(found)
    assert all(wrong(TEXT, path_of(path)) == "" for path in found)


JSON = st.recursive(
    st.none() | st.booleans() | st.sampled_from(["string", "integer", "#", "#/properties/a", "a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["properties", "items", "type", "$ref", "anyOf", "additionalProperties", "a", "b"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@trials(200)
@given(JSON)
def test_no_schema_raises(schema: object) -> None:
    text = json.dumps(schema)
    assert isinstance(wrong(text, path_of("/a/*/b")), str)
    assert all(path.startswith("/") for path in texts(text))
