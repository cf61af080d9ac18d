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
from collections.abc import Container, Sequence
from itertools import compress
from operator import ne

from stream.core.listing import is_code
from stream.core.paragraphs import first_places
from stream.core.stack import FEW, Stack, is_label, is_long

PASSES = 4
"""So many looks at what is left; a text that needs more keeps its repeats."""


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
    found, hanging = _stacked(lines, places, first, repeated)
    return _again(lines, whole, found) if found and hanging else found


def _stacked(
    lines: Sequence[str], places: list[int], first: list[int], repeated: Container[int]
) -> tuple[dict[int, int], bool]:
    """Give what the stack finds, and whether something was taken for code for what stands beside it."""
    # Lines that never come back only part others: of each row of them the first and the last are enough.
    once = [place not in repeated for place in first]
    beside = zip(once, [False, *once[:-1]], [*once[1:], False], strict=True)
    used = [not (one and before and after) for one, before, after in beside]
    stack = Stack(lines, list(compress(places, used)), list(compress(first, used)))
    return stack.run(), stack.hangs


def _again(lines: Sequence[str], whole: list[int], found: dict[int, int]) -> dict[int, int]:
    """Look at what is left until nothing goes: a line that was code for the one beside it may be none any more."""
    for _ in range(PASSES):
        left = [at for at in range(len(whole)) if at not in found]
        numbers = {at: number for number, at in enumerate(left)}  # what others repeat never goes
        places = [number for number, at in enumerate(left) if whole[at] >= 0]
        first = [numbers[whole[left[number]]] for number in places]
        again = set(compress(first, map(ne, first, places)))
        more, _ = _stacked([lines[at] for at in left], places, first, again)
        if not more:
            return dict(sorted(found.items()))
        found |= {left[number]: whole[left[number]] for number in more}
    return {}


def _one_block(first: list[int], places: list[int], begin: int, count: int) -> dict[int, int]:
    """Answer the commonest case without the stack: the `count` repeats are one run, from `begin` on, of one source."""
    end = begin + count
    source = bisect_left(places, first[begin])
    whole = source + count <= begin and first[begin:end] == places[source : source + count]
    return dict(zip(places[begin:end], first[begin:end], strict=True)) if whole else {}
