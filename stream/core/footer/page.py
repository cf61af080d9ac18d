"""Finds the footer of a whole page, and the junk lines before it: combines the model's cut with what rules find.

The model weighs the shape of all lines, with the rules' markers as strong evidence. Where it sees no footer, a marker
still begins one if the body does not go on after it: headlines, names and menus are short, while a body consists of
paragraphs that end a sentence. A junk line before the footer takes only itself.
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
"""The rule id of footer lines that stand under no marker: they go because of what the whole page looks like."""


class Found(NamedTuple):
    """What one search of a page finds. Lines are indices; each one has the id of the rule that found it.

    `footer`, `junk`: the lines that are not part of the article, in order.

    `sure`: lines of the footer that may go however much prose is in them, as they are certainly not the article's.
    Example: five paragraphs of an article, and below "Comments (30)" thirty of its readers', each with name and date.

    `held`: the footer that the model sees but does not take, because too much prose would go with it. `clean` reports
    it as withheld. Example: below the heading "Related Stories" stands twice as much text as above it.

    `settled`: searching what is left would find nothing, unless lines of it repeat each other once the footer is gone.
    Example: an ASCII page whose footer is cut off, with two paragraphs of prose right above the cut and no heading.
    """

    footer: dict[int, str]
    junk: dict[int, str]
    sure: Collection[int] = ()
    held: Mapping[int, str] = MappingProxyType({})
    settled: bool = False


NOTHING = Found({}, {})


def find_footer(lines: Sequence[str], places: Sequence[int], rules: Rules) -> Found:
    """Find the footer and the junk among the lines at `places`, none of them blank. The first one is never removed."""
    if len(places) < 2:  # noqa: PLR2004 - the first line never goes
        return NOTHING
    texts = [lines[place].strip() for place in places]
    visible = without_format(texts)
    if visible is texts:
        if is_quiet(texts, rules.signs):
            return NOTHING  # a clean page, as most are in many streams
        begin = plain_tail(texts, rules)
        if begin < len(texts):
            tail = range(begin, len(texts))
            marks = rules.find_all(texts, [*tail])
            footer = named(tail, places, marks, SHAPE)
            return Found(footer, {}, sure=footer, settled=True)
    return weigh_page(visible, places, rules, Known(code_among(lines, places), None if visible is texts else texts))


def weigh_page(texts: list[str], places: Sequence[int], rules: Rules, page: Known = NOTHING_KNOWN) -> Found:
    """Do what `find_footer` does, but always ask the model.

    `texts` are the lines at `places`, stripped and without format characters; `page` is what else is known of them.
    """
    said = texts if page.said is None else page.said
    model: Model = rules.model or shipped()
    # The rules for single sites share no memo: each would need one of its own.
    memo: Memo | None = rules.seen.setdefault(model.version, {}) if rules.base is None else None
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
        begin = end  # a label such as "Comments" as the last line may be the body's
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
    """Find the comments above the line where the footer begins."""
    if not [at for at, rule in marks.items() if at < begin and rule.about == "comments"]:
        return {}
    return named([at for at in comments_of(texts, marks, weigh(texts)) if at < begin], places, marks)


def _settled(texts: Sequence[str], lines: Sequence[Line], begin: int) -> bool:
    """Whether `is_quiet` holds for the lines before `begin`; False also where it would have to examine them again."""
    if begin < 2 or not (lines[begin - 1].prose and lines[begin - 2].prose):  # noqa: PLR2004 - two paragraphs
        return False
    # On other than ASCII pages the effective length of a line depends on the page's other lines (`halves`).
    return all(map(str.isascii, texts[:begin])) and not any(line.topic for line in lines[:begin])


def _marked_tail(texts: Sequence[str], marks: Mapping[int, Rule], begin: int) -> int:
    """The line where a marker begins the footer; `begin`, where the model's footer begins, if none does.

    Where the model sees no footer, a marker may begin a tail that is too small for it. Where it sees one, the heading
    of a section above it begins the footer if there are only short lines between the two.
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
