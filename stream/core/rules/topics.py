"""What a short line says about itself, for the footer model: a number for each topic, found by two lookups.

A topic's number is 1 to 10 if the whole line says it, and 10 more if the line only begins so. It comes from the rule's
`about`. Unlike `Rules.find` these lookups include the hints: words that mean something only together with the lines
around them ("next", "home", "by ...") and never remove a line on their own.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from stream.core.spelling import spell

About = Literal["related", "share", "comments", "tags", "popular", "ad", "legal", "subscribe", "nav", "credit"]
ABOUTS: tuple[About, ...] = (
    *("related", "share", "comments", "tags", "popular"),
    *("ad", "legal", "subscribe", "nav", "credit"),
)
TOPICS: Mapping[About, int] = {about: number for number, about in enumerate(ABOUTS, 1)}
"""The number of each topic."""
OPENING = len(ABOUTS)
"""Is added to a topic's number if the line only begins with it."""
LEGAL_WORDS = 2 * OPENING + 1
"""The number of a line with a copyright notice in it."""

_UNSEEN = "".join(map(chr, range(33))) + "\x7f"
LEFT = _UNSEEN + ">|*+#~_-.,:;!?'\"0123456789/\\=^&"
BRACKETS = "<()[]{}"
RIGHT = LEFT + BRACKETS + "\u00a9"
"""Punctuation and numbers around a line that lookups ignore: `LEFT` before it, `RIGHT` after it."""
NO_LETTERS = BRACKETS + "\u00a9"
_STEM = 2  # characters that openings are grouped by
SHORT, LEGAL_LONGEST = 120, 400
"""Maximum characters of a line that is looked up, and of one that is searched for legal words."""
_CJK = "\u2e80"


class Phrases(Protocol):
    """The part of a rule that is needed here."""

    @property
    def about(self) -> About:
        """Its topic."""

    @property
    def match(self) -> str:
        """Whether a phrase must be the whole line (`line`) or what it begins with (`start`, `opening`)."""

    @property
    def phrases(self) -> tuple[str, ...]:
        """What it matches."""


class Openings(NamedTuple):
    """Phrases that begin lines: sorted, each with its topic and the index of the longest other one it begins with.

    A line's longest opening is found by bisection. Either it is the phrase sorted right before the line, or that phrase
    begins with it, directly or by more steps along `shorter`: so the others need not be looked at.
    """

    phrases: Sequence[str]
    numbers: Sequence[int]
    shorter: Sequence[int]  # -1 where it begins with no other phrase

    @classmethod
    def sorted_from(cls, numbers: Mapping[str, int]) -> Openings:
        """Sort the phrases in `numbers`, phrase -> number."""
        phrases = sorted(numbers)
        shorter: list[int] = []
        for at, phrase in enumerate(phrases):
            before = at - 1
            while before >= 0 and not phrase.startswith(phrases[before]):
                before = shorter[before]
            shorter.append(before)
        return cls(phrases, [numbers[phrase] for phrase in phrases], shorter)


class Signs(NamedTuple):
    """The lookups: `whole` for whole lines, `openings` for how they begin, grouped by their first two characters."""

    whole: Mapping[str, int]
    openings: Mapping[str, Openings]
    base: Any = None  # other lookups, asked where these find nothing

    def topic(self, line: str) -> int:
        """Give the number of a line's topic; 0 if it has none."""
        low = (line.lower() if line.isascii() else spell(line)).lstrip(LEFT)
        found = self._topic(low)
        if not found and (low[:1] in NO_LETTERS or "  " in low or "\t" in low):
            plainer = " ".join(low.lstrip(RIGHT).split()) + " "
            if plainer != f"{low} ":
                found = self._topic(plainer)
        if not found and self.base is not None:
            return int(self.base.topic(line))
        return found

    def _topic(self, low: str) -> int:
        found = self.whole.get(low.rstrip(RIGHT), 0)
        if not found:
            known = self.openings.get(low[:_STEM])
            if known is not None:
                phrases, numbers, shorter = known
                at = bisect(phrases, low) - 1
                while at >= 0:
                    if low.startswith(phrases[at]):
                        return numbers[at]
                    at = shorter[at]
        return found


SILENT = Signs({}, {})
"""Lookups that find nothing."""


def is_legal(line: str) -> bool:
    """Whether a line contains legal words: a copyright sign or "rights reserved"."""
    return "\u00a9" in line or "ights reserved" in line


def _openings(phrase: str, match: str) -> list[str]:
    """Give what a line begins with if it begins with this phrase: as whole words or, with `opening`, as characters."""
    if match == "line" or len(phrase) < _STEM:
        return []
    if match == "opening" or phrase[0] >= _CJK:
        return [phrase]
    return [f"{phrase} ", f"{phrase}:"]


def signs_of(rules: Iterable[Phrases], spelled: Mapping[str, str], base: Signs | None = None) -> Signs:
    """Index the rules; of two with the same phrase the later one counts. `base` is asked where these find nothing.

    `spelled` gives each phrase in the lookup spelling.
    """
    whole: dict[str, int] = {}
    stems: dict[str, dict[str, int]] = {}
    for rule in rules:
        number = TOPICS[rule.about]
        for phrase in rule.phrases:
            low = spelled[phrase] + " " * phrase[-1:].isspace()
            forms = {low} if low[:1].isalpha() else {low.lstrip(LEFT), low.lstrip(RIGHT)} - {""}
            for form in forms:
                if rule.match != "opening" and (bare := form.rstrip(RIGHT)):
                    whole[bare] = number
                for opening in _openings(form, rule.match):
                    stems.setdefault(opening[:_STEM], {})[opening] = number + OPENING
    openings = {stem: Openings.sorted_from(numbers) for stem, numbers in stems.items()}
    return Signs(whole, openings, base)
