"""The cut, from the likelihoods of all possible ones: the least expected cost, within a budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from stream.rules.signs import ABOUTS, OPENING, Signs
from stream.tail.features import LENGTHS, PROSE_LENGTHS, Page, features_of, page_of
from stream.tail.lines import LENGTH, ONE, PROSE_LENGTH, PROSES, Line, Memo, lines_of
from stream.tail.model import Model, chances

OPENED_BY = 25
"""Lines among which the one stands that tells what a footer begins with."""
FAR = 15
"""Lines of a footer before prose that is surely not the article's."""
PARAGRAPHS = 6
"""Paragraphs of prose of an article that is one without more."""
LIST_TOPICS = frozenset(ABOUTS.index(about) + 1 for about in ("related", "popular"))
SURE_TOPICS = frozenset(ABOUTS.index(about) + 1 for about in ("share", "comments", "tags", "subscribe"))
_FEW, _SOME = 3, 10


class Tail(NamedTuple):
    """Where the footer begins (`len(lines)`: nowhere), and what each line was seen to be."""

    begin: int
    lines: list[Line]
    held: int  # where it would begin, were not so much of the article after it


def find_tail(texts: Sequence[str], signs: Signs, model: Model, memo: Memo | None = None) -> Tail:
    """Find the footer of a page; no line is blank."""
    lines = lines_of(texts, model.line_weights, signs, memo)
    if len(lines) < 2:  # noqa: PLR2004 - the first line never goes
        return Tail(len(lines), lines, len(lines))
    if lines[-1].prose and lines[-2].prose and not any(line.topic for line in lines):
        return Tail(len(lines), lines, len(lines))  # clean already, as most articles of many streams are
    page = page_of(lines)
    at = 0
    if len(page.cuts) > 1:
        at = decide(page, chances([model.score(row) for row in features_of(page)]), model.rule)
    held = page.cuts[at]
    while page.cuts[at] < len(lines) and not within_budget(page, page.cuts[at]):
        at += 1
        if at == len(page.cuts):
            return Tail(len(lines), lines, held)
    return Tail(page.cuts[at], lines, held)


def within_budget(page: Page, cut: int) -> bool:
    """Whether at most a third of the prose goes with this cut, or what goes is surely not the article's:

    Buttons, a comment head, tags or a newsletter are near its begin; or a heading of related or popular
    articles opens it, with no more prose under it than the article has; or its prose is far below, and the
    article has paragraphs.
    """
    counts, end = page.counts, len(page.lines)
    before = counts[cut] >> PROSE_LENGTH & PROSE_LENGTHS
    after = (counts[end] >> PROSE_LENGTH & PROSE_LENGTHS) - before
    if 2 * after <= before:
        return True
    topics = {line.topic for line in page.lines[cut : cut + OPENED_BY]}
    if topics & SURE_TOPICS or (page.lines[cut].topic in LIST_TOPICS and after <= before):
        return True
    return counts[cut] >> PROSES & ONE >= PARAGRAPHS and not any(page.prose[cut : cut + FAR])


def decide(page: Page, likely: Sequence[int], rule: Mapping[str, int]) -> int:
    """The index of the cut to make, in `page.cuts`, whose last one is no cut at all:

    1. Of each cut the expected cost, in footer lines left in: `loss` if body goes at all, `share` times the
       share of the body that goes, one a footer line that stays, less `right` if the cut is the very one.
    2. The cheapest is moved on while it is likelier than `third` that a third of the body goes.
    3. It is not made where no footer at all is likelier than the limit for a tail of that many lines, that
       opens with a topic, or has one in it, or only has its shape.
    """
    cuts, counts = page.cuts, page.counts
    end, last = len(page.lines), len(cuts) - 1
    total, none = sum(likely), likely[-1]
    if not last:
        return 0
    sizes = [(counts[cut] >> LENGTH & LENGTHS) + 1 for cut in cuts]
    at = _cheapest(cuts, likely, sizes, rule)
    while at < last:
        risk = sum([likely[later] for later in range(at + 1, last + 1) if sizes[later] * 2 > sizes[at] * 3])
        if risk * 1000 <= rule["third"] * total:
            break
        at += 1
    cut = cuts[at]
    tail = end - cut
    if not tail:
        return at
    evidence = "shape"
    if counts[end] - counts[cut] & ONE:
        evidence = "opens" if 0 < page.lines[cut].topic <= OPENING else "marked"
    size = "1" if tail == 1 else "3" if tail <= _FEW else "10" if tail <= _SOME else "more"
    return at if none * 1000 <= rule[f"none_{evidence}_{size}"] * total else last


def _cheapest(cuts: Sequence[int], likely: Sequence[int], sizes: Sequence[int], rule: Mapping[str, int]) -> int:
    parts = [(chance << 40) // size for chance, size in zip(likely, sizes, strict=True)]
    later, parts_later = sum(likely) - likely[-1], sum(parts) - parts[-1]
    left = done = before = best_at = 0
    best: int | None = None
    for at, cut in enumerate(cuts[:-1]):
        left += done * (cut - before)
        before = cut
        later -= likely[at]
        done += likely[at]
        parts_later -= parts[at]
        lost = later - (sizes[at] * parts_later >> 40)
        cost = rule["loss"] * later + rule["share"] * lost + left - rule["right"] * likely[at]
        if best is None or cost < best:
            best, best_at = cost, at
    return best_at
