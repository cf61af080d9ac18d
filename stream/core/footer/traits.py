"""The traits of a line: what can be seen of it and of its place on the page, as rows of the network's second table.

    a group of rows      what it tells                                                 one row a line
    codes                the line's seven codes (`stream.core.footer.codes`)           six
    place, rest          how many lines stand above it, and below it                   two
    prose above, below   how many lines of prose stand there                           two
    headings above, below how many lines stand there whose whole is a topic's phrase    two
    comments above       whether a heading of comments stands there: none, one, more   one
    repeated             whether the line comes again on the page, above or below      one
    title                whether it is the first line, equals it, or neither           one
    evidence             what the site's other articles tell (`stream.core.sites`)     nine, if any are known

A number becomes a row by its bin: the index of the last threshold that it reaches.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate

from stream.core.footer.lines import COLUMNS, Line
from stream.core.rules.topics import TOPICS
from stream.core.sites import Profile

PLACES = (0, 1, 2, 3, 4, 6, 8, 11, 15, 20, 28, 40, 60, 90, 140, 220, 400)
"""Bins for numbers of lines."""
PROSES = (0, 1, 2, 3, 5, 9, 17, 33)
"""Bins for numbers of lines of prose, and of headings."""
HEADINGS = range(1, 9)
"""Topics of whole lines that open a footer: all but navigation and credits."""
COMMENTS = TOPICS["comments"]
TWICE = 2
PLACE = COLUMNS
REST = PLACE + len(PLACES)
REPEATED = REST + len(PLACES)
TITLE = REPEATED + 2 * (TWICE + 1)
PROSE_BELOW = TITLE + 3
PROSE_ABOVE = PROSE_BELOW + len(PROSES)
HEADINGS_ABOVE = PROSE_ABOVE + len(PROSES)
HEADINGS_BELOW = HEADINGS_ABOVE + len(PROSES)
COMMENTS_ABOVE = HEADINGS_BELOW + len(PROSES)
TRAITS = COMMENTS_ABOVE + TWICE + 1
"""The number of rows, without those of the evidence, which follow them."""


def traits_of(lines: Sequence[Line], keys: Sequence[Sequence[int]], profile: Profile | None) -> list[tuple[int, ...]]:
    """Give the rows of each line of a page, from its keys (`stream.core.footer.words`) and its site's profile."""
    count = len(lines)
    texts = [each[0] for each in keys]
    times, above = Counter(texts), Counter[int]()
    places = _binned(PLACES, range(count))
    proses = _around(line.prose for line in lines)
    headings = _around(line.topic in HEADINGS for line in lines)
    comments = accumulate((line.topic == COMMENTS for line in lines), initial=0)
    found = []
    for at, (line, text, prose, heading, heads) in enumerate(
        zip(lines, texts, proses, headings, comments, strict=False)
    ):
        title = 0 if at == 0 else 1 if text and text == texts[0] else 2
        rows = (
            *line.columns,
            PLACE + places[at],
            REST + places[count - 1 - at],
            TITLE + title,
            PROSE_ABOVE + prose[0],
            PROSE_BELOW + prose[1],
            HEADINGS_ABOVE + heading[0],
            HEADINGS_BELOW + heading[1],
            COMMENTS_ABOVE + min(heads, TWICE),
        )
        if text:
            before = above[text]
            above[text] = before + 1
            rows += (REPEATED + 2 * min(before, TWICE) + (times[text] > before + 1),)
        if profile is not None:
            rows += tuple(TRAITS + row for row in profile.evidence(keys[at]))
        found.append(rows)
    return found


def _around(flags: Iterable[bool]) -> list[tuple[int, int]]:
    """Give for each line the bins of how many lines above it, and below it, have a flag."""
    counts = list(accumulate(flags, initial=0))
    above = _binned(PROSES, counts)
    below = _binned(PROSES, (counts[-1] - count for count in counts))
    return list(zip(above, below[1:], strict=False))


def _binned(thresholds: Sequence[int], numbers: Iterable[int]) -> list[int]:
    return [bisect_right(thresholds, number) - 1 for number in numbers]
