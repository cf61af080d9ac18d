"""The few cuts of a page that are possible, and what the page looks like from each of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from operator import sub
from typing import NamedTuple

from stream.core.footer.lines import (
    ANY_TOPIC,
    BITS,
    CLOSED,
    COMMENTS,
    HEADINGS,
    LENGTH,
    NO_LINE,
    ONE,
    PROSE_LENGTH,
    PROSES,
    Line,
)
from stream.core.rules.topics import OPENING

EDGE = 300
"""The step at the cut, from the weight before it to the weight after it, is clipped to this."""
SURE = 50
"""The first cut is the only one when it is so far ahead, opens with a topic, right after prose, none after it."""
GAP = 600
"""Cuts further behind the first are dropped."""
TOP = 10
"""At most so many cuts by their score ..."""
RUNS = 4
"""... and the ends of so many runs of prose after the first ..."""
OPENED = 3
"""... and so many lines where a heading or a bar of buttons follows a sentence."""
BAR = 5
LENGTHS = (1 << 32) - 1
PROSE_LENGTHS = (1 << 2 * BITS) - 1

FEATURES = (
    "place", "rest", "body_gap", "from_first", "w-2", "w-1", "w0", "len-1", "len0", "end-1", "topic0", "topic1",
    "w_last3", "w_next8", "w_end", "prose_share", "short_share", "mean_next5", "topics_before", "any_before",
    "any_next10", "comments_before", "closed_last5", "closed_next5", "looks_last20", "prose_there", "len-1_to_prose",
)  # fmt: skip


class PageLines(NamedTuple):
    """A page's lines, their sums, and its possible cuts in order of place. A cut at `len(lines)` is none.

    `top` is the cut with the best sum of weights. `runs` are those of prose, each with its end; where only one cut
    is possible nobody asks for them.
    """

    lines: list[Line]
    weights: list[int]
    counts: list[int]
    prose: Sequence[bool]
    looks: Sequence[int]
    likes: Sequence[int]
    cuts: list[int]
    top: int
    runs: list[tuple[int, int]]
    open_ended: bool = False  # its sentences end without a mark


def page_lines(lines: list[Line], *, quick: bool = True, open_ended: bool = False) -> PageLines:
    """Sum up, and choose the cuts worth a second look; with `quick` only one where that is plain."""
    end = len(lines)
    # weight, clipped, length, end, topic, counts, prose, look, like
    steps, clipped, _, ends, topics, each, prose, looks, likes = zip(*lines, strict=True)
    weights, counts = [0, *accumulate(clipped)], [0, *accumulate(each)]
    # The score of a cut: the weights before it, less the step at it.
    scores = [
        before - (step if -EDGE <= step <= EDGE else EDGE if step > 0 else -EDGE)
        for before, step in zip(weights[1:], map(sub, steps[1:], steps), strict=False)
    ]
    scores.append(weights[end])
    low = min(scores)
    limit = low + GAP
    top = scores.index(low) + 1
    if quick and not open_ended and len([score for score in scores if score < low + SURE]) == 1:
        if top < end:
            if topics[top] in HEADINGS and prose[top - 1] and True not in prose[top:]:
                return PageLines(lines, weights, counts, prose, looks, likes, [top], top, [])
        elif len([score for score in scores if score <= limit]) == 1:
            return PageLines(lines, weights, counts, prose, looks, likes, [end], end, [])
    near = sorted([(score, cut) for cut, score in enumerate(scores, 1) if score <= limit])[:TOP]
    runs = _runs(prose)
    stops = [stop for _, stop in runs]
    following = [stop for stop in stops if stop > top][:RUNS]
    more = (*_openings(topics, prose, ends), *following, *stops[-1:], end)
    cuts = sorted({*(cut for _, cut in near), *more})
    if open_ended:
        headings = [at for at in range(1, end) if topics[at] in HEADINGS]
        cuts = sorted({*cuts, *headings[:OPENED]})
    return PageLines(lines, weights, counts, prose, looks, likes, cuts, top, runs, open_ended)


def _openings(topics: Sequence[int], prose: Sequence[bool], ends: Sequence[int]) -> list[int]:
    """Where short lines with several topics follow a sentence, as a bar of buttons does, whatever comes below them."""
    found: list[int] = []
    for at in [at for at, topic in enumerate(topics) if 0 < topic <= OPENING]:
        near = slice(at, at + BAR)
        if at and ends[at - 1] == CLOSED and True not in prose[near] and len(topics[near]) - topics[near].count(0) > 1:
            found.append(at)
            if len(found) == OPENED:
                break
    return found


def _runs(prose: Sequence[bool]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    at = 0
    while True:
        try:
            begin = prose.index(True, at)
        except ValueError:
            return found
        at = begin
        while at < len(prose) and prose[at]:
            at += 1
        found.append((begin, at))


def features_of(page: PageLines) -> list[tuple[int, ...]]:
    """One row a cut, in the order of `FEATURES`."""
    lines, weights, counts, prose, looks, _, cuts, top, runs, _ = page
    end, last = len(lines), lines[-1].weight
    ends = [line.end for line in lines]
    low = min([weights[cut] for cut in cuts])
    all_prose = counts[end] >> PROSE_LENGTH & PROSE_LENGTHS
    rows: list[tuple[int, ...]] = []
    for cut in cuts:
        here, body = counts[cut], weights[cut]
        second, first = (lines[cut - 2] if cut > 1 else NO_LINE), lines[cut - 1]
        at0, at1 = (lines[cut] if cut < end else NO_LINE), (lines[cut + 1] if cut + 1 < end else NO_LINE)
        from5, to5 = max(cut - 5, 0), min(cut + 5, end)
        nearest = prose.index(True, cut) if runs and runs[-1][1] > cut else end
        prose_before, proses = here >> PROSE_LENGTH & PROSE_LENGTHS, here >> PROSES & ONE
        mean_prose = prose_before // proses if proses else 0
        rows.append((
            *(cut, end - cut, body - low, cut - top, second.weight, first.weight, at0.weight),
            *(first.length, at0.length, first.end, at0.topic, at1.topic),
            *(body - weights[max(cut - 3, 0)], weights[min(cut + 8, end)] - body, last),
            prose_before * 100 // all_prose if all_prose else 0,
            (cut - proses) * 100 // cut,
            (counts[to5] - here >> LENGTH & LENGTHS) // (to5 - cut) if cut < end else 0,
            *(here & ONE, here >> ANY_TOPIC & ONE, counts[min(cut + 10, end)] - here >> ANY_TOPIC & ONE),
            *(here >> COMMENTS & ONE, ends[from5:cut].count(CLOSED), ends[cut:to5].count(CLOSED)),
            looks[max(cut - 20, 0) : cut].count(at0.look),
            counts[min(nearest + 10, end)] - counts[nearest] >> PROSE_LENGTH & PROSE_LENGTHS,
            first.length * 100 // mean_prose if mean_prose else 100,
        ))  # fmt: skip
    return rows
