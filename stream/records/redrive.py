"""Which dead letters go back to the input, which have gone already, and in what form they go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from stream.records.dead_letters import Letter, change_notes, own_headers
from stream.records.demotion import original_ms
from stream.records.headers import NO_KEY_HEADER, REDRIVEN_HEADER, TIMESTAMP_HEADER, Headers, whole_number
from stream.records.record import FIRST_MS, NOW, Record

LARGEST_METADATA = 4000
"""Kafka accepts 4,096 bytes of metadata with a committed offset (the broker's `offset.metadata.max.bytes`)."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which dead letters were asked for. None and an empty set select all. Times are milliseconds since 1970, UTC."""

    reasons: frozenset[str] = frozenset()
    since_ms: int | None = None
    until_ms: int | None = None
    partition: int | None = None
    first_offset: int | None = None
    last_offset: int | None = None

    def takes(self, letter: Letter, partition: int, offset: int, timestamp_ms: int) -> bool:
        """Whether a dead letter was asked for. `partition`, `offset` and time are its own, in the dead letter topic."""
        return (
            (not self.reasons or letter.reason in self.reasons)
            and (self.since_ms is None or timestamp_ms >= self.since_ms)
            and (self.until_ms is None or timestamp_ms < self.until_ms)
            and (self.partition is None or partition == self.partition)
            and (self.first_offset is None or offset >= self.first_offset)
            and (self.last_offset is None or offset <= self.last_offset)
        )


class Redriven:
    """Which offsets of a dead letter partition have gone back: all below `position`, and some ranges above it.

    This is committed as an offset with metadata, in the transaction that sends the records back. So a letter that was
    left out today can still go back tomorrow, and none goes back twice.
    """

    def __init__(self, position: int, metadata: str = "") -> None:
        self.position = max(0, position)
        self._ranges: list[tuple[int, int]] = []
        for part in metadata.split(","):
            first, last = (whole_number(end.encode()) for end in part.partition("-")[::2])
            if first is not None:
                self._ranges.append((first, first if last is None else last))

    def __contains__(self, offset: int) -> bool:
        return offset < self.position or any(first <= offset <= last for first, last in self._ranges)

    def add(self, offsets: Iterable[int]) -> None:
        """Note that these offsets have gone back, too."""
        ranges = sorted([*self._ranges, *((offset, offset) for offset in offsets)])
        merged: list[tuple[int, int]] = []
        for first, last in ranges:
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
            else:
                merged.append((first, last))
        while merged and merged[0][0] <= self.position:
            self.position = max(self.position, merged.pop(0)[1] + 1)
        self._ranges = merged

    @property
    def begun(self) -> bool:
        """Whether any letter has gone back."""
        return self.position > 0 or bool(self._ranges)

    @property
    def metadata(self) -> str:
        """The ranges above `position`, as text: "7,9-12"."""
        return ",".join(f"{first}-{last}" if first != last else str(first) for first, last in self._ranges)

    @property
    def fits(self) -> bool:
        """Whether the metadata is small enough to be committed."""
        return len(self.metadata) <= LARGEST_METADATA


def times_redriven(headers: Headers) -> int:
    """How many times the record has gone back before. A header that says no number is none."""
    said = (whole_number(value) for name, value in reversed(headers) if name == REDRIVEN_HEADER)
    return next((times for times in said if times is not None), 0)


class Back(NamedTuple):
    """A record as it is sent back: as it first came, with a header that counts how many times it has gone back."""

    key: bytes | None
    headers: Headers
    timestamp_ms: int


def back(record: Record, headers: Headers, *, is_letter: bool) -> Back:
    """Give what is sent back for a letter, or for the record that a pointer names.

    `record` and `headers` are those of either; with `is_letter` the worker's changes are undone, which the letter's
    headers note.
    """
    changed = change_notes(headers) if is_letter else []
    own = [header for header in (own_headers(headers) if is_letter else headers) if header[0] != REDRIVEN_HEADER]
    key = None if NO_KEY_HEADER in dict(changed) else record.key()
    milliseconds = original_ms(record, headers if is_letter else [])
    if milliseconds == NOW:
        milliseconds = FIRST_MS
        own.append((TIMESTAMP_HEADER, b"0"))
    return Back(key, [*own, (REDRIVEN_HEADER, b"%d" % (times_redriven(headers) + 1))], milliseconds)
