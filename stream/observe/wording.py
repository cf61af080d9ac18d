"""Numbers with their nouns, for sentences."""

from __future__ import annotations


def noun(count: float, one: str, many: str = "") -> str:
    """The word that stands behind a number: `one`, or `many`, which is `one` and an s where it is not given."""
    return one if count == 1 else many or f"{one}s"


def counted(count: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 article", "2,000 articles"."""
    return f"{count:,} {noun(count, one, many)}"
