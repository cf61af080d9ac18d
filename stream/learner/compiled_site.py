"""A site whose counts the compiled core keeps: the twin of `stream.learner.site.Site`, in native/src/counting.rs.

An article of a real page is counted in some 50 µs instead of 4.5 ms, and what is kept of a site takes a fifth of the
memory. Both teach the same, to the byte (tests/property/test_native_counts.py). Unlike in cleaning, Python does not
take over if the compiled core fails: what was counted is there. It then raises `RuntimeError`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

from stream.core import native
from stream.core.packed import PackedKnown
from stream.core.sites import Known, Profile
from stream.learner.observation import Sketch, Told
from stream.learner.site import KEYS, STORIES, Counted, Site, is_alone, profile_of


class CompiledSite:
    """What is known of one site; see `Site`."""

    __slots__ = ("_counts", "_profile", "name")

    def __init__(self, name: str, half_life: int, *, keeps_texts: bool = False) -> None:
        """`keeps_texts`: also those of lines that stood in a single article."""
        self.name = name
        self._counts: Any = native.compiled.SiteCounts(half_life, KEYS, keeps_texts)
        self._profile: Profile | None = None

    @classmethod
    def of(cls, site: Site, *, keeps_texts: bool = False) -> CompiledSite:
        """Give what is known of a site that was counted in Python. Raises `ValueError` if that is too much."""
        made = cls(site.name, site.half_life, keeps_texts=keeps_texts)
        counted = [
            (key, each.kind, each.text, each.articles, each.inside, each.below, each.first, each.last)
            for key, each in site.counted.items()
        ]
        made._counts.take(site.articles, site.total, site.at, site.late, list(site.stories), counted)
        return made

    @property
    def half_life(self) -> int:
        """In the unit of `at`."""
        return int(self._counts.half_life)

    @property
    def articles(self) -> int:
        """How many articles count, in 1/`UNIT`, faded."""
        return int(self._counts.articles)

    @property
    def total(self) -> int:
        """The number of distinct articles, ever."""
        return int(self._counts.total)

    @property
    def at(self) -> int:
        """The event time up to which everything has faded."""
        return int(self._counts.at)

    @property
    def late(self) -> int:
        """The number of articles in a row that came far too late."""
        return int(self._counts.late)

    @property
    def counted(self) -> dict[int, Counted]:
        """What was counted by key, made anew each time; the text is "" where it is not kept."""
        return {key: Counted(*values) for key, *values in self._counts.counted()}

    @property
    def stories(self) -> Sequence[Told]:
        """The stories that were told last."""
        return [tuple(told) for told in self._counts.stories()]

    def learn_sketches(self, articles: Iterable[Sketch], at: int) -> int:
        """Count the articles of one instant, in any order; give the number of those that tell a new story."""
        self._profile = None
        return int(self._counts.learn([tuple(article) for article in articles], at))

    def learn_record(self, record: bytes) -> bool | None:
        """Count the article of a record (`stream.learner.messages`), where the order is the time; whether it was new.

        None if the record is not written as `write_sketch` writes it, so that Python has to read it.
        """
        new: bool | None = self._counts.learn_record(record)
        if new:
            self._profile = None
        return new

    def profile(self) -> Profile:
        """Give what is known, for cleaning."""
        if self._profile is None:
            content, packed = self._counts.profile()
            known = PackedKnown(packed) if packed is not None else self._known()
            self._profile = profile_of(self.name, self.articles, content, known)
        return self._profile

    def _known(self) -> dict[int, Known]:
        """What `profile` knows, where a count is too large for its packed form."""
        return {
            key: Known(each.articles, each.inside, each.below)
            for key, each in self.counted.items()
            if not is_alone(each.articles)
        }

    def everywhere(self) -> frozenset[int]:
        """Give the keys of the whole lines that stand in nearly all of the articles."""
        return frozenset(self._counts.everywhere())

    def written(self) -> tuple[bytes, bytes, bytes]:
        """Give what was counted as a record holds it: the rows, the texts, the stories."""
        rows, texts, stories = self._counts.written()
        return rows, texts, stories

    def restore(self, state: tuple[int, int, int], stories: Iterable[Told], rows: bytes, texts: Sequence[str]) -> None:
        """Take what `written` gave. Raises `ValueError`."""
        self._counts.restore(*state, list(stories), rows, list(texts))

    def __sizeof__(self) -> int:
        """The memory that is taken, in bytes."""
        return object.__sizeof__(self) + int(self._counts.__sizeof__())


def plain(site: Site | CompiledSite) -> Site:
    """Give the same as a site that is counted in Python."""
    if isinstance(site, Site):
        return site
    state = site.articles, site.total, site.at, site.late
    return Site(site.name, site.half_life, *state, site.counted, deque(site.stories, STORIES))


def new_site(name: str, half_life: int) -> Site | CompiledSite:
    """Give a site of which nothing is known, compiled if that is possible."""
    return Site(name, half_life) if native.compiled is None else CompiledSite(name, half_life)
