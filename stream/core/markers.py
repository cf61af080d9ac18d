"""Finds the footer by its markers, the lines that a rule matches, and says why.

A footer is a tail: it begins at a marker after which the body does not go on. A marker before that takes only itself,
and the links below it where these are certain. Whether the body goes on is judged by the paragraphs after the marker:
headlines, names and menus are short, while a body consists of paragraphs that end a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from stream.core.paragraphs import width
from stream.core.rules import MAX_MARKER, Rule, Rules
from stream.core.sentence_ends import PROSE, ends_sentence, is_open_ended

STRONG = 200
"""Width of two adjacent paragraphs of prose that are body; teasers and notices are seldom so wide."""
MOST_OF_BODY = 0.3
"""Largest share of the article's prose (by width) that may stand in its footer."""
SHORT_FOR_PROSE = 6
"""Minimum number of lines in a footer for each line of prose in it."""
NEAR = 4
"""No footer has prose among its first four lines: where there is, the body goes on."""
BULLETS = ("- ", "\u2013 ", "\u2022", "* ", "\u00b7", ">", "\u203a", "\u00bb", "\u25b8", "\u25ba", "\u25aa", "\u25a0")


def prose(line: str) -> int:
    """Width of a line that is prose: it is wide enough and ends a sentence. 0 for any other line."""
    size = len(line)
    if 3 * size < PROSE or not ends_sentence(line):
        return 0
    wide = size if line.isascii() else width(line)
    return wide if wide >= PROSE else 0


def find_footer(lines: Sequence[str], rules: Rules) -> list[tuple[int, str]]:
    """Find the lines that belong to a footer: (0-based index in `lines`, id of the rule), in order.

    Neither blank lines nor the first line that is not blank are ever among them.
    """
    places = [at for at, line in enumerate(lines) if line and not line.isspace()]
    marks = rules.find_all(lines, places)
    return list(footer_of(lines, places, marks, weigh(lines), rules).items()) if marks else []


def weigh(lines: Sequence[str]) -> list[int]:
    """Give `prose` of each line, 0 for an empty one. On an open-ended page every wide line is prose."""
    if is_open_ended(lines):
        return [size if (size := width(line)) >= PROSE else 0 for line in lines]
    return [prose(line) if line else 0 for line in lines]


def footer_of(
    lines: Sequence[str], places: Sequence[int], marks: Mapping[int, Rule], weights: Sequence[int], rules: Rules
) -> dict[int, str]:
    """Do what `find_footer` does for the lines at `places`, none of them blank.

    `marks` holds the rule of each line that one matches, `weights` the prose of each line (`weigh`), both by index in
    `lines`. Gives index in `lines` -> id of the rule.
    """
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
    """Give for each line of the footer the id of the last marker at or above it; `rule_id` where there is none.

    `footer` and `marked` speak of indices in `places`; the result's keys are the lines there.
    """
    found: dict[int, str] = {}
    for at in footer:
        if at in marked:
            rule_id = marked[at].id
        found[places[at]] = rule_id
    return found


def tail_of(marked: Mapping[int, Rule], wide: list[int]) -> int:
    """Where the footer begins by its markers; the number of lines if there is none.

    `marked` holds the rule of each marker, `wide` the prose of each line, both by index in the page.
    """
    end = len(wide)
    begin = max(_body_ends(wide), 1)
    left = total = sum(wide)  # width of the prose from the marker on
    count = end - wide.count(0)  # and the number of lines that it stands in
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
    """The index after the last two adjacent paragraphs of prose that are wide enough; before it no footer begins."""
    for at in range(len(weights) - 1, 0, -1):
        if weights[at] and weights[at - 1] and weights[at] + weights[at - 1] >= STRONG:
            return at + 1
    return 0


def _inner(lines: Sequence[str], places: Sequence[int], marked: Mapping[int, Rule]) -> dict[int, str]:
    """Find the markers within the body that go, with the links below them."""
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
