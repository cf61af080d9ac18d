"""Chooses the cut that is expected to do the least harm, from the network's scores.

The harm of a cut is what a reader loses by it, and what is left to be seen that is not the article's. Each line of the
article that a cut takes has a price, by its length, and so has each line of the footer that a cut leaves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import isqrt

PARAGRAPH, SENTENCE = 100, 50
"""Effective length, in characters, from which a line counts as a paragraph, or as a sentence."""
LOST_PARAGRAPH, LOST_SENTENCE, LOST_LINE, LEFT_LINE = 128, 8, 3, 2
"""What it costs to lose a paragraph, a sentence or a shorter line of the article, and to leave a line of the footer."""
_UNIT = 256
"""Scores are in 1/256 of a factor of two."""
_BITS = 40
"""The greatest likelihood, of the best cut, is 2**40."""


def _powers() -> tuple[int, ...]:
    """Give 2**(40 - n/256) for n from 0 to 255, rounded down, computed with integers only.

    The 256th root of 2 comes from eight square roots of integers with 200 bits after the point.
    """
    point = 200
    root = 2 << point
    for _ in range(8):
        root = isqrt(root << point)
    powers, value = [], 1 << (_BITS + point)
    for _ in range(_UNIT):
        powers.append(value >> point)
        value = (value << point) // root
    return tuple(powers)


POWERS = _powers()
"""2**40 divided by 2**(n/256), for n from 0 to 255."""


def likelihoods(scores: Sequence[int]) -> list[int]:
    """Turn scores into likelihoods: integers, to be divided by their sum."""
    best = max(scores)
    return [POWERS[(best - score) % _UNIT] >> (best - score) // _UNIT for score in scores]


def price(length: int) -> int:
    """Give what the loss of a line of the article costs. `length` is its effective length."""
    return LOST_PARAGRAPH if length >= PARAGRAPH else LOST_SENTENCE if length >= SENTENCE else LOST_LINE


def by_harm(likely: Sequence[int], lengths: Sequence[int], caution: int = 100) -> Iterator[int]:
    """Give the cuts of a page, the one with the least expected harm first; of equals the one that removes less.

    `likely` holds the likelihood of each cut, from the one below the first line on; `lengths` the effective length of
    each line. `caution` is what the price of the article's lines is multiplied by, in percent.
    """
    harms = harm_of(likely, lengths, caution)
    yield from sorted(range(1, len(lengths) + 1), key=lambda cut: (harms[cut - 1], -cut))


def harm_of(likely: Sequence[int], lengths: Sequence[int], caution: int = 100) -> list[int]:
    """Give the expected harm of each cut, times the sum of `likely` and 100.

    If the footer really begins at line t, a cut at c < t loses the lines c to t - 1, and one at c > t leaves c - t
    lines. Summed up over all t, that takes one pass: with P(t) the likelihood of t and V(t) the price of all lines
    above t, the first part is sum(P(t) * V(t) for t > c) - V(c) * sum(P(t) for t > c), and the second is alike.
    """
    prices = list(accumulate(price(length) * caution for length in lengths))
    total, lost = sum(likely), sum(chance * value for chance, value in zip(likely, prices, strict=True))
    harms: list[int] = []
    passed = passed_places = 0  # sum of P(t), and of P(t) * t, for the t that are at or above the cut
    for cut, (chance, value) in enumerate(zip(likely, prices, strict=True), 1):
        passed += chance
        passed_places += chance * cut
        lost -= chance * value
        harms.append(100 * LEFT_LINE * (passed * cut - passed_places) + lost - value * (total - passed))
    return harms
