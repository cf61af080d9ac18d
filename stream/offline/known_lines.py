"""What is known of a site, line by line, for people: how often a line stands, where, and what that does."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import NamedTuple

from stream.core.footer.page import read_lines
from stream.core.footer.words import WHOLE
from stream.core.rules import Rules, builtin
from stream.core.sites import UNIT, Known, Profile, rounded
from stream.learner.observation import TEXT
from stream.learner.site import Counted, Site

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOSTLY = 10
"""A line stands on one side if it stands on the other one in less than a tenth of its articles."""


class Effect(Enum):
    """What is done with a line or template."""

    GOES = "yes, wherever it stands"
    COUNTS = "at the end, as evidence"
    RARE = "no, too rare"


class KnownLine(NamedTuple):
    """A line, or the first or last words of many, as it is shown. Articles are those that still count, faded."""

    text: str
    articles: int
    of: int
    since: str
    where: str
    effect: Effect
    removes: str


def known_lines(
    site: Site,
    *,
    by_time: bool,
    rare: bool = False,
    rules: Rules | None = None,
    rejected: AbstractSet[int] = frozenset(),
) -> list[KnownLine]:
    """Give what is known of a site, what does most first; with `rare` also what is too rare to do anything.

    First and last words are left out where the lines that have them tell as much. `rejected`: keys that are never used,
    whatever is learned of them (`LearnedSite.rejected_keys`), and are left out too.
    """
    profile = site.profile()
    shown: list[KnownLine] = []
    told: dict[int, int] = {}  # key of first or last words -> most articles of a line that has them
    # A learner keeps no text of what stood in one article.
    counted = {
        key: each for key, each in site.counted.items() if each.text and key in profile.known and key not in rejected
    }
    lines = {key: each for key, each in counted.items() if each.kind == WHOLE}
    _, page, heard = read_lines([each.text for each in lines.values()], rules or builtin())
    for (key, each), line, said in zip(lines.items(), page, heard, strict=True):
        is_prose = line.prose or len(each.text) >= TEXT
        shown.append(_shown(each, profile, profile.known[key], by_time=by_time, may_go=not is_prose))
        for part in said.keys:
            told[part] = max(told.get(part, 0), each.articles)
    templates = {
        key: each for key, each in counted.items() if each.kind != WHOLE and each.articles > told.get(key, 0) + UNIT
    }
    # Of the first two words and the first three only the longer ones are shown, if they stand in the same articles.
    longest: dict[tuple[object, ...], tuple[int, Counted]] = {}
    for key, each in templates.items():
        same = (each.text.split()[0], each.text.split()[-1], each.articles, each.inside, each.below)
        if same not in longest or len(longest[same][1].text) < len(each.text):
            longest[same] = key, each
    shown += [
        _shown(each, profile, profile.known[key], by_time=by_time, may_go=False) for key, each in longest.values()
    ]
    order = list(Effect)
    found = [each for each in shown if rare or each.effect != Effect.RARE]
    return sorted(found, key=lambda each: (order.index(each.effect), -each.articles, each.text))


def _shown(each: Counted, profile: Profile, known: Known, *, by_time: bool, may_go: bool) -> KnownLine:
    effect = Effect.COUNTS if profile.is_familiar(known) else Effect.RARE
    if may_go and profile.is_everywhere(known):
        effect = Effect.GOES
    removes = "nothing by itself"
    if effect == Effect.GOES:
        removes = "this line"
    elif effect == Effect.COUNTS:
        removes = "this line, with a footer" if each.kind == WHOLE else "lines like it, with a footer"
    sides = [
        side
        for side, articles in (("inside", known.inside), ("at the end", known.below))
        if articles * _MOSTLY >= known.articles
    ]
    since = date_of(each.first) if by_time else f"article {each.first + 1:,}"
    return KnownLine(
        each.text, rounded(known.articles), rounded(profile.articles), since, " and ".join(sides), effect, removes
    )


def date_of(at_ms: int) -> str:
    """Give the day, in UTC, of a time in milliseconds since 1970."""
    try:
        return (_EPOCH + timedelta(milliseconds=at_ms)).date().isoformat()
    except OverflowError:
        return "?"


def count_known(site: Site) -> int:
    """Tell how many whole lines of a site do something."""
    profile = site.profile()
    lines = (key for key, each in site.counted.items() if each.kind == WHOLE)
    return sum(profile.is_familiar(profile.of_line(key)) for key in lines)
