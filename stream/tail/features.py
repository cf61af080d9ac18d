"""The few cuts of a page that are possible, and what the page looks like from each of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from stream.tail.lines import (
    ANY_TOPIC,
    BITS,
    BULLETS,
    CLOSED,
    COLONS,
    COMMENTS,
    DIGITS,
    FORMS,
    LENGTH,
    NO_LINE,
    ONE,
    PROSE_LENGTH,
    PROSES,
    STUBS,
    Line,
)

EDGE = 300
"""The step at the cut, from the weight before it to the weight after it, is clipped to this."""
SURE = 200
"""The first cut is the only one when it is so far ahead, opens with a topic, right after prose, none after it."""
GAP = 1000
"""Cuts further behind the first are dropped."""
TOP = 10
"""At most so many cuts by their score ..."""
RUNS = 4
"""... and the ends of so many runs of prose after the first."""
SURE_TOPICS = range(1, 9)
LENGTHS = (1 << 32) - 1
PROSE_LENGTHS = (1 << 2 * BITS) - 1

FEATURES = (
    "place", "rest", "order", "gap", "body_gap", "from_first", "w-4", "w-2", "w-1", "w0", "w1", "w2", "w3",
    "len-2", "len-1", "len0", "len1", "end-1", "topic-2", "topic-1", "topic0", "topic1", "capitals0", "start0",
    "w_last3", "w_last8", "w_last25", "w_next3", "w_next8", "w_after", "prose_last5", "prose_next5",
    "prose_before", "prose_after", "prose_share", "prose_next60", "mean_next5", "mean_next15", "mean_last5",
    "mean_last15", "topics_next3", "topics_last5", "topics_before", "topics_since_prose", "any_next10",
    "any_last8", "comments_before", "comments_to_prose", "topics_to_prose", "prose_there", "stubs_before",
    "stubs_next15", "mean_prose", "next5_to_prose", "len-1_to_prose", "w_since_cut", "w_to_cut",
    "lines_since_cut", "run_after", "run_before", "colons_next10", "digits_next10", "bullets_next10",
    "colons_last15", "digits_last15", "bullets_last15", "w_mean_after", "w_mean_before", "topics_after",
    "topics_share_after", "end0", "end1", "end-2", "look_last5", "look_next5", "like_last5", "like_next5",
    "closed_next10", "topic2", "end_of_page", "size_of_page_end", "topic_of_page_end",
)  # fmt: skip


class Page(NamedTuple):
    """A page's lines, their sums, and its possible cuts in order of place. A cut at `len(lines)` is none."""

    lines: list[Line]
    weights: list[int]
    counts: list[int]
    prose: Sequence[bool]
    looks: Sequence[int]
    likes: Sequence[int]
    ends: Sequence[int]
    cuts: list[int]
    gaps: list[int]


def page_of(lines: list[Line], *, quick: bool = True) -> Page:
    """Sum up, and choose the cuts worth a second look; with `quick` only one where that is plain."""
    end = len(lines)
    # weight, clipped, length, end, start, topic, capitals, counts, prose, look, like
    steps, clipped, _, ends, _, _, _, each, prose, looks, likes = zip(*lines, strict=True)
    weights, counts = [0, *accumulate(clipped)], [0, *accumulate(each)]
    shapes = (prose, looks, likes, ends)
    scores = []  # of a cut: the weights before it, less the step at it
    before = steps[0]
    for first, after in zip(weights[1:], steps[1:], strict=False):
        step = after - before
        before = after
        scores.append(first - (step if -EDGE <= step <= EDGE else EDGE if step > 0 else -EDGE))
    scores.append(weights[end])
    low = min(scores)
    limit = low + GAP
    near = sorted([(score, cut) for cut, score in enumerate(scores, 1) if score <= limit])[:TOP]
    top = near[0][1]
    if quick and (len(near) == 1 or near[1][0] - low >= SURE):
        if top < end:
            if lines[top].topic in SURE_TOPICS and prose[top - 1] and True not in prose[top:]:
                return Page(lines, weights, counts, *shapes, [top], [0])
        elif len(near) == 1:
            return Page(lines, weights, counts, *shapes, [end], [0])
    gaps = {cut: score - low for score, cut in near}
    for cut in (*_ends_of_prose(prose, top), _after_last(prose), end):
        if cut and cut not in gaps:
            gaps[cut] = scores[cut - 1] - low
    cuts = sorted(gaps)
    return Page(lines, weights, counts, *shapes, cuts, [gaps[cut] for cut in cuts])


def _ends_of_prose(prose: Sequence[bool], begin: int) -> list[int]:
    found: list[int] = []
    at = begin
    while len(found) < RUNS:
        try:
            at = prose.index(True, at)
        except ValueError:
            break
        while at < len(prose) and prose[at]:
            at += 1
        found.append(at)
    return found


def _after_last(prose: Sequence[bool]) -> int:
    at = len(prose)
    while at and not prose[at - 1]:
        at -= 1
    return at


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


