"""What is published instead of a record that the broker rejects.

Each function gives an outcome that is one step smaller or plainer, and keeps as much of the record as it can. What it
has to change is noted in a header behind those of KIP-1034, so that `dead-letters replay` can send the record back as
it came.
"""

from __future__ import annotations

from stream.records.dead_letters import change_notes
from stream.records.headers import (
    LETTER_PREFIX,
    NO_KEY_HEADER,
    POINTER_HEADER,
    RAW_HEADER,
    REMOVED_HEADER,
    TIMESTAMP_HEADER,
    Headers,
    whole_number,
)
from stream.records.outcomes import Outcome
from stream.records.record import NOW, Record, place, size
from stream.records.trace_context import context_in, with_context

EARLIEST_MS = -(2**63)  # a broker takes every timestamp of 64 bits


def without_removals(outcome: Outcome, reason: str) -> Outcome:
    """Give the same article without its record of removals, which cannot be published; `reason` says why, in a header.

    The header that says where the removals belong goes, too.
    """
    # Only our own header: a record that comes from another worker may have one that names another place.
    raw = (RAW_HEADER, place(outcome.source))
    headers = [*(header for header in outcome.headers if header != raw), (REMOVED_HEADER, reason.encode())]
    return outcome._replace(removed=None, headers=headers, size_bytes=size(outcome.key, outcome.value, headers))


def with_context_of(letter: Outcome, article: Outcome) -> Outcome:
    """Give the letter of an article with the trace context that the article would have gone on with.

    It is another one than the record came with where `STREAM_TRACE_PROPAGATE=child`.
    """
    context = context_in(article.headers)
    if context is None or context == context_in(letter.headers):
        return letter
    headers = with_context(letter.headers, context)
    return letter._replace(headers=headers, size_bytes=size(letter.key, letter.value, headers))


def keyed(letter: Outcome) -> Outcome:
    """Give the letter with the record's place as its key, for a topic that requires keys."""
    headers = letter.headers if is_pointer(letter.headers) else [*letter.headers, (NO_KEY_HEADER, b"1")]
    key = place(letter.source)
    return letter._replace(key=key, headers=headers, size_bytes=size(key, letter.value, headers))


def dated_now(letter: Outcome) -> Outcome:
    """Give the letter with the time of sending as its timestamp, for a topic that rejects the record's.

    A header notes the record's own timestamp.
    """
    headers = letter.headers if _notes_time(letter) else [*letter.headers, _time_of(letter)]
    return letter._replace(timestamp_ms=NOW, headers=headers, size_bytes=size(letter.key, letter.value, headers))


def pointer(letter: Outcome) -> Outcome:
    """Give what replaces a dead letter that is too large: the record's place and time, and why it is a dead letter.

    Its timestamp is the time of sending.
    """
    why = [header for header in letter.headers if header[0].startswith(LETTER_PREFIX)][-6:]
    headers: Headers = [*why, _time_of(letter), (POINTER_HEADER, b"1")]
    return letter._replace(key=None, value=b"", headers=headers, timestamp_ms=NOW, size_bytes=size(None, b"", headers))


def is_pointer(headers: Headers) -> bool:
    """Whether these are the headers of a pointer: a dead letter without the record, which was too large."""
    return any(name == POINTER_HEADER for name, _ in change_notes(headers))


def _time_of(letter: Outcome) -> tuple[str, bytes]:
    return TIMESTAMP_HEADER, b"%d" % letter.source.timestamp()[1]


def _notes_time(letter: Outcome) -> bool:
    """Whether the letter notes its record's time already."""
    return any(name == TIMESTAMP_HEADER for name, _ in change_notes(letter.headers))


def original_ms(record: Record, headers: Headers) -> int:
    """Give the timestamp that a letter's record came with, in milliseconds since 1970; -1 if it had none."""
    said = whole_number(dict(change_notes(headers)).get(TIMESTAMP_HEADER), least=EARLIEST_MS)
    if said is not None:
        return said
    kind, milliseconds = record.timestamp()
    return milliseconds if kind else -1
