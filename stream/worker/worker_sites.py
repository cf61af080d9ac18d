"""What a worker has for `STREAM_SITES`: what is known of sites, and whether it may publish what is to be learned."""

from __future__ import annotations

import logging
import threading

from stream.config.settings import Settings
from stream.errors import TopicMissing
from stream.observe.metrics import Metrics
from stream.observe.sites_metrics import WorkerSitesMetrics
from stream.records.known_sites import KnownSites
from stream.records.outcomes import Outcomes

log = logging.getLogger("stream")

SITES_READ_S = 30.0
"""How long a worker waits at its start, in seconds, until it has read what is known of sites; then it cleans without.

Failure: what is known could be read only in minutes, or not at all. Trade: an article that is cleaned without it keeps
a footer, one that is not cleaned at all waits. Worst case: the first articles of a worker keep their footers.
"""

UNOBSERVED_S, LONGEST_UNOBSERVED_S = 15, 15 * 60
"""For how many seconds nothing is published to learn from after the topic of lines has refused it.

It doubles from the first to the last value while that goes on. Trade: each attempt costs an aborted transaction, or a
session if the topic does not answer; what is not observed meanwhile is learned from later articles. Worst case:
learning resumes as late again as the trouble has lasted.
"""


class WorkerSites:
    """Told by the engine what happens to articles, and by `stream.worker.sites_watch` what stands in the topics.

    `trouble`: why the topic of sites is not followed, as a clause; empty while it is.
    """

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings = settings
        self.known = KnownSites(settings.lines_topic, applies=settings.sites == "apply")
        self.metrics = WorkerSitesMetrics(metrics.registry, self.known.__len__, self.known.count_proposed)
        self.trouble = ""
        self._read = threading.Event()
        self._unobserved_s, self._why_unobserved = UNOBSERVED_S, ""

    @property
    def is_read(self) -> bool:
        """Whether articles wait no longer for what is known."""
        return self._read.is_set()

    def was_read(self) -> None:
        """No article need wait any more: what is known was read, or cannot be read."""
        self._read.set()

    def wait_read(self) -> None:
        """Waits until what is known was read, for `SITES_READ_S` at most."""
        if not self._read.wait(SITES_READ_S):
            log.warning(
                "%s was not read to its end within %d s: until it is, articles are cleaned with what was read.",
                self._settings.sites_topic, SITES_READ_S,
            )  # fmt: skip

    def cleaned(self) -> None:
        """A batch was cleaned."""
        self.metrics.dropped(self.known.take_unpublished())

    def committed(self, outcomes: Outcomes) -> None:
        """Outcomes were committed, with what is to be learned from them."""
        self.metrics.committed(outcomes.by_site, outcomes.observed)
        if outcomes.observed:
            self._unobserved_s, self._why_unobserved = UNOBSERVED_S, ""

    def observes(self) -> bool:
        """Whether what is to be learned is published now."""
        return self.known.partitions > 0

    def unobserved(self, articles: int, error: Exception | None) -> None:
        """So many articles go on without being learned from, because of this error."""
        self.metrics.dropped(articles)
        if isinstance(error, TopicMissing) and error.topic:
            log.warning("Nothing is learned from articles until the topic is there: %s", error)
            self.known.tell_partitions(0)  # who watches the topics tells when it is back
        elif error is not None and self.known.partitions:
            log.warning("Nothing is learned from articles for %d s: %s", self._unobserved_s, error)
            self.known.suspend(self._unobserved_s)
            self._why_unobserved = f"nothing is learned from articles: {error}"
            self._unobserved_s = min(2 * self._unobserved_s, LONGEST_UNOBSERVED_S)

    @property
    def warnings(self) -> list[str]:
        """What is wrong with learning, a clause each; articles go on."""
        return list(filter(None, [self.trouble, self._why_unobserved]))
