"""Cuts that are never made, however likely the model finds them: they would take what is probably the article's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from operator import and_

from stream.core.footer.candidates import PageLines
from stream.core.footer.codes import CLOSED
from stream.core.footer.lines import COUNT_MASK, HEADINGS, LENGTH, LENGTH_MASK, PROSE_LENGTH, PROSES, Line
from stream.core.rules.topics import OPENING, TOPICS

OPENED_BY, WITHIN = 15, 25
"""Proof that a footer is one must stand among its first 15 lines, weaker evidence among its first 25."""
LIST_TOPICS = frozenset({TOPICS["related"], TOPICS["popular"]})
SURE_TOPICS = frozenset({TOPICS["share"], TOPICS["comments"], TOPICS["tags"], TOPICS["subscribe"]})
ARTICLE = b"\x01" * 12
"""Twelve paragraphs of prose in a row are an article. This is how they look in a page's `prose` flags."""
HINTS = frozenset({TOPICS["nav"] + OPENING, TOPICS["credit"] + OPENING})
SHARE, COMMENTS, AD = TOPICS["share"], TOPICS["comments"], TOPICS["ad"]
SOON = 8
"""A footer's first heading stands at most eight lines below the cut; if it comes later it is late (`comes_late`)."""
LATE_PERCENT = 260
"""Maximum length of the text between a cut and a late heading, in percent of the text before the cut."""
LATE_BRIEF_PERCENT = 60
"""The same maximum, in percent, on a page with little prose before the cut."""
BRIEF = 600
"""Prose before a cut that is little: its effective length in characters."""
OFTEN = 3
"""A line that occurs three times is the link under each entry of a list ("Read more"), and not a heading."""
LISTED = 66
"""Maximum prose under a heading of related articles, in percent of the article's."""
SENTENCE = 40
"""Minimum effective length, in characters, of a closed line that is a sentence."""
BRIEFEST = 15
"""Minimum effective length of a closed line that is not just a label with a full stop."""
HARDLY = 1
"""A single heading below a cut is hardly evidence where prose follows: an article's own subhead may read like one."""
SHORT_FOR_PROSE = 6
"""Minimum number of lines for each line of prose, in a footer with hardly a heading."""
NEAR = 4
"""If there is prose among the first four lines below a cut, the body goes on there."""
ALIKE = 6
"""A cut is within a list if at least six of the ten lines around it look like the line on the cut's other side."""
FEW_HEADINGS = 20
"""One heading in twenty lines is as good as none."""
LISTING = 4
"""Minimum number of lines of a list, table or code above a single closing paragraph; above two, one line is enough."""
CELL = 8
"""Mean effective length below which lines are the cells of a table."""


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
    """Whether the article goes on below a cut that has at most `HARDLY` headings below it.

    It does if there are paragraphs of prose as long as the article's, and one of them stands among the first `NEAR`
    lines or at the very end, or two are adjacent, or there is one for every few short lines.
    """
    counts, prose, end = page.counts, page.prose, len(page.lines)
    if page.lines[cut].topic == AD and cut + 1 < end:
        following = page.lines[cut + 1]
        if following.end == CLOSED and following.length >= SENTENCE:
            return True  # an advertisement's label between two paragraphs
    after = counts[end] - counts[cut]
    proses = after >> PROSES & COUNT_MASK
    if not proses or after & COUNT_MASK > HARDLY:
        return False
    before, length = counts[cut] >> PROSES & COUNT_MASK, after >> PROSE_LENGTH
    if length * before * 10 < (counts[cut] >> PROSE_LENGTH) * proses * 9:
        return False  # these are teasers, which are shorter than the article's paragraphs
    if prose[-1] or proses * SHORT_FOR_PROSE > end - cut or any(prose[cut : cut + NEAR]):
        return True
    return any(map(and_, prose[cut:], prose[cut + 1 :]))


def takes_the_close(page: PageLines, cut: int) -> bool:
    """Whether a cut would remove the closing paragraphs of an article along with a list, table or code above them.

    It would if no line from the cut on has a topic and a sentence ends the page, or if no line has one down to prose
    that stands right above the first line that does. Prose that begins with a hint's words ("Next year ...") counts as
    a line without a topic.
    """
    lines, end = page.lines, len(page.lines)
    if _only_sentences(lines, cut):
        return True
    said = cut
    while said < end and (not lines[said].topic or (lines[said].prose and lines[said].topic in HINTS)):
        said += 1
    if said == end > cut:
        return lines[-1].end == CLOSED and lines[-1].length >= SENTENCE
    if said - cut < 3 or not lines[said - 1].prose:  # noqa: PLR2004 - two paragraphs and a line above them
        return False
    return bool(lines[said - 2].prose) or said - cut > LISTING


