"""The stack of kept paragraphs: finds which repeats go.

`stream.core.repeats` says what goes and what stays. Here is how it is found in linear time.

A run is a chain of paragraphs in which every adjacent pair has occurred before, further down on the stack. Paragraphs
are pushed one by one; each entry knows where its run begins and what is in the run up to it. When the next paragraph
does not continue the run at the top, the run is over: `_cut` pops what must go of it, and puts back on the input the
short lines at its end, which introduce the next paragraph.

An example: A, B and C are long paragraphs, x is a short line.

    input       action                                          stack (the run at the top in brackets)
    A x B       pushed; no pair has occurred before             A x [B]
    A           (B A) is new: a run of its own begins           A x B [A]
    x           (A x) is known: it continues the run            A x B [A x]
    C           (x C) is new: the run is over. Its long A goes,
                x comes before C and is put back                A x B          input: x C
    x           (B x) is new; pushed                            A x B [x]
    C           (x C) is new: x alone is too short to go        A x B x [C]

So the second A goes, and both x stay.
"""

from __future__ import annotations

from collections.abc import Sequence

from stream.core.listing import hangs, is_code_alone
from stream.core.paragraphs import normal, width, without_format
from stream.core.sentence_ends import ends_sentence

LONG = 60
"""Minimum width of a paragraph that goes wherever it comes back (20 ideographs)."""
MANY = 12
"""Different paragraphs in a run of short ones that goes wherever it comes back."""
FEW = 6
"""Different paragraphs in a run of short ones that goes if it repeats everything before it."""
LEAD = 3
"""Maximum number of short lines that introduce what follows them: a subhead, a name, a time."""
CODE_SHARE = 4
"""A run of short lines is part of a program, and stays, if at least a quarter of its lines are code."""
LABEL_ENDS = (":", "\uff1a", "\ufe55", "\ufe13", "\u0589", "\u1361", "\u17d6")
"""The colons of all scripts, which a label ends with."""


def is_long(line: str) -> bool:
    """Whether a line is a paragraph of its own, as a row of dashes, a name or a refrain is not."""
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
    """Whether a line is text, rather than something that introduces it: it is long, or ends a sentence."""
    return ends_sentence(line) or is_long(line)


class Stack:
    """The paragraphs that are kept so far, bottom to top, as parallel lists with one item for each entry.

    A paragraph's id is the index in `lines` where it first occurs, so equal paragraphs have equal ids; its place is
    where it occurs this time. Use: make one and call `run` once.
    """

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
        self.first = first  # the ids of the paragraphs at `places`
        self.count = len(lines)
        # One item for each entry. "The run" means the part of the entry's run up to the entry.
        self.kept: list[int] = []  # its place
        self.ids: list[int] = []  # its id
        self.start: list[int] = []  # the entry that its run begins with
        self.longs: list[int] = []  # number of long repeats in the run
        self.last_long: list[int] = []  # the entry of the last of these, or -1
        self.distinct: list[int] = []  # number of different paragraphs in the run
        self.codes: list[int] = []  # number of lines of code in the run
        self.heads: list[int] = []  # number of lines of code at the beginning of the run
        self.copied: list[bool] = []  # whether the run equals the beginning of the stack
        self.prev: list[int] = []  # the next entry below with the same id, or -1
        # What is known of the paragraphs.
        self.last: dict[int, int] = {}  # id -> its topmost entry
        self.known: dict[int, bool] = {}  # id -> whether it is long
        self.hangs = False  # whether any line counted as code only because of the line beside it
        self.code: dict[int, bool] = {}  # id -> whether it is code
        self.texts: dict[int, bool] = {}  # place -> whether it is text
        self.labels: dict[int, bool] = {}  # place -> whether it is a label
        # A pair of adjacent ids (lower * count + upper) -> the upper entry of its first occurrence.
        self.pairs: dict[int, int] = {}

    def run(self) -> dict[int, int]:
        """Process every paragraph. Give what goes: place -> id, in order."""
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
        """Whether this paragraph continues the run at the top: the top entry and it have been adjacent before."""
        return not self.ids or self.ids[-1] * self.count + ident in self.pairs

    def _push(self, place: int, ident: int) -> None:
        """Push a paragraph. It continues the run at the top if its pair with the top entry is known."""
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
        """Whether a paragraph is long. Its first copy is measured, and only once: white space may make it very long."""
        known = self.known.get(ident)
        if known is None:
            known = self.known[ident] = is_long(self.lines[ident])
        return known

    def _is_code(self, ident: int) -> bool:
        """Whether a paragraph is code; the first copy tells. Sets `hangs` if only the line beside it says so."""
        known = self.code.get(ident)
        if known is None:
            known = is_code_alone(self.lines[ident])
            if not known and hangs(self.lines, ident):
                known = self.hangs = True
            self.code[ident] = known
        return known

    def _leads(self, entry: int, after: int) -> bool:
        """Whether `entry`, the line above the run, would introduce the line at `after` if the run were removed.

        It would if it is a label, or a short line that also stands further down, and if text follows the run's last
        long paragraph.
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
        """Whether the line at a place is text (`is_text`), looked at once."""
        known = self.texts.get(place)
        if known is None:
            known = self.texts[place] = is_text(self.lines[place])
        return known

    def _cut(self, after: int) -> list[tuple[int, int]] | None:
        """End the run at the top: pop what must go of it (see `stream.core.repeats`).

        `after` is the place of the next line, -1 if there is none. Returns None if the whole run stays, else the lines
        at the run's end that come after what was popped and must be pushed again: (place, id), the last one first.
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
        """Pop the entries from `begin` on, which all belong to the run at the top."""
        start = self.start[-1]
        ids = self.ids
        for entry in range(len(ids) - 1, begin - 1, -1):
            self.last[ids[entry]] = self.prev[entry]  # never -1: what goes has an earlier copy that stays
        if begin == start:
            pair = ids[start - 1] * self.count + ids[start]
            if self.pairs.get(pair) == start:  # only this pair may be new; the others have occurred further down
                del self.pairs[pair]
        for column in (
            *(self.kept, ids, self.start, self.longs, self.last_long, self.distinct),
            *(self.codes, self.heads, self.copied, self.prev),
        ):
            del column[begin:]
