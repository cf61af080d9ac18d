"""The paragraphs that are kept, as a stack: what must go of the run at its top is popped when the next ends that run.

What goes and what stays is told in `stream.core.repeats`.
"""

from __future__ import annotations

from collections.abc import Sequence

from stream.core.listing import hangs, is_code_alone
from stream.core.paragraphs import normal, width, without_format
from stream.core.sentence_ends import ends_sentence

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
    return (text.endswith(LABEL_ENDS) or text in {"Q.", "A.", "Q", "A"}) and not (is_long(line) or is_code_alone(line))


def is_text(line: str) -> bool:
    """Whether a line says something, rather than introduces what does: it is long, or ends as a sentence does."""
    return ends_sentence(line) or is_long(line)


class Stack:
    """The kept paragraphs so far. Of each entry: its line, its id, where its run begins, what is in that run."""

    __slots__ = (
        *(
            "code",
            "codes",
            "copied",
            "count",
            "distinct",
            "first",
            "hangs",
            "heads",
            "ids",
            "known",
            "last",
            "last_long",
        ),
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
        self.hangs = False  # something was taken for code for what stands beside it
        self.code: dict[int, bool] = {}  # id -> whether it is code
        self.texts: dict[int, bool] = {}  # place -> whether its line says something
        self.labels: dict[int, bool] = {}  # place -> whether its line is a label
        self.pairs: dict[int, int] = {}  # two ids in one number -> the upper entry of the first such pair

    def run(self) -> dict[int, int]:
        """Put every paragraph through the stack."""
        todo = list(zip(reversed(self.places), reversed(self.first), strict=True))
        while todo or self.ids:
            place, ident = todo[-1] if todo else (-1, -1)
            again = None if todo and self._continues(ident) else self._cut(place)
            if again is not None:
                todo += again
            elif todo:
                self._push(*todo.pop())
            else:
                break
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
            known = is_code_alone(self.lines[ident])
            if not known and hangs(self.lines, ident):
                known = self.hangs = True
            self.code[ident] = known
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

    def _cut(self, after: int) -> list[tuple[int, int]] | None:
        """Take away what must go of the run at the top (see the module's docstring); None: nothing.

        `after` is the place of the next line; -1: there is none. Gives what stood above that and comes again, the
        last one first.
        """
        if not self.ids:
            return None
        start, end = self.start[-1], len(self.ids)
        begin, last, longs = start, end, self.longs[-1]
        if longs:
            if longs == 1 and after >= 0 and self._leads(start - 1, after):
                return None
            if self.heads[-1] and self._is_code(self.ids[start - 1]):
                begin += self.heads[-1]
            if after >= 0:
                last = self.last_long[-1] + 1
                if self.codes[-1] == self.codes[last - 1]:
                    last = max(last, end - LEAD)
        else:
            distinct = self.distinct[-1]
            if self.prev[start] < 0 or start + 1 == end or self.codes[-1] * CODE_SHARE >= end - start:
                return None
            if distinct < MANY and not (distinct >= FEW and self.copied[-1] and end >= 2 * start):
                return None
            last -= after >= 0
        again = list(zip(self.kept[last:], self.ids[last:], strict=True))[::-1]
        self._pop(begin)
        return again

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
