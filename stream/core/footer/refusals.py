"""Cuts that are never made, however likely they look, because the network has not learned enough to tell.

It has seen hardly any page in a script without full stops, and hardly any with source code. docs/model.md says what
each of these is worth.
"""

from __future__ import annotations

from collections.abc import Callable

from stream.core.footer.reading import Reading
from stream.core.rules.topics import OPENING

NEAR = 4
"""A line is among lines of code if one stands right above it, and one among the next three."""


class Refusals:
    """What is refused on one page. `code` tells whether a line is code, `is_sites` whether the site is known for it."""

    def __init__(self, reading: Reading, code: Callable[[int], bool], is_sites: Callable[[int], bool]) -> None:
        page = reading.lines
        self._open_ended = reading.open_ended
        self._topics = [line.topic for line in page]
        self._is_sites = is_sites
        self._code = code
        # The last line that says what footers say; where none does below a cut, a closing paragraph is the article's. A
        # paragraph that only begins with such words ("Next year the two want ...") says nothing of the kind.
        self._closes = bool(page) and page[-1].prose
        says = (line.topic and not (line.prose and line.topic > OPENING) for line in reversed(page))
        below = zip(range(len(page) - 1, -1, -1), says, strict=True) if self._closes else ()
        self._last_said = next((at for at, one in below if one or is_sites(at)), -1)

    def refuses(self, cut: int) -> bool:
        """Whether a cut is not made. The one below the last line, which removes nothing, always may be."""
        if cut == len(self._topics):
            return False
        return self.takes_code(cut) or self.takes_the_close(cut) or self.is_unsaid(cut)

    def takes_code(self, cut: int) -> bool:
        """Whether a cut opens with a line of code, or stands among such lines."""
        following = range(cut + 1, min(cut + NEAR, len(self._topics)))
        return self._code(cut) or (self._code(cut - 1) and any(map(self._code, following)))

    def takes_the_close(self, cut: int) -> bool:
        """Whether the page ends in prose, and no line from the cut on has a topic or is known from the site."""
        return self._closes and cut > self._last_said

    def is_unsaid(self, cut: int) -> bool:
        """Whether a cut on an open-ended page opens with neither a heading nor a line known from the site.

        There a short paragraph looks like a headline, so only words tell where the article ends.
        """
        return self._open_ended and not (0 < self._topics[cut] <= OPENING or self._is_sites(cut))
