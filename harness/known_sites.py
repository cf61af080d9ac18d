"""What the other pages of a site tell about it, for measuring with a site's profile in a fixed way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from xxhash import xxh3_64_intdigest

from stream.core.rules import Rules
from stream.core.sites import Profile
from stream.learner.observation import Observation, observe
from stream.learner.profiles import Profiles
from stream.offline.evaluation import LabelledPage

KNOWN = 16
"""The most other pages of a site that its profile is learned from: those after a page; after the last, the first."""


def with_profiles(chosen: Iterable[LabelledPage], rules: Rules) -> Iterator[tuple[LabelledPage, Profile | None]]:
    """Pages by site, each with what the others tell. All pages of a site are to be among them."""
    for site in by_site(chosen).values():
        observed = [observe("\n".join(page.lines), rules.for_site(page.source)) for page in site]
        for at, page in enumerate(site):
            yield page, profile_of(page.source, [*observed[at + 1 :], *observed[:at]])


def profile_of(site: str, others: Sequence[Observation]) -> Profile | None:
    """Learn a site from its other pages; None without a site, or where it has no other page."""
    learned = Profiles()
    for observation in islice(others, KNOWN if site else 0):
        learned.learn_together([(site, observation)])
    return learned.sites[site].profile() if site in learned.sites else None


def by_site(chosen: Iterable[LabelledPage]) -> Mapping[str, list[LabelledPage]]:
    """Pages by their site, in order."""
    found: dict[str, list[LabelledPage]] = defaultdict(list)
    for page in chosen:
        found[page.source].append(page)
    return found


def share_of_sites(chosen: Iterable[LabelledPage], one_of: int) -> list[LabelledPage]:
    """All pages of one site of so many."""
    return [page for page in chosen if not xxh3_64_intdigest(page.source.encode()) % one_of]
