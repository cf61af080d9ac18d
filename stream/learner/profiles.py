"""All sites: learn from articles one by one, and get the profile of a site to clean with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from stream.core.rules import Rules, builtin
from stream.core.sites import Profile
from stream.learner.address import site_of
from stream.learner.observation import Observation, observe
from stream.learner.site import Site

BY_TIME_MS = 2 * 24 * 60 * 60 * 1000
"""The half-life of what is known where articles have a time: two days."""
BY_ORDER = 32
"""The half-life where their order is the time: so many articles of the site."""
LATEST_MS = 1 << 48
"""Times are less than this: the year 10889."""
SITES = 10_000
"""Maximum number of sites. The one that was learned from the longest ago goes first."""


class Profiles:
    r"""What is known of many sites.

    >>> from stream import Profiles, clean
    >>> profiles = Profiles()
    >>> profiles.learn("The ferry runs all winter.\nNo part may be copied.", "https://example.org/ferry")
    True
    >>> profile = profiles.of("https://www.example.org/other")
    >>> clean("The harbour is closed.\nNo part may be copied.", profile=profile).site_version == profile.version
    True
    """

    def __init__(self, *, by_time: bool = False, rules: Rules | None = None) -> None:
        """`by_time`: each article is learned with its time; otherwise the order of the articles is the time.

        `rules` are the built-in ones if not given; use those that the articles are cleaned by.
        """
        self.by_time = by_time
        self.sites: dict[str, Site] = {}  # the one that was learned from the longest ago is the first
        self._rules = rules

    def learn(self, text: str | Sequence[str], address: str, at_ms: int | None = None) -> bool:
        """Learn from one article; whether it told something new, as another edition, or one without a site, does not.

        `at_ms` is its time in milliseconds, where articles are learned by time. Give those of one instant to
        `learn_together`, where their order must not matter. Raises `ValueError` if the time is missing or unexpected.
        """
        rules = self._rules or builtin()
        site = site_of(address)
        return self.learn_together([(site, observe(text, rules.for_site(site)))] if site else [], at_ms) > 0

    def learn_together(self, observed: Iterable[tuple[str, Observation]], at_ms: int | None = None) -> int:
        """Learn what the articles of one instant taught, each with its site; give the number of new stories.

        Raises `ValueError` as `learn` does.
        """
        if (at_ms is not None) != self.by_time:
            msg = "articles are learned by time if, and only if, each comes with its time"
            raise ValueError(msg)
        if at_ms is not None and abs(at_ms) >= LATEST_MS:
            msg = f"{at_ms} is no time of an article, in milliseconds since 1970"
            raise ValueError(msg)
        by_site: dict[str, list[Observation]] = {}
        for site, observation in observed:
            by_site.setdefault(site, []).append(observation)
        new = 0
        for name in sorted(by_site):
            known = self.sites.pop(name, None) or Site(name, BY_TIME_MS if self.by_time else BY_ORDER)
            new += known.learn(by_site[name], known.total if at_ms is None else at_ms)
            if not known.total:  # nothing was learned, so nobody gives way
                continue
            while len(self.sites) >= SITES:
                del self.sites[next(iter(self.sites))]
            self.sites[name] = known
        return new

    def of(self, address: str) -> Profile | None:
        """Give the profile of the site that an address belongs to; None where nothing is known of it."""
        return self.of_site(site_of(address))

    def of_site(self, name: str) -> Profile | None:
        """Give the profile of a site by its name; None where nothing is known of it."""
        site = self.sites.get(name)
        return None if site is None else site.profile()

    def __len__(self) -> int:
        """The number of sites."""
        return len(self.sites)

    def __iter__(self) -> Iterator[Site]:
        """The sites by name."""
        return iter(sorted(self.sites.values(), key=lambda site: site.name))
