"""Which paragraphs are exact repeats of earlier ones.

Blank lines are ignored. What goes (always the later copy):

* a long paragraph (at least `LONG` wide, with a letter or digit in it) that occurred before;
* a run of paragraphs each pair of which occurred before in the same order, when there is a long
  paragraph in it: subheads, dashes and names beside repeated paragraphs go with them;
* a run of short paragraphs only when at least `MANY` of them are different, or when it repeats
  everything that stands before it and at least `FEW` are different (a short text given twice).

Any other short line that comes back stays: a dash, a speaker's name, "Q:", a refrain, a list's entry.

The paragraphs are pushed on a stack one by one; a run at its top that must go is popped when the next
paragraph does not continue it. What a paragraph is compared with is thus always what is kept, and so a
second pass finds nothing. Each paragraph is pushed once and popped at most once: linear.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import compress
from operator import ne

from stream.paragraphs import first_places, normal, width

LONG = 60
"""Width from which a paragraph goes wherever it comes back (20 ideographs)."""
MANY = 12
FEW = 6


def is_long(line: str) -> bool:
    """Whether a line is a paragraph of its own and not a rule of dashes, a name or a refrain."""
    line = normal(line) if "  " in line or "\t" in line else line.strip()
    size = len(line)
    if size < LONG and (3 * size < LONG or line.isascii() or width(line) < LONG):
        return False
    return any(map(str.isalnum, line))


def find_repeats(lines: Sequence[str], keys: Sequence[bytes]) -> dict[int, int]:
    """Find the repeats: 0-based index of each in `lines` -> index of the first such line; in order.

    `keys` holds a line's digest, equal for equal normal forms, and b"" for a blank line.
    """
    return repeats_of(lines, first_places(keys))


def repeats_of(lines: Sequence[str], whole: list[int]) -> dict[int, int]:
    """Do what `find_repeats` does, with `first_places` of the keys."""
    places = list(range(len(whole)))
    if whole == places:
        return {}
    first = whole
    if -1 in whole:
        places = [place for place in places if whole[place] >= 0]
        first = [whole[place] for place in places]
        if first == places:
            return {}
    again = list(map(ne, first, places))
    block = _one_block(first, places, again.index(True), again.count(True))
    if block and any(is_long(lines[place]) for place in block):
        return block
    repeated = set(compress(first, again))
    if len(repeated) < FEW and not any(is_long(lines[place]) for place in repeated):
        return {}
    # Lines that never come back only part others: of each row of them one is enough.
    once = [place not in repeated for place in first]
    used = [not (one and before) for one, before in zip(once, [False, *once[:-1]], strict=True)]
    return _Stack(lines, list(compress(places, used)), list(compress(first, used))).run()


def _one_block(first: list[int], places: list[int], begin: int, count: int) -> dict[int, int]:
    """Answer the commonest case without the stack: the `count` repeats are one run, from `begin` on, of one source."""
    end = begin + count
    source = bisect_left(places, first[begin])
    whole = source + count <= begin and first[begin:end] == places[source : source + count]
    return dict(zip(places[begin:end], first[begin:end], strict=True)) if whole else {}


class _Stack:
    """The kept paragraphs so far. Of each entry: its line, its id, where its run begins, what is in that run."""

    __slots__ = (
        *("copied", "count", "distinct", "first", "ids", "known", "last"),
        *("lines", "longs", "pairs", "places", "prev", "start"),
    )

    def __init__(self, lines: Sequence[str], places: list[int], first: list[int]) -> None:
        self.lines = lines
        self.places = places
        self.first = first  # a paragraph's id is the place where it first stands
        self.count = len(lines)
        self.ids: list[int] = []
        self.start: list[int] = []
        self.longs: list[int] = []  # long repeats in the entry's run, up to it
        self.distinct: list[int] = []  # different paragraphs in the entry's run, up to it
        self.copied: list[bool] = []  # the entry's run, up to it, is what the stack begins with
        self.prev: list[int] = []  # the entry of the same paragraph below, or -1
        self.last: dict[int, int] = {}  # id -> its topmost entry
        self.known: dict[int, bool] = {}  # id -> whether it is long
        self.pairs: dict[int, int] = {}  # two ids in one number -> the upper entry of the first such pair

    def run(self) -> dict[int, int]:
        """Put every paragraph through the stack."""
        kept: list[int] = []
        for place, ident in zip(self.places, self.first, strict=True):
            while not self._continues(ident) and self._must_go():
                self._pop(kept)
            self._push(ident)
            kept.append(place)
        while self.ids and self._must_go():
            self._pop(kept)
        stays = set(kept)
        return {place: ident for place, ident in zip(self.places, self.first, strict=True) if place not in stays}

    def _continues(self, ident: int) -> bool:
        return not self.ids or self.ids[-1] * self.count + ident in self.pairs

    def _push(self, ident: int) -> None:
        top = len(self.ids)
        prev = self.last.get(ident, -1)
        long = prev >= 0 and self._is_long(ident)
        if top:
            pair = self.ids[-1] * self.count + ident
            if pair in self.pairs:
                start = self.start[-1]
                self.longs.append(self.longs[-1] + long)
                self.distinct.append(self.distinct[-1] + (prev < start))
                self.copied.append(self.copied[-1] and (top >= 2 * start or ident == self.ids[top - start]))
            else:
                self.pairs[pair] = start = top
                self.longs.append(int(long))
                self.distinct.append(1)
                self.copied.append(ident == self.ids[0])
        else:
            start = 0
            self.longs.append(0)
            self.distinct.append(1)
            self.copied.append(False)
        self.ids.append(ident)
        self.start.append(start)
        self.prev.append(prev)
        self.last[ident] = top

    def _is_long(self, ident: int) -> bool:
        """Look at a paragraph once: where it first stands it may be far longer than its copies, by white space."""
        known = self.known.get(ident)
        if known is None:
            known = self.known[ident] = is_long(self.lines[ident])
        return known

    def _must_go(self) -> bool:
        """Whether the run at the top is a repeat that goes (see the module's docstring)."""
        if not self.ids:
            return False
        if self.longs[-1]:
            return True
        start = self.start[-1]
        distinct = self.distinct[-1]
        if self.prev[start] < 0 or start + 1 == len(self.ids):
            return False
        if distinct >= MANY:
            return True
        return distinct >= FEW and self.copied[-1] and len(self.ids) >= 2 * start

    def _pop(self, kept: list[int]) -> None:
        start = self.start[-1]
        ids = self.ids
        for entry in range(len(ids) - 1, start - 1, -1):
            self.last[ids[entry]] = self.prev[entry]  # never -1: what goes stands further down as well
        pair = ids[start - 1] * self.count + ids[start]
        if self.pairs.get(pair) == start:  # the other pairs of the run stand further down as well
            del self.pairs[pair]
        for column in (ids, self.start, self.longs, self.distinct, self.copied, self.prev, kept):
            del column[start:]
