"""The footer of a whole page, and lines of junk before it: the model's cut, and what rules add to it.

The markers that rules find are strong evidence, the shape of the lines is the rest. Where the model sees no
footer, a marker still begins one when the body does not go on after it: headlines, names and menus are
short; a body is paragraphs that end a sentence. A line of junk before the footer takes only itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from stream.core.comments import comments_of
from stream.core.footer.decision import find_tail
from stream.core.footer.junk import find_junk
from stream.core.footer.lines import MOST_SEEN, Line, Memo
from stream.core.footer.model import Model, shipped
from stream.core.footer.plain import is_quiet, plain_tail
from stream.core.footer.reading import NOTHING_KNOWN, Known
from stream.core.listing import code_among
from stream.core.markers import named, tail_of, weigh
from stream.core.paragraphs import without_format
from stream.core.rules import Rule, Rules

SHAPE = "tail.shape"
"""The rule of a line that goes for what the whole page looks like, under no marker."""


class Found(NamedTuple):
    """What is no part of the article: line -> id of the rule that says so, both in order."""

    footer: dict[int, str]
    junk: dict[int, str]
    sure: Collection[int] = ()  # lines of the footer in which there may be more prose than in the article
    held: Mapping[int, str] = MappingProxyType({})
    settled: bool = False  # there is nothing to find in what is left, unless lines of it repeat each other now


NOTHING = Found({}, {})


def find_footer(lines: Sequence[str], places: Sequence[int], rules: Rules) -> Found:
    """Find the footer and the junk among the lines at `places`, none of them blank. The first one never goes."""
    if len(places) < 2:  # noqa: PLR2004 - the first line never goes
        return NOTHING
    texts = [lines[place].strip() for place in places]
    shapes = without_format(texts)
    if shapes is texts:
        if is_quiet(texts, rules.signs):
            return NOTHING  # clean already, as most articles of many streams are
        begin = plain_tail(texts, rules)
        if begin < len(texts):
            tail = range(begin, len(texts))
            marks = rules.find_all(texts, [*tail])
            footer = named(tail, places, marks, SHAPE)
            return Found(footer, {}, sure=footer, settled=True)
    return weigh_page(shapes, places, rules, Known(code_among(lines, places), None if shapes is texts else texts))


def weigh_page(texts: list[str], places: Sequence[int], rules: Rules, page: Known = NOTHING_KNOWN) -> Found:
    """Do what `find_footer` does, with the model whatever the page looks like.

    `texts` are the lines at `places`, stripped and without format characters; `page` is what else is known of them.
    """
    said = texts if page.said is None else page.said
    model: Model = rules.model or shipped()
    memo: Memo | None = rules.seen.setdefault(model.version, {}) if rules.base is None else None  # one, not one a site
    tail = find_tail(texts, rules.signs, model, memo, page)
    marks: dict[int, Rule] = {}
    known: dict[str, Rule | None] = rules.seen.setdefault("rules", {})
    if len(known) > MOST_SEEN:
        known.clear()
    for at in [at for at, line in enumerate(tail.lines) if line.topic]:
        text = said[at]
        if text not in known:
            known[text] = rules.find(text)
        rule = known[text]
        if rule is not None:
            marks[at] = rule
    end = len(texts)
    begin = tail.begin
    if marks:
        begin = _marked_tail(texts, marks, begin)
    if begin == end - 1 and begin in marks and marks[begin].kind == "label":
        begin = end  # "Comments" at the very end, and nothing follows
    footer = named(range(begin, end), places, marks, SHAPE)
    junk = {places[at]: rule_id for at, rule_id in find_junk(texts[:begin], tail.lines, marks)} if marks else {}
    comments = _comments(texts, places, marks, begin)
    held = {} if footer or comments else named(range(tail.held, end), places, marks, SHAPE)
    settled = bool(footer) and not junk and not comments and _settled(texts, tail.lines, begin)
    if comments:
        junk = {place: rule_id for place, rule_id in junk.items() if place not in comments}
        footer = comments | footer
    return Found(footer, junk, footer if begin == tail.begin else comments, held, settled)


def _comments(texts: Sequence[str], places: Sequence[int], marks: Mapping[int, Rule], begin: int) -> dict[int, str]:
    """Comments above the line where the footer begins."""
    if not [at for at, rule in marks.items() if at < begin and rule.about == "comments"]:
        return {}
    return named([at for at in comments_of(texts, marks, weigh(texts)) if at < begin], places, marks)


def _settled(texts: Sequence[str], lines: Sequence[Line], begin: int) -> bool:
    """Whether `is_quiet` is true of the lines before `begin`; false where it would have to look at them again."""
    if begin < 2 or not (lines[begin - 1].prose and lines[begin - 2].prose):  # noqa: PLR2004 - two paragraphs
        return False
    # What a letter counts could be another number for fewer lines.
    return all(map(str.isascii, texts[:begin])) and not any(line.topic for line in lines[:begin])


def _marked_tail(texts: Sequence[str], marks: Mapping[int, Rule], begin: int) -> int:
    """Where a marker begins a tail of a few lines, that has too little in it to be seen otherwise; else `begin`.

    Before a footer that was seen, it is a heading with nothing but short lines between the two.
    """
    end = len(texts)
    if begin < end and not any(at < begin and rule.kind == "section" for at, rule in marks.items()):
        return begin
    wide = weigh(texts)
    if begin == end and wide[-1] and end - 1 not in marks:
        return begin
    marked = tail_of(marks, wide)
    if begin < end and (marked >= begin or marks[marked].kind != "section" or any(wide[marked:begin])):
        return begin
    return marked
