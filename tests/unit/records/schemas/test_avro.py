"""Texts in Avro values, written by hand byte for byte."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stream.config.paths import path_of, paths_of
from stream.records.schemas import SchemaFormat, format_of
from stream.records.shape import Shape, Text, Undecodable

END = b"\0"


def record(**fields: Any) -> dict[str, Any]:
    """The schema of an article with these fields."""
    return {
        "type": "record",
        "name": "Article",
        "fields": [{"name": name, "type": kind} for name, kind in fields.items()],
    }


def made(schema: Any, texts: str, source: str = "source") -> SchemaFormat:
    """The format of a schema."""
    return format_of("AVRO", json.dumps(schema), {}, Shape(paths_of(texts), path_of(source)))


def string(text: str) -> bytes:
    """A short string."""
    return bytes([len(text.encode()) * 2]) + text.encode()


def array(kind: Any) -> dict[str, Any]:
    return {"type": "array", "items": kind}


def test_a_longer_text_gets_a_longer_length() -> None:
    way = made(record(id="long", text="string", end="double"), "text")
    value = b"\x03" + string("It rains.") + b"12345678"
    assert way.decode(value) == [Text("text", "It rains.")]
    assert way.encode(value, ["é" * 100]) == b"\x03" + b"\x90\x03" + "é".encode() * 100 + b"12345678"
    assert way.encode(value, [None]) == value
    assert way.encode(value, ["It rains."]) == value


def test_items_go_whole_and_blocks_are_corrected() -> None:
    way = made(record(p=array(record(k="int", text=["null", "string"]) | {"name": "P"})), "/p/*/text")
    a, none, b, c = b"\2\2" + string("a"), b"\4\0", b"\6\2" + string("bb"), b"\x08\2" + string("c")
    value = b"\4" + a + none + b"\3" + bytes([len(b + c) * 2]) + b + c + b"\2" + a + END
    assert way.decode(value) == [Text("/p/*/text", ["a", "bb", "c", "a"])]
    gone = frozenset({0, 1, 3})
    assert way.encode(value, [gone]) == b"\2" + none + b"\1" + bytes([len(c) * 2]) + c + END, (
        "an empty block would end it"
    )
    assert way.encode(value, [frozenset({0, 1, 2, 3})]) == b"\2" + none + END


def test_a_text_within_blocks_corrects_every_size_around_it() -> None:
    way = made(record(m={"type": "map", "values": array("string")}), "/m/k/1")
    inner = b"\3" + b"\x0e" + string("one") + string("tw") + END
    entry = string("k") + inner
    value = b"\1" + bytes([len(entry) * 2]) + entry + END
    inner = b"\3" + b"\x0c" + string("one") + string("2") + END
    entry = string("k") + inner
    assert way.encode(value, ["2"]) == b"\1" + bytes([len(entry) * 2]) + entry + END


def test_of_equal_keys_the_last_one_counts() -> None:
    way = made(record(m={"type": "map", "values": ["null", "string"]}), "/m/k")
    first = string("k") + b"\2" + string("one")
    assert way.decode(b"\4" + first + string("k") + b"\2" + string("two") + END) == [Text("/m/k", "two")]
    found = way.decode(b"\4" + first + string("k") + b"\0" + END)
    assert found == Undecodable("no_text", "/m/k is null, so /m/k leads nowhere", absent=True)
    assert isinstance(empty := way.decode(END), Undecodable)
    assert empty.absent


def test_an_item_by_index_in_any_block() -> None:
    way = made(record(p=array("string")), "/p/1")
    value = b"\2" + string("a") + b"\1\4" + string("b") + b"\2" + string("c") + END
    assert way.encode(value, ["x"]) == value.replace(string("b"), string("x"))
    assert made(record(p=array("string")), "/p/3").decode(value) == Undecodable(
        "no_text", "there is nothing at /p/3", absent=True
    )
    twice = made(record(m={"type": "map", "values": array("string")}), "/m/k/0")
    entry = string("k") + b"\2" + string("a") + END
    assert isinstance(twice.decode(b"\2" + entry + END), list)
    assert isinstance(twice.decode(b"\4" + entry + string("k") + END + END), Undecodable), "the last one has no item"


def test_blocks_are_not_levels() -> None:
    way = made(record(p=array("bytes"), n=array(["null", "int"]), text="string"), "text")
    blocks = (b"\2\2x" * 20_000) + END
    assert way.decode(blocks + b"\2\0" * 20_000 + END + string("a")) == [Text("text", "a")]


def test_a_record_may_hold_itself() -> None:
    node = record(text="string", next=["null", "Article"])
    way = made(node, "/next/next/text")
    value = string("a") + b"\2" + string("b") + b"\2" + string("c") + b"\0"
    assert way.encode(value, ["x"]) == string("a") + b"\2" + string("b") + b"\2" + string("x") + b"\0"
    assert made(node, "text").decode(string("a") + (b"\2" + string("b")) * 4000 + b"\0") == [Text("text", "a")]


def test_branches_that_hold_no_text_are_told() -> None:
    way = made(record(body=["null", "string", "int", array("string")]), "body")
    assert way.decode(b"\2" + string("a")) == [Text("body", "a")]
    assert way.decode(b"\6\2" + string("a") + END) == [Text("body", ["a"])]
    assert way.decode(b"\6" + END) == [Text("body", [])]
    assert way.decode(b"\4\2") == Undecodable("no_text", "body is no string but an int")
    assert way.decode(b"\0") == Undecodable("no_text", "/body is null, so body leads nowhere", absent=True)


def test_several_texts_and_the_source() -> None:
    way = made(record(a="string", source="string", b=["null", "string"]), "a,b")
    value = string("one") + string("example.org") + b"\2" + string("two")
    assert way.decode(value) == [Text("a", "one"), Text("b", "two")]
    assert way.encode(value, [None, "2"]) == string("one") + string("example.org") + b"\2" + string("2")
    assert way.site(value) == "example.org"
    alone = string("one") + string("") + b"\0"
    assert way.decode(alone) == [Text("a", "one")]
    assert way.encode(alone, ["1"]) == string("1") + string("") + b"\0"


def test_items_without_text_in_a_list_of_texts() -> None:
    way = made(record(p=array(["null", "string"])), "p")
    assert way.decode(b"\4\2" + string("a") + b"\0" + END) == Undecodable(
        "no_text", "item 1: /p is null, so p leads nowhere"
    )


ARTICLE = record(
    id="long", size={"type": "fixed", "name": "Size", "size": 2}, n=array("null"), kinds=["null", "int"],
    m={"type": "map", "values": "string"}, text="string", next=["null", "Article"],
)  # fmt: skip
GOOD = b"\2" + b"ab" + END + b"\0" + END + string("a") + b"\0"


def test_items_of_another_kind_are_not_absent_ones() -> None:
    way = made(record(p=array(["null", "int", record(text="string") | {"name": "P"}])), "/p/*/text")
    for items, absent in ((b"\0" + b"\0", True), (b"\0" + b"\2\2", False), (b"\2\2" + b"\0", False)):
        found = way.decode(b"\4" + items + END)
        assert found == Undecodable("no_text", "no item of /p has a text", absent=absent), items
    assert way.decode(b"\4" + b"\2\2" + b"\4" + string("a") + END) == [Text("/p/*/text", ["a"])]


HEAD = b"\2ab"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (b"", "at byte 0 it ends"),
        (GOOD[:-1], "it ends, and its schema goes on"),
        (GOOD + b"\0", "goes on for 1 bytes"),
        (b"\xff" * 11, "a number is longer than 10 bytes"),
        (b"\x80", "it ends"),
        (HEAD + END + b"\0" + END + b"\1", "a length is negative (-1)"),
        (HEAD + END + b"\0" + END + b"\x08ab", "a length is 4, but the value ends at byte 9"),
        (HEAD + END + b"\4", "a union of 2 types has no number 2"),
        (HEAD + END + b"\1", "a union of 2 types has no number -1"),
        (HEAD + b"\xfe" + b"\xff" * 8 + b"\1" + END, "it ends, and its schema goes on"),
        (HEAD + END + b"\0" + b"\xfe\xff\xff\xff\x0f", "2,147,483,647 items, more than the value has bytes"),
        (HEAD + END + b"\0" + b"\3\1", "a length is negative (-1)"),
        (HEAD + END + b"\0" + b"\5\2" + b"a", "a block of 3 items is said to be 1 bytes long"),
        (GOOD[:-1] + (b"\2" + GOOD[:-1]) * 20_000 + b"\0", "nested deeper than 10,000 levels"),
    ],
)  # fmt: skip
def test_malformed_values(value: bytes, said: str) -> None:
    found = made(ARTICLE, "text").decode(value)
    assert isinstance(found, Undecodable)
    assert found.reason == "not_avro"
    assert said in found.message
    assert not found.absent
    assert made(ARTICLE, "text").decode(GOOD) == [Text("text", "a")]


def test_a_block_that_is_not_as_long_as_it_says() -> None:
    found = made(record(p=array("string")), "p").decode(b"\1\x08" + string("a") + string("b"))
    assert isinstance(found, Undecodable)
    assert "a block is said to end at byte 6, and ends at byte 4" in found.message


def test_a_text_that_is_not_utf8() -> None:
    found = made(record(a="string", text="string"), "text").decode(string("a") + b"\4a\xff")
    assert found == Undecodable("not_utf8", "byte 4 of the value, in a text, is not UTF-8 (invalid start byte)")
