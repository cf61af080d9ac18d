"""The learner: the worker's engine, reading the topic of lines instead of articles.

Its source, transactions and everything that heals them are the worker's. What differs is what is made of a batch: the
sites are counted (`stream.learner.partitions`), and those that have changed are published with the offsets of the
batch in one transaction, so that nothing is counted twice. The topic of counts is its changelog: whoever is given a
partition reads there how far its sites were counted.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from math import gcd
from typing import TYPE_CHECKING, Any

from stream._version import __version__
from stream.config.learner import LearnerSettings
from stream.core import native
from stream.core.rules import Rules
from stream.errors import SessionLost, StreamError
from stream.kafka import client
from stream.kafka.flow import Batch
from stream.kafka.following import asking, ends_of, partitions_in, read_whole
from stream.learner.counts import read_counts
from stream.learner.learned import LearnedSite
from stream.learner.partitions import Partitions
from stream.observe.sites_metrics import LearnerMetrics
from stream.records.input_partition import InputPartition, partition_of
from stream.records.known_sites import partition_of as partition_of_site
from stream.records.outcomes import Beside, Learned
from stream.records.record import Record
from stream.worker.engine import Engine

if TYPE_CHECKING:
    from stream.observe.telemetry.traces import Traces

log = logging.getLogger("stream.learner")

LINGER_S = 1.0
"""For how many seconds the learner collects records before it publishes what they have changed.

Trade: a site that has changed is written as a whole, so that the fewer commits the fewer bytes; but the workers know a
line that much later. Worst case: a footer is known a second after the article that showed it.
"""

MOST_RECORDS = 10_000
"""The most records that are counted together; their bytes are bounded by `stream.config.learner.FETCH_BYTES`."""

MOST_CHANGED = 500
"""When so many sites have changed they are published, before more records are counted.

