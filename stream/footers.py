"""Where the footer begins, and why.

A footer is a tail. Where it begins is one decision over the whole page (`stream.tail`): the markers that
rules find are strong evidence, the shape of the lines is the rest. Where the model sees no footer, a
marker still begins one when the body does not go on after it: headlines, names and menus are short; a
body is paragraphs that end a sentence. A line of junk before the footer takes only itself (`stream.junk`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from stream.junk import find_junk
from stream.paragraphs import width
from stream.rules import Rule, Rules
from stream.tail.decision import find_tail
from stream.tail.lines import Memo, is_quiet
from stream.tail.model import shipped

MAX_MARKER = 80
"""Characters of the longest line that is looked up as a marker."""
PROSE = 80
"""Width from which a line that ends a sentence is prose."""
STRONG = 200
"""Width of prose that teasers and notices seldom have."""
MOST_OF_BODY = 0.3
"""Share of the article's prose (by width) that may stand after the start of a footer."""
SHORT_FOR_PROSE = 6
"""Lines a footer must have for each line of prose in it."""
NEAR = 4
"""Prose among so many lines from the marker on: the body goes on."""
SHAPE = "tail.shape"
"""The rule of a line that goes for what the whole page looks like, under no marker."""
_ENDS = frozenset(".!?\u2026\u3002\uff01\uff1f\u061f\u0964;\uff1b")
_QUOTES = "\"'\u201d\u2019\u00bb\u203a\u201c\u300d\u300f)\uff09] \t\r\xa0"


def ends_sentence(line: str) -> bool:
    """Whether `line` closes with a sentence's punctuation, quotes and brackets after it aside."""
    return line.rstrip(_QUOTES)[-1:] in _ENDS


def prose(line: str) -> int:
    """Width of a line that is long and ends a sentence; 0 for any other."""
    size = len(line)
    if 3 * size < PROSE or not (line[-1] in _ENDS or ends_sentence(line)):
        return 0
    wide = size if line.isascii() else width(line)
    return wide if wide >= PROSE else 0


class Found(NamedTuple):
    """What is no part of the article: line -> id of the rule that says so, both in order."""

    footer: dict[int, str]
    junk: dict[int, str]
    sure: bool = False  # the footer may have more prose in it than the article
    held: Mapping[int, str] = MappingProxyType({})


NOTHING = Found({}, {})


def find_footer(lines: Sequence[str], rules: Rules) -> list[tuple[int, str]]:
    """Find the lines that belong to a footer, or are junk before it: (0-based index in `lines`, id of the rule).

    In order. Blank lines are never in the answer, nor the first line that is not blank.
    """
    found = look(lines, [at for at, line in enumerate(lines) if line and not line.isspace()], rules)
    return [*found.junk.items(), *found.footer.items()]


def look(lines: Sequence[str], places: Sequence[int], rules: Rules) -> Found:
    """Do what `find_footer` does for the lines at `places`; none is blank."""
    if len(places) < 2:  # noqa: PLR2004 - the first line never goes
        return NOTHING
    texts = [lines[place].strip() for place in places]
    if is_quiet(texts, rules.signs):
        return NOTHING  # clean already, as most articles of many streams are
    model = shipped()
    memo: Memo = rules.seen.setdefault(model.version, {})
    tail = find_tail(texts, rules.signs, model, memo)
    marks: dict[int, Rule] = {}
    for at, line in enumerate(tail.lines):
        if line.topic:
            rule = rules.find(texts[at])
            if rule is not None:
                marks[at] = rule
    end = len(texts)
    begin = tail.begin
    if marks:
        begin = _marked_tail(texts, marks, begin)
    if begin == end - 1 and begin in marks and marks[begin].kind == "label":
        begin = end  # "Comments" at the very end, and nothing follows
    footer = _named(range(begin, end), places, marks)
    junk = {places[at]: rule_id for at, rule_id in find_junk(texts[:begin], tail.lines, marks)} if marks else {}
    held = {} if footer else _named(range(tail.held, end), places, marks)
    return Found(footer, junk, begin == tail.begin, held)


def _named(footer: range, places: Sequence[int], marks: Mapping[int, Rule]) -> dict[int, str]:
    """Give each line the rule of the last marker at or above it."""
    named: dict[int, str] = {}
    rule_id = SHAPE
    for at in footer:
        if at in marks:
            rule_id = marks[at].id
        named[places[at]] = rule_id
    return named


def _marked_tail(texts: Sequence[str], marks: Mapping[int, Rule], begin: int) -> int:
    """Where a marker begins a tail of a few lines, that has too little in it to be seen otherwise; else `begin`.

    Before a footer that was seen, it is a heading with nothing but short lines between the two.
    """
    end = len(texts)
    if begin < end and not any(at < begin and rule.kind == "section" for at, rule in marks.items()):
        return begin
    wide = [prose(text) for text in texts]
    if begin == end and wide[-1] and end - 1 not in marks:
        return begin
    marked = _tail(list(marks), marks, wide)
    if begin < end and (marked >= begin or marks[marked].kind != "section" or any(wide[marked:begin])):
        return begin
    return marked


def _tail(marked: Sequence[int], marks: Mapping[int, Rule], wide: list[int]) -> int:
    """Where the footer begins, in lines whose prose is `wide`; their number when there is none."""
    end = len(wide)
    begin = max(_goes_on(wide), 1)
    left = total = sum(wide)  # the prose from the marker on, and in how many lines it is
    count = end - wide.count(0)
    since = 0
    for at in marked:
        between = wide[since:at]
        left -= sum(between)
        count -= len(between) - between.count(0)
        since = at
        rule = marks[at]
        if at < begin or rule.kind == "notice" or left == total:
            continue
        if left > MOST_OF_BODY * total or count * SHORT_FOR_PROSE > end - at:
            continue
        if not any(wide[at : at + NEAR]) and (rule.kind != "label" or at + 1 < end):
            return at
    return end


def _goes_on(weights: list[int]) -> int:
    """Behind which of the paragraphs the body is over: no two of prose, one after the other, come later."""
    for at in range(len(weights) - 1, 0, -1):
        if weights[at] and weights[at - 1] and weights[at] + weights[at - 1] >= STRONG:
            return at + 1
    return 0
