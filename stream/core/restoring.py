"""Undoes a cleaning: puts what was removed back where it stood."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from stream.core.article import Cleaned, CleanedList
from stream.core.line_ends import swap_ends


def restore(cleaned: Cleaned) -> str:
    r"""Give the text as it was before cleaning.

    >>> from stream import clean, restore
    >>> restore(clean("The ferry runs all winter, the board said today.\nAdvertisement"))
    'The ferry runs all winter, the board said today.\nAdvertisement'
    """
    if not cleaned.removed:
        return cleaned.text
    separator = cleaned.separator
    parts = ((removal.line, removal.text.split(separator)) for removal in cleaned.removed)
    ends = swap_ends if separator == "\n" else None
    return separator.join(_merge(cleaned.text.split(separator), parts, ends))


def restore_list(cleaned: CleanedList) -> tuple[str, ...]:
    """Give the list as it was before cleaning, as a tuple.

    >>> from stream import clean_list, restore_list
    >>> restore_list(clean_list(["The ferry runs all winter, the board said today.", "Advertisement"]))
    ('The ferry runs all winter, the board said today.', 'Advertisement')
    """
    return tuple(_merge(cleaned.paragraphs, ((removal.line, [removal.text]) for removal in cleaned.removed)))


def _merge(
    kept: Sequence[str],
    parts: Iterable[tuple[int, list[str]]],
    ends: Callable[[list[str], int, int], None] | None = None,
) -> list[str]:
    """Insert the removals into the lines that were kept.

    `parts` holds for each removal its 1-based line and the lines of its text, in order; `ends` swaps the CRs at the
    ends of two lines (`swap_ends`), if given.
    """
    merged: list[str] = []
    taken = 0
    for line, texts in parts:
        more = line - 1 - len(merged)
        merged += kept[taken : taken + more]
        before = len(merged) - 1
        merged += texts
        if ends is not None and before >= 0:
            ends(merged, before, len(merged) - 1)
        taken += more
    merged += kept[taken:]
    return merged
