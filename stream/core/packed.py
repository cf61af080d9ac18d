"""What is known of a site by key, packed: 14 bytes for each line or template, in the order of their keys.

    bytes 0 to 7    the key
    8 and 9         in how many articles it stood, in 1/256
    10 to 13        in how many of them within the story, and below it

All numbers are little-endian. A worker holds what is known of all sites, and a dictionary would take twenty times as
much memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from struct import Struct

from stream.core.sites import Known

ROW = Struct("<QHHH")
MOST_COUNTED = 0xFFFF
"""The largest count that a row holds: 255 articles. Of a site of which more are known, all counts are made smaller."""
_KEY = 8


def pack(known: Mapping[int, Known]) -> bytes:
    """Give what is known by key, packed. Raises `struct.error` if a count is larger than `MOST_COUNTED`."""
    if isinstance(known, PackedKnown):
        return known.data
    return b"".join(ROW.pack(key, *each) for key, each in sorted(known.items()))


class PackedKnown(Mapping[int, Known]):
    """What is known by key, looked up in its packed form. `data`: see the module."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        """Take what `pack` gave. Raises `ValueError` if it is something else."""
        keys = [data[at : at + _KEY][::-1] for at in range(0, len(data), ROW.size)]
        if len(data) % ROW.size or any(one >= other for one, other in pairwise(keys)):
            msg = "the packed lines are not whole, or not in order"
            raise ValueError(msg)
        self.data = data

    def __getitem__(self, key: int) -> Known:
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            found, *counts = ROW.unpack_from(self.data, middle * ROW.size)
            if found == key:
                return Known(*counts)
            low, high = (middle + 1, high) if found < key else (low, middle)
        raise KeyError(key)

    def __iter__(self) -> Iterator[int]:
        """The keys, in order."""
        return (row[0] for row in ROW.iter_unpack(self.data))

    def __len__(self) -> int:
        """The number of keys."""
        return len(self.data) // ROW.size


def as_dict(known: Mapping[int, Known]) -> dict[int, Known]:
    """Give what is known as a dictionary; much faster than to look up one packed key after the other."""
    if isinstance(known, PackedKnown):
        return {key: Known(*counts) for key, *counts in ROW.iter_unpack(known.data)}
    return dict(known)
