"""The frame that a schema registry's serializers put around a value, which names the value's schema.

There are two. Either the schema's id stands before the payload: a byte 0 and four bytes, the highest first. Or the
schema's GUID stands in the header `__value_schema_id`: a byte 1 and sixteen bytes; the value is the payload then. With
Protobuf the indexes of the message within its schema follow behind either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol
from uuid import UUID

from stream.records.headers import READ, SCHEMA_ID_HEADER, UNREADABLE, Headers, Unreadable
from stream.records.record import Record
from stream.records.shape import Change, Format, Text, Undecodable

SchemaId = int | str
"""An id, which is a number within one registry, or a GUID, in hexadecimal digits with hyphens."""

MAGIC_OF_ID, MAGIC_OF_GUID = 0, 1
ID_END, GUID_END = 5, 17
NO_FRAME = f"neither the value's first five bytes nor the header {SCHEMA_ID_HEADER} name a schema in a registry"


class Frame(NamedTuple):
    """A value without its frame: the schema's id, and the payload.

    `prefix` stands before the payload in the value. `beside` belongs before the payload but is in the header, behind
    the schema's GUID: the indexes of a Protobuf message.
    """

    schema: SchemaId
    payload: bytes
    prefix: bytes = b""
    beside: bytes = b""


class SchemaFormat(Format, Protocol):
    """The format of all payloads of one schema."""

    def site(self, value: bytes) -> str:
        """Give the name of the article's site; "" if the payload has none."""


class Schemas(Protocol):
    """The schemas that are known so far, each as a format for its payloads."""

    def format_of(self, schema: SchemaId) -> SchemaFormat | Undecodable:
        """Give the format, or why the schema is of no use. Raises `KeyError` if nobody has asked for it yet."""


def frame_of(value: bytes, headers: Headers) -> Frame | None:
    """Take a value out of its frame; None if it has none. A header counts more than what the value begins with.

    Of headers with equal names the last one counts.
    """
    for name, said in reversed(headers):
        if name == SCHEMA_ID_HEADER:
            if said and (found := _named(said)):
                schema, end = found
                return Frame(schema, value, beside=said[end:])
            break
    if found := _named(value, MAGIC_OF_ID):
        schema, end = found
        return Frame(schema, value[end:], prefix=value[:end])
    return None


def _named(begins: bytes, *magics: int) -> tuple[SchemaId, int] | None:
    """The schema that these bytes name at their beginning, and where it ends. `magics`: the kinds to look for."""
    if not begins or begins[0] not in (magics or (MAGIC_OF_ID, MAGIC_OF_GUID)):
        return None
    if begins[0] == MAGIC_OF_ID:
        return (int.from_bytes(begins[1:ID_END], "big"), ID_END) if len(begins) >= ID_END else None
    return (str(UUID(bytes=begins[1:GUID_END])), GUID_END) if len(begins) >= GUID_END else None


def schema_of(record: Record) -> tuple[Record, SchemaId | None]:
    """Give the schema that a record names, None if it names none, and the record to go on with.

    Headers that cannot be read can be asked for only once; such a record comes back as one that keeps the error.
    """
    value = record.value()
    try:
        headers = READ[type(record)](record) or []
    except UNREADABLE as error:
        return Unreadable(record, error), None
    frame = None if value is None else frame_of(value, headers)
    return record, None if frame is None else frame.schema


class Framed(NamedTuple):
    """A format for one value in a frame: its payload is read and changed, and the frame stays."""

    frame: Frame
    format: SchemaFormat

    def decode(self, _: bytes) -> list[Text] | Undecodable:
        """Give the texts of the payload."""
        return self.format.decode(self.frame.beside + self.frame.payload)

    def encode(self, _: bytes, changes: Sequence[Change]) -> bytes:
        """Give the value in its frame, with a change for each text."""
        frame = self.frame
        changed = self.format.encode(frame.beside + frame.payload, changes)
        return frame.prefix + changed[len(frame.beside) :]

    def site(self, _: bytes) -> str:
        """Give the name of the article's site; "" if the payload has none."""
        return self.format.site(self.frame.beside + self.frame.payload)


def framed(
    value: bytes, headers: Headers, schemas: Schemas, *, required: bool, plain: bool
) -> Framed | Undecodable | None:
    """Give the format of a value in a frame, or why it cannot be read; None if it is in none.

    `required`: every value has to be in one. `plain`: without a frame the value is plain text, which may begin with a
    byte 0 by chance.
    """
    frame = frame_of(value, headers)
    if frame is None:
        return Undecodable("no_schema_id", NO_FRAME) if required else None
    found = schemas.format_of(frame.schema)
    if not isinstance(found, Undecodable):
        return Framed(frame, found)
    return None if plain and not required and found.reason == "unknown_schema" else found
