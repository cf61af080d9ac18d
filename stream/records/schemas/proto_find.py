"""Finds texts in Protobuf messages: finders for the fields that paths lead through. All other fields are skipped.

A message is walked field by field, whatever their order. Of a field that stands twice the last one counts; messages
that stand twice are merged, so that what both hold is looked through; of a oneof only the last member counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from stream.records.schemas.found import Enclosure, Hits, Item, Malformed, Place
from stream.records.schemas.proto_types import END, FIXED32, FIXED64, LENGTH, START, VARINT
from stream.records.schemas.varints import MORE, varint

MOST_GROUPS = 100
"""Groups are nested at most so deep, as for Protobuf's own readers."""
MOST_NUMBER = (1 << 29) - 1
SIZES = {FIXED32: 4, FIXED64: 8}
KEY, VALUE = 1, 2
"""The fields of a map's entries."""
LARGEST = (1 << 64) - 1
NO_GROUP = 0
ANY = -1
"""In place of a wire type: the type is one that the schema does not define."""


@dataclass(slots=True)
class State:
    """What was found so far in one value. `counts` are the items that came of each list whose items have an index."""

    data: bytes
    hits: Hits
    counts: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Beneath:
    """The slots and the counts that lie beneath a field, which are cleared where the field begins anew."""

    slots: tuple[int, ...]
    lists: tuple[int, ...]

    def clear(self, state: State) -> None:
        """Forget what was found."""
        for slot in self.slots:
            state.hits[slot] = None
        for each in self.lists:
            state.counts.pop(each, None)


class Finder(Protocol):
    """The way through a field: `start` is where its tag begins, `at` where its content does."""

    @property
    def wire(self) -> int:
        """The wire type of the field."""

    def find(self, state: State, start: int, at: int, end: int, within: Enclosure | None) -> int:
        """Give the offset behind the field. Raises `IndexError` and `Malformed`."""


@dataclass(frozen=True, slots=True)
class TextFinder:
    """A string that paths lead to."""

    slots: tuple[int, ...]
    wire: int = LENGTH

    def find(self, state: State, start: int, at: int, end: int, within: Enclosure | None) -> int:  # noqa: ARG002
        """Note where the string stands."""
        begin = at
        at, last = span(state.data, at, end)
        place = Place(begin, at, last, within)
        for slot in self.slots:
            state.hits[slot] = place
        return last


@dataclass(frozen=True, slots=True)
class MessageFinder:
    """A message: the ways through some of its fields, by number, and what each member of a oneof clears.

    Where that member is written in another way than its type is, it is none: readers take it for an unknown field.
    """

    fields: dict[int, Finder]
    oneofs: dict[int, tuple[int, Beneath]]
    group: int = NO_GROUP

    @property
    def wire(self) -> int:
        """Whether it stands between two tags or behind a length."""
        return START if self.group else LENGTH

    def find(self, state: State, start: int, at: int, end: int, within: Enclosure | None) -> int:  # noqa: ARG002
        """Go through the message."""
        if self.group:
            return self.walk(state, at, end, within)
        begin = at
        at, last = span(state.data, at, end)
        inner = Enclosure(begin, at, within)
        inner.end = last
        return self.walk(state, at, last, inner)

    def walk(self, state: State, at: int, end: int, within: Enclosure | None) -> int:
        """Go through the fields up to the end, or up to the tag that ends the group; give the offset behind it."""
        data = state.data
        while at < end:
            start, tag = at, data[at]
            at += 1
            if tag >= MORE:
                tag, at = varint(data, start)
            number, wire = tag >> 3, tag & 7
            if wire == END and number == self.group and number:
                return at
            finder = self.fields.get(number)
            if self.oneofs and number in self.oneofs:
                usual, others = self.oneofs[number]
                if usual in {wire, ANY}:
                    others.clear(state)
            if finder is None:
                at = skip(data, tag, start, at, end)
            elif finder.wire != wire:
                said = f"field {number} has the wire type {wire}, and its schema {finder.wire}"
                raise Malformed(start, said)
            else:
                at = finder.find(state, start, at, end, within)
        if self.group:
            raise Malformed(at, f"the group of field {self.group} has no end")
        if at > end:
            raise Malformed(end, "a message ends within a field")
        return at


