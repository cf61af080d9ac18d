"""Where the footer begins, and why.

A footer is a tail: it begins at a marker (a line that a rule finds) after which the body does not go on.
A marker before that takes only itself, and the links under it where they are certain. Whether the body
goes on is read from the paragraphs after the marker: headlines, names and menus are short; a body is
paragraphs that end a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from stream.core import native
from stream.core.paragraphs import FORMAT, WIDE, width
from stream.core.rules import MAX_MARKER, Rule, Rules
from stream.core.sentence_ends import ENDS_SET, PROSE, QUOTES_SET, ends_sentence, is_open_ended

STRONG = 200
"""Width of prose that teasers and notices seldom have."""
MOST_OF_BODY = 0.3
"""Share of the article's prose (by width) that may stand after the start of a footer."""
SHORT_FOR_PROSE = 6
"""Lines a footer must have for each line of prose in it."""
NEAR = 4
"""Prose among so many lines from the marker on: the body goes on."""
BULLETS = ("- ", "\u2013 ", "\u2022", "* ", "\u00b7", ">", "\u203a", "\u00bb", "\u25b8", "\u25ba", "\u25aa", "\u25a0")


def prose(line: str) -> int:
    """Width of a line that is long and ends a sentence; 0 for any other."""
    size = len(line)
    if 3 * size < PROSE or not ends_sentence(line):
        return 0
    wide = size if line.isascii() else width(line)
    return wide if wide >= PROSE else 0


def find_footer(lines: Sequence[str], rules: Rules) -> list[tuple[int, str]]:
    """Find the lines that belong to a footer: (0-based index in `lines`, id of the rule), in order.

    Blank lines are never in the answer, nor the first line that is not blank.
    """
    places = [at for at, line in enumerate(lines) if line and not line.isspace()]
    marks = rules.find_all(lines, places)
    return list(footer_of(lines, places, marks, weigh(lines), rules).items()) if marks else []


def weigh(lines: Sequence[str]) -> list[int]:
    """Give `prose` of each of `lines`, 0 of an empty one; on an open-ended page each long line is prose."""
    if is_open_ended(lines):
        return [size if (size := width(line)) >= PROSE else 0 for line in lines]
    if native.compiled is not None and isinstance(lines, list):
        found: list[int] = native.compiled.weigh(lines, ENDS_SET, QUOTES_SET, WIDE, FORMAT)
        return found
    return [prose(line) if line else 0 for line in lines]


def footer_of(
    lines: Sequence[str], places: Sequence[int], marks: Mapping[int, Rule], weights: Sequence[int], rules: Rules
) -> dict[int, str]:
    """Do what `find_footer` does for the lines at `places` (none is blank), with their markers and weights."""
    marked = {at: marks[place] for at, place in enumerate(places) if place in marks}
    if not marked or marked.keys() == {0}:
        return {}
    wide = [weights[place] for place in places]
    begin = end = len(places)
    if not wide[-1] or rules.find(lines[places[-1]][:MAX_MARKER]) is not None:
        begin = tail_of(marked, wide)
    return _inner(lines, places[:begin], marked) | named(range(begin, end), places, marked)


def named(
    footer: Iterable[int], places: Sequence[int], marked: Mapping[int, Rule], rule_id: str = ""
) -> dict[int, str]:
    """Give each line of the footer the rule of the last marker at or above it; `rule_id` where there is none."""
    found: dict[int, str] = {}
    for at in footer:
        if at in marked:
            rule_id = marked[at].id
        found[places[at]] = rule_id
    return found


def tail_of(marked: Mapping[int, Rule], wide: list[int]) -> int:
    """Where a footer begins by its markers, in lines whose prose is `wide`; their number when there is none."""
    end = len(wide)
    begin = max(_body_ends(wide), 1)
    left = total = sum(wide)  # the prose from the marker on, and in how many lines it is
    count = end - wide.count(0)
    since = 0
    for at, rule in marked.items():
        between = wide[since:at]
        left -= sum(between)
        count -= len(between) - between.count(0)
        since = at
        if at < begin or rule.kind == "notice" or left == total:
            continue
        if left > MOST_OF_BODY * total or count * SHORT_FOR_PROSE > end - at:
            continue
        if not any(wide[at : at + NEAR]) and (rule.kind != "label" or at + 1 < end):
            return at
    return end


def _body_ends(weights: list[int]) -> int:
    """Behind which of the paragraphs the body is over: no two of prose, one after the other, come later."""
    for at in range(len(weights) - 1, 0, -1):
        if weights[at] and weights[at - 1] and weights[at] + weights[at - 1] >= STRONG:
            return at + 1
    return 0


def _inner(lines: Sequence[str], places: Sequence[int], marked: Mapping[int, Rule]) -> dict[int, str]:
    """Markers within the body, with their links."""
    gone: dict[int, str] = {}
    end = len(places)
    for at, rule in marked.items():
        if not 0 < at < end or rule.kind == "end":
            continue
        after = at + 1
        if rule.kind == "label" and not (at - 1 in marked or (after < end and after in marked)):
            continue
        gone[places[at]] = rule.id
        if rule.kind in ("section", "inline"):
            while after < end and after not in marked and lines[places[after]].lstrip().startswith(BULLETS):
                gone[places[after]] = rule.id
                after += 1
    return gone
