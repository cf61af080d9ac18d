"""The network that gives each cut of a page a score, in integers only, so that every machine gives the same bits.

    words, traits ──► 16 channels a line ──► six layers, each over three lines 1, 2, 4, 8, 16, 32 apart ──► two numbers
                      (sums of table rows)   (a convolution, added to what it got)                          a line

1. Each line begins as a vector of 16 numbers: the rows of its words, summed up and divided by the square root of their
   count and one; plus the rows of its traits. Negative ones become 0.
2. Each layer adds to a line what it makes of the line itself and of the two lines `distance` above and below.
3. At the end there are two numbers a line: `body`, how much it speaks for the article, and `here`, how much for a
   footer that begins at it. `body` is bounded: b becomes b * m / (m + |b|), where m is `most_body`, for a long list of
   teasers is no proof by its length.
4. A cut's score is the sum of `body` over all lines above it, plus `here` of its line. The cut below the last line,
   which means that there is no footer, has a number of its own in place of `here`.

Numbers in a channel are in 1/256, weights in 1/1024; a product is shifted down by 10 bits, towards minus infinity. A
channel holds at most `HIGHEST`. So no sum exceeds 2**53 in absolute value, and floating-point products of numpy, which
uses them for speed, are exact. numpy is imported only where there is no compiled twin, as that takes longer than
cleaning a file. Scores are in 1/256 of a factor of two in likelihood.

`python -m tools.model` trains it (docs/decisions/0020).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from math import isqrt, prod
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from xxhash import xxh3_64_hexdigest

from stream.core import native
from stream.core.footer.traits import TRAITS
from stream.core.footer.words import MOST, WORDS
from stream.core.sites import EVIDENCE

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[Any, np.dtype[np.float64]]

DISTANCES = (1, 2, 4, 8, 16, 32)
HIGHEST = (1 << 15) - 1
SHIFT = 10
ROWS = TRAITS + EVIDENCE + 1
"""Rows of the table of traits; the last one is for training alone."""
_ROOT_BITS = 12
# What a sum of words is multiplied by, for each count of words: 2**12 / sqrt(1 + count).
_ROOTS = [isqrt((1 << 2 * _ROOT_BITS) // (1 + count)) for count in range(MOST + 1)]

_CHANNELS = 64
# What the numbers beside the arrays may be, so that no sum is greater than the module's docstring says.
_BOUNDS = {"words_shift": (0, 40), "most_body": (1, 1 << 20), "no_footer": (-(1 << 31), (1 << 31) - 1)}
_KINDS = {"words": ("|i1", "<i2"), "out_bias": ("<i4",)}
_KIND = ("<i2",)  # of all others


class Array(NamedTuple):
    """An array of a network: its name, its type as numpy writes it, its shape, and its content."""

    name: str
    kind: str
    shape: tuple[int, ...]
    data: bytes


class Network(NamedTuple):
    """The weights. `version` is a hash of them (hexadecimal), `numbers` are those of `_BOUNDS`.

    Shapes, with 16 channels: `words` (WORDS, 16), whose sums are shifted down by `words_shift`; `traits`
    (ROWS, 16 + 2), whose last two columns go to the two numbers at the end directly; `layer0` to `layer5` (3 * 16, 16)
    with `bias0` to `bias5`; `out` (16, 2) with `out_bias`.
    """

    version: str
    numbers: Mapping[str, int]
    arrays: tuple[Array, ...]
    compiled: Any = None  # the compiled twin, where it was built
    caution: int = 100  # of the price that the loss of the article's lines has, in percent (`evaluate --plot`)

    def scores(self, words: Sequence[Sequence[int]], traits: Sequence[Sequence[int]]) -> list[int]:
        """Give the score of each cut, from the one below the first line to the one below the last: n for n lines.

        `words` and `traits` are lists that hold for each line the rows of the two tables.
        """
        if self.compiled is not None:
            found: list[int] = self.compiled.scores(words, traits)
            return found
        return self.scores_each(words, traits)

    def scores_each(self, words: Sequence[Sequence[int]], traits: Sequence[Sequence[int]]) -> list[int]:
        """Do what `scores` does, in Python."""
        import numpy as np  # noqa: PLC0415 - see the module's docstring

        count, weights = len(words), _floats(self.arrays)
        if not count:
            return []
        ids = np.zeros((count, MOST), np.int64)
        for at, each in enumerate(words):
            ids[at, : len(each)] = each
        roots = np.array([_ROOTS[len(each)] for each in words], np.float64)
        said = np.floor(weights["words"][ids].sum(1) * roots[:, None] / (1 << self.numbers["words_shift"]))
        shown = np.array([weights["traits"][list(each)].sum(0) for each in traits])
        channels, most = len(weights["bias"]), self.numbers["most_body"]
        lines = np.clip(said + shown[:, :channels] + weights["bias"], 0, HIGHEST)
        for number, distance in enumerate(DISTANCES):
            above, below = np.zeros_like(lines), np.zeros_like(lines)
            above[distance:], below[:-distance] = lines[:-distance], lines[distance:]
            made = np.floor(np.hstack([above, lines, below]) @ weights[f"layer{number}"] / (1 << SHIFT))
            lines = np.minimum(lines + np.maximum(made + weights[f"bias{number}"], 0), HIGHEST)
        ends = np.floor(lines @ weights["out"] / (1 << SHIFT)) + shown[:, channels:] + weights["out_bias"]
        body = np.cumsum(np.floor(ends[:, 0] * most / (most + np.abs(ends[:, 0]))))
        here = np.append(ends[1:, 1], self.numbers["no_footer"])
        return [int(score) for score in body + here]

    def __reduce__(self) -> tuple[object, ...]:
        return _network, (self.version, self.numbers, self.arrays, self.caution)


@lru_cache(2)
def _floats(arrays: tuple[Array, ...]) -> Mapping[str, Numbers]:
    """Give the arrays as numpy needs them, by name."""
    import numpy as np  # noqa: PLC0415 - see the module's docstring

    return {name: np.frombuffer(data, kind).reshape(shape).astype(np.float64) for name, kind, shape, data in arrays}


@cache
def shipped() -> Network:
    """Give the network that comes with the package."""
    return network_of(files(__name__.rpartition(".")[0]).joinpath("network.bin").read_bytes())


def network_of(data: bytes) -> Network:
    """Read a network: a line of JSON that names the arrays, their types and shapes, then their bytes (little-endian).

    Raises `ValueError` if it is for other words or traits, or is cut off.
    """
    head, _, rest = data.partition(b"\n")
    try:
        about = orjson.loads(head)
        arrays, at = [], 0
        for name, kind, shape in about["arrays"]:
            size = prod(shape) * int(kind[2:])
            arrays.append(Array(name, kind, tuple(shape), rest[at : at + size]))
            at += size
        numbers = {name: about[name] for name in _BOUNDS}
        fits = (about["words"], about["traits"]) == (WORDS, ROWS) and at == len(rest) and _fits(arrays)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        msg = f"These are no weights of the footer network: {error!r}."
        raise ValueError(msg) from None
    if not fits:
        msg = "These weights are for other words or traits, or are cut off."
        raise ValueError(msg)
    for name, (least, most) in _BOUNDS.items():
        if type(numbers[name]) is not int or not least <= numbers[name] <= most:
            msg = (
                f"These weights have a {name} of {numbers[name]!r}, which is not a whole number from {least} to {most}."
            )
            raise ValueError(msg)
    return _network(xxh3_64_hexdigest(data)[:12], numbers, tuple(arrays))


def _fits(arrays: Sequence[Array]) -> bool:
    """Whether the arrays have the shapes and types that `Network` lists."""
    found = {array.name: array.shape for array in arrays}
    (channels,) = found["bias"]
    layers = range(len(DISTANCES))
    shapes = {
        "words": (WORDS, channels),
        "traits": (ROWS, channels + 2),
        "bias": (channels,),
        **{f"layer{number}": (3 * channels, channels) for number in layers},
        **{f"bias{number}": (channels,) for number in layers},
        "out": (channels, 2),
        "out_bias": (2,),
    }
    kinds = all(array.kind in _KINDS.get(array.name, _KIND) for array in arrays)
    return 0 < channels <= _CHANNELS and kinds and found == shapes and len(arrays) == len(shapes)


def _network(version: str, numbers: Mapping[str, int], arrays: tuple[Array, ...], caution: int = 100) -> Network:
    """Make a network of checked weights, with the compiled twin where it was built."""
    if native.compiled is None:
        return Network(version, numbers, arrays, None, caution)
    data, layers = {array.name: array.data for array in arrays}, range(len(DISTANCES))
    kind, shape = next((array.kind, array.shape) for array in arrays if array.name == "words")
    compiled = native.compiled.Network(
        data["words"],
        int(kind[2:]),
        data["traits"],
        data["bias"],
        [(data[f"layer{number}"], data[f"bias{number}"]) for number in layers],
        data["out"],
        data["out_bias"],
        (WORDS, ROWS, shape[1]),
        (numbers["words_shift"], numbers["no_footer"], numbers["most_body"]),
    )
    return Network(version, numbers, arrays, compiled, caution)
