r"""Keeps line separators whole when lines of a text with CR LF are removed.

A text that has line feeds is split at them, so the CR of a CR LF looks like white space at the end of its line. A
paragraph is removed with the separator before it, whose CR stands at the end of the line above:

    "one\r\ntwo"       is split into "one\r" and "two"
    "two" is removed   and "one\r" would be left, with half a separator

So the removed line and the line above that stays swap the CRs at their ends: "one" stays, "two\r" goes. What stays
then has whole separators only, and the removal's text holds the CR, so that `restore` can swap it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_CR = "\r"


def with_whole_ends(gone: Iterable[int], lines: list[str], first: Sequence[int]) -> list[str]:
    """Give `lines` with the CRs moved to where they must be when the lines `gone` are removed.

    `gone` holds indices in `lines`; each goes with the blank lines before it. `first` is -1 for a blank line (see
    `first_of`). `gone` contains neither line 0 nor the first line that is not blank. Returns `lines` itself if nothing
    has to move.
    """
    changed = lines
    for at in sorted(gone, reverse=True):
        before = at - 1
        while before and first[before] < 0:
            before -= 1
        if changed[at].endswith(_CR) or changed[before].endswith(_CR):
            if changed is lines:
                changed = lines.copy()
            swap_ends(changed, before, at)
    return changed


def swap_ends(lines: list[str], one: int, other: int) -> None:
    """Swap, in place, the CRs at the ends of two lines. Doing it twice restores them."""
    first, second = lines[one].rstrip(_CR), lines[other].rstrip(_CR)
    lines[one], lines[other] = first + lines[other][len(second) :], second + lines[one][len(first) :]
