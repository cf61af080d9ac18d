"""What stands between two lines goes whole: of CR LF the CR too, which looks like white space of the line before it.

A paragraph goes with the separator before it. The lines of a text with line feeds are what stands between these, so a
line may end in the CR of its own separator. When the next one goes, the two change their ends: what is left has whole
separators only, and the removal's text keeps the CR that went, for whoever puts it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_CR = "\r"


def with_whole_ends(gone: Iterable[int], lines: list[str], first: Sequence[int]) -> list[str]:
    """Give `lines` with each CR where it has to be when the lines `gone` go, each with the blank ones before it.

    `first` is -1 for a blank line. Neither line 0 is in `gone` nor the first line that is not blank.
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
    """Let two lines change the CRs at their ends. Done twice it changes nothing."""
    first, second = lines[one].rstrip(_CR), lines[other].rstrip(_CR)
    lines[one], lines[other] = first + lines[other][len(second) :], second + lines[one][len(first) :]
