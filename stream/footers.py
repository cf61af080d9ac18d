"""Where the footer begins, and why.

A footer is a tail: it begins at a marker (a line that a rule finds) after which the body does not go on.
A marker before that takes only itself, and the links under it where they are certain. Whether the body
goes on is read from the paragraphs after the marker: headlines, names and menus are short; a body is
paragraphs that end a sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from stream.paragraphs import width
from stream.rules import Rule, Rules

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
BULLETS = ("- ", "\u2013 ", "\u2022", "* ", "\u00b7", ">", "\u203a", "\u00bb", "\u25b8", "\u25ba", "\u25aa", "\u25a0")
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


def find_footer(lines: Sequence[str], rules: Rules) -> list[tuple[int, str]]:
    """Find the lines that belong to a footer: (0-based index in `lines`, id of the rule), in order.

    Blank lines are never in the answer, nor the first line that is not blank.
    """
    marks: dict[int, Rule] = {}
    for at, line in enumerate(lines):
        if len(line) <= MAX_MARKER and line:
            rule = rules.find(line)
            if rule is not None:
                marks[at] = rule
    if not marks:
        return []
    places = [at for at, line in enumerate(lines) if line and not line.isspace()]
    begin = _tail(lines, places, marks, rules)
    gone: list[tuple[int, str]] = []
    if begin < len(places):
        rule_id = marks[places[begin]].id
        for place in places[begin:]:
            if place in marks:
                rule_id = marks[place].id
            gone.append((place, rule_id))
    return _inner(lines, places[:begin], marks) + gone


def _tail(lines: Sequence[str], places: list[int], marks: dict[int, Rule], rules: Rules) -> int:
    """Where in `places` the footer begins; `len(places)` when there is none."""
    weights = [prose(lines[place]) for place in places]
    before = [0, *accumulate(weights)]
    total = before[-1]
    goes_on = 0  # behind this paragraph of `places` the body is over
    for at in range(1, len(places)):
        if weights[at] and weights[at - 1] and weights[at] + weights[at - 1] >= STRONG:
            goes_on = at + 1
    if weights[-1] and rules.find(lines[places[-1]][:MAX_MARKER]) is None:
        return len(places)
    count = [0, *accumulate(1 if weight else 0 for weight in weights)]
    for at in range(max(goes_on, 1), len(places)):
        rule = marks.get(places[at])
        if rule is None or rule.kind == "notice" or not before[at]:
            continue
        after = count[-1] - count[at]
        if total - before[at] > MOST_OF_BODY * total or after * SHORT_FOR_PROSE > len(places) - at:
            continue
        near = count[min(at + NEAR, len(places))] - count[at]
        if not near and (rule.kind != "label" or at + 1 < len(places)):
            return at
    return len(places)


def _inner(lines: Sequence[str], places: list[int], marks: dict[int, Rule]) -> list[tuple[int, str]]:
    """Markers within the body, with their links."""
    gone: list[tuple[int, str]] = []
    at = 1
    while at < len(places):
        rule = marks.get(places[at])
        at += 1
        if rule is None or rule.kind == "end":
            continue
        if rule.kind == "label" and not (places[at - 2] in marks or (at < len(places) and places[at] in marks)):
            continue
        gone.append((places[at - 1], rule.id))
        if rule.kind in ("section", "inline"):
            while at < len(places) and places[at] not in marks and lines[places[at]].lstrip().startswith(BULLETS):
                gone.append((places[at], rule.id))
                at += 1
    return gone
