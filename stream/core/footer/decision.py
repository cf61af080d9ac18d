"""The cut, from the likelihoods of all possible ones: the least expected cost, within a budget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from operator import and_
from typing import NamedTuple

from stream.core.footer.candidates import LENGTHS, PROSE_LENGTHS, PageLines, features_of, page_lines
from stream.core.footer.lines import CLOSED, HEADINGS, LENGTH, ONE, PROSE_LENGTH, PROSES, Line, Memo
from stream.core.footer.model import Model, chances
from stream.core.footer.reading import NOTHING_KNOWN, Known, read
from stream.core.rules.topics import OPENING, TOPICS, Signs

OPENED_BY, WITHIN = 15, 25
"""Lines among which the one stands that tells what a footer begins with, surely or perhaps."""
LIST_TOPICS = frozenset({TOPICS["related"], TOPICS["popular"]})
SURE_TOPICS = frozenset({TOPICS["share"], TOPICS["comments"], TOPICS["tags"], TOPICS["subscribe"]})
ARTICLE = b"\x01" * 12
"""So many paragraphs of prose in a row are an article."""
HINTS = frozenset({TOPICS["nav"] + OPENING, TOPICS["credit"] + OPENING})
SHARE, COMMENTS, AD = TOPICS["share"], TOPICS["comments"], TOPICS["ad"]
SOON = 8
"""After so many lines a heading of the footer is late: till then only the shape of the lines tells that it is one."""
LATE, LATE_BRIEF, BRIEF = 260, 60, 600
"""Percent of the text before the cut that may stand before a late heading; where the prose before it is so short."""
LEAST = 65
"""Where a cut is refused for a late heading, none before that is made that is less likely than one in so many."""
HARDLY_LATER = 8
"""At a late heading a footer begins if the likelihood of a later cut is at most one in so many."""
OFTEN = 3
"""A line that comes so often is the link under each entry of a list ("Read more"), and no heading."""
LISTED = 66
"""Percent of the article's prose that may stand under a heading of related articles."""
SENTENCE = 40
"""A closed line of this effective length is a sentence."""
BRIEFEST = 15
"""A shorter one may be a label with a full stop."""
HARDLY = 1
"""Headings of a footer that are hardly evidence when there is prose after them."""
SHORT_FOR_PROSE = 6
"""Lines a footer must have for each line of prose in it, with hardly a heading."""
NEAR = 4
"""Prose among so many lines from the cut on: the body goes on."""
ALIKE = 6
"""Of the five lines before a cut those like the first after it, and the other way round: a list."""
FEW_HEADINGS = 20
"""One heading in so many lines is next to none."""
LISTING = 4
"""Lines of a list, a table or code above one closing paragraph; above two of them one is enough."""
CELL = 8
"""Mean length of lines that are a table's cells."""
_FEW, _SOME = 3, 10


class Tail(NamedTuple):
    """Where the footer begins (`len(lines)`: nowhere), and what each line was seen to be."""

    begin: int
    lines: list[Line]
    held: int  # where it would begin, were not so much of the article after it


def find_tail(
    texts: list[str], signs: Signs, model: Model, memo: Memo | None = None, known: Known = NOTHING_KNOWN
) -> Tail:
    """Find the footer of a page; no line is blank. The arguments are those of `read`."""
    lines, open_ended = read(texts, signs, model, memo, known)
    end = len(lines)
    if end < 2:  # noqa: PLR2004 - the first line never goes
        return Tail(end, lines, end)
    if lines[-1].prose and lines[-2].prose and not any(line.topic for line in lines):
        return Tail(end, lines, end)  # clean already, as most articles of many streams are
    page = page_lines(lines, open_ended=open_ended)
    if len(page.cuts) == 1:
        held = page.cuts[0]
        return Tail(held if held == end or not refused(page, held) else end, lines, held)
    likely = chances(model.scores(features_of(page)))
    begin = held = page.cuts[decide(page, likely, model.rule)]
    if begin == end:
        wanted = page.cuts[decide(page, likely, model.rule, guarded=False)]
        if wanted < end:
            begin = late_cut(page, likely, wanted)
        held = begin if begin < end or wanted == end or within_budget(page, wanted) else wanted
    return Tail(begin, lines, held)


def late_cut(page: PageLines, likely: Sequence[int], wanted: int) -> int:
    """The late heading below the cut that the model wants, if the body hardly goes on there; else the end."""
    end = len(page.lines)
    late = comes_late(page, wanted)
    if not 0 < late < end - 1 or refused(page, late):
        return end
    later = sum([chance for cut, chance in zip(page.cuts, likely, strict=True) if cut > late])
    return late if later * HARDLY_LATER <= sum(likely) else end


