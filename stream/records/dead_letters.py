"""Dead letters, and how one says what was wrong: in the headers of KIP-1034, as Kafka Streams writes them.

A dead letter has three groups of headers, in this order: those that the record came with, the six of KIP-1034, and
notes on what had to be changed so that the dead letter topic accepts it (`stream.records.demotion`).
"""

from __future__ import annotations

from dataclasses import dataclass

from stream.records.headers import (
    EXCEPTION_HEADER,
    LETTER_HEADERS,
    MESSAGE_HEADER,
    OFFSET_HEADER,
    PARTITION_HEADER,
    STACKTRACE_HEADER,
    TOPIC_HEADER,
    Headers,
    readable,
    whole_number,
)
from stream.records.outcomes import Outcome
from stream.records.record import Record, size, timed

REASONS = {
    "not_utf8": "the value is not UTF-8",
    "not_json": "the value is not JSON",
    "not_avro": "the value is not what its Avro schema says",
    "not_protobuf": "the value is not what its Protobuf schema says",
    "no_text": "the value holds no text",
    "no_schema_id": "the value names no schema",
    "unknown_schema": "the registry does not know the schema",
    "unusable_schema": "the schema cannot be used",
    "encrypted": "the text is encrypted",
    "bad_header": "a header's name is not UTF-8",
    "too_large": "the record is larger than the output topic allows",
    "rejected": "the broker refuses the record",
}
"""Every reason for a dead letter, and what it means."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What the headers of a dead letter say: why it is one, and where the record stood in the input."""

    reason: str
    message: str
    topic: str
    partition: int
    offset: int


def letter_headers(reason: str, message: str, topic: str, partition: int, offset: int) -> Headers:
    """Give the six headers of KIP-1034, in UTF-8. The stack trace is empty: the message says what is wrong."""
    return [
        (EXCEPTION_HEADER, reason.encode()),
        (MESSAGE_HEADER, message.encode("utf-8", "backslashreplace")),
        (STACKTRACE_HEADER, b""),
        (TOPIC_HEADER, topic.encode()),
        (PARTITION_HEADER, b"%d" % partition),
        (OFFSET_HEADER, b"%d" % offset),
    ]


def dead(record: Record, reason: str, message: str, *, headers: Headers | None = None) -> Outcome:
    """Give the dead letter of a record: its own bytes, key, headers and timestamp, and what was wrong with it.

    `headers` are the record's own, if they were read already; `reason` is a key of `REASONS`.
    """
    if headers is None:
        headers = readable(record) or []
    why = letter_headers(reason, message, record.topic() or "", record.partition() or 0, record.offset() or 0)
    headers, sent_ms = timed(record, headers + why)
    key, value = record.key(), record.value()
    return Outcome("dead", key, value, headers, sent_ms, record, size(key, value, headers), reason)


def change_notes(headers: Headers) -> Headers:
    """Give the headers after those of KIP-1034: the notes on what had to be changed for the dead letter topic."""
    return headers[_last(headers) + 1 :]


def own_headers(headers: Headers) -> Headers:
    """Give the headers that the record came with. Some may be of an earlier dead letter that it was before."""
    last = _last(headers)
    first = last + 1 - len(LETTER_HEADERS)
    return [
        header for at, header in enumerate(headers) if at < first or (at <= last and header[0] not in LETTER_HEADERS)
    ]


def _last(headers: Headers) -> int:
    """The index of the last header of KIP-1034; the number of headers if there is none."""
    return max((at for at, (name, _) in enumerate(headers) if name in LETTER_HEADERS), default=len(headers))


def read_letter(headers: Headers | None) -> Letter:
    """Read a dead letter's headers. Of headers with equal names the last one counts.

    What is missing or malformed reads as "" or -1.
    """
    found = {name: value or b"" for name, value in headers or []}

    def text(name: str) -> str:
        return found.get(name, b"").decode("utf-8", "replace")

    def number(name: str) -> int:
        said = whole_number(found.get(name))
        return -1 if said is None else said

    return Letter(
        text(EXCEPTION_HEADER),
        text(MESSAGE_HEADER),
        text(TOPIC_HEADER),
        number(PARTITION_HEADER),
        number(OFFSET_HEADER),
    )