@dataclass(frozen=True, slots=True)
class EachFinder:
    """A repeated field each of whose values may hold a text for one slot; `other` is for what some hold besides.

    `beneath` are the counts of lists within a value: each value begins them anew.
    """

    slot: int
    item: Finder
    other: ListFinder | None
    beneath: Beneath

    @property
    def wire(self) -> int:
        """That of each value."""
        return self.item.wire

    def find(self, state: State, start: int, at: int, end: int, within: Enclosure | None) -> int:
        """Collect the value if it holds a text."""
        found = state.hits[self.slot]
        if not isinstance(found, list):
            found = []
        state.hits[self.slot] = None
        self.beneath.clear(state)
        behind = self.item.find(state, start, at, end, within)
        hit = state.hits[self.slot]
        if isinstance(hit, Place):
            found.append(Item(start, behind, within, hit))
        state.hits[self.slot] = found or None
        if self.other is not None:
            self.other.find(state, start, at, end, within)
        return behind


@dataclass(frozen=True, slots=True)
class ListFinder:
    """A repeated field: the ways through some of its values, by index. `count` is the number of its count."""

    tag: int
    count: int
    items: dict[int, Finder]

    @property
    def wire(self) -> int:
        """That of each value."""
        return self.tag & 7

    def find(self, state: State, start: int, at: int, end: int, within: Enclosure | None) -> int:
        """Go through the value if a path does."""
        index = state.counts.get(self.count, 0)
        state.counts[self.count] = index + 1
        finder = self.items.get(index)
        if finder is None:
            return skip(state.data, self.tag, start, at, end)
        return finder.find(state, start, at, end, within)


@dataclass(frozen=True, slots=True)
class MapFinder:
    """A map: the ways through the values of some keys, as their entries write them. The last of equal keys counts."""

    keys: dict[bytes | int, tuple[Finder, Beneath]]
    key_wire: int
    wire: int = LENGTH

    def find(self, state: State, start: int, at: int, end: int, within: Enclosure | None) -> int:  # noqa: ARG002
        """Go through an entry: first for its key, then for its value."""
        begin = at
        at, last = span(state.data, at, end)
        inner = Enclosure(begin, at, within)
        inner.end = last
        key: bytes | int = b"" if self.key_wire == LENGTH else 0
        values: list[tuple[int, int, int]] = []
        while at < last:
            tag_at = at
            tag, at = varint(state.data, at)
            content = at
            at = skip(state.data, tag, tag_at, at, last)
            if tag >> 3 == KEY and tag & 7 == self.key_wire:
                key = self._key(state.data, content, at)
            elif tag >> 3 == VALUE:
                values.append((tag_at, content, tag & 7))
        if at > last:
            raise Malformed(last, "an entry of a map ends within a field")
        found = self.keys.get(key)
        if found is not None:
            finder, beneath = found
            beneath.clear(state)
            for tag_at, content, wire in values:
                if wire != finder.wire:
                    raise Malformed(tag_at, f"field {VALUE} has the wire type {wire}, and its schema {finder.wire}")
                finder.find(state, tag_at, content, last, inner)
        return last

    def _key(self, data: bytes, at: int, end: int) -> bytes | int:
        if self.key_wire == VARINT:
            return varint(data, at)[0] & LARGEST
        if self.key_wire == LENGTH:
            return data[varint(data, at)[1] : end]
        return int.from_bytes(data[at:end], "little")


def span(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Read a length, and give where what is so long begins and ends."""
    begin = at
    long, at = varint(data, at)
    if long > end - at:
        raise Malformed(begin, f"a length is {long:,}, but what holds it ends at byte {end:,}")
    return at, at + long


def skip(data: bytes, tag: int, start: int, at: int, end: int) -> int:
    """Give the offset behind a field whose tag begins at `start`; `at` is behind the tag."""
    groups: list[int] = []
    while True:
        number, wire = tag >> 3, tag & 7
        if not 0 < number <= MOST_NUMBER:
            raise Malformed(start, f"{number:,} is no field's number")
        if wire == LENGTH:
            _, at = span(data, at, end)
        elif wire == VARINT:
            _, at = varint(data, at)
        elif wire in SIZES:
            at += SIZES[wire]
        elif wire == START and len(groups) < MOST_GROUPS:
            groups.append(number)
        elif wire == END and groups[-1:] == [number]:
            groups.pop()
        else:
            raise _misplaced(start, number, wire)
        if at > end:
            raise Malformed(start, f"field {number:,} goes on behind byte {end:,}, where what holds it ends")
        if not groups:
            return at
        start = at
        tag, at = varint(data, at)


def _misplaced(at: int, number: int, wire: int) -> Malformed:
    if wire == START:
        return Malformed(at, f"groups are nested deeper than {MOST_GROUPS}")
    if wire == END:
        return Malformed(at, f"a group of field {number:,} ends that has not begun")
    return Malformed(at, f"field {number:,} has the wire type {wire}, which there is not")
