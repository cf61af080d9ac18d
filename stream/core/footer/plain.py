"""Answers without the model for simple pages: those without a footer, and those with a plain tail.

A page is quiet if its last two lines are prose and no line says anything about itself (has a topic or legal words). It
has no footer.

A plain tail is a footer that every reader would see in the same place. It consists of a heading and one to nine more
lines, all of them shorter than prose; the heading has a topic (but not an advertisement's) and is matched by a rule; no
line below it ends a sentence; and the page above the heading is quiet. Example:

    ... the last paragraph of the article, which is prose.
    You may also like
    Storm Closes the Bridge
    Ferry Late
"""

from __future__ import annotations

from stream.core import native
from stream.core.footer.codes import CLOSED, ENDS_TABLE, QUOTES, WIDEST, effective, end_of, halves
from stream.core.footer.lines import HEADINGS, PROSE
from stream.core.rules import Rules
from stream.core.rules.topics import TOPICS, Signs

LONGEST = 10
"""Maximum lines of a plain tail, with its heading."""
_OPEN = frozenset(HEADINGS) - {TOPICS["ad"]}  # after an advertisement's label the article may go on
OPEN_TOPICS = native.letters(*map(chr, _OPEN))
"""The topics that open a plain tail, as a bitmap for C."""


def is_quiet(lines: list[str], signs: Signs) -> bool:
    """Whether the last two lines are prose and no line says anything about itself: then there is no footer."""
    last = lines[-2:]
    if any(map(_is_short, last)):
        return False
    if not signs.silent(lines):
        return False
    per_letter = WIDEST if all(map(str.isascii, last)) else halves(lines)  # not used for ASCII lines
    return all(effective(line, per_letter) >= PROSE and end_of(line) == CLOSED for line in last)


def plain_tail(lines: list[str], rules: Rules) -> int:
    """The index of the heading that opens a plain tail (see the module); `len(lines)` if the page has none.

    The model would cut there, too (docs/decisions/0008). A hint does not open one, because "Background" may be a
    subhead of the article; nor may a sentence stand in it, because short sentences may be the article's.
    """
    begin = opening_of(lines, rules.signs)
    return begin if begin == len(lines) or rules.find(lines[begin]) is not None else len(lines)


def opening_of(lines: list[str], signs: Signs) -> int:
    """Do what `plain_tail` does, but accept a hint as the heading, too."""
    if signs.compiled is not None:
        return int(native.compiled.opening(lines, signs.compiled, ENDS_TABLE, QUOTES, OPEN_TOPICS))
    end = len(lines)
    begin = next((at + 1 for at in range(end - 1, max(end - LONGEST - 2, 0), -1) if not _is_short(lines[at])), end)
    if not 1 < begin < end - 1 or signs.topic(lines[begin]) not in _OPEN:
        return end
    if any(end_of(line) == CLOSED for line in lines[begin + 1 :]) or not is_quiet(lines[:begin], signs):
        return end
    return begin


def _is_short(line: str) -> bool:
    """Whether a line is too short for prose, in any script."""
    return effective(line, WIDEST) < PROSE