def refused(page: PageLines, cut: int) -> bool:
    """Whether a cut is never made, however likely it is."""
    return (
        not within_budget(page, cut)
        or goes_on(page, cut)
        or takes_the_close(page, cut)
        or within_list(page, cut)
        or is_table(page, cut)
        or is_unsaid(page, cut)
        or comes_late(page, cut) > 0
    )


def goes_on(page: PageLines, cut: int) -> bool:
    """Whether the article goes on after a cut that has hardly a heading of a footer after it.

    There is prose, of paragraphs as long as the article's: soon, or at the end, or two together, or one to a
    few short lines.
    """
    counts, prose, end = page.counts, page.prose, len(page.lines)
    if page.lines[cut].topic == AD and cut + 1 < end:
        following = page.lines[cut + 1]
        if following.end == CLOSED and following.length >= SENTENCE:
            return True  # an advertisement between two paragraphs
    after = counts[end] - counts[cut]
    proses = after >> PROSES & ONE
    if not proses or after & ONE > HARDLY:
        return False
    before, length = counts[cut] >> PROSES & ONE, after >> PROSE_LENGTH & PROSE_LENGTHS
    if length * before * 10 < (counts[cut] >> PROSE_LENGTH & PROSE_LENGTHS) * proses * 9:
        return False  # a teaser is shorter than a paragraph
    if prose[-1] or proses * SHORT_FOR_PROSE > end - cut or any(prose[cut : cut + NEAR]):
        return True
    return any(map(and_, prose[cut:], prose[cut + 1 :]))


def takes_the_close(page: PageLines, cut: int) -> bool:
    """Whether the paragraphs that close an article would go for the sake of a list, a table or code above them.

    No line from the cut on says anything of itself, up to a sentence that ends the page; or up to the first line that
    does, where prose stands right above it. What prose begins with ("Next year ...") says nothing.
    """
    lines, end = page.lines, len(page.lines)
    if _only_sentences(lines, cut):
        return True
    said = cut
    while said < end and (not lines[said].topic or (lines[said].prose and lines[said].topic in HINTS)):
        said += 1
    if said == end > cut:
        return lines[-1].end == CLOSED and lines[-1].length >= SENTENCE
    if said - cut < 3 or not lines[said - 1].prose:  # noqa: PLR2004 - two paragraphs and something above them
        return False
    return bool(lines[said - 2].prose) or said - cut > LISTING


def _only_sentences(lines: Sequence[Line], cut: int) -> bool:
    """Whether nothing but a few sentences, however short, stand between a cut and a footer's first heading."""
    at = cut
    while at < len(lines) and lines[at].end == CLOSED and lines[at].length >= BRIEFEST and not lines[at].topic:
        at += 1
    return 0 < at - cut <= LISTING and at < len(lines) and 0 < lines[at].topic <= OPENING


def within_list(page: PageLines, cut: int) -> bool:
    """Whether a cut with no heading under it would part lines that look alike: a list of the article's."""
    line, last = page.lines[cut], page.lines[cut - 1]
    if 0 < line.topic <= OPENING:
        return False
    if line.end not in {0, CLOSED} and page.likes[cut : cut + 5].count(line.like) >= ALIKE - 2:
        near = page.likes[max(cut - 5, 0) : cut].count(line.like)
        if near >= 2:  # noqa: PLR2004 - each ends with the same mark, such as a bracket
            return True
    alike = page.looks[max(cut - 5, 0) : cut].count(line.look) + page.looks[cut : cut + 5].count(last.look)
    return alike >= ALIKE


def is_unsaid(page: PageLines, cut: int) -> bool:
    """Whether no heading opens the footer of a page whose sentences end without a mark.

    There a short paragraph looks like a headline, so only what a line says tells where the article ends.
    """
    return page.open_ended and not 0 < page.lines[cut].topic <= OPENING


def is_table(page: PageLines, cut: int) -> bool:
    """Whether what would go is the cells of a table, longer than what stands before it."""
    counts, end = page.counts, len(page.lines)
    before, total = counts[cut] >> LENGTH & LENGTHS, counts[end] >> LENGTH & LENGTHS
    few = (counts[end] - counts[cut] & ONE) * FEW_HEADINGS <= end - cut
    return few and before < total - before < (end - cut) * CELL


