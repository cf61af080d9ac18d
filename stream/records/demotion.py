"""What goes instead of a record that the broker refuses; no Kafka here.

Each step keeps as much of the record as it can. What a step has to change it says in a header behind those of the
letter, so that `dead-letters replay` sends the record back as it came.
"""

from __future__ import annotations

from stream.records.dead_letters import behind
from stream.records.headers import (
    LETTER_PREFIX,
    NO_KEY_HEADER,
    POINTER_HEADER,
    RAW_HEADER,
    REMOVED_HEADER,
    TIMESTAMP_HEADER,
    Headers,
)
from stream.records.outcomes import Outcome
from stream.records.record import NOW, Record, place, size


def without_removals(outcome: Outcome, reason: str) -> Outcome:
    """The same article where what was removed from it can not go along, and why; its place is not told any more."""
    raw = (
        RAW_HEADER,
        place(outcome.source),
    )  # a record that comes from another worker may have one, too, of another place
    headers = [*(header for header in outcome.headers if header != raw), (REMOVED_HEADER, reason.encode())]
    return outcome._replace(removed=None, headers=headers, size_bytes=size(outcome.key, outcome.value, headers))


def keyed(letter: Outcome) -> Outcome:
    """The letter of a record without a key, for a topic that asks for keys: its place in the input is the key."""
    headers = letter.headers if is_pointer(letter.headers) else [*letter.headers, (NO_KEY_HEADER, b"1")]
    key = place(letter.source)
    return letter._replace(key=key, headers=headers, size_bytes=size(key, letter.value, headers))


def of_today(letter: Outcome) -> Outcome:
    """The letter with the time of its sending, for a topic that does not take the record's; that is in a header."""
    headers = letter.headers if _said(letter) else [*letter.headers, _time_of(letter)]
    return letter._replace(timestamp_ms=NOW, headers=headers, size_bytes=size(letter.key, letter.value, headers))


def pointer(letter: Outcome) -> Outcome:
    """What goes where the dead letter is too large: where the record stands, its time, and why. It is dated today."""
    why = [header for header in letter.headers if header[0].startswith(LETTER_PREFIX)][-6:]
    headers: Headers = [*why, _time_of(letter), (POINTER_HEADER, b"1")]
    return letter._replace(key=None, value=b"", headers=headers, timestamp_ms=NOW, size_bytes=size(None, b"", headers))


def is_pointer(headers: Headers) -> bool:
    """Whether these are a pointer's headers: a letter that holds only the place of the record, which was too large."""
    return any(name == POINTER_HEADER for name, _ in behind(headers))


def _time_of(letter: Outcome) -> tuple[str, bytes]:
    return TIMESTAMP_HEADER, b"%d" % letter.source.timestamp()[1]


def _said(letter: Outcome) -> bool:
    """Whether the letter says its record's time already: behind the headers that the record came with."""
    return any(name == TIMESTAMP_HEADER for name, _ in behind(letter.headers))


def true_ms(record: Record, headers: Headers) -> int:
    """The timestamp that the record of a letter came with, in milliseconds since 1970; -1 where it had none."""
    said = dict(behind(headers)).get(TIMESTAMP_HEADER) or b""
    if said.removeprefix(b"-").isdigit():
        return int(said)
    kind, milliseconds = record.timestamp()
    return milliseconds if kind else -1
