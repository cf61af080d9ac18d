"""What is counted of sites, by workers and by learners, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge

from stream.observe.metrics import PREFIX

RESULTS = ("learned", "unfit", "moved")


class Sites(Protocol):
    """What a learner has."""

    refused: int

    def __len__(self) -> int: ...


class LearnerMetrics:
    """The metrics of a learner, beside those that it shares with a worker. `sites()` is called at each scrape."""

    def __init__(self, registry: CollectorRegistry, sites: Callable[[], Sites]) -> None:
        self._taken = Counter(
            f"{PREFIX}observations",
            "Records of the topic of lines: learned from, of no use, or sent on to another partition.",
            ["result"],
            registry=registry,
        )
        for name in RESULTS:
            self._taken.labels(name)
        self._totals = dict.fromkeys(RESULTS, 0)
        known = Gauge(f"{PREFIX}learner_sites", "Sites of this learner's partitions.", registry=registry)
        known.set_function(lambda: len(sites()))
        refused = Gauge(
            f"{PREFIX}learner_sites_refused", "Articles of new sites for which there was no room.", registry=registry
        )
        refused.set_function(lambda: sites().refused)

    def took(self, results: Mapping[str, int]) -> None:
        """Counts records by what became of them."""
        for name in RESULTS:
            self._taken.labels(name).inc(results.get(name, 0))
            self._totals[name] += results.get(name, 0)

    def said(self) -> str:
        """All of them since the start, such as "7 records learned, 0 unfit, 0 moved"."""
        learned, unfit, moved = (self._totals[name] for name in RESULTS)
        return f"{learned:,} records learned, {unfit:,} unfit, {moved:,} moved"


class WorkerSitesMetrics:
    """The metrics of a worker that cleans with what is known of sites."""

    def __init__(self, registry: CollectorRegistry, known: Callable[[], int], proposed: Callable[[], int]) -> None:
        """`known()` and `proposed()` are called at each scrape."""
        sites = Gauge(f"{PREFIX}sites", "Sites that are known.", registry=registry)
        sites.set_function(known)
        waiting = Gauge(f"{PREFIX}sites_proposed", "Sites of which a version waits for a person.", registry=registry)
        waiting.set_function(proposed)
        self._read = Counter(
            f"{PREFIX}site_records_read", "Records of the topic of sites that were read.", registry=registry
        )
        self._articles = Counter(f"{PREFIX}articles_by_site", "Articles cleaned with a profile.", registry=registry)
        self._observed = Counter(
            f"{PREFIX}articles_observed",
            "Articles to learn from: published, or dropped because the topic of lines takes none.",
            ["result"],
            registry=registry,
        )
        for name in ("published", "dropped"):
            self._observed.labels(name)

    def committed(self, by_site: int, observed: int) -> None:
        """Counts articles of one commit: those cleaned with a profile, and those published to learn from."""
        self._articles.inc(by_site)
        self._observed.labels("published").inc(observed)

    def read(self, records: int) -> None:
        """Counts records of the topic of sites."""
        self._read.inc(records)

    def dropped(self, articles: int) -> None:
        """Counts articles that nobody learns from."""
        self._observed.labels("dropped").inc(articles)
