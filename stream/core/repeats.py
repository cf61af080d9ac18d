"""Which paragraphs are exact repeats of earlier ones.

A paragraph repeats another one if both have the same normal form (`stream.core.paragraphs.normal`). Blank lines are
ignored. The earliest copy always stays. Of the later copies these are removed:

* a long paragraph: at least `LONG` wide, with a letter or digit in it, and not code;
* a run of paragraphs that contains a long one, where each adjacent pair has occurred before in the same order: the
  subheads, dashes and names between repeated paragraphs go with them;
* a run of short paragraphs only if at least `MANY` of them are different, or if it repeats everything that stands
  before it and at least `FEW` are different (a short text given twice).

Any other short line that comes back stays: a dash, a speaker's name, "Q:", a refrain, a list's entry.

Parts of such a run stay where they belong to what is next to the run:

* if text follows, the short lines at the run's end, which introduce that text (a name, a subhead, "Q:"): at most
  `LEAD` of them, or all if there is code among them; of a run of short paragraphs the last one;
* the whole run, if it has only one long paragraph, text follows, and the line above is a label that stays ("Q:", or a
  name that stood above something else before): without the run that label would introduce the wrong text;
* code at the beginning of the run that continues code above it, and a run of short lines if a quarter of it is code.

The paragraphs are pushed onto a stack (`stream.core.stack`) one by one. When the next paragraph does not continue the
run at the top, what must go of that run is popped. So each paragraph is always compared with what is kept, and a
second cleaning finds nothing. Each paragraph is pushed and popped at most twice: time is linear.
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
"""Maximum number of times that the remaining lines are searched again; a text that needs more keeps its repeats."""


def find_repeats(lines: Sequence[str], keys: Sequence[bytes]) -> dict[int, int]:
    """Find the repeats: index in `lines` -> index of the first equal line, both 0-based; in ascending order.

    `keys` holds a digest for each line, equal for equal normal forms, and b"" for a blank line.
    """
    return repeats_of(lines, first_places(keys))


def goes_whole(lines: Sequence[str], run: Sequence[int], before: int, *, followed: bool) -> bool:
    """Whether a run certainly goes as a whole: the commonest case, decided without the stack.

    `run` holds the indices of all repeats in the text, in order; they stand one after the other. `before` is the index
    of the line above them; `followed` says whether a line that is not blank comes after them.
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
    """Whether a line is long and not code, and so goes wherever it comes back."""
    return is_long(lines[at]) and not is_code(lines, at)


def repeats_of(lines: Sequence[str], whole: list[int]) -> dict[int, int]:
    """Do what `find_repeats` does, given `first_places` of the keys."""
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
    """Run the stack: give the repeats, and whether a line counted as code because of the line beside it."""
    # Lines that never come back only separate others: of several in a row the first and the last are enough.
    once = [place not in repeated for place in first]
    beside = zip(once, [False, *once[:-1]], [*once[1:], False], strict=True)
    used = [not (one and before and after) for one, before, after in beside]
    stack = Stack(lines, list(compress(places, used)), list(compress(first, used)))
    return stack.run(), stack.hangs


def _again(lines: Sequence[str], whole: list[int], found: dict[int, int]) -> dict[int, int]:
    """Search what is left until nothing more goes: a line may not be code without the one that stood beside it."""
    for _ in range(PASSES):
        left = [at for at in range(len(whole)) if at not in found]
        numbers = {at: number for number, at in enumerate(left)}  # holds every first copy, as these never go
        places = [number for number, at in enumerate(left) if whole[at] >= 0]
        first = [numbers[whole[left[number]]] for number in places]
        again = set(compress(first, map(ne, first, places)))
        more, _ = _stacked([lines[at] for at in left], places, first, again)
        if not more:
            return dict(sorted(found.items()))
        found |= {left[number]: whole[left[number]] for number in more}
    return {}


def _one_block(first: list[int], places: list[int], begin: int, count: int) -> dict[int, int]:
    """Find the commonest case without the stack: all `count` repeats are one run from `begin` on, a copy of one block.

    Gives the repeats, or nothing if it is not that case.
    """
    end = begin + count
    source = bisect_left(places, first[begin])
    whole = source + count <= begin and first[begin:end] == places[source : source + count]
    return dict(zip(places[begin:end], first[begin:end], strict=True)) if whole else {}
