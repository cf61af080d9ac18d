"""A consumed record: its parts, its place in the input, its size on the wire, its timestamp."""

from __future__ import annotations

from typing import Protocol

from stream.records.headers import TIMESTAMP_HEADER, Headers

NO_TIMESTAMP = -1
"""In the place of a record's timestamp: it has none, or it is not known."""

NOW, FIRST_MS = 0, 1
"""Kafka's client takes timestamp 0 for the time of sending, so a record whose own timestamp is 0 is sent with 1."""

# Upper bounds of what a record, and each header, takes on the wire in addition to its parts: framing and lengths.
RECORD_OVERHEAD_BYTES = 128
HEADER_OVERHEAD_BYTES = 10


class Record(Protocol):
    """A consumed record, as confluent-kafka's `Message` presents it."""

    def __len__(self) -> int:
        """Length of the value in bytes; 0 for a tombstone."""

    def topic(self) -> str | None:
        """Name of the topic."""

    def partition(self) -> int | None:
        """Number of the partition."""

    def offset(self) -> int | None:
        """Place in the partition."""

    def key(self) -> bytes | None:
        """The key's bytes, if it has one."""

    def value(self) -> bytes | None:
        """The value's bytes; None for a tombstone."""

    def headers(self) -> Headers | None:
        """Names and values of the headers, in order."""

    def timestamp(self) -> tuple[int, int]:
        """Kind of the timestamp (0: none), and milliseconds since 1970."""


def place(record: Record) -> bytes:
    """Name the place of a record: `topic/partition/offset`."""
    return f"{record.topic()}/{record.partition()}/{record.offset()}".encode()


def size(key: bytes | None, value: bytes | None, headers: Headers) -> int:
    """Give an upper bound of a record's size on the wire in bytes, before compression."""
    beside = headers_size(headers) if headers else 0
    return RECORD_OVERHEAD_BYTES + len(key or b"") + len(value or b"") + beside


def headers_size(headers: Headers) -> int:
    """Give an upper bound of the headers' size on the wire in bytes."""
    return sum(HEADER_OVERHEAD_BYTES + 4 * len(name) + len(value or b"") for name, value in headers)


def timestamp_ms(record: Record) -> int:
    """Give a record's timestamp in milliseconds since 1970, `NO_TIMESTAMP` if it has none."""
    kind, milliseconds = record.timestamp()
    return milliseconds if kind else NO_TIMESTAMP


def timed(record: Record, headers: Headers) -> tuple[Headers, int]:
    """Give headers and the timestamp to send a record with; a header is added if that differs from the record's own.

    A record without a timestamp is sent without one.
    """
    kind, milliseconds = record.timestamp()
    if not kind:
        return headers, NO_TIMESTAMP
    if milliseconds == NOW:
        return [*headers, (TIMESTAMP_HEADER, b"0")], FIRST_MS
    return headers, milliseconds
