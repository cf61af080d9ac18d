"""What is known of a site by key, packed: 14 bytes for each line or template, in the order of their keys.

    bytes 0 to 7    the key
    8 and 9         in how many articles it stood, in 1/256
    10 to 13        in how many of them within the story, and below it

All numbers are little-endian. A worker holds what is known of all sites, and a dictionary would take twenty times as
much memory. With the compiled core it keeps less than the rows (`LookedUp`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from struct import Struct
from typing import Any, NoReturn

from stream.core import native
from stream.core.sites import Known

ROW = Struct("<QHHH")
MOST_COUNTED = 0xFFFF
"""The largest count that a row holds: 255 articles. Of a site of which more are known, all counts are made smaller."""


def pack(known: Mapping[int, Known]) -> bytes:
    """Give what is known by key, packed.

    Raises `struct.error` if a count is larger than `MOST_COUNTED`, and `TypeError` for a `LookedUp`.
    """
    if isinstance(known, PackedKnown):
        return known.data
    return b"".join(ROW.pack(key, *each) for key, each in sorted(known.items()))


def kept_small(data: bytes) -> LookedUp | PackedKnown:
    """Take what `pack` gave, to look keys up in as little memory as possible, which the compiled core is needed for.

    Raises `ValueError` if it is something else.
    """
    return PackedKnown(data) if native.compiled is None else LookedUp(data)


class PackedKnown(Mapping[int, Known]):
    """What is known by key, looked up in its packed form. `data`: what `pack` gave."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        """Take what `pack` gave. Raises `ValueError` if it is something else."""
        if native.compiled is not None:
            native.compiled.Packed.check(data)  # raises it, and takes no time
        elif len(data) % ROW.size or any(one >= other for one, other in pairwise(_keys(data))):
            msg = "the packed lines are not whole, or not in order"
            raise ValueError(msg)
        self.data = data

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.data,)

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
        return _keys(self.data)

    def __len__(self) -> int:
        """The number of keys."""
        return len(self.data) // ROW.size


class LookedUp(Mapping[int, Known]):
    """What is known by key, as the compiled core keeps it for a worker (packed.rs): keys can be looked up, and no more.

    Of a key it keeps the bits that tell it from the site's others and from nearly all that are not there: of random
    keys one of a thousand million is taken for one of the site's. What cannot be given back is not guessed: iterating,
    comparing, pickling and `pack` raise `TypeError`. Who needs that reads the site's record into a `PackedKnown`.
    """

    __slots__ = ("compact",)

    def __init__(self, data: bytes) -> None:
        """Take what `pack` gave. Raises `ValueError` if it is something else."""
        self.compact: Any = native.compiled.Packed.small(data)

    def __getitem__(self, key: int) -> Known:
        if (counts := self.compact.get(key)) is None:
            raise KeyError(key)
        return Known(*counts)

    def __len__(self) -> int:
        """The number of keys."""
        return len(self.compact)

    def __iter__(self) -> NoReturn:
        """Raise `TypeError`."""
        msg = "a worker keeps no keys that could be given back: read the site's record instead"
        raise TypeError(msg)

    def __reduce__(self) -> NoReturn:
        iter(self)


def _keys(data: bytes) -> Iterator[int]:
    return (row[0] for row in ROW.iter_unpack(data))
