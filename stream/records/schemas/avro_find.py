"""Finds texts in Avro values: the way that the paths lead through a schema is made once, into finders for its types.

A finder goes through one value of its type from its first byte to behind its last, and notes what it finds in the slots
of the paths. What lies beside the way is skipped by programs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from stream.records.schemas.avro_bytes import bad_branch, bad_length, block
from stream.records.schemas.avro_skip import Program, skip
from stream.records.schemas.found import Enclosure, Hits, Item, Malformed, Nowhere, Place
from stream.records.schemas.varints import signed, varint


class Finder(Protocol):
    """The way through one type."""

    def find(self, data: bytes, at: int, within: Enclosure | None, hits: Hits) -> int:
        """Give the offset behind the value that begins at `at`. Raises `IndexError` and `Malformed`."""


@dataclass(frozen=True, slots=True)
class TextFinder:
    """A string that paths lead to."""

    slots: tuple[int, ...]
    where: str

    def find(self, data: bytes, at: int, within: Enclosure | None, hits: Hits) -> int:
        """Note where the string stands."""
        number, body = varint(data, at)
        end = body + (number >> 1)
        if number & 1 or end > len(data):
            raise Malformed(at, f"(at {self.where}) {bad_length(data, at, (number >> 1) ^ -(number & 1)).what}")
        place = Place(at, body, end, within)
        for slot in self.slots:
            hits[slot] = place
        return end


@dataclass(frozen=True, slots=True)
class BesideFinder:
    """A value that no path goes through."""

    program: Program

    def find(self, data: bytes, at: int, within: Enclosure | None, hits: Hits) -> int:  # noqa: ARG002
        """Skip it."""
        return skip(self.program, data, at)


@dataclass(frozen=True, slots=True)
class NotingFinder:
    """A value in which some paths find no text, and why, by slot."""

    finder: Finder
    why: tuple[tuple[int, Nowhere], ...]

    def find(self, data: bytes, at: int, within: Enclosure | None, hits: Hits) -> int:
        """Note that there is no text, and go through the value."""
        for slot, nowhere in self.why:
            hits[slot] = nowhere
        return self.finder.find(data, at, within, hits)


@dataclass(frozen=True, slots=True)
class RecordFinder:
    """A record: what is skipped before each field that paths lead through, the way through it, and what follows."""

    fields: tuple[tuple[Program, Finder], ...]
    rest: Program

    def find(self, data: bytes, at: int, within: Enclosure | None, hits: Hits) -> int:
        """Go from field to field."""
        for before, finder in self.fields:
            if before:
                at = skip(before, data, at)
            at = finder.find(data, at, within, hits)
        return skip(self.rest, data, at) if self.rest else at


@dataclass(frozen=True, slots=True)
class UnionFinder:
    """A union: the way through each of its branches."""

    branches: tuple[Finder, ...]
    where: str

    def find(self, data: bytes, at: int, within: Enclosure | None, hits: Hits) -> int:
        """Go through the branch that is there."""
        begin = at
        branch, at = signed(data, at)
        if not 0 <= branch < len(self.branches):
            raise Malformed(begin, f"(at {self.where or '/'}) {bad_branch(begin, branch, len(self.branches)).what}")
        return self.branches[branch].find(data, at, within, hits)


@dataclass(frozen=True, slots=True)
class MapFinder:
    """A map: the way through the values of some keys. The last one of equal keys counts, as it does in a dictionary."""

    keys: dict[bytes, tuple[Finder, tuple[int, ...]]]
    value: Program

    def find(self, data: bytes, at: int, within: Enclosure | None, hits: Hits) -> int:
        """Go through the entries."""
        while True:
            count, at, inner, end = blocks(data, at, within)
            if count == 0:
                return at
            for _ in range(count):
                begin = at
                long, at = signed(data, at)
                if not 0 <= long <= len(data) - at:
                    raise bad_length(data, begin, long)
                key = data[at : at + long]
                at += long
                if key in self.keys:
                    finder, slots = self.keys[key]
                    for slot in slots:
                        hits[slot] = None
                    at = finder.find(data, at, inner, hits)
                else:
                    at = skip(self.value, data, at)
            close(inner, at, end)


@dataclass(frozen=True, slots=True)
class ListFinder:
    """An array: the way through some of its items, by index."""

    items: dict[int, Finder]
    item: Program

    def find(self, data: bytes, at: int, within: Enclosure | None, hits: Hits) -> int:
        """Go through the items."""
        seen = 0
        while True:
            count, at, inner, end = blocks(data, at, within)
            if count == 0:
                return at
            for index in range(seen, seen + count):
                finder = self.items.get(index)
                at = skip(self.item, data, at) if finder is None else finder.find(data, at, inner, hits)
            seen += count
            close(inner, at, end)


@dataclass(frozen=True, slots=True)
class EachFinder:
    """An array all of whose items may hold a text for one slot; `others` are for what some items hold besides.

    `whole`: the items themselves are the texts, so each has to be one.
    """

    slot: int
    item: Finder
    others: dict[int, Finder]
    where: str
    whole: bool

    def find(self, data: bytes, at: int, within: Enclosure | None, hits: Hits) -> int:
        """Collect the items that hold a text."""
        found: list[Item] = []
        wrong: Nowhere | None = None
        absent = True  # of all items
        seen = 0
        while True:
            count, at, inner, end = blocks(data, at, within)
            if count == 0:
                break
            for index in range(seen, seen + count):
                start, hits[self.slot] = at, None
                at = self.item.find(data, at, inner, hits)
                hit = hits[self.slot]
                if index in self.others:
                    self.others[index].find(data, start, inner, hits)
                if isinstance(hit, Place):
                    found.append(Item(start, at, inner, hit))
                elif isinstance(hit, Nowhere):
                    absent = absent and hit.absent
                    if self.whole and wrong is None:
                        wrong = Nowhere(f"item {index}: {hit.message}", absent=False)
            seen += count
            close(inner, at, end)
        if seen and not found:
            wrong = wrong or Nowhere(f"no item of {self.where} has a text", absent)
        hits[self.slot] = wrong or found
        return at


def blocks(data: bytes, at: int, within: Enclosure | None) -> tuple[int, int, Enclosure, int]:
    """Read the head of a block: give its count, 0 behind the last block; where its items begin; it; and its end.

    An end that is not known is -1.
    """
    start = at
    number, at = signed(data, at)
    if number == 0:
        return 0, at, Enclosure(start, at, within), -1
    count, at, end = block(data, at, number, None)
    return count, at, Enclosure(start, at, within, count=count, sized=number < 0), end


def close(inner: Enclosure, at: int, end: int) -> None:
    """Note where a block ends. Raises `Malformed` if that is not where its head says."""
    if end >= 0 and at != end:
        raise Malformed(inner.start, f"a block is said to end at byte {end:,}, and ends at byte {at:,}")
    inner.end = at
