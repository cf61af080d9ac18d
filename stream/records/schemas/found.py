"""Where in a value the texts stand, and how they are replaced there; the same for every format with lengths.

A format walks through a value and gives a hit for each path. The hits say what is cut out, and which lengths and counts
enclose it; `spliced` cuts, and corrects these from the inside out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from stream.records.shape import Change


class Malformed(Exception):
    """The bytes are not what the schema says. `at` is the offset of the byte, `what` half a sentence."""

    def __init__(self, at: int, what: str) -> None:
        super().__init__(f"at byte {at:,} {what}")
        self.what = what


class Enclosure:
    """Something whose beginning says how long it is, or how many items it has: an Avro block, a Protobuf message.

    What it says stands from `start` to `body`, what it holds from there to `end`. `count` is -1 if it counts nothing.
    """

    __slots__ = ("body", "count", "end", "parent", "sized", "start")

    def __init__(self, start: int, body: int, parent: Enclosure | None, *, count: int = -1, sized: bool = True) -> None:
        self.start, self.body, self.end = start, body, body
        self.parent, self.count, self.sized = parent, count, sized


class Place(NamedTuple):
    """A text: its length stands from `start` to `body`, its bytes from there to `end`."""

    start: int
    body: int
    end: int
    within: Enclosure | None


class Item(NamedTuple):
    """An item of a list, whole, with the text in it."""

    start: int
    end: int
    within: Enclosure | None
    text: Place


class Nowhere(NamedTuple):
    """Why there is no text. `absent`: what should hold it is missing or null."""

    message: str
    absent: bool


Hit = Place | list[Item] | Nowhere | None
"""What a path leads to in one value; None if nothing of it is there."""
Hits = list[Hit]


Heads = Callable[[Enclosure, int, int], bytes]
"""Writes what an enclosure says of itself, for a number of items and a number of bytes."""


def spliced(
    value: bytes,
    hits: Sequence[Place | list[Item]],
    changes: Sequence[Change],
    length: Callable[[int], bytes],
    head: Heads,
) -> bytes:
    """Give the value with a change for each hit; `length` writes the length of a text."""
    edits: list[tuple[int, int, bytes]] = []
    growth: list[tuple[Enclosure, int, int]] = []
    for hit, change in zip(hits, changes, strict=True):
        if isinstance(hit, Place):
            if isinstance(change, str) and (new := change.encode()) != value[hit.body : hit.end]:
                new = length(len(new)) + new
                edits.append((hit.start, hit.end, new))
                if hit.within is not None:
                    growth.append((hit.within, len(new) - hit.end + hit.start, 0))
        elif isinstance(change, frozenset):
            for item in map(hit.__getitem__, change):
                edits.append((item.start, item.end, b""))
                if item.within is not None:
                    growth.append((item.within, item.start - item.end, 1))
    edits += _heads(growth, head)
    edits.sort()
    parts: list[bytes] = []
    done = 0
    for start, end, new in edits:
        parts += value[done:start], new
        done = end
    return b"".join((*parts, value[done:]))


def _heads(growth: Iterable[tuple[Enclosure, int, int]], head: Heads) -> Iterator[tuple[int, int, bytes]]:
    """Give the edits of what encloses others: each by how much it grows, and how many of its items go."""
    grown: dict[Enclosure, int] = {}
    gone: dict[Enclosure, int] = {}
    inner_first: list[tuple[int, Enclosure]] = []

    def grow(within: Enclosure, by: int, items: int = 0) -> None:
        if within not in grown:
            heappush(inner_first, (-within.start, within))
        grown[within] = grown.get(within, 0) + by
        gone[within] = gone.get(within, 0) + items

    for within, by, items in growth:
        grow(within, by, items)
    while inner_first:
        _, within = heappop(inner_first)  # what encloses it begins before it
        by, items = grown[within], gone[within]
        if (within.sized and by) or (within.count >= 0 and items):
            # A block without items would end the list, so it goes with its head; its items cover the rest of it.
            kept = within.count - items
            new = b"" if kept == 0 else head(within, kept, within.end - within.body + by)
            yield within.start, within.body, new
            by += len(new) - (within.body - within.start)
        if within.parent is not None:
            grow(within.parent, by)
