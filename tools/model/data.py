"""Labelled pages as arrays, and the samples that are trained with."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np

from stream.core.cleaning import Story, story_of
from stream.core.footer.traits import (
    COMMENTS,
    COMMENTS_ABOVE,
    HEADINGS,
    HEADINGS_ABOVE,
    HEADINGS_BELOW,
    PLACE,
    PLACES,
    PROSE_ABOVE,
    PROSE_BELOW,
    PROSES,
    REPEATED,
    REST,
    TITLE,
    TRAITS,
    TWICE,
)
from stream.core.footer.words import MOST
from stream.core.rules import builtin
from stream.core.sites import ASKED, COUNTS, EVIDENCE, KNOWN_ALONE, SHARES
from stream.offline.evaluation import LabelledPage, labelled_page

Numbers = np.ndarray[Any, np.dtype[Any]]
SHOWN = 15
"""Maximum number of traits of a line, without the evidence."""
NONE = TRAITS + EVIDENCE
"""The row that stands for nothing; all zeros in the shipped table."""
MOST_OTHERS = 32
"""Maximum number of other pages of its site that a page is asked about."""
LONG = 80
GENRES = {"news": 1.0, "blog+news": 0.5, "web": 0.3}
"""What a page counts in training, by genre."""


@dataclass
class Page:
    """A labelled page, without blank and repeated lines. `first` to `last` are the cuts that are right."""

    labelled: LabelledPage
    dataset: str
    story: Story
    first: int
    last: int
    words: Numbers  # (lines, MOST)
    others: list[Page] = field(default_factory=list)  # other stories of its site
    matches: Numbers = field(default_factory=lambda: np.zeros((0, 0, ASKED), bool))  # by other page, line and question


def pages_of(corpus: Path) -> list[Page]:
    """Read the pages of a corpus in the format of `article-stream evaluate`, with `dataset` and `source`."""
    with gzip.open(corpus, "rt", encoding="utf-8") as file:
        pages = [page_of(json.loads(line)) for line in file]
    by_site: dict[str, list[Page]] = defaultdict(list)
    for page in pages:
        by_site[page.labelled.source].append(page)
    chance = Random(5)  # noqa: S311 - the same pages each time
    for there in by_site.values():
        for page in there:
            others = [other for other in there if other is not page and not _is_same_story(page, other)]
            page.others = others if len(others) <= MOST_OTHERS else chance.sample(others, MOST_OTHERS)
    match(pages)
    return pages


def page_of(data: dict[str, Any]) -> Page:
    """Read one page: its lines are those that other pages of its site learn from (`story_of`)."""
    whole = labelled_page(data)
    story = story_of(whole.lines, builtin())
    labelled = whole._replace(
        lines=tuple(story.texts),
        body=tuple(whole.body[at] for at in story.places),
        neutral=tuple(whole.neutral[at] for at in story.places),
        footer_start=sum(at < whole.footer_start for at in story.places),
    )
    first = max((at for at, body in enumerate(labelled.body, 1) if body), default=1)
    last = first
    while last < len(labelled.lines) and labelled.neutral[last]:
        last += 1
    words = np.zeros((len(story.said), MOST), np.int32)
    for at, each in enumerate(story.said):
        words[at, : len(each.words)] = each.words
    return Page(labelled, data["dataset"], story, first, last, words)


def _is_same_story(page: Page, other: Page) -> bool:
    """Whether another page is an edition of the same story: more than half of the long lines are in it."""
    long = {said.keys[0] for text, said in zip(page.story.texts, page.story.said, strict=True) if len(text) > LONG}
    return bool(long) and 2 * len(long.intersection(said.keys[0] for said in other.story.said)) > len(long)


def match(pages: Sequence[Page]) -> None:
    """Note for each page what stands in each other page of its site."""
    seen = {id(page): _answers(page) for page in pages}
    for page in pages:
        asked = [*zip(*(each.keys for each in page.story.said), strict=True)]
        asked += [asked[0], asked[0], asked[1], asked[1]]
        page.matches = np.array(
            [[[key in known for key in column] for column, known in zip(asked, seen[id(other)], strict=True)]
             for other in page.others], bool,
        ).reshape(len(page.others), ASKED, len(page.story.texts)).transpose(0, 2, 1)  # fmt: skip


def _answers(page: Page) -> list[set[int]]:
    """Give the keys by which a page answers each question of `stream.core.sites.Profile.evidence`."""
    columns = [*zip(*(each.keys for each in page.story.said), strict=True)]
    sides = [set(columns[at][part]) for at in (0, 1) for part in (slice(page.story.end, None), slice(page.story.end))]
    return [each - {0} for each in [*map(set, columns), *sides]]


def evidence(page: Page, chosen: Sequence[int] | Numbers) -> Numbers:
    """Give the rows of what the chosen other pages tell: (lines, ASKED); `NONE` if there are none.

    Does for many pages at once what `Profile.evidence` does for one line.
    """
    count = len(chosen)
    if not count:
        return np.full((len(page.story.texts), ASKED), NONE, np.int32)
    found = page.matches[list(chosen)].sum(0)
    if count > KNOWN_ALONE:
        found[found == 1] = 0
    shares = np.searchsorted(SHARES, -(-100 * found // count), side="left")
    size = len(COUNTS) + 1
    articles = int(np.searchsorted(COUNTS, count, side="left"))
    rows: Numbers = TRAITS + np.arange(ASKED)[None] * (len(SHARES) + 1) * size + shares * size + articles
    return rows


class Sample(NamedTuple):
    """A page or a part of one: the indices of its lines, the evidence for them, and the cuts that are right."""

    page: Page
    chosen: Numbers
    evidence: Numbers
    first: int
    last: int


def sample(page: Page, chance: np.random.Generator) -> Sample:
    """Draw how much of the site is known, and whether the page ends with its body, or after a few lines of its footer.

    One model is to serve a site's first article and its thousandth, and an article that comes without its footer.
    """
    known = 0 if chance.random() < 0.3 else min(len(page.others), int(chance.choice((1, 2, 4, 8, 16, 32))))
    told = evidence(page, chance.choice(len(page.others), known, replace=False) if known else ())
    draw = chance.random()
    chosen, first, last = np.arange(len(page.story.texts)), page.first, page.last
    if draw < 0.1:
        chosen = chosen[:first]
    elif draw < 0.16 and any(page.labelled.body[:first]):
        chosen = np.flatnonzero(page.labelled.body[:first])
    elif draw < 0.28:
        chosen = chosen[: first + int(chance.integers(1, 11))]
    if draw < 0.16:
        first = len(chosen)
    return Sample(page, chosen, told, first, min(max(last, first), len(chosen)))


def packed(samples: Sequence[Sample], size: int) -> tuple[Numbers, ...]:
    """Give samples as arrays, cut off or filled up to `size` lines: words, rows, which lines there are, right cuts."""
    count = len(samples)
    words = np.zeros((count, size, MOST), np.int32)
    rows = np.full((count, size, SHOWN + ASKED), NONE, np.int32)
    there = np.zeros((count, size), np.float32)
    right = np.zeros((count, size + 1), np.float32)
    for at, (page, chosen, told, first, last) in enumerate(samples):
        some = chosen[:size]
        end = len(some)
        words[at, :end], rows[at, :end, SHOWN:], there[at, :end] = page.words[some], told[some], 1
        rows[at, :end, :SHOWN] = shown(page, some)
        right[at, min(first, end) : min(last, end) + 1] = 1
    return words, rows, there, right


def shown(page: Page, chosen: Numbers) -> Numbers:
    """Give the traits of some lines of a page as if they were the page: (lines, SHOWN).

    Does with arrays what `traits_of` does line by line, and is tested against it.
    """
    end = len(chosen)
    columns = np.array([page.story.lines[at].columns for at in chosen])
    prose = np.array([page.story.lines[at].prose for at in chosen], int)
    topics = np.array([page.story.lines[at].topic for at in chosen])
    heading, comments = np.isin(topics, HEADINGS).astype(int), (topics == COMMENTS).astype(int)
    keys_ = np.array([page.story.said[at].keys[0] for at in chosen], np.uint64)
    order = np.argsort(keys_, kind="stable")
    sorted_keys = keys_[order]
    starts = np.searchsorted(sorted_keys, sorted_keys, side="left")
    ends = np.searchsorted(sorted_keys, sorted_keys, side="right")
    before, after = np.empty(end, int), np.empty(end, int)
    before[order], after[order] = np.arange(end) - starts, ends - np.arange(end) - 1
    places = np.arange(end)
    repeated = REPEATED + 2 * np.minimum(before, TWICE) + (after > 0)
    title = np.where(places == 0, 0, np.where((keys_ > 0) & (keys_ == keys_[0]), 1, 2))
    groups = (
        PLACE + _bins(PLACES, places),
        REST + _bins(PLACES, end - 1 - places),
        TITLE + title,
        PROSE_BELOW + _bins(PROSES, prose.sum() - np.cumsum(prose)),
        PROSE_ABOVE + _bins(PROSES, np.cumsum(prose) - prose),
        HEADINGS_ABOVE + _bins(PROSES, np.cumsum(heading) - heading),
        HEADINGS_BELOW + _bins(PROSES, heading.sum() - np.cumsum(heading)),
        COMMENTS_ABOVE + np.minimum(np.cumsum(comments) - comments, TWICE),
        np.where(keys_ > 0, repeated, NONE),
    )
    return np.column_stack([columns, *groups])


def _bins(thresholds: Sequence[int], numbers: Numbers) -> Numbers:
    return np.searchsorted(thresholds, numbers, side="right") - 1
