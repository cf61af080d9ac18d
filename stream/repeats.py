"""Which paragraphs are exact repeats of earlier ones.

Blank lines are ignored. What goes (always the later copy):

* a long paragraph (at least `LONG` wide, with a letter or digit in it, no code) that occurred before;
* a run of paragraphs each pair of which occurred before in the same order, when there is a long
  paragraph in it: subheads, dashes and names beside repeated paragraphs go with them;
* a run of short paragraphs only when at least `MANY` of them are different, or when it repeats
  everything that stands before it and at least `FEW` are different (a short text given twice).

Any other short line that comes back stays: a dash, a speaker's name, "Q:", a refrain, a list's entry.

What stays of such a run, for it belongs to what stands beside the run:

* when something follows, the short lines at its end, for they introduce that: a name, a subhead, "Q:";
  `LEAD` of them at the most, all with code among them, and of a run of short paragraphs the last one;
* all of it when there is no more than one long paragraph in it, and text follows, under a label that does not
  go with it ("Q:", or a name that stood before and had something else below it): it would introduce that text;
* code at its begin that goes on from code before it, and a run of short lines a quarter of which is code.

The paragraphs are pushed on a stack one by one; of a run at its top what must go is popped when the next
paragraph does not continue it. What a paragraph is compared with is thus always what is kept, and so a
second pass finds nothing. Each paragraph is pushed at most twice and popped at most twice: linear.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import compress
from operator import ne

from stream.endings import ends_sentence
from stream.listing import is_code
from stream.paragraphs import first_places, normal, width, without_format

LONG = 60
"""Width from which a paragraph goes wherever it comes back (20 ideographs)."""
MANY = 12
FEW = 6
LEAD = 3
"""Lines that introduce what follows them: a subhead, a name, a time."""
CODE_SHARE = 4
"""One line of code in so many of a run of short lines makes it a part of a program."""
LABEL_ENDS = (":", "\uff1a", "\ufe55", "\ufe13", "\u0589", "\u1361", "\u17d6")
"""What a label ends with: the colons."""


def is_long(line: str) -> bool:
    """Whether a line is a paragraph of its own and not a rule of dashes, a name or a refrain."""
    line = normal(line) if "  " in line or "\t" in line else line.strip()
    size = len(line)
    if 3 * size < LONG or (size if line.isascii() else width(line)) < LONG:
        return False
    return any(map(str.isalnum, line))


def is_label(line: str) -> bool:
    """Whether a line introduces what stands below it: it is short and ends with a colon, or is "Q." or "A."."""
    text = without_format([line])[0].strip()
    return (text.endswith(LABEL_ENDS) or text in {"Q.", "A.", "Q", "A"}) and not is_long(line)


def find_repeats(lines: Sequence[str], keys: Sequence[bytes]) -> dict[int, int]:
    """Find the repeats: 0-based index of each in `lines` -> index of the first such line; in order.

    `keys` holds a line's digest, equal for equal normal forms, and b"" for a blank line.
    """
    return repeats_of(lines, first_places(keys))


def goes_whole(lines: Sequence[str], run: Sequence[int], before: int, *, followed: bool) -> bool:
    """Whether all of a run surely goes, whatever else stands in the text: the commonest case, told without the stack.

    `run` holds the places of the only repeats, one after the other; `before` that of the line above it.
    """
    if followed and not _is_paragraph(lines, run[-1]):
        return False
    longs = 0
    for at in run:
        longs += _is_paragraph(lines, at)
        if longs > 1 or (longs and not is_label(lines[before])):
            return not is_code(lines, run[0])
    return False


def is_text(line: str) -> bool:
    """Whether a line says something, rather than introduces what does: it is long, or ends as a sentence does."""
    return ends_sentence(line) or is_long(line)


def _is_paragraph(lines: Sequence[str], at: int) -> bool:
    return is_long(lines[at]) and not is_code(lines, at)


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
    begin, count = again.index(True), again.count(True)
    block = _one_block(first, places, begin, count)
    if block and goes_whole(lines, list(block), places[begin - 1], followed=begin + count < len(places)):
        return block
    repeated = set(compress(first, again))
    if len(repeated) < FEW and not any(is_long(lines[place]) for place in repeated):
        return {}
    # Lines that never come back only part others: of each row of them the last is enough.
    once = [place not in repeated for place in first]
    used = [not (one and after) for one, after in zip(once, [*once[1:], False], strict=True)]
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
        *("code", "codes", "copied", "count", "distinct", "first", "heads", "ids", "known", "last", "last_long"),
        *("kept", "labels", "lines", "longs", "pairs", "places", "prev", "start", "texts"),
    )

    def __init__(self, lines: Sequence[str], places: list[int], first: list[int]) -> None:
        self.lines = lines
        self.places = places
        self.first = first  # a paragraph's id is the place where it first stands
        self.count = len(lines)
        self.kept: list[int] = []  # the entry's place
        self.ids: list[int] = []
        self.start: list[int] = []
        self.longs: list[int] = []  # long repeats in the entry's run, up to it
        self.last_long: list[int] = []  # the last of them
        self.distinct: list[int] = []  # different paragraphs in the entry's run, up to it
        self.codes: list[int] = []  # lines of code in the entry's run, up to it
        self.heads: list[int] = []  # so many lines of code that run begins with
        self.copied: list[bool] = []  # the entry's run, up to it, is what the stack begins with
        self.prev: list[int] = []  # the entry of the same paragraph below, or -1
        self.last: dict[int, int] = {}  # id -> its topmost entry
        self.known: dict[int, bool] = {}  # id -> whether it is long
        self.code: dict[int, bool] = {}  # id -> whether it is code
        self.texts: dict[int, bool] = {}  # place -> whether its line says something
        self.labels: dict[int, bool] = {}  # place -> whether its line is a label
        self.pairs: dict[int, int] = {}  # two ids in one number -> the upper entry of the first such pair

    def run(self) -> dict[int, int]:
        """Put every paragraph through the stack."""
        for place, ident in zip(self.places, self.first, strict=True):
            while not self._continues(ident) and self._cut(place):
                pass
            self._push(place, ident)
        while self._cut(-1):
            pass
        stays = set(self.kept)
        return {place: ident for place, ident in zip(self.places, self.first, strict=True) if place not in stays}

    def _continues(self, ident: int) -> bool:
        return not self.ids or self.ids[-1] * self.count + ident in self.pairs

    def _push(self, place: int, ident: int) -> None:
        top = len(self.ids)
        prev = self.last.get(ident, -1)
        code = prev >= 0 and self._is_code(ident)
        long = prev >= 0 and not code and self._is_long(ident)
        start, copied, longs, last_long, distinct, codes, heads = top, False, 0, -1, 0, 0, 0
        if top:
            pair = self.ids[-1] * self.count + ident
            if pair in self.pairs:
                start = self.start[-1]
                longs, last_long, distinct = self.longs[-1], self.last_long[-1], self.distinct[-1]
                codes, heads = self.codes[-1], self.heads[-1]
                copied = self.copied[-1] and (top >= 2 * start or ident == self.ids[top - start])
            else:
                self.pairs[pair] = top
                copied = ident == self.ids[0]
        else:
            code = long = False
        self.kept.append(place)
        self.ids.append(ident)
        self.start.append(start)
        self.longs.append(longs + long)
        self.last_long.append(top if long else last_long)
        self.distinct.append(distinct + (prev < start))
        self.codes.append(codes + code)
        self.heads.append(heads + (code and heads == top - start))
        self.copied.append(copied)
        self.prev.append(prev)
        self.last[ident] = top

    def _is_long(self, ident: int) -> bool:
        """Look at a paragraph once: where it first stands it may be far longer than its copies, by white space."""
        known = self.known.get(ident)
        if known is None:
            known = self.known[ident] = is_long(self.lines[ident])
        return known

    def _is_code(self, ident: int) -> bool:
        known = self.code.get(ident)
        if known is None:
            known = self.code[ident] = is_code(self.lines, ident)
        return known

    def _leads(self, entry: int, after: int) -> bool:
        """Whether the run above an entry is introduced by it, and the line at `after` would be, were that run gone.

        It is a label, or a short line that stands further down as well; and text follows the last long paragraph.
        """
        place, last = self.kept[entry], self.last_long[-1] + 1
        if not self._is_text(self.kept[last] if last < len(self.kept) else after):
            return False
        label = self.labels.get(place)
        if label is None:
            label = self.labels[place] = is_label(self.lines[place])
        again = self.prev[entry] >= 0 and not self._is_text(place) and not self._is_code(self.ids[entry])
        return label or (again and any(map(str.isalnum, self.lines[place])))

    def _is_text(self, place: int) -> bool:
        known = self.texts.get(place)
        if known is None:
            known = self.texts[place] = is_text(self.lines[place])
        return known

    def _cut(self, after: int) -> bool:
        """Take away what must go of the run at the top (see the module's docstring); tell whether there was any.

        `after` is the place of the next line; -1: there is none.
        """
        if not self.ids:
            return False
        start, end = self.start[-1], len(self.ids)
        begin, last, longs = start, end, self.longs[-1]
        if longs:
            if self.heads[-1] and self._is_code(self.ids[start - 1]):
                begin += self.heads[-1]
            elif longs == 1 and after >= 0 and self._leads(start - 1, after):
                return False
            if after >= 0:
                last = self.last_long[-1] + 1
                if self.codes[-1] == self.codes[last - 1]:
                    last = max(last, end - LEAD)
        else:
            distinct = self.distinct[-1]
            if self.prev[start] < 0 or start + 1 == end or self.codes[-1] * CODE_SHARE >= end - start:
                return False
            if distinct < MANY and not (distinct >= FEW and self.copied[-1] and end >= 2 * start):
                return False
            last -= after >= 0
        again = list(zip(self.kept[last:], self.ids[last:], strict=True))
        self._pop(begin)
        for place, ident in again:
            self._push(place, ident)
        return True

    def _pop(self, begin: int) -> None:
        """Take away the entries from `begin` on, all of one run."""
        start = self.start[-1]
        ids = self.ids
        for entry in range(len(ids) - 1, begin - 1, -1):
            self.last[ids[entry]] = self.prev[entry]  # never -1: what goes stands further down as well
        if begin == start:
            pair = ids[start - 1] * self.count + ids[start]
            if self.pairs.get(pair) == start:  # the other pairs of the run stand further down as well
                del self.pairs[pair]
        for column in (
            *(self.kept, ids, self.start, self.longs, self.last_long, self.distinct),
            *(self.codes, self.heads, self.copied, self.prev),
        ):
            del column[begin:]
