"""A consumed record: its parts, its place in the input, its size on the wire, its time."""

from __future__ import annotations

from typing import Protocol

from stream.records.headers import TIMESTAMP_HEADER, Headers

NOW, FIRST_MS = 0, 1
"""What Kafka's client takes for the time of sending, and what goes out in its place where a record's own time is 0."""

# What a record costs on the wire beside its parts: an upper bound of the record's own and the batch's framing.
RECORD_OVERHEAD_BYTES = 128
HEADER_OVERHEAD_BYTES = 10


class Record(Protocol):
    """A consumed record, as confluent-kafka's `Message` gives it."""

    def __len__(self) -> int:
        """The value's bytes; a tombstone has none."""

    def topic(self) -> str | None:
        """The topic's name."""

    def partition(self) -> int | None:
        """The partition's number."""

    def offset(self) -> int | None:
        """The place in the partition."""

    def key(self) -> bytes | None:
        """The key's bytes."""

    def value(self) -> bytes | None:
        """The value's bytes; None is a tombstone."""

    def headers(self) -> Headers | None:
        """Names and values, in order."""

    def timestamp(self) -> tuple[int, int]:
        """Kind (0: none) and milliseconds since 1970."""


def place(record: Record) -> bytes:
    """Where a record stands, as one name: `topic/partition/offset`."""
    return f"{record.topic()}/{record.partition()}/{record.offset()}".encode()


def size(key: bytes | None, value: bytes | None, headers: Headers) -> int:
    """An upper bound of a record's bytes on the wire, before compression."""
    beside = headers_size(headers) if headers else 0
    return RECORD_OVERHEAD_BYTES + len(key or b"") + len(value or b"") + beside


def headers_size(headers: Headers) -> int:
    """An upper bound of the headers' bytes on the wire."""
    return sum(HEADER_OVERHEAD_BYTES + 4 * len(name) + len(value or b"") for name, value in headers)


def timed(record: Record, headers: Headers) -> tuple[Headers, int]:
    """A record's headers, and its timestamp as the client can be given it; the headers say where that is another one.

    A record without a timestamp stays one, which is written -1.
    """
    kind, milliseconds = record.timestamp()
    if not kind:
        return headers, -1
    if milliseconds == NOW:
        return [*headers, (TIMESTAMP_HEADER, b"0")], FIRST_MS
    return headers, milliseconds
