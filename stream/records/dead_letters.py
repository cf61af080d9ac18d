"""How a dead letter says what was wrong: the headers of KIP-1034, as Kafka Streams writes them."""

from __future__ import annotations

from dataclasses import dataclass

PREFIX = "__streams.errors."
EXCEPTION = "__streams.errors.exception"
MESSAGE = "__streams.errors.message"
STACKTRACE = "__streams.errors.stacktrace"
TOPIC = "__streams.errors.topic"
PARTITION = "__streams.errors.partition"
OFFSET = "__streams.errors.offset"
NAMES = (EXCEPTION, MESSAGE, STACKTRACE, TOPIC, PARTITION, OFFSET)

REASONS = {
    "not_utf8": "the value is not UTF-8",
    "not_json": "the value is not JSON",
    "no_text": "the value holds no text",
    "bad_header": "a header's name is not UTF-8",
    "too_large": "the record is larger than the output topic allows",
    "rejected": "the broker refuses the record",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """What the headers of a dead letter say: why, and where the record stood in the input."""

    reason: str
    message: str
    topic: str
    partition: int
    offset: int


def letter_headers(
    reason: str, message: str, topic: str, partition: int, offset: int
) -> list[tuple[str, bytes | None]]:
    """The six headers, UTF-8. There is no stack trace: the message says what is wrong with the record."""
    return [
        (EXCEPTION, reason.encode()),
        (MESSAGE, message.encode("utf-8", "backslashreplace")),
        (STACKTRACE, b""),
        (TOPIC, topic.encode()),
        (PARTITION, b"%d" % partition),
        (OFFSET, b"%d" % offset),
    ]


def behind(headers: list[tuple[str, bytes | None]]) -> list[tuple[str, bytes | None]]:
    """The headers behind those that say why: what had to be changed for the dead letter topic, and how it was."""
    return headers[_last(headers) + 1 :]


def before(headers: list[tuple[str, bytes | None]]) -> list[tuple[str, bytes | None]]:
    """The headers that the record came with; some may be those of another letter that it was before."""
    last = _last(headers)
    first = last + 1 - len(NAMES)
    return [header for at, header in enumerate(headers) if at < first or (at <= last and header[0] not in NAMES)]


def _last(headers: list[tuple[str, bytes | None]]) -> int:
    """The place of the last header that says why; behind all where none does."""
    return max((at for at, (name, _) in enumerate(headers) if name in NAMES), default=len(headers))


def read_letter(headers: list[tuple[str, bytes | None]] | None) -> Letter:
    """What the headers say; the last of a name counts, and what is missing or broken reads as "" or -1."""
    found = {name: value or b"" for name, value in headers or []}

    def text(name: str) -> str:
        return found.get(name, b"").decode("utf-8", "replace")

    def number(name: str) -> int:
        digits = text(name)
        return int(digits) if digits.isascii() and digits.isdigit() else -1

    return Letter(text(EXCEPTION), text(MESSAGE), text(TOPIC), number(PARTITION), number(OFFSET))
