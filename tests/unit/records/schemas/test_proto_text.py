"""`.proto` text is read as protoc reads it."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.records.schemas import SchemaError
from stream.records.schemas.proto_descriptor import descriptor_of
from stream.records.schemas.proto_text import file_of
from stream.records.schemas.proto_types import File, Found, Types
from tests.proto_values import compiled, schemas
from tests.trials import trials

ODD = """
syntax = "proto2"; // a message { that is none
/* } */ package x.
  y ;
import public "google/protobuf/wrappers.proto"; ;;
option java_package = 'it\\'s;{';
message A {
  option deprecated = true; extensions 100 to 199; reserved 7, 9 to 11; reserved "foo", "bar";
  optional string message = 0x1 [default = "\\"];", deprecated = true, json_name = "theMessage"];
  optional .x.y.A.B string_ = 02; repeated y.A.B more_than_one = 3 ; required group Gr = 4 { optional A a = 1; }
  map < string , B > m = 5; optional C c = 6;
  oneof one_of { string a = 20; group Other = 21 { } B b = 22; }
  message B {
    enum C { Z = 0 [deprecated = true]; } optional C c = 1; optional D d = 2;
    extend A { optional group Ext = 100 {} }
  }
  enum C { option allow_alias = true; X = 0; Y = 0; reserved 5; }
  extend D { optional string ext = 100; }
}
message D { extensions 100 to max; optional google.protobuf.StringValue value = 1; optional string optional = 2; }
service S { option deprecated = true; rpc Get (A) returns (stream D) { option idempotency_level = IDEMPOTENT; }
  rpc P (A) returns (D); }
"""
EDITION = """
edition = "2023"; option features.message_encoding = DELIMITED; package z;
message A {
  A a = 1; map<int32, A> m = 2; A l = 3 [features.message_encoding = LENGTH_PREFIXED];
  repeated A r = 4 [features = { message_encoding: LENGTH_PREFIXED }];
  string text = 5 [features.field_presence = IMPLICIT];
}
"""


def told(file: File, of_groups: bool = True) -> object:  # noqa: FBT001, FBT002
    """What a schema says, whatever its names are written like."""
    types = Types(file, [])
    found = {}
    for name, each in types.messages.items():
        oneofs: dict[int, list[str]] = {}
        fields = {}
        for field in each.message.fields:
            kind = types.named(field.type, name)
            group = (
                (each.group if field.group is None else field.group) if of_groups and isinstance(kind, Found) else None
            )
            json = field.json_name if not each.message.entry else ""
            fields[field.name] = (
                field.number,
                kind.name if isinstance(kind, Found) else kind.lstrip("."),
                field.repeated,
                json,
                group,
            )
            if field.oneof >= 0:
                oneofs.setdefault(field.oneof, []).append(field.name)
        found[name] = (
            fields,
            [members for members in oneofs.values() if len(members) > 1],
            [inner.name for inner in each.message.nested],
            each.message.entry,
        )
    return found, types.enums, [message.name for message in file.messages], file.imports, file.package


@pytest.mark.parametrize("text", [ODD, EDITION])
def test_odd_spellings(text: str) -> None:
    assert told(file_of(text)) == told(descriptor_of(compiled(text).base64))


@trials(100)
@given(schemas())
def test_any_schema(text: str) -> None:
    assert told(file_of(text)) == told(descriptor_of(compiled(text).base64))


@trials(300)
@given(st.text("{};=[]()<>\"'/*\\\n. amessagegroupmapoptionaloneof1,", max_size=80), st.integers(0, len(ODD)))
def test_no_text_raises_another_error(noise: str, at: int) -> None:
    for text in (noise, ODD[:at], ODD[:at] + noise + ODD[at:]):
        try:
            Types(file_of(text), [])
        except SchemaError:
            continue


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("message A {", "the schema ends within a block"),
        ("message A", "the schema ends within 'message A'"),
        ("message A { string a; }", None),
        ("message A { string a = b; }", "'string a = b' is not clear"),
        ("}", "'}' is not clear"),
        ("message A {" * 101, "nested deeper than 100 blocks"),
        ("message A { = 1; }", "'= 1' is not clear"),
        (f"package {'a' * 300}; message {'b' * 300} {{}}", "a name of more than 500 characters"),
    ],
)
def test_what_is_no_schema(text: str, said: str | None) -> None:
    if said is None:
        assert not file_of(text).messages[0].fields
        return
    with pytest.raises(SchemaError) as error:
        Types(file_of(text), [])
    assert said in str(error.value)
    assert len(str(error.value)) < 200


@pytest.mark.parametrize(
    "text", ["/*" * 500_000, '"' * 1_000_000, '"\\' * 500_000, "a." * 500_000, "message A { string a = 1; }" * 30_000]
)
def test_a_schema_of_a_megabyte_ends(text: str) -> None:
    with contextlib.suppress(SchemaError):
        file_of(text)


def test_what_is_neither_text_nor_a_descriptor() -> None:
    with pytest.raises(SchemaError, match=r"neither [.]proto text nor a serialized descriptor"):
        descriptor_of("AAAA")
