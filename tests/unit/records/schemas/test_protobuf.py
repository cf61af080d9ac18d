"""Texts in Protobuf values, written by hand byte for byte."""

from __future__ import annotations

import pytest

from stream.config.paths import path_of, paths_of
from stream.records.schemas import SchemaError, SchemaFormat, format_of, texts_in
from stream.records.shape import Shape, Text, Undecodable
from tests.proto_values import compiled

SCHEMA = """
syntax = "proto2";
package org.example;
import "google/protobuf/wrappers.proto";
message Article {
  optional int64 id = 1;
  optional string text = 2;
  repeated Paragraph paragraphs = 3;
  repeated string tags = 4;
  map<string, Paragraph> named = 5;
  map<sint32, string> numbered = 6;
  oneof body { string plain = 7; Paragraph rich = 8; bool none = 9; }
  optional group Meta = 10 { optional string site = 1; repeated group Part = 2 { optional string text = 3; } }
  optional google.protobuf.StringValue wrapped = 11;
  optional bytes raw = 12;
  optional Kind kind = 13;
  optional Paragraph lead_text = 14;
  optional Missing missing = 15;
  repeated fixed32 packed = 16 [packed = true];
  enum Kind { NEWS = 0; }
  message Paragraph { optional string content = 1; optional int32 k = 2; repeated string lines = 3; }
}
message Other { message Inner { optional string text = 4; } }
"""
FIRST = b"\0"


def made(texts: str, schema: str = SCHEMA, source: str = "source", **references: str) -> SchemaFormat:
    """The format of the schema."""
    return format_of("PROTOBUF", schema, references, Shape(paths_of(texts), path_of(source)))


def of(number: int, content: str | bytes) -> bytes:
    """A short field with a length."""
    content = content.encode() if isinstance(content, str) else content
    return bytes([number << 3 | 2, len(content)]) + content


def test_a_longer_text_gets_longer_lengths_around_it() -> None:
    way = made("/lead_text/content")
    value = FIRST + b"\x08\x05" + of(14, b"\x10\x09" + of(1, "a") + of(9, "?")) + of(99 & 15, "z")
    assert way.decode(value) == [Text("/lead_text/content", "a")]
    text = b"\x0a\xc8\x01" + b"b" * 200
    inner = b"\x10\x09" + text + of(9, "?")
    want = FIRST + b"\x08\x05" + b"\x72" + bytes([len(inner) & 127 | 128, len(inner) >> 7]) + inner + of(3, "z")
    assert way.encode(value, ["b" * 200]) == want
    assert way.encode(value, ["a"]) == way.encode(value, [None]) == value


def test_of_a_field_that_stands_twice_the_last_counts_and_messages_are_merged() -> None:
    value = FIRST + of(2, "one") + of(2, "two") + b"\x08\1"
    assert made("text").decode(value) == [Text("text", "two")]
    assert made("text").encode(value, ["2"]) == FIRST + of(2, "one") + of(2, "2") + b"\x08\1"
    twice = FIRST + of(14, of(1, "a")) + of(14, b"\x10\1")
    assert made("/leadText/content").encode(twice, ["b"]) == FIRST + of(14, of(1, "b")) + of(14, b"\x10\1")


def test_items_go_whole() -> None:
    a, none, c = of(3, of(1, "a")), of(3, b"\x10\1"), of(3, of(1, "c") + b"\x10\2")
    value = FIRST + a + b"\x08\1" + none + c
    way = made("/paragraphs/*/content", source="/paragraphs/2/content")
    assert way.decode(value) == [Text("/paragraphs/*/content", ["a", "c"])]
    assert way.encode(value, [frozenset({0})]) == FIRST + b"\x08\1" + none + c
    assert way.site(value) == "c"
    tags = FIRST + of(4, "x") + of(2, "-") + of(4, "y")
    assert made("tags").encode(tags, [frozenset({0, 1})]) == FIRST + of(2, "-")
    assert made("/paragraphs/1/lines/0").decode(FIRST + a + of(3, of(3, "l") + of(3, "m"))) == [
        Text("/paragraphs/1/lines/0", "l")
    ]


