"""Which dead letters go back, and which have gone already; no Kafka here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from stream.records.dead_letters import Letter, before, behind
from stream.records.demotion import true_ms
from stream.records.headers import NO_KEY_HEADER, REDRIVEN_HEADER, TIMESTAMP_HEADER, Headers
from stream.records.record import FIRST_MS, NOW, Record

LARGEST_METADATA = 4000  # Kafka takes 4,096 bytes beside a committed offset (offset.metadata.max.bytes)


@dataclass(frozen=True, slots=True)
class Selection:
    """What was asked for; None and empty ask for nothing in particular. Times are milliseconds since 1970."""

    reasons: frozenset[str] = frozenset()
    since_ms: int | None = None
    until_ms: int | None = None
    partition: int | None = None
    first_offset: int | None = None
    last_offset: int | None = None

    def takes(self, letter: Letter, partition: int, offset: int, timestamp_ms: int) -> bool:
        """Whether a dead letter, by its own place in the dead letter topic, was asked for."""
        return (
            (not self.reasons or letter.reason in self.reasons)
            and (self.since_ms is None or timestamp_ms >= self.since_ms)
            and (self.until_ms is None or timestamp_ms < self.until_ms)
            and (self.partition is None or partition == self.partition)
            and (self.first_offset is None or offset >= self.first_offset)
            and (self.last_offset is None or offset <= self.last_offset)
        )


class Redriven:
    """Which offsets of one partition have gone back: all before `position`, and those in some ranges after it.

    It is committed as an offset with metadata, in the transaction that sends the records back: so a record
    that was left out today can still go back tomorrow, and one that went does not go twice.
    """

    def __init__(self, position: int, metadata: str = "") -> None:
        self.position = max(0, position)
        self._ranges: list[tuple[int, int]] = []
        for part in metadata.split(","):
            first, _, last = part.partition("-")
            if first.isdigit():
                self._ranges.append((int(first), int(last) if last.isdigit() else int(first)))

    def __contains__(self, offset: int) -> bool:
        return offset < self.position or any(first <= offset <= last for first, last in self._ranges)

    def add(self, offsets: Iterable[int]) -> None:
        """These went back, too."""
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
        """Whether any has gone back."""
        return self.position > 0 or bool(self._ranges)

    @property
    def metadata(self) -> str:
        """The ranges after `position`, as text."""
        return ",".join(f"{first}-{last}" if first != last else str(first) for first, last in self._ranges)

    @property
    def fits(self) -> bool:
        """Whether the metadata is small enough to be committed."""
        return len(self.metadata) <= LARGEST_METADATA


def times_redriven(headers: Headers) -> int:
    """How often the record has gone back before."""
    for name, value in reversed(headers):
        if name == REDRIVEN_HEADER and value and value.isdigit():
            return int(value)
    return 0


class Back(NamedTuple):
    """A record as it goes back: as it first came, and how often it has gone back with this time."""

    key: bytes | None
    headers: Headers
    timestamp_ms: int


def back(record: Record, headers: Headers, *, is_letter: bool) -> Back:
    """What goes back, from a letter or from the record that a pointer names.

    What the worker had to change in a letter it said behind the headers that say why.
    """
    changed = behind(headers) if is_letter else []
    own = [header for header in (before(headers) if is_letter else headers) if header[0] != REDRIVEN_HEADER]
    key = None if NO_KEY_HEADER in dict(changed) else record.key()
    milliseconds = true_ms(record, headers if is_letter else [])
    if milliseconds == NOW:
        milliseconds = FIRST_MS
        own.append((TIMESTAMP_HEADER, b"0"))
    return Back(key, [*own, (REDRIVEN_HEADER, b"%d" % (times_redriven(headers) + 1))], milliseconds)