Failure: after an outage 10,000 records may change thousands of sites, and one transaction would have more than memory
holds or a broker takes in its time. Trade: a site that changes again in the next transaction is written again. Worst
case: 500 sites with as much as a large site has, some 210 kB of counts before compression, are 100 MB.
"""

TOLD_PROBLEMS = 5  # of a batch so many unfit records are logged; all are counted
LONGEST_PROBLEM = 300  # characters; it may hold what somebody has written


class LearnerEngine(Engine):
    """Reads `articles.lines`; publishes to `articles.sites` and `articles.counts`."""

    settings: LearnerSettings

    def __init__(
        self, settings: LearnerSettings, rules: Rules, *, largest_bytes: int, traces: Traces | None = None
    ) -> None:
        super().__init__(settings, rules, largest_bytes=largest_bytes, traces=traces)
        self.counted = LearnerMetrics(self.metrics.registry, lambda: self._learned)
        self._rules = rules
        # What was learned belongs to a session: one that failed has counted what was never committed.
        self._session_learned = -1
        self._learned = self._fresh()
        self._partitions = 0
        self._admin: Any = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="learn")
        self.source.linger_s, self.source.most_records = LINGER_S, MOST_RECORDS
        self.source.on_gain, self.source.on_lose = self._gain, self._lose

    def _fresh(self) -> Partitions:
        return Partitions(self._rules, self._belongs)

    def use(self, rules: Rules) -> None:
        """See `Engine`."""
        super().use(rules)
        self._rules = self._learned.rules = rules

    def _belongs(self, site: str) -> int:
        return partition_of_site(site, self._partitions)

    def _gain(self, places: list[InputPartition]) -> None:
        """Reads what was counted of these partitions' sites. Called by the source's thread; no record is in flight."""
        if self._session_learned != self.flow.session:
            self._session_learned, self._learned, self._partitions = self.flow.session, self._fresh(), 0
        if not places:
            return
        self._ask_partitions()
        began = time.monotonic()
        known: dict[int, list[LearnedSite]] = {place.number: [] for place in places}
        for site in self._counted(set(known)):
            number = self._belongs(site.site.name)
            if number in known:
                known[number].append(site)
        for number, sites in known.items():
            self._learned.gain(number, sites)
        read = sum(map(len, known.values()))
        log.info("Read what is known of %d sites in %.1f s.", read, time.monotonic() - began)
        self._publish_what_is_gone(known)

    def _publish_what_is_gone(self, known: Mapping[int, Collection[LearnedSite]]) -> None:
        """Publishes the sites anew whose partition of the topic of sites has no record, as after it was made again."""
        topic = self.settings.sites_topic
        there = self._partitions_of(topic)
        with client.explained(self.settings, doing=f"asking about {topic}"):
            filled = ends_of(self.settings, topic, range(there))
        for number, sites in known.items():
            for site in sites:
                if partition_of_site(site.site.name, there) not in filled:
                    self._learned.publish_again(number, site.site.name)

    def _counted(self, numbers: Collection[int]) -> list[LearnedSite]:
        """The sites in those partitions of the topic of counts in which the sites of these partitions stand.

        A site stands in the partition that the rest of its hash by their number tells, in both topics. If the topic of
        counts has other sites than it should, partitions were added to it, and all of it is read.
        """
        there = self._partitions_of(self.settings.counts_topic)
        common = gcd(there, self._partitions)
        rests = {number % common for number in numbers}
        wanted = [number for number in range(there) if number % common in rests]
        sites, as_expected = self._read_counts(wanted, there)
        if not as_expected and len(wanted) < there:
            sites, _ = self._read_counts(range(there), there)
        return sites

    def _read_counts(self, numbers: Collection[int], there: int) -> tuple[list[LearnedSite], bool]:
        last: dict[str, dict[int, bytes | None]] = {}
        as_expected = True
        timeout_s = self.settings.transaction_timeout_ms / 1000
        for record in read_whole(self.settings, self.settings.counts_topic, numbers, timeout_s):
            name, number = (record.key() or b"").decode("utf-8", "replace"), record.partition() or 0
            last.setdefault(name, {})[number] = record.value()
            as_expected = as_expected and partition_of_site(name, there) == number
        sites = []
        for name, found in last.items():
            home = partition_of_site(name, there)
            # After partitions were added a site's older records stand elsewhere, until there is one where it belongs.
            values = [found[home]] if home in found else [*found.values()]
            read = [site for value in values if (site := self._counts_of(name, value)) is not None]
            if read:
                sites.append(max(read, key=lambda site: site.site.total))
        return sites, as_expected

    def _counts_of(self, name: str, value: bytes | None) -> LearnedSite | None:
        try:
            return None if value is None else read_counts(name, value)
        except ValueError as error:
            where = self.settings.counts_topic
            log.error("The counts of %s in %s are of no use, it is learned anew: %s.", name, where, error)  # noqa: TRY400 - a sentence
            return None

    def _lose(self, place: InputPartition) -> None:
        self._learned.lose(place.number)

    def _ask_partitions(self) -> None:
        """Looks how many partitions there are.

        Raises `SessionLost` if that has changed within the session, because then sites belong elsewhere.
        """
        found = self._partitions_of(self.settings.input_topic)
        if self._partitions not in {0, found} and self._session_learned == self.flow.session:
            self._session_learned = -1  # first, so that nothing is committed any more
            self._partitions = found
            msg = f"{self.settings.input_topic} now has {found} partitions."
            raise SessionLost(msg)
        self._partitions = found

    def _before_commit(self) -> Callable[[], None]:
        """See `Engine`."""
        return self._check_partitions

    def _check_partitions(self) -> None:
        """Raises `SessionLost` if sites may belong elsewhere than where they were counted. Called by the sink's thread.

        Failure: a learner counts on what it knew of a site before partitions were added; the one that the site belongs
        to now has read its counts already, and goes on from there, so that one part is lost. All records of the
        transaction are in the log when this is asked, and whoever has gained a new partition reads the counts to the
        log's end, and waits there for transactions that are open.
        """
        as_it_was = self._session_learned == self.flow.session
        if self._partitions_of(self.settings.input_topic) != self._partitions or not as_it_was:
            msg = f"Partitions were added to {self.settings.input_topic}."
            raise SessionLost(msg)

    @property
    def pages(self) -> str:
        """See `Engine`; a learner has no live page."""
        return f"; health and metrics on {self.address}" if self.address else ""

    def describe(self) -> str:
        """See `Engine`."""
        it = self.settings
        return (
            f"article-stream {__version__}, learner: {it.input_topic} → {it.sites_topic}, its counts in "
            f"{it.counts_topic}, on {it.bootstrap_servers} as group {it.group_id}, rules {self._rules.version}, "
            f"core {native.NAME}{self.pages}."
        )

    def describe_totals(self) -> str:
        """See `Engine`."""
        ran_s = time.monotonic() - self.began_s
        return f"Stopped after {ran_s:.1f} s: {self.counted.said()}."

    async def clean(self, batch: Batch) -> None:
        """Counts a batch and hands what has changed to the sink; drops it if its session has ended."""
        if batch.session != self.flow.session or batch.session != self._session_learned:
            return
        learned, records = self._learned, batch.records
        while records and batch.session == self.flow.session:
            began = time.perf_counter()
            try:
                counting = partial(self._learn, learned, records)
                outcomes = await asyncio.get_running_loop().run_in_executor(self._pool, counting)
            except StreamError as error:
                self.flow.fail(error)
                return
            except KeyError:
                self.flow.fail(SessionLost("Partitions were lost while their records were counted."))
                return
            took_s = time.perf_counter() - began
            self.metrics.stage("learn", took_s)
            if self.traces is not None:
                self.traces.processed(batch.poll, records[: len(outcomes)], outcomes, took_s)
            records = records[len(outcomes) :]
            await self.sink.put(batch.session, outcomes)

    def _learn(self, learned: Partitions, records: Sequence[Record]) -> Learned:
        """Counts records, in their order, until many sites have changed; gives what to publish."""
        self._ask_partitions()
        problems: list[str] = []
        outcomes = Learned(whole=True)
        for record in records:
            if outcomes.records and learned.changed >= MOST_CHANGED:
                break
            outcomes.records += 1
            number, offset = record.partition() or 0, record.offset() or 0
            problem = learned.take(number, offset, record.key(), record.value())
            if problem:
                problems.append(f"{record.topic()} [{number}] at offset {offset}: {problem}")
            outcomes.following[partition_of(record)] = offset + 1
            outcomes.bytes_in += len(record)
        for problem in problems[:TOLD_PROBLEMS]:
            log.warning("A record to learn from is of no use: %s.", problem[:LONGEST_PROBLEM])
        settings, results = self.settings, Counter(unfit=len(problems))
        counts_partitions = self._partitions_of(settings.counts_topic)
        sites_partitions = self._partitions_of(settings.sites_topic)
        for site, value in learned.elsewhere():
            outcomes.more.append(Beside(settings.input_topic, self._belongs(site), site.encode(), value))
            results["moved"] += 1
        for change in learned.changes():
            key = change.site.encode()
            for topic, partitions, record_value in (
                (settings.counts_topic, counts_partitions, change.counts),
                (settings.sites_topic, sites_partitions, change.published),
            ):
                outcomes.more.append(Beside(topic, partition_of_site(change.site, partitions), key, record_value))
                outcomes.bytes_out += len(record_value or b"")
        results["learned"] = outcomes.records - results.total()
        self.counted.took(results)
        return outcomes

    def _partitions_of(self, topic: str) -> int:
        """How many partitions a topic has. Raises `SessionLost` if it is missing.

        To go on without its counts would begin to count every site anew.
        """
        if self._admin is None:
            self._admin = asking(self.settings)
        try:
            with client.explained(self.settings, doing=f"asking about {topic}"):
                found = partitions_in(self.settings, topic, self._admin)
        except StreamError:
            self._admin = None  # a client that has lost its brokers may never find them again
            raise
        if not found:
            msg = f"The topic {topic} is missing."
            raise SessionLost(msg)
        return found
