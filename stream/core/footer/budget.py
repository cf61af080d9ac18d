"""The prose budget: the one thing that no cut may do, however likely it looks.

An article's prose may stand among short lines at its end, with a newsletter or a row of buttons between. A cut there
would look like any other, and take the end of the story. So a cut may take a third of the page's prose at most, unless
what it takes is certainly not the article's.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from stream.core.footer.lines import Line
from stream.core.rules.topics import OPENING, TOPICS

OPENED_BY, WITHIN = 15, 25
"""Proof that a footer is one must stand among its first 15 lines, weaker evidence among its first 25."""
LIST_TOPICS = frozenset({TOPICS["related"], TOPICS["popular"]})
SURE_TOPICS = frozenset({TOPICS["share"], TOPICS["comments"], TOPICS["tags"], TOPICS["subscribe"]})
ARTICLE = b"\x01" * 12
"""Twelve paragraphs of prose in a row are an article. This is how they look in a page's `prose` flags."""
SHARE = TOPICS["share"]
LISTED = 66
"""Maximum prose under a heading of related articles, in percent of the article's."""


class Budget:
    """The budget of one page."""

    def __init__(self, page: Sequence[Line]) -> None:
        self._topics = [line.topic for line in page]
        self._prose = list(accumulate((line.length if line.prose else 0 for line in page), initial=0))
        self._last_article = bytes(line.prose for line in page).rfind(ARTICLE)

    def allows(self, cut: int) -> bool:
        """Whether a cut takes at most a third of the prose, or takes prose that is certainly not the article's.

        The latter is so if one of these holds:

        - among the first `OPENED_BY` lines are two buttons together, a comment head, tags or a newsletter, and what
          follows is not as long as an article (`ARTICLE`);
        - one of these, or a single button, is among the first `WITHIN` lines, and no more prose follows than the
          article has;
        - a heading of related or popular articles opens it, and at most `LISTED` percent of that prose follows.
        """
        before = self._prose[cut]
        after = self._prose[-1] - before
        if 2 * after <= before:
            return True
        topics = self._topics[cut : cut + WITHIN]
        sure = [at for at, topic in enumerate(topics) if topic in SURE_TOPICS]
        if any(at < OPENED_BY and (topics[at] != SHARE or _has_company(topics, at)) for at in sure):
            return self._last_article < cut
        if sure and after <= before:
            return True
        return topics[0] in LIST_TOPICS and after * 100 <= before * LISTED


def _has_company(topics: Sequence[int], at: int) -> bool:
    """Whether a button has another topic beside it: the name of a social network alone may stand in a table."""
    return any(0 < topic <= OPENING for topic in (*topics[max(at - 1, 0) : at], *topics[at + 1 : at + 2]))
