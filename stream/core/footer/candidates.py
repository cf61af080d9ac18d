"""Chooses the few possible cuts of a page, and describes the page as seen from each of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from operator import sub
from typing import NamedTuple

from stream.core.footer.codes import CLOSED
from stream.core.footer.lines import (
    ANY_TOPIC,
    COMMENTS,
    COUNT_MASK,
    HEADINGS,
    LENGTH,
    LENGTH_MASK,
    NO_LINE,
    PROSE_LENGTH,
    PROSES,
    Line,
)
from stream.core.rules.topics import OPENING

EDGE = 300
"""The step at a cut, from the weight of the line before it to that of the line after, is clipped to this. Like all
weights and scores here it is in hundredths of log-odds.
"""
SURE = 50
"""A heading right after the last prose is taken for the cut without asking the model if the scores of all other cuts
are worse by at least this much.
"""
GAP = 600
"""Cuts whose score is worse than the best one's by more than this are dropped."""
TOP = 10
"""Maximum number of cuts that are chosen for their score."""
RUNS = 4
"""Maximum number that are chosen because a run of prose ends there, after the best cut."""
OPENED = 3
"""Maximum number that are chosen because a bar of buttons (or on an open-ended page, a heading) follows a sentence."""
BAR = 5
"""Length of a bar of buttons, in lines."""

FEATURES = (
    "place", "rest", "body_gap", "from_first", "w-2", "w-1", "w0", "len-1", "len0", "end-1", "topic0", "topic1",
    "w_last3", "w_next8", "w_end", "prose_share", "short_share", "mean_next5", "topics_before", "any_before",
    "any_next10", "comments_before", "closed_last5", "closed_next5", "looks_last20", "prose_there", "len-1_to_prose",
)  # fmt: skip
"""What the model knows of a cut. A suffix counts lines from it: `w-1` is the weight of the last line before the cut,
`w0` that of the first line after it.
"""


class PageLines(NamedTuple):
    """A page's lines, sums over them, and its possible cuts in ascending order. A cut at `len(lines)` means no footer.

    `weights` and `counts` are cumulative: item n is the sum over the first n lines. `top` is the cut with the best
    score. `runs` are the runs of prose, (begin, end) each; they are left empty where only one cut is possible.
    """

    lines: list[Line]
    weights: list[int]
    counts: list[int]
    prose: Sequence[bool]
    shapes: Sequence[int]
    rough_shapes: Sequence[int]
    cuts: list[int]
    top: int
    runs: list[tuple[int, int]]
    open_ended: bool = False  # the page's sentences end without a mark


def page_lines(lines: list[Line], *, quick: bool = True, open_ended: bool = False) -> PageLines:
    """Sum up the lines and choose the possible cuts; with `quick` only one where the answer is obvious.

    The score of a cut is the sum of the weights before it less the step at it; the lower, the better.
    """
    end = len(lines)
    # weight, clipped, length, end, topic, counts, prose, shape, rough_shape
    steps, clipped, _, ends, topics, each, prose, shapes, rough_shapes = zip(*lines, strict=True)
    weights, counts = [0, *accumulate(clipped)], [0, *accumulate(each)]
    # Item n is the score of the cut at line n + 1.
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
                return PageLines(lines, weights, counts, prose, shapes, rough_shapes, [top], top, [])
        elif len([score for score in scores if score <= limit]) == 1:
            return PageLines(lines, weights, counts, prose, shapes, rough_shapes, [end], end, [])
    near = sorted([(score, cut) for cut, score in enumerate(scores, 1) if score <= limit])[:TOP]
    runs = _runs(prose)
    stops = [stop for _, stop in runs]
    following = [stop for stop in stops if stop > top][:RUNS]
    more = (*_openings(topics, prose, ends), *following, *stops[-1:], end)
    cuts = sorted({*(cut for _, cut in near), *more})
    if open_ended:
        headings = [at for at in range(1, end) if topics[at] in HEADINGS]
        cuts = sorted({*cuts, *headings[:OPENED]})
    return PageLines(lines, weights, counts, prose, shapes, rough_shapes, cuts, top, runs, open_ended)


def _openings(topics: Sequence[int], prose: Sequence[bool], ends: Sequence[int]) -> list[int]:
    """Find the lines where a bar of buttons follows a sentence: short lines with topics, at least two among `BAR`.

    Such a line may begin a footer, whatever comes below it.
    """
    found: list[int] = []
    for at in [at for at, topic in enumerate(topics) if 0 < topic <= OPENING]:
        near = slice(at, at + BAR)
        if at and ends[at - 1] == CLOSED and True not in prose[near] and len(topics[near]) - topics[near].count(0) > 1:
            found.append(at)
            if len(found) == OPENED:
                break
    return found


def _runs(prose: Sequence[bool]) -> list[tuple[int, int]]:
    """Find the runs of prose: (begin, end) of each."""
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
    """Give one row of features for each of `page.cuts`, in the order of `FEATURES`."""
    lines, weights, counts, prose, shapes, _, cuts, top, runs, _ = page
    end, last = len(lines), lines[-1].weight
    ends = [line.end for line in lines]
    low = min([weights[cut] for cut in cuts])
    all_prose = counts[end] >> PROSE_LENGTH
    rows: list[tuple[int, ...]] = []
    for cut in cuts:
        here, body = counts[cut], weights[cut]
        second, first = (lines[cut - 2] if cut > 1 else NO_LINE), lines[cut - 1]
        at0, at1 = (lines[cut] if cut < end else NO_LINE), (lines[cut + 1] if cut + 1 < end else NO_LINE)
        from5, to5 = max(cut - 5, 0), min(cut + 5, end)
        nearest = prose.index(True, cut) if runs and runs[-1][1] > cut else end
        prose_before, proses = here >> PROSE_LENGTH, here >> PROSES & COUNT_MASK
        mean_prose = prose_before // proses if proses else 0
        rows.append((
            *(cut, end - cut, body - low, cut - top, second.weight, first.weight, at0.weight),
            *(first.length, at0.length, first.end, at0.topic, at1.topic),
            *(body - weights[max(cut - 3, 0)], weights[min(cut + 8, end)] - body, last),
            prose_before * 100 // all_prose if all_prose else 0,
            (cut - proses) * 100 // cut,
            (counts[to5] - here >> LENGTH & LENGTH_MASK) // (to5 - cut) if cut < end else 0,
            *(here & COUNT_MASK, here >> ANY_TOPIC & COUNT_MASK),
            counts[min(cut + 10, end)] - here >> ANY_TOPIC & COUNT_MASK,
            *(here >> COMMENTS & COUNT_MASK, ends[from5:cut].count(CLOSED), ends[cut:to5].count(CLOSED)),
            shapes[max(cut - 20, 0) : cut].count(at0.shape),
            counts[min(nearest + 10, end)] - counts[nearest] >> PROSE_LENGTH,
            first.length * 100 // mean_prose if mean_prose else 100,
        ))  # fmt: skip
    return rows
