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
from collections import Counter
from collections.abc import Sequence

from xxhash import xxh3_64_intdigest

from stream.core.sites import Profile
from stream.learner.messages import Published
from stream.records.outcomes import Beside

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
        self._known: dict[str, Published] = {}
        self._told: dict[str, Published | None] = {}
        self._telling = threading.Lock()  # between who tells and who begins a batch
        self._observed: Counter[str] = Counter()
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
        with self._telling:
            self._told[site] = known

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

    def profile_of(self, site: str) -> Profile | None:
        """Give what to clean an article of a site with."""
        known = self._known.get(site) if self.applies else None
        return None if known is None else known.in_force

    def wants(self, site: str, text: str | Sequence[str]) -> bool:
        """Whether an article is to be learned from, whatever is found in it."""
        known = self._known.get(site)
        return (known is None or not known.settled or _is_one_in(text)) and self._observed[site] < MOST_OF_A_SITE

    def has_changed(self, site: str, known_lines: int) -> bool:
        """Whether an article that `wants` did not want is learned from, because its site's pages may have changed.

        `known_lines`: how many lines were removed from it because the site's other articles have them.
        """
        known = self._known.get(site)
        is_cleaned = self.applies and known is not None and known.usual > 0 and known.in_force is not None
        return is_cleaned and not known_lines and self._observed[site] < MOST_OF_A_SITE

    def beside(self, site: str, observed: bytes) -> Beside | None:
        """Give what is published beside an article of a site, None while that cannot be."""
        self._observed[site] += 1
        partitions = self.partitions
        if not partitions:
            self._unpublished += 1
            return None
        return Beside(self.lines_topic, partition_of(site, partitions), site.encode(), observed)

    def __len__(self) -> int:
        """The number of sites of which something is known, as `names` has them."""
        return len(self.names())

    def count_proposed(self) -> int:
        """Count the sites of which a version waits for a person."""
        known = self._known | self._told
        return sum(each is not None and bool(each.proposed) for each in known.values())


def _is_one_in(text: str | Sequence[str]) -> bool:
    whole = text if isinstance(text, str) else "\n".join(text)
    return xxh3_64_intdigest(whole.encode("utf-8", "surrogatepass")) % ONE_IN == 0
