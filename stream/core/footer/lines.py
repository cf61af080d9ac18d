"""A line as the model sees it: its seven codes become a `Line`, a weight and counts that are summed up over many lines.

A weight is in hundredths of log-odds; below zero the line is rather the body's, above zero the footer's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from stream.core import native
from stream.core.footer.codes import (
    CLOSED,
    END_CODES,
    ENDS,
    ENDS_TABLE,
    PAIR,
    QUOTE_MARKS,
    QUOTES,
    START_CODES,
    STARTS,
    Codes,
    codes_of,
    end_of,
    halves,
    sentences_in,
    unpacked,
)
from stream.core.rules.topics import LEGAL_LONGEST, LEGAL_WORDS, SHORT, Signs, is_legal

PROSE = 80
"""A closed line of at least this effective length is prose."""
LONGEST = 600
"""Greater lengths count as this."""
CLIP = 150
"""A line's weight is clipped to this before it is summed up."""

# By effective length, in characters: the bins that line weights are for, a rougher division of these, and another one
# for telling whether lines look alike.
_CUTS = (2, 4, 7, 10, 13, 16, 20, 25, 30, 35, 42, 50, 60, 72, 86, 102, 122, 150, 190, 250, 350, 550)
BINS = bytes(sum(size >= cut for cut in _CUTS) for size in range(LONGEST + 1))
SIZES = bytes([0] * 9 + [1] * 6 + [2] * 8)  # bin -> 0 short, 1 middle, 2 long
FORMS = bytes((size >= 16) + (size >= 42) + (size >= 122) for size in range(LONGEST + 1))  # noqa: PLR2004

MOST_SEEN = 8192
"""Maximum entries of each memo of lines seen in other articles; then it starts over."""

# Columns of the linear model that weighs lines, one-hot: here each group of them begins (see `columns`).
BY_START, BY_TOPIC, BY_DIGITS, BY_CAPITALS, BY_SENTENCES, COLUMNS = 161, 185, 207, 225, 243, 252

# What is counted of a line, packed into one integer (`Line.counts`), so that one addition sums up all of it:
#
#       160..          120..159   90..119   60..89     30..59      0..29
#     +--------------+----------+---------+----------+-----------+---------+
#     | PROSE_LENGTH |  LENGTH  | PROSES  | COMMENTS | ANY_TOPIC |  WHOLE  |
#     +--------------+----------+---------+----------+-----------+---------+
#
#     WHOLE         1 if all of the line says a topic, as a heading does
#     ANY_TOPIC     1 if it has a topic
#     COMMENTS      1 if that is comments
#     PROSES        1 if it is prose
#     LENGTH        its effective length, at most `LONGEST`
#     PROSE_LENGTH  its effective length if it is prose, at most `_MOST_PROSE`
#
# A field that overflowed would add to the next one. That takes 2**30 lines, which are at least 2 GiB of text; with
# fields of 20 bits it took a million short lines.
COUNT_MASK, LENGTH_MASK = (1 << 30) - 1, (1 << 40) - 1
WHOLE, ANY_TOPIC, COMMENTS, PROSES, LENGTH, PROSE_LENGTH = 0, 30, 60, 90, 120, 160
_MOST_PROSE = 4000
_WHOLE_TOPICS = frozenset({*range(1, 11), LEGAL_WORDS})
_COMMENT_TOPICS = (3, 13)

HEADINGS = range(1, 9)
"""Topics of whole lines that open a footer: all but navigation and credits."""


class Line(NamedTuple):
    """What the model knows of a line."""

    weight: int  # hundredths of log-odds; above zero: more likely a footer's
    clipped: int  # the weight, clipped to `CLIP`
    length: int  # effective length, at most `LONGEST`
    end: int  # the code of its last character
    topic: int
    counts: int  # packed, see `COUNT_MASK`
    prose: bool
    shape: int  # its end, start and length class in one number
    rough_shape: int  # its end and length class


_line: Callable[[tuple[object, ...]], Line] = partial(tuple.__new__, Line)  # faster than calling `Line`
NO_LINE = Line(0, 0, 0, 0, 0, 0, prose=False, shape=-1, rough_shape=-1)