def test_of_a_oneof_the_last_member_counts() -> None:
    way = made("/plain,/rich/content")
    rich = of(8, of(1, "r"))
    assert way.decode(FIRST + of(7, "p") + rich) == [Text("/rich/content", "r")]
    assert way.decode(FIRST + rich + of(7, "p")) == [Text("/plain", "p")]
    gone = way.decode(FIRST + rich + of(7, "p") + b"\x48\1")
    assert isinstance(gone, Undecodable)
    assert gone.absent
    assert isinstance(way.decode(FIRST + of(7, "p") + of(9, "?")), list), "another wire type: an unknown field"
    assert isinstance(way.decode(FIRST + rich + of(7, "p") + of(8, b"\x10\1")), Undecodable), "rich begins anew"


def test_maps_by_key() -> None:
    entry = of(5, of(1, "k") + of(2, of(1, "a")))
    behind = of(5, of(2, of(1, "b")) + of(1, "k"))
    way = made("/named/k/content")
    assert way.decode(FIRST + behind + entry) == [Text("/named/k/content", "a")]
    assert way.encode(FIRST + entry + behind, ["long"]) == FIRST + entry + of(5, of(2, of(1, "long")) + of(1, "k"))
    assert isinstance(way.decode(FIRST + entry + of(5, of(1, "k"))), Undecodable), "the last entry has no value"
    assert made("/numbered/-2").decode(FIRST + of(6, b"\x08\3" + of(2, "x"))) == [Text("/numbered/-2", "x")]
    assert made("/numbered/0").decode(FIRST + of(6, of(2, "x"))) == [Text("/numbered/0", "x")]


def test_groups() -> None:
    group = b"\x53" + of(1, "s") + b"\x13" + b"\x1a\1t" + b"\x14" + b"\x13\x14" + b"\x54"
    way = made("/meta/part/*/text", source="/meta/site")
    assert way.decode(FIRST + group) == [Text("/meta/part/*/text", ["t"])]
    assert way.site(FIRST + group) == "s"
    assert way.encode(FIRST + group, [frozenset({0})]) == FIRST + b"\x53" + of(1, "s") + b"\x13\x14" + b"\x54"
    assert made("/meta/site").encode(FIRST + group, ["long"]) == FIRST + group.replace(of(1, "s"), of(1, "long"))


def test_messages_between_tags_by_default() -> None:
    schema = """edition = "2023"; option features.message_encoding = DELIMITED;
        message A { A a = 1; map<int32, A> m = 2; A l = 3 [features.message_encoding = LENGTH_PREFIXED];
          string text = 4; }
    """
    message = compiled(schema).message
    for path, given in (("/a/text", {"a": {"text": "x"}}), ("/m/7/text", {"m": {7: {"text": "x"}}}),
                        ("/l/a/text", {"l": {"a": {"text": "x"}}})):  # fmt: skip
        value = FIRST + message(**given).SerializeToString()
        for text in (schema, compiled(schema).base64):
            way = made(path, text)
            assert way.decode(value) == [Text(path, "x")]
            assert b"longer" in message.FromString(way.encode(value, ["longer"])[1:]).SerializeToString()


def test_the_message_is_named_by_its_indexes() -> None:
    way = made("text")
    assert way.decode(b"\4\2\0" + b"\x22\1a") == [Text("text", "a")]
    assert way.encode(b"\4\2\0" + b"\x22\1a", ["b"]) == b"\4\2\0" + b"\x22\1b"
    assert way.decode(b"\2\0" + of(2, "a")) == [Text("text", "a")]
    other = way.decode(b"\2\2")
    assert other == Undecodable("no_text", "message org.example.Other has no field 'text'; it has none at all")
    for hostile in (b"\2\x08", b"\1", b"\xff\x0f", b"\2", b"", b"\4\2\x07"):
        found = way.decode(hostile)
        assert isinstance(found, Undecodable)
        assert found.reason == "not_protobuf"


