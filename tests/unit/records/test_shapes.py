"""Records in the shapes of other programs: only their text changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from harness.fakes import BODY, CLEAN, REPEATED, FakeRecord
from stream.config.settings import Settings
from stream.core.removals import original
from stream.core.rules import builtin
from stream.records.dead_letters import read_letter
from stream.records.nearest import nearest
from stream.records.process import Processor
from tests.shapes import SHAPES, Shape


def processor(settings: Mapping[str, Any], *, keeps_removed: bool = False) -> Processor:
    return Processor.for_settings(Settings(**settings), "auto", builtin(), keeps_removed=keeps_removed)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_only_the_text_changes(shape: Shape) -> None:
    process = processor(shape.settings).process
    for record in shape.records:
        outcome = process(FakeRecord(record.value, the_headers=record.headers))
        assert (outcome.name, outcome.value) == (record.outcome, record.want)
        assert outcome.headers[: len(record.headers)] == record.headers
        if record.outcome in {"passed", "tombstone"}:
            assert outcome.headers == record.headers


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("text", b'{"a":1}', "the object has no field 'text'"),
        ("text", b'{"text":null}', "the field 'text' is no string but null"),
        ("/a/b", b'{"a":null}', "/a is null, so /a/b leads nowhere"),
        ("/a/b", b'{"a":5}', "/a is a number, so /a/b leads nowhere"),
        ("/a/b/c", b'{"a":{"b":"x"}}', "/a/b is a string, so /a/b/c leads nowhere"),
        ("/a/b/c", b'{"a":{"d":1}}', "/a has no field 'b', so there is nothing at /a/b/c"),
        ("/a/b", b'{"a":[]}', "/a is a list, so a number or * has to follow it in /a/b, not 'b'"),
        ("/a/1/b", b'{"a":[{"b":"x"}]}', "/a has no item 1, so there is nothing at /a/1/b"),
        ("/a/01", b'{"a":["x","y"]}', "/a is a list, so a number or * has to follow it in /a/01, not '01'"),
        ("/a/*/b", b'{"a":{"b":"x"}}', "/a is no list but an object"),
        ("/a/*/b", b'{"a":null}', "/a is no list but null"),
        ("/a/*/b", b'{"a":[{"c":"x"},{"b":3}]}', "no item of /a has a text at /b"),
        ("/a/*", b'{"a":["x",3]}', "item 1 of '/a/*' is no string but a number"),
        ("/data/body", b'{"data_base64":"eyJh"}', "the event's data is binary (data_base64)"),
        ("/a,/b", b'{"a":5,"b":"x"}', "the field '/a' is no string but a number"),
    ],
)
def test_why_there_is_no_text_names_the_step(field: str, value: bytes, why: str) -> None:
    outcome = processor({"text_field": field}).process(FakeRecord(value))
    letter = read_letter(outcome.headers)
    assert letter.reason == "no_text"
    assert why in letter.message


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("text", b'{"a":1}', "passed"),
        ("/a/b", b'{"a":null}', "passed"),
        ("/a/*/b", b'{"a":null}', "passed"),
        ("/a/3", b'{"a":["x"]}', "passed"),
        ("/a,/b", b'{"c":"x"}', "passed"),
        ("/a/b", b'{"a":5}', "dead"),
        ("/a/*/b", b'{"a":[{"c":"x"},{"b":null}]}', "passed"),
        ("/a/*/b", b'{"a":[{"c":"x"},{"b":["y"]}]}', "dead"),
        ("/a/b", b'{"a":{"b":[5]}}', "dead"),
        ("text", b"[]", "dead"),
        ("text", b"{", "dead"),
    ],
)
def test_only_what_is_absent_or_null_can_go_on_as_it_is(field: str, value: bytes, name: str) -> None:
    outcome = processor({"text_field": field, "no_text": "pass"}).process(FakeRecord(value))
    assert (outcome.name, outcome.value) == (name, value)


def test_of_doubled_fields_the_last_counts_at_each_level() -> None:
    old, new = orjson.dumps(REPEATED), orjson.dumps(CLEAN)
    value = b'{"a":{"b":"x"},"a":{"b":"y", "\\u0062" : %s},"c":{"b":"z"}}'
    outcome = processor({"text_field": "/a/b"}).process(FakeRecord(value % old))
    assert outcome.value == value % new


def test_several_texts_are_never_compared_and_their_headers_name_them() -> None:
    value = orjson.dumps({"a": BODY, "b": REPEATED, "c": {"d": [BODY, BODY]}})
    outcome = processor({"text_field": "/a,b,/c/d,/e"}, keeps_removed=True).process(FakeRecord(value))
    assert outcome.value == orjson.dumps({"a": BODY, "b": CLEAN, "c": {"d": [BODY]}})
    headers = dict(outcome.headers)
    assert headers["article-stream.repeats"] == b"2"
    said = orjson.loads(headers["article-stream.fields"] or b"")
    assert said == {"/a": {}, "b": {"repeats": 1, "footer": 3}, "/c/d": {"repeats": 1}}
    assert outcome.removed is not None
    assert [*orjson.loads(outcome.removed)["fields"]] == ["/a", "b", "/c/d"]
    assert original(outcome.removed, CLEAN, "b") == REPEATED
    assert original(outcome.removed, [BODY], "/c/d") == [BODY, BODY]


def test_a_header_may_name_the_site_where_the_field_does_not() -> None:
    rules = builtin()
    made = Processor.for_field("text", "auto", rules, source_field="/a/site")
    assert made.codec.site(b'{"a":{"site":"island.example"}}') == "island.example"
    assert not made.codec.site(b'{"a":{"site":5}}')


def test_fifty_megabytes_are_read_and_written_in_linear_time() -> None:
    """It would take hours if each item cost a walk over the others."""
    items = b",".join([b'{"content": "%d"}' % number for number in range(20_000)])
    value = b'{"junk": [%s], "a": [%s, {"content": %s}]}' % (
        b",".join([b'"' + b"x" * 1000 + b'"'] * 48_000), items, orjson.dumps("0")
    )  # fmt: skip
    codec = processor({"text_field": "/a/*/content"}).codec
    texts = codec.decode(value)
    assert isinstance(texts, list)
    assert len(texts[0].value) == 20_001
    assert codec.encode(value, [frozenset({20_000})]) == value.replace(b', {"content": "0"}]}', b"]}")


@pytest.mark.parametrize(
    ("value", "written", "near"),
    [
        (b'{"payload":{"after":{"id":"7","body":"x"}}}', "/payload/after/bdy", "/payload/after/body"),
        (b'{"payload":{"after":{"body":"x"}}}', "payload/after/body", "/payload/after/body"),
        (b'{"txet":"x","title":"a long title"}', "text", "txet"),
        (b'{"a":"x","b":{"c":"the longest of all"}}', "text", "/b/c"),
        (b'{"elements":[{"content":"x"},{"content":"y"}]}', "/elements/content", "/elements/*/content"),
        (b'{"a":5}', "text", None),
        (b"[]", "text", None),
        (b"{", "text", None),
    ],
)
def test_the_nearest_path_with_a_text(value: bytes, written: str, near: str | None) -> None:
    assert nearest(value, written) == near
