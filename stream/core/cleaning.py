"""The whole core: takes a text, gives the cleaned text and what was removed from it.

1. Exact repeats are removed; the first copy stays.
2. Footer lines are removed, and with the footer model junk lines in the body. The budget may withhold them: something
   like a body must remain, and at most a third of the prose that may belong to the body may be removed.
3. Lines that become neighbours only now may repeat others or form a footer, so 1 and 2 are done again until nothing is
   found; then a second cleaning finds nothing either. After `PASSES` rounds that still find something, only the repeats
   of the first are removed.
4. The blank lines directly before a removed paragraph go with it, and so does the whole separator before these
   (`stream.core.line_ends`). The first paragraph is never removed.

Nothing here reads a clock, logs, or raises on any `str`; each step takes linear time.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Collection, Container, Iterable, Sequence
from functools import partial
from itertools import compress
from typing import NamedTuple

from stream.core.article import Cleaned, CleanedList, Reason, Removal
from stream.core.comments import comments_at
from stream.core.footer.lines import Line
from stream.core.footer.page import Heard, find_footer, read_lines
from stream.core.footer.words import Said
from stream.core.line_ends import with_whole_ends
from stream.core.listing import code_among
from stream.core.markers import footer_of, weigh
from stream.core.native import calls
from stream.core.paragraphs import (
    first_of,
    first_places,
    keys,
    normal_list,
    separator_of,
    split,
    width,
)
from stream.core.repeats import repeats_of
from stream.core.rules import MAX_MARKER, Rule, Rules, builtin
from stream.core.sentence_ends import ends_sentence, is_open_ended
from stream.core.sites import Profile

PASSES = 4
"""Maximum number of times that a text is searched; one that goes on losing lines would be eaten up from below."""
BODY = 200
"""Width of text that must remain where no prose does."""
MAX_PROSE_SHARE = 1 / 3
"""Largest share of the article's prose, by width, that a doubtful footer may take."""

# Index of a line that goes -> the reason, for a repeat the 1-based line that it repeats, else the id of the rule.
_Gone = dict[int, tuple[Reason, int | None, str | None]]
_removal: Callable[[Iterable[object]], Removal] = partial(tuple.__new__, Removal)  # faster than `Removal._make`


def clean(text: str, rules: Rules | None = None, profile: Profile | None = None) -> Cleaned:
    r"""Remove exact repeats and the footer of `text`. If there is nothing to remove, `Cleaned.text` is `text` itself.

    `rules` are the built-in ones if not given; `profile` is what is known of the article's site. Never raises.

    >>> from stream import clean
    >>> clean("The ferry runs all winter, the board said today.\nAdvertisement\nIt leaves at six.").removed
    (Removal(line=2, text='Advertisement', reason='junk', of=None, rule='en.advertisement'),)
    """
    if rules is None:
        rules = builtin()
    return calls.clean(text, rules, profile) or clean_in_python(text, rules, profile)


def clean_in_python(text: str, rules: Rules, profile: Profile | None = None) -> Cleaned:
    """Do what `clean` does, without the compiled core."""
    separator = separator_of(text)
    lines, first = first_of(text, separator)
    gone, withheld = _find(lines, first, rules, profile)
    held = _removals(withheld, lines, first, separator) if withheld else ()
    version = profile.version if profile is not None else ""
    if gone:
        if "\r" in text and separator == "\n":
            lines = with_whole_ends(gone, lines, first)
        kept, removed = _part(gone, lines, first, separator)
        # A single line that is left may contain another separator, at which a second cleaning would split it: check
        # that it would find nothing, or else leave the text as it is.
        if separator in kept or len(split(kept)[0]) == 1 or not clean_in_python(kept, rules, profile).removed:
            return Cleaned(kept, removed, rules.version, held, separator, version)
    return Cleaned(text, (), rules.version, held, separator, version)


def clean_list(paragraphs: Sequence[str], rules: Rules | None = None, profile: Profile | None = None) -> CleanedList:
    """Clean a list of paragraphs. Each item is a paragraph; a blank item that goes with one is a removal of its own.

    `rules` are the built-in ones if not given; `profile` is what is known of the article's site. Never raises.

    >>> from stream import clean_list
    >>> clean_list(["The ferry runs all winter, the board said today.", "Advertisement"]).paragraphs
    ('The ferry runs all winter, the board said today.',)
    """
    if rules is None:
        rules = builtin()
    return calls.clean_list(paragraphs, rules, profile) or list_in_python(paragraphs, rules, profile)


def list_in_python(paragraphs: Sequence[str], rules: Rules, profile: Profile | None = None) -> CleanedList:
    """Do what `clean_list` does, without the compiled core."""
    first = first_places(keys(normal_list(paragraphs)))
    gone, withheld = _find(paragraphs, first, rules, profile)
    gone, withheld = _with_blanks(gone, first), _with_blanks(withheld, first)
    rest = tuple(item for at, item in enumerate(paragraphs) if at not in gone)
    removed = _removals(gone, paragraphs, (), "")
    held = _removals(withheld, paragraphs, (), "")
    return CleanedList(rest, removed, rules.version, held, profile.version if profile is not None else "")


class Story(NamedTuple):
    """An article as other articles of its site learn from it: its lines without blank and repeated ones.

    `places` are their indices in the article. The line at index `end` of these is the first one below the last prose: a
    simple guess at where the story ends, which depends on nothing but the article.
    """

    places: list[int]
    texts: list[str]
    lines: list[Line]
    said: list[Said]
    end: int


