"""One site: its articles' observations, counted, with what is old fading.

Counts are in 1/`UNIT` of an article. When a newer instant begins, everything counted so far is multiplied by a factor,
so that it halves in `half_life` of event time. It never fades below `LEAST` articles for age alone: a site that
publishes once a week is known by its last eight or so. So a redesign is learned after about `LEAST` articles or half of
what the site publishes in a half-life, whichever is more, and lines that no article has any more are let go.

An article that comes late counts as much as it would have left by now, and in full where little is known (`LITTLE`),
which hardly fades. One that would have been let go teaches nothing; but after `LEAST` of these in a row it is the
newest time that was wrong, and theirs counts from then on. Otherwise one article of the year 9999 would be the last.

Another edition of a story that is among the last `STORIES` counts nothing: it would make an author's words look like
the site's. An article without any words counts nothing, either.

What is kept of a site is bounded: `KEYS` lines and templates, each of at most `TEXT` characters, and `STORIES` stories.
The lines that stand in the fewest articles go first, of these the ones that were seen last the longest ago. So a site
whose lines are new in each article forgets its own rare lines, and nothing of any other site.

This is the specification; `stream.learner.compiled_site` does the same in a hundredth of the time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from struct import Struct

import orjson
from xxhash import xxh3_64_intdigest

from stream.core.footer.words import LAST_THREE, WHOLE
from stream.core.packed import MOST_COUNTED, PackedKnown, pack
from stream.core.sites import KNOWN_ALONE, UNIT, Known, Profile
from stream.learner.observation import Observation, Sketch, Told, is_told_already, observation_of

LEAST = 8
"""The number of articles below which what is known does not fade for its age."""
LITTLE = 2 * LEAST
"""Of a site of at most so many articles a late one counts in full."""
STORIES = 64
"""The number of stories that are remembered, to know another edition of them."""
KEYS = 3_000
"""Maximum number of lines, and of first and last words of lines, that are counted for a site.

