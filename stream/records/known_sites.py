"""What a worker knows of sites, and from which articles it has something learned.

Who reads the topic of sites tells of each one here; at the edge of a batch that comes into force. An article is
observed, that is, what has to be known of it to learn from it is published beside it (`stream.learner.observation`):

- every article of a site that is not settled yet, and of one that is settled one in `ONE_IN`;
- an article of a settled site in which nothing of what is known was found: its pages may have changed;
- of a batch at most `MOST_OF_A_SITE` articles of a site, so that one busy site keeps no learner from the others.

Which one in `ONE_IN` depends on nothing but the text. Nothing here asks Kafka.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from xxhash import xxh3_64_intdigest

from stream.core.sites import Profile
from stream.learner.messages import Published
from stream.records.headers import SITE_HEADER
from stream.records.outcomes import Beside
from stream.records.record import headers_size

ONE_IN = 20
"""How many articles of a settled site come to one that is learned from.

Failure: the topic of lines would be as large as that of the articles. Trade: of a settled site there is little left to
learn, and an article with none of its lines is learned from in any case. Worst case: what changes on a part of the
pages alone is learned after 20 times as many articles.
"""

MOST_OF_A_SITE = 50
"""Maximum number of a batch's articles of one site that are learned from. A batch has at most 500."""


def partition_of(site: str, partitions: int) -> int:
    """Give the partition of a topic with so many in which a site's records stand.

    Not the client's own choice, so that everybody finds a site where it is, whatever partitioner is set.
    """
    return xxh3_64_intdigest(site.encode()) % partitions


@dataclass(frozen=True, slots=True)
class KnownSite:
    """What is known of a site, as it is asked for each of its articles.

    `profile`: what to clean them with. `header`: the header's value that names it, if there is one; with its name it
    has at most `header_bytes` on the wire.
    `is_settled`: a part of them is enough to learn from. `has_usual`: nearly all of them have lines that are known.
    """

    published: Published | None = None
    profile: Profile | None = None
    header: bytes = b""
    header_bytes: int = 0
    is_settled: bool = False
    has_usual: bool = False

    @classmethod
    def of(cls, site: Published, *, applies: bool) -> KnownSite:
        """Make it of what was published. `applies`: see `KnownSites`."""
        profile = site.in_force if applies else None
        if profile is None:
            return cls(site, is_settled=site.settled)
        header = f"{profile.site}@{profile.version}".encode()
        return cls(site, profile, header, headers_size([(SITE_HEADER, header)]), site.settled, site.usual > 0)


_NOTHING = KnownSite()


class KnownSites:
    """Asked by the threads that clean; told by others.

    `applies`: whether articles are cleaned with what is known. `lines_topic`: where to publish what is to be learned.
    `partitions`: how many that topic has, 0 while nothing can be published there.
    """

    def __init__(self, lines_topic: str, *, applies: bool) -> None:
        self.applies = applies
        self.lines_topic = lines_topic
        self._partitions = 0
        self._suspended_until_s = 0.0
        self._known: dict[str, KnownSite] = {}
        self._told: dict[str, KnownSite | None] = {}
        self._telling = threading.Lock()  # between who tells and who begins a batch
        self._observed: dict[str, int] = {}  # how many of the batch's articles, by site
        self._unpublished = 0

    @property
    def partitions(self) -> int:
        """See the class."""
        return 0 if time.monotonic() < self._suspended_until_s else self._partitions

    def tell_partitions(self, partitions: int) -> None:
        """The topic of lines has so many partitions; 0 if there is none."""
        self._partitions = partitions

    def suspend(self, seconds: float) -> None:
        """For so many seconds nothing is published to learn from."""
        self._suspended_until_s = time.monotonic() + seconds

    def take_unpublished(self) -> int:
        """Count the articles that could not be published to learn from, since this was last called.

        Called while no thread cleans.
        """
        unpublished, self._unpublished = self._unpublished, 0
        return unpublished

    def names(self) -> set[str]:
        """Give the sites of which something is known, also what was told since the last batch began."""
        told = self._told.copy()
        gone = {site for site, known in told.items() if known is None}
        return (self._known.copy().keys() | told.keys()) - gone

    def tell(self, site: str, known: Published | None) -> None:
        """From the next batch on this is known of a site; None: nothing. Called by one thread."""
        told = None if known is None else KnownSite.of(known, applies=self.applies)
        with self._telling:
            self._told[site] = told

    def begin_batch(self) -> None:
        """A batch begins. Called while no thread cleans."""
        self._observed.clear()
        with self._telling:
            told, self._told = self._told, {}
        for site, known in told.items():
            if known is None:
                self._known.pop(site, None)
            else:
                self._known[site] = known

    def known_of(self, site: str) -> KnownSite:
        """Give what is known of a site."""
        return self._known.get(site, _NOTHING)

    def one_in(self, site: str, known: KnownSite) -> int:
        """Of how many articles of a site one is learned from, whatever is found in them; 0 if none is in this batch.

        `known`: see `known_of`.
        """
        if self._observed.get(site, 0) >= MOST_OF_A_SITE:
            return 0
        return ONE_IN if known.is_settled else 1

    def beside(self, site: str, observed: bytes) -> Beside | None:
        """Give what is published beside an article of a site, None while that cannot be."""
        self._observed[site] = self._observed.get(site, 0) + 1
        partitions = self.partitions
        if not partitions:
            self._unpublished += 1
            return None
        return Beside(self.lines_topic, partition_of(site, partitions), site.encode(), observed)

    def published(self) -> dict[str, Published]:
        """Give what is known of each site, by name, also what was told since the last batch began."""
        known = self._known.copy() | self._told.copy()
        each = ((site, told.published) for site, told in sorted(known.items()) if told is not None)
        return {site: published for site, published in each if published is not None}

    def __len__(self) -> int:
        """The number of sites of which something is known, as `names` has them."""
        return len(self.names())

    def count_proposed(self) -> int:
        """Count the sites of which a version waits for a person."""
        known = self._known | self._told
        published = (each.published for each in known.values() if each is not None)
        return sum(each is not None and bool(each.proposed) for each in published)