def features_of(page: Page) -> list[tuple[int, ...]]:
    """One row a cut, in the order of `FEATURES`."""
    lines, weights, prose, cuts, gaps = page.lines, page.weights, page.prose, page.cuts, page.gaps
    end = len(lines)
    low = min([weights[cut] for cut in cuts])
    ranks = {gap: rank for rank, gap in enumerate(sorted(set(gaps)))}
    top = cuts[gaps.index(0)]
    runs = _runs(prose)
    rows = []
    last = 0
    for index, cut in enumerate(cuts):
        following = cuts[index + 1] if index + 1 < len(cuts) else end
        rows.append(_row(page, runs, cut, (gaps[index], ranks[gaps[index]], low, top, last, following)))
        last = cut
    return rows


def _at(lines: Sequence[Line], place: int) -> Line:
    return lines[place] if 0 <= place < len(lines) else NO_LINE


def _row(
    page: Page, runs: list[tuple[int, int]], cut: int, context: tuple[int, int, int, int, int, int]
) -> tuple[int, ...]:
    lines, weights, counts, prose, looks, likes, ends, _, _ = page
    gap, rank, low, top, last, following = context
    end = len(lines)
    here, body, total, whole = counts[cut], weights[cut], weights[end], counts[end]
    second, first = (lines[cut - 2] if cut > 1 else NO_LINE), lines[cut - 1]
    at0, at1 = (lines[cut] if cut < end else NO_LINE), (lines[cut + 1] if cut + 1 < end else NO_LINE)
    to3, to5, to8, to10 = min(cut + 3, end), min(cut + 5, end), min(cut + 8, end), min(cut + 10, end)
    to15, from5, from15 = min(cut + 15, end), max(cut - 5, 0), max(cut - 15, 0)
    next5, next10, next15 = counts[to5] - here, counts[to10] - here, counts[to15] - here
    last5, last15 = here - counts[from5], here - counts[from15]
    nearest = cut
    while nearest < end and not prose[nearest]:
        nearest += 1
    to_prose = counts[nearest] - here
    since = cut
    while since and not prose[since - 1]:
        since -= 1
    all_prose, prose_before = whole >> PROSE_LENGTH & PROSE_LENGTHS, here >> PROSE_LENGTH & PROSE_LENGTHS
    proses = here >> PROSES & ONE
    mean_prose = prose_before // proses if proses else 0
    mean_next5 = (next5 >> LENGTH & LENGTHS) // (to5 - cut) if cut < end else 0
    run_before = max([stop - begin for begin, stop in runs if stop <= cut], default=0)
    run_after = max([stop - max(begin, cut) for begin, stop in runs if stop > cut], default=0)
    topics_after = whole - here & ONE
    return (
        *(cut, end - cut, rank, gap, body - low, cut - top),
        *(_at(lines, cut - 4).weight, second.weight, first.weight, at0.weight, at1.weight),
        *(_at(lines, cut + 2).weight, _at(lines, cut + 3).weight),
        *(second.length, first.length, at0.length, at1.length, first.end),
        *(second.topic, first.topic, at0.topic, at1.topic, at0.capitals, at0.start),
        *(body - weights[max(cut - 3, 0)], body - weights[max(cut - 8, 0)], body - weights[max(cut - 25, 0)]),
        *(weights[to3] - body, weights[to8] - body, total - body),
        *(last5 >> PROSES & ONE, next5 >> PROSES & ONE, proses, (whole - here) >> PROSES & ONE),
        prose_before * 100 // all_prose if all_prose else 0,
        (counts[min(cut + 60, end)] - here) >> PROSE_LENGTH & PROSE_LENGTHS,
        *(mean_next5, (next15 >> LENGTH & LENGTHS) // (to15 - cut) if cut < end else 0),
        *((last5 >> LENGTH & LENGTHS) // (cut - from5), (last15 >> LENGTH & LENGTHS) // (cut - from15)),
        *(counts[to3] - here & ONE, last5 & ONE, here & ONE, here - counts[since] & ONE),
        *(next10 >> ANY_TOPIC & ONE, here - counts[max(cut - 8, 0)] >> ANY_TOPIC & ONE),
        *(here >> COMMENTS & ONE, to_prose >> COMMENTS & ONE, to_prose & ONE),
        counts[min(nearest + 10, end)] - counts[nearest] >> PROSE_LENGTH & PROSE_LENGTHS,
        *(here >> STUBS & ONE, next15 >> STUBS & ONE, mean_prose),
        mean_next5 * 100 // mean_prose if mean_prose else 100,
        first.length * 100 // mean_prose if mean_prose else 100,
        *(body - weights[last], weights[following] - body, cut - last, run_after, run_before),
        *(next10 >> COLONS & ONE, next10 >> DIGITS & ONE, next10 >> BULLETS & ONE),
        *(last15 >> COLONS & ONE, last15 >> DIGITS & ONE, last15 >> BULLETS & ONE),
        *((total - body) // (end - cut) if cut < end else 0, body // cut),
        *(topics_after, topics_after * 100 // (end - cut) if cut < end else 0),
        *(at0.end if cut < end else -1, at1.end if cut + 1 < end else -1, second.end if cut > 1 else -1),
        *(looks[from5:cut].count(at0.look), looks[cut:to5].count(first.look)),
        *(likes[from5:cut].count(at0.like), likes[cut:to5].count(first.like), ends[cut:to10].count(CLOSED)),
        *(_at(lines, cut + 2).topic, lines[-1].end, FORMS[lines[-1].length], lines[-1].topic),
    )
