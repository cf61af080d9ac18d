"""Values that are written by a schema: finds the texts in them, and puts cleaned ones back, without decoding the rest.

    wanted        the paths of a shape as one tree of steps; what is said if a step leads nowhere in a schema
    found         what is found in a value, and how it is cut out: lengths and counts that enclose it are corrected
    spliced       a format of the two: `decode`, `encode`, `site`
    varints       numbers in seven bits a byte

    avro          Avro: schema → finders → format
    avro_schema   reads schemas
    avro_skip     programs that skip what lies beside the way
    avro_find     finders: one for each type on the way
    avro_bytes    numbers and blocks

    protobuf      Protobuf: schema → finders → format, for each message of the schema
    proto_text    reads `.proto` text, proto_descriptor serialized descriptors, into proto_types
    proto_ways    makes the finders of proto_find

A schema is read once, and makes a format that is asked for each record. Values with a JSON schema are JSON, and need
nothing of this. Nothing here reads a file or asks a registry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from stream.records.schemas.avro import avro_format, avro_texts
from stream.records.schemas.protobuf import protobuf_format, protobuf_texts
from stream.records.schemas.spliced import SchemaFormat
from stream.records.schemas.wanted import SchemaError
from stream.records.shape import Shape

Kind = Literal["AVRO", "PROTOBUF"]
"""The kinds of schemas, as registries name them."""
MOST_TEXTS = 20

__all__ = ["Kind", "SchemaError", "SchemaFormat", "format_of", "texts_in"]


def format_of(kind: Kind, schema: str, references: Mapping[str, str], shape: Shape) -> SchemaFormat:
    """Make the format of the values of a schema.

    `references` are the schemas that it refers to, and those that these refer to, by the names that it calls them.
    Protobuf schemas are `.proto` text or serialized descriptors in Base64. A Protobuf value begins with the indexes of
    its message, which stand behind the schema's id; where that is in a header they have to be put before the value.

    Raises `SchemaError`, whose message names the step of a path that leads nowhere, and what the schema has there.
    """
    return (avro_format if kind == "AVRO" else protobuf_format)(schema, references, shape)


def texts_in(kind: Kind, schema: str, references: Mapping[str, str], most: int = MOST_TEXTS) -> list[str]:
    """Give the paths to the strings of a schema, the shortest first, and at most so many; of Protobuf's first message.

    Raises `SchemaError`.
    """
    return (avro_texts if kind == "AVRO" else protobuf_texts)(schema, references, most)
