"""What a short line says of itself, for the tail model: a number a topic, found by two look-ups.

A rule's topic (`about`) gives the number: 1 to 10 for the whole line, 10 more for how a line begins.
Unlike `Rules.find` this also knows the hints: words that tell something only together with the lines
around them ("next", "home", "by ...") and never take a line away on their own.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from stream.core import native
from stream.core.spelling import spell

About = Literal["related", "share", "comments", "tags", "popular", "ad", "legal", "subscribe", "nav", "credit"]
ABOUTS: tuple[About, ...] = (
    *("related", "share", "comments", "tags", "popular"),
    *("ad", "legal", "subscribe", "nav", "credit"),
)
TOPICS: Mapping[About, int] = {about: number for number, about in enumerate(ABOUTS, 1)}
"""The number of each topic."""
OPENING = len(ABOUTS)
LEGAL_WORDS = 2 * OPENING + 1
"""The number of a line with a copyright sign in it."""

_UNSEEN = "".join(map(chr, range(33))) + "\x7f"
LEFT = _UNSEEN + ">|*+#~_-.,:;!?'\"0123456789/\\=^&"
BRACKETS = "<()[]{}"
RIGHT = LEFT + BRACKETS + "\u00a9"
"""Marks and numbers around what a line says, as `spell` writes them."""
_NO_LETTERS = BRACKETS + "\u00a9"
_STEM = 2
_SETS = tuple(native.letters(*marks) for marks in (LEFT, RIGHT, _NO_LETTERS))
SHORT, LEGAL_LONGEST = 120, 400
"""Characters of the longest line that is looked up, and of the longest with legal words."""
_CJK = "\u2e80"


class Phrases(Protocol):
    """What is needed of a rule."""

    @property
    def about(self) -> About:
        """Its topic."""

    @property
    def match(self) -> str:
        """Whether the whole line counts, or how it begins."""

    @property
    def phrases(self) -> tuple[str, ...]:
        """What it finds."""


class Openings(NamedTuple):
    """Phrases that lines begin with, in order, their numbers, and where the longest one is that each begins with.

    Whatever a line begins with stands right before it in the order, or is what that one begins with: so the
    longest is found without a look at all of them.
    """

    phrases: Sequence[str]
    numbers: Sequence[int]
    shorter: Sequence[int]  # -1: none

    @classmethod
    def of(cls, numbers: Mapping[str, int]) -> Openings:
        """Put them in order."""
        phrases = sorted(numbers)
        shorter: list[int] = []
        for at, phrase in enumerate(phrases):
            before = at - 1
            while before >= 0 and not phrase.startswith(phrases[before]):
                before = shorter[before]
            shorter.append(before)
        return cls(phrases, [numbers[phrase] for phrase in phrases], shorter)


class Signs(NamedTuple):
    """The look-ups. `openings` is by the first two characters."""

    whole: Mapping[str, int]
    openings: Mapping[str, Openings]
    base: Any = None  # other signs, asked where these find nothing
    compiled: Any = None  # the twin of these look-ups, where it was built

    def silent(self, lines: list[str]) -> bool:
        """Whether no line says anything of itself: none has a topic, or legal words."""
        if self.compiled is not None:
            return bool(self.compiled.silent(lines))
        return not any(map(self._says, lines))

    def _says(self, line: str) -> bool:
        size = len(line)
        return size <= LEGAL_LONGEST and ((size <= SHORT and self.of(line) > 0) or is_legal(line))

    def of(self, line: str) -> int:
        """The number of a line's topic; 0 for none."""
        if self.compiled is not None:
            return int(self.compiled.of(line))
        low = (line.lower() if line.isascii() else spell(line)).lstrip(LEFT)
        found = self._of(low)
        if not found and (low[:1] in _NO_LETTERS or "  " in low or "\t" in low):
            plainer = " ".join(low.lstrip(RIGHT).split()) + " "
            if plainer != f"{low} ":
                found = self._of(plainer)
        if not found and self.base is not None:
            return int(self.base.of(line))
        return found

    def _of(self, low: str) -> int:
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
"""Look-ups that find nothing."""


def is_legal(line: str) -> bool:
    """Whether there are legal words in a line."""
    return "\u00a9" in line or "ights reserved" in line


def _openings(phrase: str, match: str) -> list[str]:
    """How a line begins that has this phrase at its start, as whole words or, for `opening`, as letters."""
    if match == "line" or len(phrase) < _STEM:
        return []
    if match == "opening" or phrase[0] >= _CJK:
        return [phrase]
    return [f"{phrase} ", f"{phrase}:"]


def signs_of(rules: Iterable[Phrases], base: Signs | None = None) -> Signs:
    """Index the rules; of two with the same phrase the later one counts. `base` is asked where these find nothing."""
    whole: dict[str, int] = {}
    stems: dict[str, dict[str, int]] = {}
    for rule in rules:
        number = TOPICS[rule.about]
        for phrase in rule.phrases:
            low = spell(phrase) + " " * phrase[-1:].isspace()
            for form in filter(None, {low.lstrip(LEFT), low.lstrip(RIGHT)}):
                if rule.match in ("line", "start") and form.rstrip(RIGHT):
                    whole[form.rstrip(RIGHT)] = number
                for opening in _openings(form, rule.match):
                    stems.setdefault(opening[:_STEM], {})[opening] = number + OPENING
    openings = {stem: Openings.of(numbers) for stem, numbers in stems.items()}
    if native.compiled is None:
        return Signs(whole, openings, base)
    below = None if base is None else base.compiled
    return Signs(whole, openings, base, native.compiled.Lookup(whole, openings, below, *_SETS))
