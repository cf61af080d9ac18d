"""How many removals there are for each reason."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import get_args

from stream.core.article import Cleaned, CleanedByCompiled, CleanedList, Reason, Removal

REASONS = get_args(Reason)  # a reason that is added is counted below, or `count_reasons` fails for every article
OF_SITE = REASONS.index("site")
_reason = attrgetter("reason")


def counts_of(result: Cleaned | CleanedList) -> tuple[int, int, int, int]:
    """Count what was done to a text: repeats, footer lines, junk lines, lines that the budget kept."""
    repeats, footer, junk, site = reasons_of(result)
    if site:
        inside = result.inside if isinstance(result, CleanedByCompiled) else _inside(result.removed)
        footer, junk = footer + site - inside, junk + inside
    return repeats, footer, junk, len(result.withheld)


def _inside(removed: Iterable[Removal]) -> int:
    """Count the lines known from the site that stood within the story."""
    return sum(removal.reason == "site" and str(removal.rule).startswith("junk:") for removal in removed)


def reasons_of(result: Cleaned | CleanedList) -> tuple[int, int, int, int]:
    """Count the removals by reason, without making them where the compiled core has counted."""
    return result.counts if isinstance(result, CleanedByCompiled) else count_reasons(result.removed)


def count_reasons(removed: Iterable[Removal]) -> tuple[int, int, int, int]:
    """Count removals by reason: repeats, footer lines, junk lines, lines known from the site's other articles.

    Raises `ValueError` if one has a reason that is not counted here, which is a bug: no number would tell of it.
    """
    reasons = [*map(_reason, removed)]
    repeats, footer, junk, site = map(reasons.count, REASONS)
    if repeats + footer + junk + site != len(reasons):
        msg = f"Removals for other reasons than {', '.join(REASONS)}: {set(reasons).difference(REASONS)}."
        raise ValueError(msg)
    return repeats, footer, junk, site
