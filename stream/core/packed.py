"""What is known of a site by key, packed: 14 bytes for each line or template, in the order of their keys.

    bytes 0 to 7    the key
    8 and 9         in how many articles it stood, in 1/256
    10 to 13        in how many of them within the story, and below it

All numbers are little-endian. A worker holds what is known of all sites, and a dictionary would take twenty times as
much memory. The compiled core keeps the same in less (packed.rs): 8 bytes for each key, one or four for the place of
its counts, of which few differ (6 bytes for each), and half a byte to find it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from struct import Struct
from typing import Any

from stream.core import native
from stream.core.sites import Known

ROW = Struct("<QHHH")
MOST_COUNTED = 0xFFFF
"""The largest count that a row holds: 255 articles. Of a site of which more are known, all counts are made smaller."""


def pack(known: Mapping[int, Known]) -> bytes:
    """Give what is known by key, packed. Raises `struct.error` if a count is larger than `MOST_COUNTED`."""
    if isinstance(known, PackedKnown):
        return known.data
    return b"".join(ROW.pack(key, *each) for key, each in sorted(known.items()))


class PackedKnown(Mapping[int, Known]):
    """What is known by key, looked up in its packed form. `compact`: as the compiled core keeps it, if it does."""

    __slots__ = ("_data", "compact")

    def __init__(self, data: bytes) -> None:
        """Take what `pack` gave. Raises `ValueError` if it is something else."""
        if native.compiled is not None:
            native.compiled.Packed.check(data)  # raises it, and takes no time
        elif len(data) % ROW.size or any(one >= other for one, other in pairwise(_keys(data))):
            msg = "the packed lines are not whole, or not in order"
            raise ValueError(msg)
        self._data: bytes | None = data
        self.compact: Any = None

    @classmethod
    def kept_small(cls, data: bytes) -> PackedKnown:
        """Take what `pack` gave, to be kept in as little memory as possible, which the compiled core is needed for."""
        made = cls(data)
        if native.compiled is not None:
            made.compact, made._data = native.compiled.Packed(data), None
        return made

    @property
    def data(self) -> bytes:
        """What `pack` gave."""
        return bytes(self.compact.data()) if self._data is None else self._data

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.data,)

    def __getitem__(self, key: int) -> Known:
        if self._data is None:
            if (counts := self.compact.get(key)) is None:
                raise KeyError(key)
            return Known(*counts)
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            found, *counts = ROW.unpack_from(self._data, middle * ROW.size)
            if found == key:
                return Known(*counts)
            low, high = (middle + 1, high) if found < key else (low, middle)
        raise KeyError(key)

    def __iter__(self) -> Iterator[int]:
        """The keys, in order."""
        return _keys(self.data)

    def __len__(self) -> int:
        """The number of keys."""
        return len(self.compact) if self._data is None else len(self._data) // ROW.size


def _keys(data: bytes) -> Iterator[int]:
    return (row[0] for row in ROW.iter_unpack(data))
