"""The header that names the input topic, where several go to one output."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from harness.fakes import BODY, PROCESSOR, REPEATED, FakeRecord


@pytest.mark.parametrize(
    "value",
    [orjson.dumps({"text": REPEATED}), orjson.dumps({"text": BODY}), None, b"{"],
    ids=["cleaned", "same", "none", "dead"],
)
def test_the_input_topic_is_named_where_asked_for_but_in_a_dead_letter(value: bytes | None) -> None:
    named = replace(PROCESSOR, names_origin=True)
    record = FakeRecord(value, the_headers=[("trace", b"1")], the_topic="articles.en")
    plain, made = PROCESSOR.process(record), named.process(record)
    origin = ("article-stream.topic", b"articles.en")
    assert [header for header in made.headers if header != origin] == plain.headers
    assert made.headers.count(origin) == (made.name != "dead")
    assert made.headers[0] == ("trace", b"1")
    beside = made.size_bytes - plain.size_bytes
    assert beside >= sum(map(len, origin)) if made.name != "dead" else beside == 0
    assert PROCESSOR.process(record).headers == plain.headers, "the record's own headers stay as they are"