def test_the_entries_of_maps_have_an_index_too() -> None:
    """As in descriptors, by which Confluent's serializers number messages."""
    schema = "message A { map<string, string> m = 1; message B { optional string text = 1; } optional B b = 2; }"
    for text in (schema, compiled(f'syntax = "proto2"; {schema}').base64):
        assert made("text", text).decode(b"\4\0\2" + of(1, "a")) == [Text("text", "a")]


def test_well_known_types_and_descriptors() -> None:
    assert made("/wrapped/value").decode(FIRST + of(11, of(1, "w"))) == [Text("/wrapped/value", "w")]
    assert texts_in("PROTOBUF", SCHEMA, {})[:3] == ["/text", "/tags", "/plain"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("txt", "message org.example.Article has no field 'txt'; did you mean 'text'? It has text"),
        ("id", "id leads to an int64, and not to a string"),
        ("raw", "raw leads to a bytes, and not to a string"),
        ("kind", "kind leads to an enum org.example.Article.Kind, and not to a string"),
        ("/text/x", "/text is a string, so /text/x leads nowhere"),
        ("lead_text", "leads to a message org.example.Article.Paragraph, and not to a string"),
        ("wrapped", "leads to a message google.protobuf.StringValue, and not to a string; try /wrapped/value"),
        ("missing", "missing leads to a Missing, which the schema does not define, and not to a string"),
        ("/paragraphs/x", "/paragraphs is repeated, so a number or * has to follow it, not 'x'"),
        ("/paragraphs/*/lines", "leads to a list of string, and not to a string"),
        ("/numbered/x", "/numbered is a map, so a key has to follow it (sint32), not 'x'"),
        ("named", "named leads to a map, and not to a string"),
    ],
)
def test_a_path_that_leads_nowhere(path: str, said: str) -> None:
    with pytest.raises(SchemaError) as error:
        made(path)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (b"\x10\1", "field 2 has the wire type 0, and its schema 2"),
        (b"\x12\5a", "a length is 5, but what holds it ends at byte 4"),
        (b"\x12", "it ends within a field"),
        (b"\x0f", "field 1 has the wire type 7, which there is not"),
        (b"\2\0", "0 is no field's number"),
        (b"\x08" + b"\xff" * 10 + b"\1", "a number is longer than 10 bytes"),
        (b"\x7c", "a group of field 15 ends that has not begun"),
        (b"\x7b\x08\1", "it ends within a field"),
        (b"\x7b" * 101, "groups are nested deeper than 100"),
        (b"\x72\2\x0a\5aaaaa", "a length is 5, but what holds it ends at byte 5"),
        (b"\x72\2\x10\xff\1", "field 2 goes on behind byte 5, where what holds it ends"),
        (b"\x53" + of(1, "s"), "the group of field 10 has no end"),
        (b"\x09abc", "goes on behind byte 5"),
    ],
)
def test_malformed_values(value: bytes, said: str) -> None:
    found = made("/text,/lead_text/content,/meta/site").decode(FIRST + value)
    assert isinstance(found, Undecodable)
    assert found.reason == "not_protobuf"
    assert said in found.message


def test_a_text_that_is_not_utf8() -> None:
    found = made("text").decode(FIRST + b"\x12\2a\xff")
    assert isinstance(found, Undecodable)
    assert found.message == "byte 4 of the value, in a text, is not UTF-8 (invalid start byte)"


def test_an_index_within_every_item_counts_from_its_own_beginning() -> None:
    """`/a/*/b/1` is the second of each item, not of all."""
    schema = (
        'syntax = "proto3"; message T { message M { repeated N b = 1; } message N { string c = 1; } repeated M a = 1; }'
    )
    made = compiled(schema).message
    value = made(a=[{"b": [{"c": "1"}]}, {"b": [{"c": "2"}, {"c": "3"}]}, {"b": [{"c": "4"}, {"c": "5"}]}])
    way = format_of("PROTOBUF", schema, {}, Shape(paths_of("/a/*/b/1/c"), path_of("source")))
    found = way.decode(b"\0" + value.SerializeToString())
    assert isinstance(found, list)
    assert found[0].value == ["3", "5"]