A page has some 400. With 10,000 one page of 563 of sites with eight articles before was cleaned better, and a learner
kept three times as much (docs/decisions/0025).
"""
FORGOTTEN = UNIT // 8
"""What is counted less than this is let go."""
MOST = 1 << 32
"""What counts the articles of a site is less than this."""
_STEPS = 16
"""Fading goes in sixteenths of a half-life, by these factors, in 1/65536: 2**(-n/16)."""
_FACTORS = (
    65536,
    62757,
    60097,
    57549,
    55109,
    52772,
    50535,
    48393,
    46341,
    44376,
    42495,
    40693,
    38968,
    37316,
    35734,
    34219,
)
_SHIFT = 16
ROW = Struct("<QBHHHII")
"""A line or template as a record holds it: its key, and the fields of `Counted` but for the text."""


@dataclass(slots=True)
class Counted:
    """Something that stood in articles of the site: how often, and since and until when (event time)."""

    kind: int
    text: str
    articles: int
    inside: int
    below: int
    first: int
    last: int


@dataclass(slots=True)
class Site:
    """What is known of one site. `half_life` is in the unit of `at`: milliseconds, or articles without a time."""

    name: str
    half_life: int
    articles: int = 0  # in 1/UNIT, faded
    total: int = 0  # distinct articles, ever
    at: int = 0  # event time up to which everything has faded
    late: int = 0  # articles in a row that came far too late
    counted: dict[int, Counted] = field(default_factory=dict)
    stories: deque[Told] = field(default_factory=lambda: deque(maxlen=STORIES))
    _profile: Profile | None = field(default=None, repr=False, compare=False)

    def learn(self, observations: Iterable[Observation], at: int) -> int:
        """Count the articles of one instant, in any order; give the number of those that tell a new story."""
        if not self.total:
            self.at = at
        new = self._new(observations)
        weight = self._weight(at, len(new))
        if weight < FORGOTTEN:
            return 0
        for _, seen in new:
            self.articles += weight
            for key, kind, text, inside, below in seen:
                counted = self.counted.get(key)
                if counted is None:
                    counted = self.counted[key] = Counted(kind, text, 0, 0, 0, at, at)
                elif is_alone(counted.articles):
                    counted.text = text  # so that nobody has to keep the texts of lines that stood in one article
                counted.articles += weight
                counted.inside += weight * inside
                counted.below += weight * below
                counted.first, counted.last = min(counted.first, at), max(counted.last, at)
        self.total += len(new)
        self.bound()
        self._profile = None
        return len(new)

    def learn_sketches(self, articles: Iterable[Sketch], at: int) -> int:
        """Count the articles of one instant, likewise."""
        return self.learn(map(observation_of, articles), at)

    def _new(self, observations: Iterable[Observation]) -> list[Observation]:
        """Give the articles that tell a new story, and remember these."""
        found = []
        for observation in sorted(each for each in observations if each.seen):
            told = observation.told
            if told in self.stories:
                continue
            if not is_told_already(told, self.stories):
                found.append(observation)
            self.stories.append(told)
        return found

    def _weight(self, at: int, articles: int) -> int:
        """Give what so many articles of an instant count each, and let everything fade up to it."""
        if at >= self.at:
            self.late = 0
            self._fade(at)
            return UNIT
        weight = UNIT
        if self.articles > LITTLE * UNIT:
            weight = _faded(UNIT, (self.at - at) * _STEPS // self.half_life)
        if weight >= FORGOTTEN:
            self.late = 0
            return weight
        self.late += articles
        if self.late < LEAST:
            return 0
        self.at, self.late = at, 0
        return UNIT

    def _fade(self, at: int) -> None:
        """Let everything fade up to an instant, in whole steps; what is left of a step is made up for later."""
        steps = (at - self.at) * _STEPS // self.half_life
        if not steps:
            return
        self.at += steps * self.half_life // _STEPS
        least = min(self.articles, LEAST * UNIT)
        left = max(_faded(self.articles, steps), least)
        if left == self.articles:
            return
        whole, self.articles = self.articles, left
        for key, counted in [*self.counted.items()]:
            counted.articles = counted.articles * left // whole
            counted.inside = counted.inside * left // whole
            counted.below = counted.below * left // whole
            if counted.articles < FORGOTTEN:
                del self.counted[key]

    def bound(self) -> None:
        """Let go of what is rarest if more is counted than may be."""
        if len(self.counted) > KEYS:
            order = sorted(self.counted.items(), key=lambda item: (-item[1].articles, -item[1].last, item[0]))
            for key, _ in order[KEYS * 3 // 4 :]:
                del self.counted[key]

    def profile(self) -> Profile:
        """Give what is known, for cleaning. What stood in a single article of many is left out (`KNOWN_ALONE`)."""
        if self._profile is None:
            known = {
                key: Known(each.articles, each.inside, each.below)
                for key, each in self.counted.items()
                if not is_alone(each.articles) or self.articles <= KNOWN_ALONE * UNIT
            }
            rows = chain.from_iterable((key, *each) for key, each in sorted(known.items()))
            content = Struct(f"<Q{4 * len(known)}Q").pack(self.articles, *rows)
            self._profile = profile_of(self.name, self.articles, xxh3_64_intdigest(content), known)
        return self._profile

    def everywhere(self) -> frozenset[int]:
        """Give the keys of the whole lines that stand in nearly all of the articles."""
        profile = self.profile()
        return frozenset(
            key for key, each in profile.known.items()
            if self.counted[key].kind == WHOLE and profile.is_everywhere(each)
        )  # fmt: skip

    def written(self) -> tuple[bytes, bytes, bytes]:
        """Give what was counted, in order, each as a `ROW`; the texts of what stood in several articles; the stories.

        The texts are a list as JSON. The number of stories is a byte; of each one there is a byte, which is the number
        of its hashes, and these.
        Raises `struct.error` if a number is too large for that, as where articles are learned by time.
        """
        rows = b"".join(
            ROW.pack(key, each.kind, each.articles, each.inside, each.below, each.first, each.last)
            for key, each in self.counted.items()
        )
        texts = orjson.dumps([each.text for each in self.counted.values() if not is_alone(each.articles)])
        stories = (Struct(f"<B{len(told)}Q").pack(len(told), *told) for told in self.stories)
        return rows, texts, b"".join((bytes([len(self.stories)]), *stories))

    def restore(self, state: tuple[int, int, int], stories: Iterable[Told], rows: bytes, texts: Sequence[str]) -> None:
        """Take what `written` gave, and the articles, the total and the event time. Raises `ValueError`."""
        self.articles, self.total, self.at = state
        if not all(0 <= each < MOST for each in state):
            msg = "its numbers are too large"
            raise ValueError(msg)
        self.stories.extend(stories)
        left = iter(texts)
        for key, kind, articles, *others in ROW.iter_unpack(rows):
            text = "" if is_alone(articles) else next(left, None)
            if text is None or not key or key in self.counted or kind > LAST_THREE or articles > self.articles:
                msg = "the rows do not fit together"
                raise ValueError(msg)
            self.counted[key] = Counted(kind, text, articles, *others)
        if next(left, None) is not None:
            msg = "there are more texts than rows"
            raise ValueError(msg)


def profile_of(name: str, articles: int, content: int, known: Mapping[int, Known]) -> Profile:
    """Give a profile, packed where its counts allow it. `content` is a hash of what is in it."""
    if articles <= MOST_COUNTED and not isinstance(known, PackedKnown):
        known = PackedKnown(pack(known))
    return Profile(name, f"{content:016x}"[:12], articles, known)


def is_alone(count: int) -> bool:
    """Whether something that is counted so often stood in a single article, faded counts taken into account."""
    return 2 * count <= 3 * UNIT


def _faded(count: int, steps: int) -> int:
    halves, rest = divmod(steps, _STEPS)
    return count * _FACTORS[rest] >> (_SHIFT + min(halves, 64))
