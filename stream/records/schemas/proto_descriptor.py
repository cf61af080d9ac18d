"""Reads serialized descriptors, which is how Protobuf schemas are written where nobody reads them; needs `protobuf`."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING

from stream.records.schemas.proto_text import json_name
from stream.records.schemas.proto_types import Field, File, Message
from stream.records.schemas.wanted import SchemaError

if TYPE_CHECKING:
    from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto

BASE64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")
WELL_KNOWN = frozenset((
    "any", "api", "descriptor", "duration", "empty", "field_mask", "source_context", "struct", "timestamp", "type",
    "wrappers",
))  # fmt: skip
"""The files in google/protobuf/ that everybody has, so that no registry keeps them."""
_DELIMITED, _GROUP = 2, 10
MISSING = "Protobuf schemas need the package protobuf: pip install 'article-stream[registry]'"


def is_descriptor(schema: str) -> bool:
    """Whether a schema is a serialized descriptor in Base64. No `.proto` text is: it has semicolons."""
    return BASE64.fullmatch(schema) is not None


def descriptor_of(schema: str) -> File:
    """Read a serialized descriptor in Base64. Raises `SchemaError`."""
    try:
        from google.protobuf.descriptor_pb2 import FileDescriptorProto  # noqa: PLC0415 - only who has it needs it
        from google.protobuf.message import DecodeError  # noqa: PLC0415
    except ImportError:
        raise SchemaError(MISSING) from None
    try:
        return _file(FileDescriptorProto.FromString(b64decode(schema)))
    except (binascii.Error, DecodeError) as error:
        msg = f"the schema is neither .proto text nor a serialized descriptor: {error}"
        raise SchemaError(msg) from None


def well_known(names: Iterable[str]) -> list[File]:
    """Give those of these files that everybody has. Raises `SchemaError`."""
    files = []
    for name in sorted(set(names)):
        short = name.removeprefix("google/protobuf/").removesuffix(".proto")
        if short in WELL_KNOWN and name == f"google/protobuf/{short}.proto":
            try:
                module = import_module(f"google.protobuf.{short}_pb2")
                from google.protobuf.descriptor_pb2 import FileDescriptorProto  # noqa: PLC0415
            except ImportError:
                raise SchemaError(MISSING) from None
            files.append(_file(FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb)))
    return files


def _file(given: FileDescriptorProto) -> File:
    messages = [_message(each) for each in given.message_type]
    group = given.options.features.message_encoding == _DELIMITED
    return File(given.package, [*given.dependency], messages, [each.name for each in given.enum_type], group)


def _message(given: DescriptorProto) -> Message:
    return Message(
        given.name,
        [_field(each) for each in given.field],
        [_message(each) for each in given.nested_type],
        [each.name for each in given.enum_type],
        given.options.map_entry,
    )


def _field(given: FieldDescriptorProto) -> Field:
    scalar = given.Type.Name(given.type).removeprefix("TYPE_").lower() if given.type else "message"
    encoding = given.options.features.message_encoding
    return Field(
        given.name,
        given.number,
        given.type_name or scalar,
        given.json_name or json_name(given.name),
        given.label == given.LABEL_REPEATED,
        given.oneof_index if given.HasField("oneof_index") else -1,
        True if given.type == _GROUP else encoding == _DELIMITED if encoding else None,
    )
