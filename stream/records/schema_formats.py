"""A schema of a registry becomes a format for its payloads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from stream.records import json_schema, schemas
from stream.records.codec import JsonCodec
from stream.records.framing import SchemaFormat
from stream.records.shape import Shape

KINDS: Mapping[str, Literal["AVRO", "PROTOBUF"]] = {"AVRO": "AVRO", "PROTOBUF": "PROTOBUF"}
"""The types of schemas whose payloads cannot be read without them, as registries name them."""


def schema_format(kind: str, schema: str, references: Mapping[str, str], shape: Shape) -> SchemaFormat:
    """Make the format of a schema. Raises `ValueError` if it is of no use, and says why."""
    if kind == "JSON":
        return JsonCodec(shape)  # payloads of a JSON Schema are JSON
    if kind in KINDS:
        return schemas.format_of(KINDS[kind], schema, references, shape)
    msg = f"it is of the type {kind}; JSON, AVRO and PROTOBUF are read"
    raise ValueError(msg)


def doubts(kind: str, schema: str, shape: Shape) -> str:
    """Say why values of this schema will hardly have the texts; "" if nothing speaks against it."""
    if kind != "JSON":
        return ""  # its format could not be made
    return next(filter(None, (json_schema.wrong(schema, path) for path in shape.texts)), "")


def texts_in(kind: str, schema: str, references: Mapping[str, str]) -> list[str]:
    """Give the paths in a schema that lead to texts, as far as it names them. Raises `ValueError`."""
    if kind in KINDS:
        return schemas.texts_in(KINDS[kind], schema, references)
    return json_schema.texts(schema)
