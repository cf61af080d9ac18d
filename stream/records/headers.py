"""The names of all headers that the worker writes or reads, and how a record's headers are read.

Header names in Kafka are UTF-8, but no broker looks whether they are. Where one is not, confluent-kafka's
`Message.headers()` (2.10 to 2.16) gives a list that holds no names while an exception is set, which then shows itself
anywhere: the interpreter looks whether one is set after some calls only. It always does after a call that C makes
through the public interface, as `functools.partial` does, so the exception is raised there and then.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

Header = tuple[str, bytes | None]
Headers = list[Header]

# What an output record says about its article.
REPEATS_HEADER = "article-stream.repeats"
FOOTER_HEADER = "article-stream.footer"
JUNK_HEADER = "article-stream.junk"
WITHHELD_HEADER = "article-stream.withheld"
RULES_HEADER = "article-stream.rules"
REMOVED_HEADER = "article-stream.removed"
RAW_HEADER = "article-stream.raw"
TIMESTAMP_HEADER = "article-stream.timestamp"

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

# What had to be changed in a dead letter so that its topic takes it.
POINTER_HEADER = "article-stream.pointer"
NO_KEY_HEADER = "article-stream.no-key"
# How often a record was sent back to the input topic.
REDRIVEN_HEADER = "article-stream.redriven"

# What a producer says about the value.
CONTENT_TYPE_HEADER = "content-type"

UNREADABLE = (UnicodeDecodeError, SystemError)
"""What `READ` raises where a header's name is not UTF-8."""


class _Readers(dict[type, Callable[[Any], Any]]):
    """By a record's class, what reads its headers."""

    def __missing__(self, kind: type) -> Callable[[Any], Any]:
        self[kind] = reader = partial(kind.headers)  # type: ignore[attr-defined]  # every record's class has it
        return reader


READ = _Readers()
"""`READ[type(record)](record)` gives a record's headers in order, or None; raises `UNREADABLE`. See `readable`."""


def reason(record: Any, error: BaseException) -> str:
    """What was wrong with the headers, as `READ` has raised it; from now on the record says that it has none.

    Before, it would give the list without names, which nobody may look into.
    """
    if isinstance(error, SystemError):
        record.set_headers([])
        error = error.__cause__ or error
    return f"the name of a header is not UTF-8 ({getattr(error, 'reason', error)})"


def readable(record: Any) -> Headers | None:
    """A record's headers, in order; None where they can not be read, for the name of one is not UTF-8."""
    try:
        return READ[type(record)](record) or []
    except UNREADABLE as error:
        reason(record, error)
        return None