def comes_late(page: PageLines, cut: int) -> int:
    """Where the first heading of a footer is, if far below the cut and what stands before it may be the article's:

    Lists and tables with more text than the article is left with; less where there is prose among them, or hardly
    any before the cut. 0: it is not late.
    """
    end, counts, lines = len(page.lines), page.counts, page.lines
    headings = Counter([line for line in lines if line.topic in HEADINGS])
    often = {line for line, times in headings.items() if times >= OFTEN and line.topic != COMMENTS}
    first = cut
    while first < end and (lines[first].topic not in HEADINGS or lines[first] in often):
        first += 1
    if first - cut <= SOON:
        return 0
    between, before = counts[first] - counts[cut], counts[cut]
    percent = LATE_BRIEF if before >> PROSE_LENGTH & PROSE_LENGTHS <= BRIEF else LATE
    proses, length = between >> PROSES & ONE, between >> LENGTH & LENGTHS
    return first if length * (1 + proses) * 100 > (before >> LENGTH & LENGTHS) * percent else 0


def within_budget(page: PageLines, cut: int) -> bool:
    """Whether at most a third of the prose goes with this cut, or what goes is surely not the article's:

    Buttons together, a comment head, tags or a newsletter are near its begin, and it is no whole article that
    follows; or one button, or one of these further below, with no more prose after it than the article has; or a
    heading of related or popular articles opens it, with no more than two thirds of that.
    """
    counts, end = page.counts, len(page.lines)
    before = counts[cut] >> PROSE_LENGTH & PROSE_LENGTHS
    after = (counts[end] >> PROSE_LENGTH & PROSE_LENGTHS) - before
    if 2 * after <= before:
        return True
    topics = [line.topic for line in page.lines[cut : cut + WITHIN]]
    sure = [at for at, topic in enumerate(topics) if topic in SURE_TOPICS]
    if any(at < OPENED_BY and (topics[at] != SHARE or _has_company(topics, at)) for at in sure):
        return bytes(page.prose[cut:]).find(ARTICLE) < 0
    if sure and after <= before:
        return True
    return page.lines[cut].topic in LIST_TOPICS and after * 100 <= before * LISTED


def _has_company(topics: Sequence[int], at: int) -> bool:
    """Whether a button has another one beside it: the name of a network alone may stand in a table."""
    return any(0 < topic <= OPENING for topic in (*topics[max(at - 1, 0) : at], *topics[at + 1 : at + 2]))


def decide(page: PageLines, likely: Sequence[int], rule: Mapping[str, int], *, guarded: bool = True) -> int:
    """The index of the cut to make, in `page.cuts`, whose last one is no cut at all:

    1. Of each cut the expected cost, in footer lines left in: `loss` if body goes at all, `share` times the
       share of the body that goes, one a footer line that stays, less `right` (in a tail of up to ten lines
       `right_few`) if the cut is the very one.
    2. The cheapest is moved on while it is likelier than `third` that a third of the body goes, and while
       the cut is `refused`; past a late heading, if nothing above it is likely.
    3. It is not made where no footer at all is likelier than the limit for a tail of that many lines, that
       opens with a topic, or has one in it, or only has its shape.
    """
    cuts, counts = page.cuts, page.counts
    end, last = len(page.lines), len(cuts) - 1
    total, none = sum(likely), likely[-1]
    sizes = [(counts[cut] >> LENGTH & LENGTHS) + 1 for cut in cuts]
    at = _cheapest(cuts, likely, sizes, rule)
    on = guarded and at < last and goes_on(page, cuts[at])
    late = 0  # before it no cut is made
    while at < last:
        risk = sum([likely[later] for later in range(at + 1, last + 1) if sizes[later] * 2 > sizes[at] * 3])
        low = risk * 1000 <= rule["third"] * total and not (guarded and refused(page, cuts[at]))
        low = low and (cuts[at] >= late or likely[at] * LEAST >= total)
        if low and (not on or 0 < page.lines[cuts[at]].topic <= OPENING):
            break  # what follows the rest of an article is no footer for its shape alone
        late = max(late, comes_late(page, cuts[at])) if guarded else 0
        at += 1
    if at == last:
        return last
    tail = end - cuts[at]
    evidence = "shape"
    if counts[end] - counts[cuts[at]] & ONE:
        evidence = "opens" if 0 < page.lines[cuts[at]].topic <= OPENING else "marked"
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
        right = rule["right"] if cuts[-1] - cut > _SOME else rule["right_few"]
        cost = rule["loss"] * later + rule["share"] * lost + left - right * likely[at]
        if best is None or cost < best:
            best, best_at = cost, at
    return best_at