def columns(codes: Codes) -> tuple[int, ...]:
    """Give the columns of the linear model that are set for a line."""
    length, end, start, topic, digits, capitals, sentences = codes
    bin_ = BINS[min(length, LONGEST)]
    size = SIZES[bin_]
    return (
        bin_ * ENDS + end,
        BY_START + start * 3 + size,
        BY_TOPIC + topic,
        BY_DIGITS + digits * 3 + size,
        BY_CAPITALS + capitals * 3 + size,
        BY_SENTENCES + sentences * 3 + size,
    )


def line_of(codes: Codes, weights: Sequence[int]) -> Line:
    """Weigh a line, given its codes and a weight for each column, and count what is in it."""
    length, end, start, topic, digits, capitals, sentences = codes
    capped = min(length, LONGEST)
    bin_ = BINS[capped]
    size = SIZES[bin_]
    weight = (
        weights[bin_ * ENDS + end]
        + weights[BY_START + start * 3 + size]
        + weights[BY_TOPIC + topic]
        + weights[BY_DIGITS + digits * 3 + size]
        + weights[BY_CAPITALS + capitals * 3 + size]
        + weights[BY_SENTENCES + sentences * 3 + size]
    )
    prose = length >= PROSE and end == CLOSED
    counts = capped << LENGTH
    if topic:
        counts |= 1 << ANY_TOPIC
        if topic in _WHOLE_TOPICS:
            counts |= 1 << WHOLE
        if topic in _COMMENT_TOPICS:
            counts |= 1 << COMMENTS
    if prose:
        counts |= 1 << PROSES | min(length, _MOST_PROSE) << PROSE_LENGTH
    clipped = weight if -CLIP <= weight <= CLIP else CLIP if weight > 0 else -CLIP
    rough_shape = end << 2 | FORMS[capped]
    return _line((weight, clipped, capped, end, topic, counts, prose, rough_shape << 3 | start, rough_shape))


def line_reader(weights: Sequence[int]) -> Any:
    """Give the compiled twin of `lines_of` for these weights; None where it was not built."""
    if native.compiled is None:
        return None
    return native.compiled.LineReader(STARTS, ENDS_TABLE, QUOTES, lambda code: line_of(unpacked(code), weights))


class Seen(NamedTuple):
    """What is remembered of lines seen before, as the footers of a site repeat.

    `lines` holds short lines by their text, `codes` others by their codes, `long` those too long for a lookup by their
    four codes in one number. It depends only on the line, the rules and the weights.
    """

    lines: dict[str, Line]
    codes: dict[Codes, Line]
    long: dict[int, Line]


Memo = dict[int, Seen]
"""What is remembered, by the page's `halves`."""


def lines_of(lines: Sequence[str], weights: Sequence[int], signs: Signs, memo: Memo | None = None) -> list[Line]:
    """Look at each line; none is blank. `memo` must have been used with the same weights and rules only."""
    per_letter = halves(lines)
    seen, by_codes, long = kept = Seen({}, {}, {}) if memo is None else memo.setdefault(per_letter, Seen({}, {}, {}))
    found = []
    for line in lines:
        size = len(line)
        if size <= SHORT:
            known = seen.get(line)
            if known is None:
                known = seen[line] = _known(codes_of(line, per_letter, signs), weights, by_codes)
        elif line.isascii() or per_letter == PAIR:
            if size <= LEGAL_LONGEST and is_legal(line):
                known = _known(codes_of(line, per_letter, signs), weights, by_codes)
            else:  # too long to have a topic
                last = line[-1]
                end = end_of(line) if last in QUOTE_MARKS else END_CODES.get(last, 0)
                several = 1 if ". " in line else sentences_in(line)
                start = START_CODES.get(line[0], 0)
                capped = min(size, _MOST_PROSE)
                key = capped << 8 | end << 5 | start << 2 | several
                known = long.get(key)
                if known is None:
                    known = long[key] = line_of((capped, end, start, 0, 0, 0, several), weights)
        else:
            known = _known(codes_of(line, per_letter, signs), weights, by_codes)
        found.append(known)
    for each in kept:
        if len(each) > MOST_SEEN:
            each.clear()
    return found


def _known(codes: Codes, weights: Sequence[int], by_codes: dict[Codes, Line]) -> Line:
    known = by_codes.get(codes)
    if known is None:
        known = by_codes[codes] = line_of(codes, weights)
    return known
