"""What a site's other articles tell about a line: a plain value, handed in by whoever knows the site.

A profile counts articles, not records. For the key of a line, and for the keys of its first and last words
(`stream.core.footer.words`), it knows in how many of the site's recent articles they stood, and on which side of the
end of the story. A footer repeats itself from article to article; and where its words are new each time
("Source: NAME"), its first or last ones are not.

Nothing here reads a file or a clock. `stream.learner` makes profiles.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from stream.core.native import Kept

UNIT = 256
"""Counts of articles are in 1/256, because old ones fade."""
SHARES = (0, 15, 30, 50, 70, 90)
"""Bins of a share of the articles, in percent: none; more than none; more than 15; ...; more than 90."""
COUNTS = (1, 2, 4, 8, 16)
"""Bins of the number of articles known: at most one, two, four, eight, sixteen; more."""
KNOWN_ALONE = 2
"""Of a site of more articles than this, what stood in a single one counts as unknown: it tells nothing."""
_GROUP = (len(SHARES) + 1) * (len(COUNTS) + 1)
FEW, NEARLY_ALL = 5, 80
"""A line within the body goes if at least `FEW` articles have it, and so many percent of them."""
ASKED = 9
"""The questions that a profile answers about a line; see `Profile.evidence`."""
EVIDENCE = ASKED * _GROUP
"""The number of rows that the answers have in the network's table."""


class Known(NamedTuple):
    """In how many articles something stood (in 1/`UNIT`): anywhere, in the story, below its end."""

    articles: int
    inside: int
    below: int


NEVER = Known(0, 0, 0)


def rounded(count: int) -> int:
    """Give a count in 1/`UNIT` as a number of articles."""
    return (count + UNIT // 2) // UNIT


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of one site. `version` is a hash of its content (hexadecimal).

    `articles` is how many of its articles count, in 1/`UNIT`; `known` what is known by key.

    >>> from stream import Profile
    >>> Profile("example.org", "none").articles
    0
    """

    site: str
    version: str
    articles: int = 0
    known: Mapping[int, Known] = field(default_factory=dict)
    kept: Kept | None = field(default=None, init=False, repr=False, compare=False)  # what the compiled core makes of it

    def evidence(self, keys: Sequence[int]) -> list[int]:
        """Give the rows of what is known of a line with these keys: one for each question, none if no article is known.

        The questions are in which share of the articles these stood: the line, its first two words, its first three,
        its last two, its last three; the line below the end of the story, and inside it; its first two words likewise.
        """
        if not self.articles:
            return []
        known = [self.of_line(key) for key in keys]
        line, start = known[0], known[1]
        counts = [*(each.articles for each in known), line.below, line.inside, start.below, start.inside]
        if self.articles > KNOWN_ALONE * UNIT:
            counts = [count if 2 * count > 3 * UNIT else 0 for count in counts]
        articles = bisect_left(COUNTS, -(-self.articles // UNIT))
        return [
            question * _GROUP + bisect_left(SHARES, -(-100 * count // self.articles)) * (len(COUNTS) + 1) + articles
            for question, count in enumerate(counts)
        ]

    def is_familiar(self, known: Known) -> bool:
        """Whether something stands in at least two articles of the site, and in a third of them."""
        return known.articles >= 2 * UNIT and 3 * known.articles >= self.articles

    def is_everywhere(self, known: Known) -> bool:
        """Whether something stands in nearly all of the site's articles, of which enough are known to tell."""
        return known.articles >= FEW * UNIT and 100 * known.articles >= NEARLY_ALL * self.articles

    def share(self, known: Known) -> str:
        """Give in how many articles of how many something stands: "214/220"."""
        return f"{rounded(known.articles)}/{rounded(self.articles)}"

    def of_line(self, key: int) -> Known:
        """Give what is known of the line, or of the first or last words, with this key."""
        return self.known.get(key, NEVER) if key else NEVER
