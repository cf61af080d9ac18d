"""A JSON file that is an array of articles, read as a stream: where each item stands, without parsing it.

The scan looks at brackets, commas and quotes alone. Whether an item is valid JSON is for whoever decodes it, so a
broken item spoils no other one, and every byte between the items stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from stream.core.patterns import pattern
from stream.records.json_values import BOM

_MARK = pattern(rb'["\[\]{},]')
_BLANK = b" \t\r\n"
_BACKSLASH = ord("\\")


class Item(NamedTuple):
    """Where an item stands in the bytes of its part: `begin` and `end`, its 1-based line and number in the file."""

    begin: int
    end: int
    line: int
    number: int


class Part(NamedTuple):
    """Some bytes of the file with the whole items in it; all parts together are the file.

    `flaw` is what is wrong with the array itself, and `line` is the line where the part begins.
    """

    data: bytes
    line: int
    items: tuple[Item, ...]
    flaw: str = ""


def is_array(start: bytes) -> bool | None:
    """Tell by its first bytes whether a JSON file is an array; None: there are too few to tell."""
    start = start.removeprefix(BOM).lstrip(_BLANK)
    return start.startswith(b"[") if start and not BOM.startswith(start) else None


def parts_of(start: bytes, read: Callable[[int], bytes], size: int) -> Iterator[Part]:
    """Read an array in parts of about `size` bytes, or of a longer item.

    `start` is what was read of it already; `read` gives up to so many further bytes, and none at the end.
    """
    scan = _Scan(start)
    while True:
        scan.go_on()
        if scan.items and scan.items[-1].end >= size:
            yield scan.part()
        block = read(size)
        if not block:
            break
        scan.data += block
    yield scan.last_part()


class _Scan:
    """Goes through the bytes once. What belongs to parts already given is dropped from `data`."""

    def __init__(self, start: bytes) -> None:
        self.data = bytearray(start)
        self.items: list[Item] = []
        self._at = 0  # what is before was looked at
        self._begin = 0  # of the item that is being read
        self._depth = 0
        self._in_string = False
        self._line, self._counted = 1, 0  # the line at the place up to which lines were counted
        self._part_line = 1
        self._number = 0
        self._closed = False

    def go_on(self) -> None:
        """Look at all the bytes there are."""
        data = self.data
        while not self._closed:
            if self._in_string:
                quote = data.find(b'"', self._at)
                if quote < 0:
                    break
                before = quote - 1
                while data[before] == _BACKSLASH:
                    before -= 1
                self._in_string = (quote - before) % 2 == 0  # after an odd number of backslashes it is the string's own
                self._at = quote + 1
            elif (found := _MARK.search(data, self._at)) is not None:
                self._at = found.end()
                self._mark(found[0], found.start())
            else:
                break
        self._at = len(data) if not self._closed else self._at

    def _mark(self, mark: bytes, place: int) -> None:
        if mark == b'"':
            self._in_string = True
        elif mark in b"[{":
            self._depth += 1
            if self._depth == 1:
                self._begin = self._at
        elif mark == b"," and self._depth == 1:
            self._item(place)
        elif mark in b"]}":
            if self._depth == 1:
                self._closed = True
                if self._number or self.data[self._begin : place].strip(_BLANK):
                    self._item(place)
            self._depth -= 1

    def _item(self, end: int) -> None:
        """Note the item that ends here, without the white space around it."""
        data = self.data[self._begin : end]
        begin = self._begin + len(data) - len(data.lstrip(_BLANK))
        self._line += self.data.count(b"\n", self._counted, begin)
        self._counted = begin
        self._number += 1
        self.items.append(Item(begin, max(begin, self._begin + len(data.rstrip(_BLANK))), self._line, self._number))
        self._begin = self._at

    def part(self) -> Part:
        """Give the items read so far with all bytes up to the one being read, and drop these."""
        end = self._begin
        self._line += self.data.count(b"\n", self._counted, end)
        part = Part(bytes(self.data[:end]), self._part_line, tuple(self.items))
        del self.data[:end]
        self._at -= end
        self._begin = self._counted = 0
        self._part_line = self._line
        self.items.clear()
        return part

    def last_part(self) -> Part:
        """Give the rest, at the file's end."""
        flaw = ""
        if not self._closed:
            flaw = "the JSON array has no end"
            if self.data[self._begin :].strip(_BLANK):
                self._item(len(self.data))
        elif self.data[self._at :].strip(_BLANK):
            flaw = "there is more after the end of the JSON array"
        return Part(bytes(self.data), self._part_line, tuple(self.items), flaw)
