"""Finds the footer of a whole page, and the junk lines before it: combines the network's cut with what rules find.

The network weighs all lines together, with the rules' topics and what the site's other articles tell as evidence. Where
it sees no footer, a marker still begins one if the body does not go on after it: headlines, names and menus are short,
while a body consists of paragraphs that end a sentence. A junk line before the footer takes only itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, MutableMapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple

from stream.core.comments import comments_of
from stream.core.footer.budget import Budget
from stream.core.footer.decision import by_harm, likelihoods
from stream.core.footer.junk import find_junk, known_junk
from stream.core.footer.lines import Line, line_of
from stream.core.footer.network import Network, shipped
from stream.core.footer.reading import Reading, read
from stream.core.footer.refusals import Refusals
from stream.core.footer.traits import traits_of
from stream.core.footer.words import Said, said
from stream.core.listing import code_among
from stream.core.markers import named, tail_of, weigh
from stream.core.native import calls
from stream.core.native.calls import SHAPE
from stream.core.paragraphs import without_format
from stream.core.rules import Rule, Rules
from stream.core.sites import Profile


class Found(NamedTuple):
    """What one search of a page finds. Lines are indices; each one has the id of the rule that found it.

    `footer`, `junk`: the lines that are not part of the article, in order.

    `sure`: lines of the footer that may go however much prose is in them, as they are certainly not the article's.
    Example: five paragraphs of an article, and below "Comments (30)" thirty of its readers', each with name and date.

    `held`: the footer that the network sees but does not take, because too much prose would go with it. `clean` reports
    it as withheld. Example: below the heading "Related Stories" stands twice as much text as above it.

    `site`: those of the other lines that the site's other articles have, too. Here the rule says how many of them.
    """

    footer: dict[int, str]
    junk: dict[int, str]
    sure: Collection[int] = ()
    held: Mapping[int, str] = MappingProxyType({})
    site: Mapping[int, str] = MappingProxyType({})


NOTHING = Found({}, {})
Code = Callable[[int], bool]
Heard = MutableMapping[str, Said]
"""What the lines of an article say, so that a line is read once although the page is searched several times."""


def find_footer(
    lines: Sequence[str],
    places: Sequence[int],
    rules: Rules,
    profile: Profile | None = None,
    heard: Heard | None = None,
) -> Found:
    """Find the footer and the junk among the lines at `places`, none of them blank. The first one is never removed."""
    if len(places) < 2:  # noqa: PLR2004 - the first line never goes
        return NOTHING
    stripped = [lines[place].strip() for place in places]
    code = code_among(lines, places)
    texts, reading = _look(stripped, rules, code)
    page = reading.lines
    heard = {} if heard is None else heard
    for text in texts:
        if text not in heard:
            heard[text] = said(text)
    spoken = [heard[text] for text in texts]
    cut, held_at = cut_of(reading, spoken, profile, rules.model or shipped(), code)
    topics = [at for at, line in enumerate(page) if line.topic]
    marks = {at: rule for at in topics if (rule := rules.find(stripped[at])) is not None}
    end = len(texts)
    begin = _marked_tail(texts, marks, cut) if marks else cut
    if begin == end - 1 and begin in marks and marks[begin].kind == "label":
        begin = end  # a label such as "Comments" as the last line may be the body's
    footer = named(range(begin, end), places, marks, SHAPE)
    junk = {places[at]: rule_id for at, rule_id in find_junk(texts[:begin], page, marks)} if marks else {}
    comments = _comments(texts, places, marks, begin)
    held = {} if footer or comments else named(range(held_at, end), places, marks, SHAPE)
    if comments:
        junk = {place: rule_id for place, rule_id in junk.items() if place not in comments}
        footer = comments | footer
    site: dict[int, str] = {}
    if profile is not None:
        known = [profile.of_line(each.keys[0]) for each in spoken]
        site = {places[at]: f"junk:{profile.share(known[at])}" for at in known_junk(page[:begin], known, profile)}
        told = [at for at in range(begin, end) if profile.is_familiar(known[at])]
        site |= {places[at]: f"footer:{profile.share(known[at])}" for at in told}
    return Found(footer, junk, footer if begin == cut else comments, held, site)


def _look(stripped: list[str], rules: Rules, code: Code) -> tuple[list[str], Reading]:
    """Give the lines without format characters, and what is seen of them."""
    texts = without_format(stripped)
    return texts, read(texts, rules.signs, code, stripped)


def read_lines(lines: Sequence[str], rules: Rules) -> tuple[list[str], list[Line], list[Said]]:
    """Give for lines, none of them blank, their texts, what is seen of each, and what each says."""
    found = calls.read(lines, rules)
    if found is not None:
        texts, codes, heard = ([*part] for part in zip(*found, strict=True)) if lines else ([], [], [])
        return texts, [line_of(each) for each in codes], heard
    texts, reading = _look([line.strip() for line in lines], rules, code_among(lines, range(len(lines))))
    return texts, reading.lines, [said(text) for text in texts]


def cut_of(
    reading: Reading, heard: Sequence[Said], profile: Profile | None, network: Network, code: Code
) -> tuple[int, int]:
    """Choose the cut with the least expected harm among those that may be made; and the one that would be best of all.

    A cut is the index of the line that the footer begins with; the number of lines if there is none. It may be made if
    it is within the budget and not refused. `code` tells whether the line at an index is code.
    """
    page = reading.lines

    def is_sites(at: int) -> bool:
        return profile is not None and profile.is_familiar(profile.of_line(heard[at].keys[0]))

    scores = network.scores([each.words for each in heard], traits_of(page, [each.keys for each in heard], profile))
    cuts = by_harm(likelihoods(scores), [line.length for line in page], network.caution)
    wanted = next(cuts)
    budget, refusals = Budget(page), Refusals(reading, code, is_sites)
    may = (cut for cut in chain((wanted,), cuts) if budget.allows(cut) and not refusals.refuses(cut))
    return next(may), wanted


def _comments(texts: Sequence[str], places: Sequence[int], marks: Mapping[int, Rule], begin: int) -> dict[int, str]:
    """Find the comments above the line where the footer begins."""
    if not [at for at, rule in marks.items() if at < begin and rule.about == "comments"]:
        return {}
    return named([at for at in comments_of(texts, marks, weigh(texts)) if at < begin], places, marks)


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
