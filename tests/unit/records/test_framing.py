"""A registry's frame is taken off a value and put back; what is between stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import pytest
from confluent_kafka.schema_registry.serde import SchemaId as TheirSchemaId
from hypothesis import given
from hypothesis import strategies as st

from harness.fakes import CLEAN, REPEATED, FakeRecord
from stream.config.loading import load
from stream.config.paths import path_of
from stream.core.rules import builtin
from stream.records.codec import InputFormat
from stream.records.framing import Frame, Framed, SchemaFormat, SchemaId, frame_of, framed, schema_of
from stream.records.headers import SCHEMA_ID_HEADER, Headers, Unreadable
from stream.records.process import Processor
from stream.records.schema_formats import schema_format
from stream.records.shape import Change, Shape, Text, Undecodable
from tests.trials import trials

GUID = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
SHAPE = Shape((path_of("text"),), path_of("source"))
UNKNOWN = Undecodable("unknown_schema", "nobody knows it")
HEADERS = st.lists(
    st.tuples(st.sampled_from([SCHEMA_ID_HEADER, "other"]), st.none() | st.binary(max_size=24)), max_size=3
)


@dataclass(frozen=True, slots=True)
class FakeSchemas:
    """Knows these schemas, and that there are no others."""

    formats: dict[SchemaId, SchemaFormat | Undecodable]

    def format_of(self, schema: SchemaId) -> SchemaFormat | Undecodable:
        """Give the format."""
        return self.formats.get(schema, UNKNOWN)


class Whole:
    """The whole payload is the text."""

    def decode(self, value: bytes) -> list[Text]:
        """Give the payload."""
        return [Text("", value.decode("latin-1"))]

    def encode(self, value: bytes, changes: Sequence[Change]) -> bytes:
        """Give the payload with an exclamation mark behind it where it changes."""
        return value if changes == [None] else value + b"!"

    def site(self, value: bytes) -> str:
        """Give the first letter."""
        return value[:1].decode("latin-1")


@pytest.mark.parametrize("indexes", [None, [0], [3], [1, 0, 2]])
def test_a_frame_in_the_value_is_as_confluents_serializer_writes_it(indexes: list[int] | None) -> None:
    begins = TheirSchemaId("PROTOBUF" if indexes else "JSON", 258, None, indexes).id_to_bytes()
    frame = frame_of(begins + b"payload", [])
    assert frame == Frame(258, begins[5:] + b"payload", prefix=begins[:5])


@pytest.mark.parametrize("indexes", [None, [0], [3], [1, 0, 2]])
def test_a_frame_in_a_header_is_as_confluents_serializer_writes_it(indexes: list[int] | None) -> None:
    said = TheirSchemaId("PROTOBUF" if indexes else "JSON", None, str(GUID), indexes).guid_to_bytes()
    frame = frame_of(b"payload", [(SCHEMA_ID_HEADER, said)])
    assert frame == Frame(str(GUID), b"payload", beside=said[17:])


def test_the_last_header_counts_and_more_than_the_value() -> None:
    value = b"\x00\x00\x00\x00\x01{}"
    first, last = (SCHEMA_ID_HEADER, b"\x01" + bytes(16)), (SCHEMA_ID_HEADER, b"\x01" + GUID.bytes)
    assert frame_of(value, [first, last, ("other", b"x")]) == Frame(str(GUID), value)
    assert frame_of(b"{}", [(SCHEMA_ID_HEADER, b"\x00\x00\x00\x00\x07")]) == Frame(7, b"{}")


@pytest.mark.parametrize("said", [None, b"", b"\x00\x00", b"\x02" + bytes(16), b"\x01" + bytes(15)])
def test_a_header_that_names_no_schema_does_not_count(said: bytes | None) -> None:
    assert frame_of(b"{}", [(SCHEMA_ID_HEADER, said)]) is None
    assert frame_of(b"\x00\x00\x00\x00\x01{}", [(SCHEMA_ID_HEADER, said)]) == Frame(1, b"{}", b"\x00\x00\x00\x00\x01")


@pytest.mark.parametrize("value", [b"", b"\x00", b"\x00\x00\x00\x01", b"{}", b"\x01" + bytes(16), b" \x00\x00\x00\x00"])
def test_a_value_without_a_frame(value: bytes) -> None:
    assert frame_of(value, []) is None
    refused = framed(value, [], FakeSchemas({}), required=True, plain=False)
    assert isinstance(refused, Undecodable)
    assert refused.reason == "no_schema_id"
    assert framed(value, [], FakeSchemas({}), required=False, plain=False) is None


@trials(200)
@given(st.binary(max_size=40), HEADERS)
def test_every_value_keeps_its_frame(value: bytes, headers: Headers) -> None:
    frame = frame_of(value, headers)
    if frame is None:
        return
    codec = Framed(frame, Whole())
    assert codec.encode(value, [None]) == value == frame.prefix + frame.payload
    assert codec.decode(value) == [Text("", (frame.beside + frame.payload).decode("latin-1"))]
    assert codec.encode(value, ["x"]) == value + b"!"
    assert codec.site(value) == (frame.beside + frame.payload)[:1].decode("latin-1")


def processor(input_format: InputFormat, formats: dict[SchemaId, Any]) -> Processor:
    return Processor.for_settings(load(environ={}), input_format, builtin(), schemas=FakeSchemas(formats))


@pytest.mark.parametrize("input_format", ["auto", "registry"])
def test_a_framed_article_is_cleaned_in_its_frame(input_format: InputFormat) -> None:
    json = schema_format("JSON", "{}", {}, SHAPE)
    begins = b"\x00\x00\x00\x00\x01"
    value = begins + b'{"n": 1e400, "text": %s}' % orjson.dumps(REPEATED)
    outcome = processor(input_format, {1: json}).process(FakeRecord(value))
    assert outcome.name == "cleaned"
    assert outcome.value == begins + b'{"n": 1e400, "text": %s}' % orjson.dumps(CLEAN)
    listed = begins + orjson.dumps({"text": REPEATED.split("\n")})
    outcome = processor(input_format, {1: json}).process(FakeRecord(listed))
    assert outcome.value == begins + orjson.dumps({"text": CLEAN.split("\n")})
    assert processor(input_format, {1: json}).process(FakeRecord(None)).name == "tombstone"


def test_what_the_schemas_say_becomes_a_dead_letter() -> None:
    secret = Undecodable("encrypted", "a rule encrypts it")
    value = b"\x00\x00\x00\x00\x01{}"
    outcome = processor("auto", {1: secret}).process(FakeRecord(value))
    assert (outcome.name, outcome.reason, outcome.value) == ("dead", "encrypted", value)
    outcome = processor("auto", {}).process(FakeRecord(value))
    assert (outcome.name, outcome.reason) == ("dead", "unknown_schema")
    outcome = processor("registry", {}).process(FakeRecord(b"{}"))
    assert (outcome.name, outcome.reason) == ("dead", "no_schema_id")


def test_plain_text_may_begin_like_a_frame_by_chance() -> None:
    text = FakeRecord(b"\x00\x00\x00\x00\x01text", the_headers=[("content-type", b"text/plain")])
    assert processor("auto", {}).process(text).name == "unchanged"
    assert processor("auto", {1: schema_format("JSON", "{}", {}, SHAPE)}).process(text).reason == "not_json"
    assert processor("registry", {}).process(text).reason == "unknown_schema"


def test_the_other_formats_know_no_frames() -> None:
    value = b"\x00\x00\x00\x00\x01{}"
    assert Processor.for_field("text", "json", builtin()).process(FakeRecord(value)).reason == "not_json"
    assert Processor.for_field("text", "text", builtin()).process(FakeRecord(value)).name == "unchanged"


def test_the_schema_that_a_record_names() -> None:
    assert schema_of(FakeRecord(b"\x00\x00\x00\x00\x09{}"))[1] == 9
    assert schema_of(FakeRecord(b"{}", the_headers=[(SCHEMA_ID_HEADER, b"\x01" + GUID.bytes)]))[1] == str(GUID)
    assert schema_of(FakeRecord(None))[1] is None


class BadMessage:
    """A message of which the client can say only once that a header's name is not UTF-8."""

    def __init__(self) -> None:
        self.kept: Headers = []
        self.asked = 0

    def __len__(self) -> int:
        return 2

    def headers(self) -> Headers:
        """Raises at the first time."""
        self.asked += 1
        if self.asked > 1:
            return self.kept
        try:
            b"\xff".decode()
        except UnicodeDecodeError as error:
            msg = "returned a result with an exception set"
            raise SystemError(msg) from error
        return []

    def set_headers(self, headers: Headers) -> None:
        """Keep them."""
        self.kept = headers

    def __getattr__(self, name: str) -> Any:
        parts = {"value": b"{}", "key": b"k", "topic": "t", "partition": 1, "offset": 2, "timestamp": (1, 5)}
        return lambda: parts[name]


def test_headers_that_can_be_asked_for_only_once_still_make_a_dead_letter() -> None:
    record, schema = schema_of(BadMessage())
    assert isinstance(record, Unreadable)
    assert schema is None
    outcome = processor("auto", {}).process(record)
    assert outcome.reason == "bad_header"
    assert (outcome.value, outcome.source.offset(), len(outcome.source)) == (b"{}", 2, 2)
