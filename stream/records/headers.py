"""The names of all headers that the worker writes or reads, and how a record's headers are read.

Names of headers are UTF-8 in Kafka, but no broker checks that. Where one is not, confluent-kafka's `Message.headers()`
(2.10 to 2.16) returns a list without names while an exception is set. Such an exception surfaces anywhere later, as the
interpreter checks for one only after some calls. It always does after a call through C's public interface, such as
`functools.partial` makes; so headers are read through one, and the exception is raised right there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

Header = tuple[str, bytes | None]
Headers = list[Header]

# What was done to the article of an output record.
REPEATS_HEADER = "article-stream.repeats"
FOOTER_HEADER = "article-stream.footer"
JUNK_HEADER = "article-stream.junk"
WITHHELD_HEADER = "article-stream.withheld"
RULES_HEADER = "article-stream.rules"
REMOVED_HEADER = "article-stream.removed"
RAW_HEADER = "article-stream.raw"
SITE_HEADER = "article-stream.site"
FIELDS_HEADER = "article-stream.fields"
TIMESTAMP_HEADER = "article-stream.timestamp"
ORIGIN_HEADER = "article-stream.topic"

# Why a record became a dead letter, and where it stood in the input: the headers of KIP-1034.
LETTER_PREFIX = "__streams.errors."
EXCEPTION_HEADER = "__streams.errors.exception"
MESSAGE_HEADER = "__streams.errors.message"
STACKTRACE_HEADER = "__streams.errors.stacktrace"
TOPIC_HEADER = "__streams.errors.topic"
PARTITION_HEADER = "__streams.errors.partition"
OFFSET_HEADER = "__streams.errors.offset"
LETTER_HEADERS = (
    EXCEPTION_HEADER,
    MESSAGE_HEADER,
    STACKTRACE_HEADER,
    TOPIC_HEADER,
    PARTITION_HEADER,
    OFFSET_HEADER,
)

# Notes on what had to be changed in a dead letter so that its topic accepts it.
POINTER_HEADER = "article-stream.pointer"
NO_KEY_HEADER = "article-stream.no-key"
# How often a record was sent back to the input topic.
REDRIVEN_HEADER = "article-stream.redriven"

# How a producer says what format the value has, and which schema in a registry.
CONTENT_TYPE_HEADER = "content-type"
SCHEMA_ID_HEADER = "__value_schema_id"

LARGEST, MOST_DIGITS = 2**63 - 1, 19
"""Kafka's offsets and timestamps are signed 64-bit numbers; so many digits has the largest."""

UNREADABLE = (UnicodeDecodeError, SystemError)
"""What `READ` raises if the name of a header is not UTF-8."""


class _Readers(dict[type, Callable[[Any], Any]]):
    """The function that reads the headers of a record, by the record's class."""

    def __missing__(self, kind: type) -> Callable[[Any], Any]:
        self[kind] = reader = partial(kind.headers)  # type: ignore[attr-defined]  # every record's class has it
        return reader


READ = _Readers()
"""`READ[type(record)](record)` gives the headers in order, or None. Raises `UNREADABLE`; see the module's docstring."""


def why_unreadable(record: Any, error: BaseException) -> str:
    """Say what was wrong with headers, given the exception that `READ` raised; after that the record has none.

    Otherwise it would go on to return the list without names, which is not safe to touch. Raises anything else again,
    such as a lack of memory: it is no fault of the record, which must not become a dead letter for it.
    """
    # The client goes on after the first name that is none, and each further one wraps the error in another.
    cause = error
    while isinstance(cause, SystemError) and cause.__cause__ is not None:
        cause = cause.__cause__
    if not isinstance(cause, UnicodeDecodeError):
        raise cause
    if isinstance(error, SystemError):
        record.set_headers([])
    return f"the name of a header is not UTF-8 ({cause.reason})"


def readable(record: Any) -> Headers | None:
    """Give a record's headers, in order; None if they cannot be read because the name of one is not UTF-8."""
    try:
        return READ[type(record)](record) or []
    except UNREADABLE as error:
        why_unreadable(record, error)
        return None


def whole_number(value: bytes | None, *, least: int = 0) -> int | None:
    """Give the number that a header says in decimal digits; None if it says none from `least` to `LARGEST`.

    Anybody may write such a header, and `int()` raises for thousands of digits.
    """
    if not value or not value.removeprefix(b"-").isdigit() or len(value) > MOST_DIGITS + 1:
        return None
    number = int(value)
    return number if least <= number <= LARGEST else None


class Unreadable:
    """A record whose headers cannot be read, after somebody has tried: who tries again gets the same error."""

    def __init__(self, record: Any, error: BaseException) -> None:
        why_unreadable(record, error)
        self._record = record
        self._error = error.__cause__ if isinstance(error.__cause__, UNREADABLE) else error

    def __len__(self) -> int:
        return len(self._record)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._record, name)

    def headers(self) -> Headers:
        """Raises the error."""
        raise self._error
