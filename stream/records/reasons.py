"""How many removals there are for each reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from operator import attrgetter
from typing import NamedTuple, get_args

from stream.core.article import Cleaned, CleanedByCompiled, CleanedList, Reason, Removal

REASONS = get_args(Reason)  # a reason that is added is counted below, or `count_reasons` fails for every article
_reason = attrgetter("reason")


class Done(NamedTuple):
    """What was done to a text: how many repeats, footer lines and junk lines were removed, and lines the budget kept.

    `site`: how many of the footer and junk lines are known from the site's other articles.
    """

    repeats: int
    footer: int
    junk: int
    withheld: int
    site: int


_done: Callable[[tuple[int, ...]], Done] = partial(tuple.__new__, Done)  # faster than calling `Done`


def done_to(result: Cleaned | CleanedList) -> Done:
    """Count what was done to a text, without making the removals where the compiled core has counted them."""
    if type(result) is CleanedByCompiled:
        repeats, footer, junk, site, inside = result.counts
        withheld = result.withheld_count
    else:
        repeats, footer, junk, site = count_reasons(result.removed)
        inside = _inside(result.removed) if site else 0
        withheld = len(result.withheld)
    return _done((repeats, footer + site - inside, junk + inside, withheld, site))


def _inside(removed: Iterable[Removal]) -> int:
    """Count the lines known from the site that stood within the story."""
    return sum(removal.reason == "site" and str(removal.rule).startswith("junk:") for removal in removed)


def reasons_of(result: Cleaned | CleanedList) -> tuple[int, int, int, int]:
    """Count the removals by reason, likewise."""
    return result.counts[:4] if type(result) is CleanedByCompiled else count_reasons(result.removed)


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
