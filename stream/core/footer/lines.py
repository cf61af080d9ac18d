"""A line as the footer's decision sees it, made from its seven codes."""

from __future__ import annotations

from typing import NamedTuple

from stream.core.footer.codes import CLOSED, ENDS, Codes, codes_of, halves
from stream.core.rules.topics import Signs

PROSE = 80
"""A closed line of at least this effective length is prose."""
LENGTH = 4000
"""Greater lengths count as this."""
_LONGEST = 600

# By effective length, in characters: the bins, and a rougher division of these.
_CUTS = (2, 4, 7, 10, 13, 16, 20, 25, 30, 35, 42, 50, 60, 72, 86, 102, 122, 150, 190, 250, 350, 550)
_BINS = bytes(sum(size >= cut for cut in _CUTS) for size in range(_LONGEST + 1))
_SIZES = bytes([0] * 9 + [1] * 6 + [2] * 8)  # bin -> 0 short, 1 middle, 2 long

# Rows of the network's table of traits: here each group of them begins (see `columns`).
_BY_START, _BY_TOPIC, _BY_DIGITS, _BY_CAPITALS, _BY_SENTENCES, COLUMNS = 161, 185, 207, 225, 243, 252


class Line(NamedTuple):
    """What is known of a line."""

    length: int  # effective length, in characters, at most `LENGTH`
    end: int  # the code of its last character
    topic: int
    prose: bool
    columns: tuple[int, ...]  # rows of the network's table of traits


def line_of(codes: Codes) -> Line:
    """Make a line of its codes."""
    length, end, _, topic, *_ = codes
    return Line(min(length, LENGTH), end, topic, length >= PROSE and end == CLOSED, columns(codes))


def columns(codes: Codes) -> tuple[int, ...]:
    """Give the rows that stand for a line's codes."""
    length, end, start, topic, digits, capitals, sentences = codes
    bin_ = _BINS[min(length, _LONGEST)]
    size = _SIZES[bin_]
    return (
        bin_ * ENDS + end,
        _BY_START + start * 3 + size,
        _BY_TOPIC + topic,
        _BY_DIGITS + digits * 3 + size,
        _BY_CAPITALS + capitals * 3 + size,
        _BY_SENTENCES + sentences * 3 + size,
    )


def lines_of(texts: list[str], signs: Signs) -> list[Line]:
    """Look at each line of a page; none is blank."""
    per_letter = halves(texts)
    return [line_of(codes_of(text, per_letter, signs)) for text in texts]
