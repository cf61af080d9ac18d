"""All sites of the partitions that a learner owns: takes the records of the topic of lines, and tells what has changed.

What is kept of a partition depends on nothing but its records, in their order, so that a replay from the beginning, or
another learner that goes on in the middle, comes to the same.

A partition keeps at most `SITES` sites. For a new one beyond that a young one goes, of which at most `YOUNG` articles
are known: the one that was learned from the longest ago. If there is none, the new site is not learned. So a million
made-up sites cost a bounded amount, and take nobody else's place.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from stream.core.rules import Rules
from stream.learner.address import site_of
from stream.learner.counts import read_counts, require_room, write_counts
from stream.learner.learned import LearnedSite
from stream.learner.messages import Command, is_article, read_lines_record, write_published
from stream.learner.observation import Sketch

SITES = 2_500
"""Maximum number of sites of a partition. More partitions hold more sites."""
YOUNG = 3
"""A site of which at most so many articles are known gives way to a new one where a partition is full."""


class Change(NamedTuple):
    """A site that has changed: its records in the topics of counts and of sites, None where it was forgotten."""

    site: str
    counts: bytes | None
    published: bytes | None


class Elsewhere(NamedTuple):
    """A record that stands in another partition than its site belongs to, as after partitions were added."""

    site: str
    value: bytes


def _object_of(said: Command, known: LearnedSite) -> str:
    return said.line or said.version or known.site.name


class Partitions:
    """The sites by partition. `rules` are those that the articles are cleaned by.

    `belongs(site)` gives the partition of the topic of lines that a site belongs to.
    """

    def __init__(self, rules: Rules, belongs: Callable[[str], int]) -> None:
        self.rules = rules
        self.refused = 0
        self._belongs = belongs
        self._sites: dict[int, dict[str, LearnedSite]] = {}
        self._changed: dict[tuple[int, str], None] = {}
        self._elsewhere: list[Elsewhere] = []

    def gain(self, number: int, known: Iterable[LearnedSite]) -> None:
        """A partition is this learner's, with what is known of its sites."""
        sites = {each.site.name: each for each in known}
        # The one that was learned from the longest ago comes first, as it does while learning goes on.
        self._sites[number] = dict(sorted(sites.items(), key=lambda item: item[1].offset))

    def publish_again(self, number: int, site: str) -> None:
        """Give a site among the next `changes`, although nothing of it has changed."""
        self._changed[number, site] = None

    def lose(self, number: int) -> None:
        """A partition is another learner's. Safe while another thread takes records, which then raises `KeyError`."""
        self._sites.pop(number, None)
        self._changed = {place: None for place in [*self._changed] if place[0] != number}

    def take(self, number: int, offset: int, key: bytes | None, value: bytes | None) -> str:
        """Take a record of a partition; give why it is of no use, as a clause, or "".

        Raises `KeyError` if the partition is not this learner's.
        """
        sites = self._sites[number]
        try:
            name = (key or b"").decode()
            if not name or site_of(name) != name:
                return "its key is not the name of a site"
            said = value if value is not None and is_article(value) else read_lines_record(value)
        except ValueError as error:
            return str(error)
        if self._belongs(name) != number:
            self._elsewhere.append(Elsewhere(name, value or b""))
            return ""
        return self._learn(number, sites, name, said, offset)

    def _learn(
        self, number: int, sites: dict[str, LearnedSite], name: str, said: Sketch | bytes | Command, offset: int
    ) -> str:
        if isinstance(said, Command):
            if said.do == "forget":
                self._changed[number, name] = None
                sites.pop(name, None)
                return ""
            if said.do == "import":
                return self._import(number, sites, name, said.site, offset)
        known = sites.pop(name, None)
        if known is None:
            if isinstance(said, Command):
                return f"nothing is known of {name}, so there is nothing to {said.do}"
            if not self._has_room(number, sites):
                self.refused += 1
                return ""
            known = LearnedSite.named(name)
        problem = self._tell(known, said)
        if not problem:
            # At once, and not when it is published: what is in force then depends on nothing but the records.
            known.refresh(self.rules.for_site(name))
        if known.site.total:  # otherwise nothing was learned, and there is no site
            sites[name] = known
        if known.site.total and not problem:
            known.offset = offset
            self._changed[number, name] = None
        return problem

    def _tell(self, known: LearnedSite, said: Sketch | bytes | Command) -> str:
        """Tell a site what a record says; give why it is of no use, as a clause, or ""."""
        if isinstance(said, Command):
            return "" if known.obey(said) else f"there is nothing to {said.do}: {_object_of(said, known)}"
        try:
            known.learn(said)
        except ValueError as error:
            return str(error)
        return ""

    def _import(self, number: int, sites: dict[str, LearnedSite], name: str, value: str, offset: int) -> str:
        try:
            known = read_counts(name, b64decode(value, validate=True))
            require_room(known)
        except ValueError as error:
            return str(error)
        sites.pop(name, None)
        if not self._has_room(number, sites):
            self.refused += 1
            return f"the partition has {SITES:,} sites already"
        known.offset = offset
        known.refresh(self.rules.for_site(name))
        sites[name] = known
        self._changed[number, name] = None
        return ""

    def _has_room(self, number: int, sites: dict[str, LearnedSite]) -> bool:
        """Whether there is room for one more site, after a young one has gone if need be."""
        if len(sites) < SITES:
            return True
        young = next((name for name, known in sites.items() if known.site.total <= YOUNG and not known.rejected), None)
        if young is None:
            return False
        del sites[young]
        self._changed[number, young] = None
        return True

    @property
    def changed(self) -> int:
        """The number of sites that have changed since `changes` was last called."""
        return len(self._changed)

    def changes(self) -> Iterator[Change]:
        """Give the sites that have changed since this was last called."""
        changed, self._changed = self._changed, {}
        for number, name in changed:
            known = self._sites.get(number, {}).get(name)
            if known is None:
                yield Change(name, None, None)
            else:
                yield Change(name, write_counts(known), write_published(known.published()))

    def elsewhere(self) -> list[Elsewhere]:
        """Give the records that belong to other partitions, which were taken since this was last called."""
        found, self._elsewhere = self._elsewhere, []
        return found

    def __len__(self) -> int:
        """The number of sites."""
        return sum(map(len, [*self._sites.values()]))

    def __iter__(self) -> Iterator[LearnedSite]:
        """All sites, in no order. Safe while another thread takes records."""
        for sites in [*self._sites.values()]:
            yield from [*sites.values()]