def _only_sentences(lines: Sequence[Line], cut: int) -> bool:
    """Whether only a few sentences, however short, stand between a cut and the footer's first heading."""
    at = cut
    while at < len(lines) and lines[at].end == CLOSED and lines[at].length >= BRIEFEST and not lines[at].topic:
        at += 1
    return 0 < at - cut <= LISTING and at < len(lines) and 0 < lines[at].topic <= OPENING


def within_list(page: PageLines, cut: int) -> bool:
    """Whether a cut that no heading opens would split lines that look alike, a list of the article's."""
    line, last = page.lines[cut], page.lines[cut - 1]
    if 0 < line.topic <= OPENING:
        return False
    if line.end not in {0, CLOSED} and page.rough_shapes[cut : cut + 5].count(line.rough_shape) >= ALIKE - 2:
        near = page.rough_shapes[max(cut - 5, 0) : cut].count(line.rough_shape)
        if near >= 2:  # noqa: PLR2004 - all end with the same mark, such as a bracket
            return True
    alike = page.shapes[max(cut - 5, 0) : cut].count(line.shape) + page.shapes[cut : cut + 5].count(last.shape)
    return alike >= ALIKE


def is_unsaid(page: PageLines, cut: int) -> bool:
    """Whether a cut on an open-ended page has no heading that opens it.

    There a short paragraph looks like a headline, so only a line's words tell where the article ends.
    """
    return page.open_ended and not 0 < page.lines[cut].topic <= OPENING


def is_table(page: PageLines, cut: int) -> bool:
    """Whether a cut would remove the cells of a table that is longer than the text above it."""
    counts, end = page.counts, len(page.lines)
    before, total = counts[cut] >> LENGTH & LENGTH_MASK, counts[end] >> LENGTH & LENGTH_MASK
    few = (counts[end] - counts[cut] & COUNT_MASK) * FEW_HEADINGS <= end - cut
    return few and before < total - before < (end - cut) * CELL


def comes_late(page: PageLines, cut: int) -> int:
    """Find the first heading below a cut, if it is late and the text above it may be the article's; else 0.

    A heading is late if there are more than `SOON` lines between the cut and it, and if

        length(between) * (1 + proses(between)) * 100  >  length(before) * percent

    where `between` are these lines and `before` those above the cut; `length` is the effective length of all lines,
    `proses` the number of lines that are prose, and `percent` is `LATE_PERCENT`, or `LATE_BRIEF_PERCENT` if the prose
    before the cut is at most `BRIEF` long. So much text without a heading is probably a list or table of the article. A
    line that occurs `OFTEN` times is no heading, unless it says comments.
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
    percent = LATE_BRIEF_PERCENT if before >> PROSE_LENGTH <= BRIEF else LATE_PERCENT
    proses, length = between >> PROSES & COUNT_MASK, between >> LENGTH & LENGTH_MASK
    return first if length * (1 + proses) * 100 > (before >> LENGTH & LENGTH_MASK) * percent else 0


def within_budget(page: PageLines, cut: int) -> bool:
    """Whether a cut takes at most a third of the prose, or takes prose that is certainly not the article's.

    The latter is so if one of these holds:

    - among the first `OPENED_BY` lines are two buttons together, a comment head, tags or a newsletter, and what follows
      is not as long as an article (`ARTICLE`);
    - one of these, or a single button, is among the first `WITHIN` lines, and no more prose follows than the article
      has;
    - a heading of related or popular articles opens it, and at most `LISTED` percent of that prose follows.
    """
    counts, end = page.counts, len(page.lines)
    before = counts[cut] >> PROSE_LENGTH
    after = (counts[end] >> PROSE_LENGTH) - before
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
    """Whether a button has another topic beside it: the name of a social network alone may stand in a table."""
    return any(0 < topic <= OPENING for topic in (*topics[max(at - 1, 0) : at], *topics[at + 1 : at + 2]))