def story_of(text: str | Sequence[str], rules: Rules | None = None) -> Story:
    """Look at an article without removing anything but its repeats.

    >>> from stream.core.cleaning import story_of
    >>> story_of(["The ferry runs all winter, so the board said today, and nobody at the quay was surprised.", "©"]).end
    1
    """
    if rules is None:
        rules = builtin()
    lines: Sequence[str] = text
    if isinstance(text, str):
        lines, first = first_of(text, separator_of(text))
    else:
        first = first_places(keys(normal_list(text)))
    places = _repeats(lines, first)[1]
    texts, page, heard = read_lines([lines[at] for at in places], rules)
    end = max((at for at, line in enumerate(page, 1) if line.prose), default=0)
    return Story(places, texts, page, heard, end)


def _find(lines: Sequence[str], first: list[int], rules: Rules, profile: Profile | None) -> tuple[_Gone, _Gone]:
    """Find what is removed and what is withheld: both without the blank lines.

    `first` is -1 for a blank line, else the index of the first equal line.
    """
    repeats, places, alone = _repeats(lines, first)
    marks = weights = None
    if not rules.whole_page:
        marks = _marks(lines, places, rules)
        if not marks:
            return repeats, {}
        weights = weigh(lines)
    gone = repeats.copy()
    heard: Heard = {}
    for _ in range(PASSES):
        # What these are: `stream.core.footer.page.Found`.
        settled = False  # whether searching what is left would find no footer, so that the loop may end
        if marks is None or weights is None:
            footer, junk, sure, held, site = find_footer(lines, places, rules, profile, heard)
        else:
            comments = comments_at(lines, places, marks, weights)
            footer = comments | footer_of(lines, places, marks, weights, rules)
            junk, sure, held, site = {}, comments, {}, {}
            settled = marks.keys() <= footer.keys()  # without a marker there is no footer
        found: _Gone = {at: ("junk", None, rule) for at, rule in junk.items()}
        found |= {at: ("footer", None, rule) for at, rule in footer.items()}
        found |= {at: ("site", None, rule) for at, rule in site.items()}
        if not found:
            return gone, {at: ("footer", None, rule) for at, rule in held.items()}
        if not _within_budget(lines, found, gone, weights, sure=sure):
            return gone, found
        gone |= found
        if settled and alone:
            return gone, {}
        places = [at for at in places if at not in found]
        if not alone:
            rest = [first[at] for at in places]
            again = repeats_of([lines[at] for at in places], first_places(rest))
            gone |= {places[at]: ("repeat", places[copied] + 1, None) for at, copied in again.items()}
            settled = settled and not again
            places = [at for at in places if at not in gone]
        if settled:
            return gone, {}
    return repeats, {}


def _marks(lines: Sequence[str], places: list[int], rules: Rules) -> dict[int, Rule]:
    """Give the rule of each line at `places` that one matches; lines of code are left out."""
    marks = rules.find_all(lines, places)
    if not marks:
        return marks
    code = code_among(lines, places)
    return {at: rule for at, rule in marks.items() if not code(bisect(places, at) - 1)}


def _repeats(lines: Sequence[str], first: list[int]) -> tuple[_Gone, list[int], bool]:
    """Find the repeats. Give them, the indices of the other lines that are not blank, and whether these all differ."""
    repeats: _Gone = {at: ("repeat", copied + 1, None) for at, copied in repeats_of(lines, first).items()}
    places = [at for at, place in enumerate(first) if place >= 0 and at not in repeats]
    return repeats, places, len({first[at] for at in places}) == len(places)


def _within_budget(
    lines: Sequence[str],
    footer: Collection[int],
    gone: Container[int] = (),
    weights: Sequence[int] | None = None,
    *,
    sure: Container[int] = (),
) -> bool:
    """Whether enough is left without `footer`: something like an article, and most of its prose.

    Lines in `gone` have been removed already; `weights` holds `prose` of each line, which in `sure` does not count.
    """
    size = 0
    for at, line in enumerate(lines):
        if at not in footer and at not in gone:
            size += width(line.strip())
            if size >= BODY or (2 * size >= MAX_MARKER and ends_sentence(line)):
                break
    else:
        if 2 * size < MAX_MARKER or not is_open_ended(lines):
            return False
    doubtful = [at for at in footer if at not in sure]
    if not doubtful:
        return True
    if weights is None:
        weights = weigh(lines)
    taken = sum(map(weights.__getitem__, doubtful))
    return not taken or taken <= MAX_PROSE_SHARE * sum(weight for at, weight in enumerate(weights) if at not in gone)


def _with_blanks(gone: _Gone, first: Sequence[int]) -> _Gone:
    """Add to `gone` the blank lines (-1 in `first`) directly before each paragraph; in order."""
    if -1 not in first:
        return gone
    whole: _Gone = {}
    for at in sorted(gone):
        begin = at
        while begin and first[begin - 1] < 0:
            begin -= 1
        for line in range(begin, at + 1):
            whole[line] = gone[at]
    return whole


def _part(gone: _Gone, lines: list[str], first: list[int], separator: str) -> tuple[str, tuple[Removal, ...]]:
    """Give the text that stays, and the removals in order, each with the blank lines before it."""
    stays = bytearray(b"\1" * len(lines))
    for at in _with_blanks(gone, first):
        stays[at] = 0
    return separator.join(compress(lines, stays)), _removals(gone, lines, first, separator)


def _removals(gone: _Gone, lines: Sequence[str], first: Sequence[int], separator: str) -> tuple[Removal, ...]:
    """Give the removals in order; with `first`, each includes the blank lines before it."""
    blanks = -1 in first
    removals = []
    for at in sorted(gone):
        reason, copied, rule = gone[at]
        begin, text = at, lines[at]
        if blanks and at and first[at - 1] < 0:
            while begin and first[begin - 1] < 0:
                begin -= 1
            text = separator.join(lines[begin : at + 1])
        removals.append(_removal((begin + 1, text, reason, copied, rule)))
    return tuple(removals)
