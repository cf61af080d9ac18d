"""Footer networks of random weights, for tests and for measuring speed: of the right shape, and they know nothing."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Mapping
from math import prod
from random import Random

import orjson

from stream.core.footer.network import DISTANCES, ROWS
from stream.core.footer.words import WORDS

BITS = {"|i1": ("b", 7), "<i2": ("h", 15), "<i4": ("i", 31)}
ALL = 1.0


def network(
    pick: Random,
    channels: int = 16,
    *,
    words: str = "<i2",
    spread: float = 0.01,
    highest: Mapping[str, int] | None = None,
    **numbers: int,
) -> bytes:
    """Give the content of a `network.bin`.

    `words` is the type of the words' weights. `spread`: the greatest weight, as a share of what fits into its type; or
    else `highest` has all weights of a type. `numbers` are other ones beside the arrays than the usual.
    """
    shapes: dict[str, tuple[int, ...]] = {
        "words": (WORDS, channels),
        "traits": (ROWS, channels + 2),
        "bias": (channels,),
    }
    for number in range(len(DISTANCES)):
        shapes |= {f"layer{number}": (3 * channels, channels), f"bias{number}": (channels,)}
    shapes |= {"out": (channels, 2), "out_bias": (2,)}
    kinds = {name: {"words": words, "out_bias": "<i4"}.get(name, "<i2") for name in shapes}
    head = {
        "words": WORDS, "traits": ROWS, "words_shift": 12, "no_footer": 121, "most_body": 1_600, **numbers,
        "arrays": [[name, kinds[name], shape] for name, shape in shapes.items()],
    }  # fmt: skip
    made = orjson.dumps(head) + b"\n"
    for name, shape in shapes.items():
        if highest is None:
            made += _random(pick, prod(shape), kinds[name], spread)
        else:
            made += _bytes(kinds[name], [highest[kinds[name]]]) * prod(shape)
    return made


def _random(pick: Random, count: int, kind: str, spread: float) -> bytes:
    """Give so many little-endian numbers."""
    bits = BITS[kind][1]
    if spread == ALL:
        return pick.randbytes(count * int(kind[2:]))
    most = max(1, int(spread * (1 << bits)))
    some = [pick.randrange(-most, most) for _ in range(min(count, 4_001))]  # random enough, and quickly made
    return _bytes(kind, (some * (count // len(some) + 1))[:count])


def _bytes(kind: str, these: list[int]) -> bytes:
    numbers = array(BITS[kind][0], these)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()
